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
 * "My CSE training": where the learner stands, as the bridge tells it.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\local\config;
use local_lrsbridge\local\course_list;
use local_lrsbridge\local\linking;
use local_lrsbridge\local\standings;

require_once(__DIR__ . '/../../config.php');

require_login(null, false);
$context = context_system::instance();
if (isguestuser()) {
    throw new moodle_exception('noguest');
}
require_capability('local/lrsbridge:viewown', $context);

$url = new moodle_url('/local/lrsbridge/mytraining.php');
$PAGE->set_url($url);
$PAGE->set_context($context);
$PAGE->set_pagelayout('standard');
$PAGE->set_title(get_string('mytraining', 'local_lrsbridge'));
$PAGE->set_heading(get_string('mytraining', 'local_lrsbridge'));

$joining = null;
if (linking::is_open()) {
    $joining = new \local_lrsbridge\output\linking($url);
    $next = $joining->act();
    if ($next !== null) {
        redirect($next);
    }
}

if (config::is_ready()) {
    $found = standings::of_oneself($USER->id);
    $links = $found['standing'] === null ? [] : course_list::links();
} else {
    $found = ['state' => standings::AWAY, 'standing' => null];
    $links = [];
}

echo $OUTPUT->header();
echo $OUTPUT->render(new \local_lrsbridge\output\mytraining($USER->id, $found, $links, $joining));
echo $OUTPUT->footer();
