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

/**
 * Which courses the bridge is told of: none until an administrator ticks them.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\form\courses_form;
use local_lrsbridge\local\config;
use local_lrsbridge\local\course_list;

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

admin_externalpage_setup('local_lrsbridge_courses');

$url = new moodle_url('/local/lrsbridge/courses.php');

if (optional_param('add', '', PARAM_ALPHA) === 'offered') {
    require_sesskey();
    $offered = optional_param_array('offered', [], PARAM_INT);
    $courses = array_values(array_unique(array_merge(config::courses(), $offered)));
    \local_lrsbridge\local\chosen_courses::keep($courses, config::categories());
    redirect($url, get_string('changessaved'), null, \core\output\notification::NOTIFY_SUCCESS);
}

$form = new courses_form();
$form->set_data(['courses' => config::courses(), 'categories' => config::categories()]);
if ($data = $form->get_data()) {
    \local_lrsbridge\local\chosen_courses::keep((array) ($data->courses ?? []), (array) ($data->categories ?? []));
    redirect($url, get_string('changessaved'), null, \core\output\notification::NOTIFY_SUCCESS);
}

$offer = config::is_ready() ? course_list::known() : null;

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('courses_page', 'local_lrsbridge'));
echo html_writer::tag('p', get_string('courses_intro', 'local_lrsbridge'));
$form->display();
echo $OUTPUT->render(new \local_lrsbridge\output\course_offer($offer, config::is_ready()));
echo $OUTPUT->footer();
