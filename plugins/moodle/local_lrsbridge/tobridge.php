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
 * Leads a learner from "My CSE training" to their page at the bridge.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\local\linking;

require_once(__DIR__ . '/../../config.php');

require_login(null, false);
require_sesskey();
$PAGE->set_url(new moodle_url('/local/lrsbridge/tobridge.php'));
$PAGE->set_context(context_system::instance());

$link = linking::to_bridge();
if ($link === null) {
    redirect(
        new moodle_url('/local/lrsbridge/mytraining.php'),
        get_string('whole_not_now', 'local_lrsbridge'),
        null,
        \core\output\notification::NOTIFY_WARNING
    );
}
redirect($link);
