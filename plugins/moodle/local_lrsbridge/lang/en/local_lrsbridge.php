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
 * English strings, in alphabetical order.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['kind_activity_completed'] = 'Activity completions';
$string['kind_course_completed'] = 'Course completions';
$string['kind_h5p_result'] = 'H5P results';
$string['kind_quiz_result'] = 'Quiz results';
$string['kind_scorm_result'] = 'SCORM results';
$string['pluginname'] = 'LRS bridge';
$string['task_backfill'] = 'Queue completions from before the plugin';
$string['task_purge'] = 'Forget what no longer needs keeping';
$string['task_reconcile'] = 'Compare with the course completions, and queue what is missing';
$string['task_send_queue'] = 'Send what waits to the bridge';
