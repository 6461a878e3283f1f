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
 * What Moodle calls by name.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\local\config;

/**
 * Puts "My CSE training" into the learner's own profile.
 *
 * @param \core_user\output\myprofile\tree $tree
 * @param \stdClass $user whose profile it is
 * @param bool $iscurrentuser
 * @param \stdClass|null $course
 */
function local_lrsbridge_myprofile_navigation(\core_user\output\myprofile\tree $tree, $user, $iscurrentuser, $course) {
    if (!$iscurrentuser || isguestuser() || !config::is_ready()) {
        return;
    }
    if (!has_capability('local/lrsbridge:viewown', \context_system::instance())) {
        return;
    }
    $tree->add_node(new \core_user\output\myprofile\node(
        'miscellaneous',
        'local_lrsbridge',
        get_string('mytraining', 'local_lrsbridge'),
        null,
        new \moodle_url('/local/lrsbridge/mytraining.php')
    ));
}

/**
 * Puts the coordinator's page into the course navigation of those who may see it.
 *
 * @param \navigation_node $navigation of the course
 * @param \stdClass $course
 * @param \context_course $context
 */
function local_lrsbridge_extend_navigation_course(\navigation_node $navigation, \stdClass $course, \context_course $context) {
    if ((int) $course->id === (int) SITEID || !config::is_ready() || !has_capability('local/lrsbridge:viewteam', $context)) {
        return;
    }
    $navigation->add(
        get_string('team', 'local_lrsbridge'),
        new \moodle_url('/local/lrsbridge/team.php', ['courseid' => $course->id]),
        \navigation_node::TYPE_SETTING,
        null,
        'local_lrsbridge_team',
        new \pix_icon('i/report', '')
    );
}

/**
 * What Reports → System status asks.
 *
 * @return \core\check\check[]
 */
function local_lrsbridge_status_checks(): array {
    return [new \local_lrsbridge\check\delivery()];
}
