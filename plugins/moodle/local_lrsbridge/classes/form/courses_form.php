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
 * Which courses and categories count.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class courses_form extends \moodleform {
    /**
     * Courses by search, since a site may have thousands; categories as a list.
     */
    protected function definition() {
        $form = $this->_form;
        $form->addElement('course', 'courses', get_string('courses', 'local_lrsbridge'), ['multiple' => true]);
        $form->addElement(
            'autocomplete',
            'categories',
            get_string('categories', 'local_lrsbridge'),
            \core_course_category::make_categories_list(),
            ['multiple' => true]
        );
        $form->addElement('static', 'categoriesnote', '', get_string('categories_note', 'local_lrsbridge'));
        $this->add_action_buttons(false);
    }
}
