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
 * Shows an administrator what would be sent of somebody's completion of a course. Sends nothing and queues nothing.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\form\show_form;

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

$userid = optional_param('userid', 0, PARAM_INT);
$courseid = optional_param('courseid', 0, PARAM_INT);

admin_externalpage_setup('local_lrsbridge_show');
require_capability('local/lrsbridge:manage', context_system::instance());

$url = new moodle_url('/local/lrsbridge/show.php');
$form = new show_form($url);
if ($data = $form->get_data()) {
    redirect(new moodle_url($url, ['userid' => $data->userid, 'courseid' => $data->courseid]));
}
if ($userid && $courseid) {
    $form->set_data(['userid' => $userid, 'courseid' => $courseid]);
}

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('show', 'local_lrsbridge'));
echo html_writer::tag('p', get_string('show_intro', 'local_lrsbridge'));
$form->display();
if ($userid && $courseid) {
    echo $OUTPUT->render(new \local_lrsbridge\output\preview($userid, $courseid));
}
echo $OUTPUT->footer();
