<?php
// This file is part of Moodle - http://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <http://www.gnu.org/licenses/>.

namespace local_lrsbridge\form;

defined('MOODLE_INTERNAL') || die();

require_once($CFG->libdir . '/formslib.php');

/**
 * The address that a learner wants to join with their account.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class link_address_form extends \moodleform {
    /**
     * One field and one button.
     */
    protected function definition() {
        $form = $this->_form;
        $form->disable_form_change_checker();
        $typing = ['autocomplete' => 'email', 'inputmode' => 'email', 'autocapitalize' => 'none', 'spellcheck' => 'false'];
        $form->addElement('text', 'address', get_string('link_address', 'local_lrsbridge'), ['size' => 40] + $typing);
        $form->setType('address', PARAM_RAW_TRIMMED);
        $this->add_action_buttons(false, get_string('link_send', 'local_lrsbridge'));
    }

    /**
     * What can't be an address isn't sent to the bridge.
     *
     * @param array $data
     * @param array $files
     * @return string[] field => what is wrong
     */
    public function validation($data, $files) {
        return validate_email($data['address']) ? [] : ['address' => get_string('link_bad_address', 'local_lrsbridge')];
    }

    /**
     * Says at the field what the bridge said of the address.
     *
     * @param string $message plain text
     */
    public function show_error(string $message): void {
        $this->_form->setElementError('address', s($message));
    }
}
