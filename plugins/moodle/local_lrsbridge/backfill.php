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
 * Queues completions from before the plugin was installed: how many there are, then by a button.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use core\output\notification;
use local_lrsbridge\form\backfill_form;
use local_lrsbridge\local\backfill;

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

$action = optional_param('action', '', PARAM_ALPHA);
// Not "since", which the form has too, and in which it is no number.
$since = max(0, (int) optional_param('from', 0, PARAM_INT));
$page = max(0, optional_param('page', 0, PARAM_INT));

admin_externalpage_setup('local_lrsbridge_backfill');
require_capability('local/lrsbridge:manage', context_system::instance());

$url = new moodle_url('/local/lrsbridge/backfill.php');

if ($action !== '') {
    require_sesskey();
}
if ($action === 'begin') {
    backfill::begin($since);
    redirect($url, get_string('backfill_begun', 'local_lrsbridge'), null, notification::NOTIFY_SUCCESS);
}
if ($action === 'stop') {
    backfill::stop();
    redirect($url);
}

$form = new backfill_form($url);
if ($data = $form->get_data()) {
    redirect(new moodle_url($url, ['from' => (int) $data->since]));
}
$form->set_data(['since' => $since]);

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('backfill', 'local_lrsbridge'));
echo $OUTPUT->render(new \local_lrsbridge\output\backfill($form, $since, $page));
echo $OUTPUT->footer();
