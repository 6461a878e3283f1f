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
 * The administrator's page: connection test, what waits, what was refused.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use core\output\notification;
use local_lrsbridge\local\connection_test;
use local_lrsbridge\local\profiles;
use local_lrsbridge\local\queue;
use local_lrsbridge\output\connection_result;

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

$action = optional_param('action', '', PARAM_ALPHA);
$page = max(0, optional_param('page', 0, PARAM_INT));

admin_externalpage_setup('local_lrsbridge_status');
require_capability('local/lrsbridge:manage', context_system::instance());

$url = new moodle_url('/local/lrsbridge/status.php');
$queue = new queue();
$tested = '';

if ($action !== '') {
    require_sesskey();
}

if ($action === 'sendagain') {
    $ids = optional_param_array('ids', [], PARAM_INT);
    if (!$ids) {
        redirect($url, get_string('sendagain_nothing', 'local_lrsbridge'), null, notification::NOTIFY_WARNING);
    }
    $confirmed = new moodle_url($url, ['action' => 'sendagainnow', 'ids' => implode(',', $ids), 'sesskey' => sesskey()]);
    echo $OUTPUT->header();
    echo $OUTPUT->confirm(get_string('sendagain_confirm', 'local_lrsbridge', count($ids)), $confirmed, $url);
    echo $OUTPUT->footer();
    die();
}

if ($action === 'sendagainnow') {
    $ids = array_map('intval', explode(',', required_param('ids', PARAM_SEQUENCE)));
    $queue->send_again($ids);
    redirect($url, get_string('sendagain_done', 'local_lrsbridge', count($ids)), null, notification::NOTIFY_SUCCESS);
}

if ($action === 'sendallagain') {
    $confirmed = new moodle_url($url, ['action' => 'sendallagainnow', 'sesskey' => sesskey()]);
    echo $OUTPUT->header();
    echo $OUTPUT->confirm(get_string('sendagain_confirm', 'local_lrsbridge', $queue->state()->failed), $confirmed, $url);
    echo $OUTPUT->footer();
    die();
}

if ($action === 'sendallagainnow') {
    $many = $queue->send_all_again();
    redirect($url, get_string('sendagain_done', 'local_lrsbridge', $many), null, notification::NOTIFY_SUCCESS);
}

if ($action === 'profilesagain') {
    profiles::send_again();
    redirect($url, get_string('status_profiles_done', 'local_lrsbridge'), null, notification::NOTIFY_SUCCESS);
}

if ($action === 'test') {
    $tested = $OUTPUT->render(new connection_result(connection_test::run()));
}

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('status', 'local_lrsbridge'));
echo $tested;
echo $OUTPUT->render(new \local_lrsbridge\output\status($queue, $page));
echo $OUTPUT->footer();
