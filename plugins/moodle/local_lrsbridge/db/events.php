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
 * What the plugin listens to. All inside the event's own transaction (internal, Moodle's default), so that what is queued stands or
 * falls with the completion itself. Events that this Moodle doesn't have are never fired.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$observers = [
    [
        'eventname' => '\core\event\user_deleted',
        'callback' => '\local_lrsbridge\observer::user_deleted',
    ],
    [
        'eventname' => '\core\event\course_completed',
        'callback' => '\local_lrsbridge\observer::course_completed',
    ],
    [
        'eventname' => '\core\event\course_module_completion_updated',
        'callback' => '\local_lrsbridge\observer::activity_completed',
    ],
    [
        'eventname' => '\mod_quiz\event\attempt_submitted',
        'callback' => '\local_lrsbridge\observer::quiz_result',
    ],
    [
        'eventname' => '\mod_quiz\event\attempt_graded',
        'callback' => '\local_lrsbridge\observer::quiz_result',
    ],
    [
        'eventname' => '\mod_quiz\event\question_manually_graded',
        'callback' => '\local_lrsbridge\observer::quiz_result',
    ],
    [
        'eventname' => '\mod_quiz\event\attempt_manual_grading_completed',
        'callback' => '\local_lrsbridge\observer::quiz_result',
    ],
    [
        'eventname' => '\mod_quiz\event\attempt_regraded',
        'callback' => '\local_lrsbridge\observer::quiz_result',
    ],
    [
        'eventname' => '\mod_scorm\event\scoreraw_submitted',
        'callback' => '\local_lrsbridge\observer::scorm_result',
    ],
    [
        'eventname' => '\mod_scorm\event\status_submitted',
        'callback' => '\local_lrsbridge\observer::scorm_result',
    ],
    [
        'eventname' => '\mod_h5pactivity\event\statement_received',
        'callback' => '\local_lrsbridge\observer::h5p_result',
    ],
];
