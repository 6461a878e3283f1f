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
 * Where the people of a course or cohort stand, for coordinators.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\local\config;
use local_lrsbridge\local\standings;
use local_lrsbridge\local\team;

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/grouplib.php');

$courseid = optional_param('courseid', 0, PARAM_INT);
$cohortid = optional_param('cohortid', 0, PARAM_INT);
$page = optional_param('page', 0, PARAM_INT);

$course = null;
$maysee = true;
if ($courseid) {
    $course = get_course($courseid);
    require_login($course);
    require_capability('local/lrsbridge:viewteam', context_course::instance($course->id));
    $groupid = (int) groups_get_course_group($course, true);
    // Where groups are apart, whoever is in none sees nobody.
    $maysee = $groupid
        || groups_get_course_groupmode($course) != SEPARATEGROUPS
        || has_capability('moodle/site:accessallgroups', context_course::instance($course->id));
    $team = team::for_course($course, $groupid);
} else {
    require_login(null, false);
    $cohort = $DB->get_record('cohort', ['id' => $cohortid], '*', MUST_EXIST);
    $team = team::for_cohort($cohort);
    require_capability('local/lrsbridge:viewteam', $team->context);
    require_capability('moodle/cohort:view', $team->context);
    $PAGE->set_context($team->context);
}

$PAGE->set_url($team->url, $page ? ['page' => $page] : []);
$PAGE->set_pagelayout('report');
$PAGE->set_title(get_string('team', 'local_lrsbridge'));
$PAGE->set_heading($team->name);

$total = $maysee ? $team->count() : 0;
$people = $maysee ? $team->people($page) : [];
$told = config::is_ready() ? standings::of_many(array_map('intval', array_keys($people))) : null;

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('team', 'local_lrsbridge'));
if ($course) {
    echo groups_print_course_menu($course, $team->url, true);
}
echo $OUTPUT->render(new \local_lrsbridge\output\team(
    $people,
    $told,
    has_capability('moodle/site:viewfullnames', $team->context)
));
echo $OUTPUT->paging_bar($total, $page, team::PERPAGE, $team->url);
echo $OUTPUT->footer();
