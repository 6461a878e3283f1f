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
 * The code that was sent to the address.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class link_code_form extends \moodleform {
    /**
     * One field; the key Enter presses the first button.
     */
    protected function definition() {
        $form = $this->_form;
        $form->disable_form_change_checker();
        $typing = ['autocomplete' => 'one-time-code', 'inputmode' => 'numeric'];
        $form->addElement('text', 'code', get_string('link_code', 'local_lrsbridge'), ['size' => 10] + $typing);
        $form->setType('code', PARAM_RAW_TRIMMED);
        $second = ['customclassoverride' => 'btn-secondary'];
        $form->addGroup([
            $form->createElement('submit', 'join', get_string('link_join', 'local_lrsbridge')),
            $form->createElement('submit', 'again', get_string('link_again', 'local_lrsbridge'), null, false, $second),
            $form->createElement('submit', 'other', get_string('link_other', 'local_lrsbridge'), null, false, $second),
        ], 'buttons', '', '', false);
    }

    /**
     * What can't be the code costs no try.
     *
     * @param array $data
     * @param array $files
     * @return string[] field => what is wrong
     */
    public function validation($data, $files) {
        $isasked = empty($data['again']) && empty($data['other']);
        $iscode = preg_match('/^\d{6}$/', self::digits($data['code']));
        return $isasked && !$iscode ? ['code' => get_string('link_bad_code', 'local_lrsbridge')] : [];
    }

    /**
     * The code as it was typed, without the blanks by which people part it.
     *
     * @param string $typed
     * @return string
     */
    public static function digits(string $typed): string {
        return preg_replace('/[\s\x{2010}-\x{2015}-]+/u', '', $typed) ?? '';
    }

    /**
     * Says at the field what the bridge said of the code.
     *
     * @param string $message plain text
     */
    public function show_error(string $message): void {
        $this->_form->setElementError('code', s($message));
    }
}
