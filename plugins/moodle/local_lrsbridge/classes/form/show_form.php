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
 * Of whom, and of which course, to show what would be sent.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class show_form extends \moodleform {
    /**
     * Both by search, since a site may have thousands.
     */
    protected function definition() {
        $form = $this->_form;
        $form->addElement('autocomplete', 'userid', get_string('show_person', 'local_lrsbridge'), [], [
            'ajax' => 'core_user/form_user_selector',
            'valuehtmlcallback' => function ($userid): string {
                $user = \core_user::get_user($userid);
                return $user ? s(fullname($user, true)) : '';
            },
        ]);
        $form->addRule('userid', null, 'required', null, 'client');
        $form->addElement('course', 'courseid', get_string('show_course', 'local_lrsbridge'));
        $form->addRule('courseid', null, 'required', null, 'client');
        $this->add_action_buttons(false, get_string('show_button', 'local_lrsbridge'));
    }
}
