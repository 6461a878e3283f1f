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
 * Queues course completions from before the plugin was installed.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\local\backfill;
use local_lrsbridge\local\reconciler;

define('CLI_SCRIPT', true);

require(__DIR__ . '/../../../config.php');
require_once($CFG->libdir . '/clilib.php');

[$options, $unknown] = cli_get_params(
    ['help' => false, 'run' => false, 'since' => '', 'most' => 0, 'waiting' => backfill::WAITING],
    ['h' => 'help']
);
if ($unknown) {
    cli_error(get_string('cliunknowoption', 'core_admin', implode("\n  ", $unknown)), 2);
}
if ($options['help']) {
    cli_writeln('Queues the course completions of chosen courses that were reached before the plugin was installed; the
scheduled task sends them. It may be stopped and run again at any time: what is queued or delivered is not queued again.

Without --run it only says how many there are of each course.

Options:
  --run              queue them
  --since=YYYY-MM-DD only those completed on this day or later (UTC)
  --most=N           at most so many in this run
  --waiting=N        stop when so many wait in the queue (5000), and let the task send them first
  -h, --help         this text

Example:
  php local/lrsbridge/cli/backfill.php --since=2024-09-01
  php local/lrsbridge/cli/backfill.php --since=2024-09-01 --run');
    exit(0);
}

$since = 0;
if ($options['since'] !== '') {
    $day = DateTime::createFromFormat('!Y-m-d', (string) $options['since'], new DateTimeZone('UTC'));
    if (!$day || $day->format('Y-m-d') !== $options['since']) {
        cli_error("--since: “{$options['since']}” is no day such as 2024-09-01.", 2);
    }
    $since = $day->getTimestamp();
}
foreach (['most', 'waiting'] as $name) {
    if (!preg_match('/^\d{1,9}$/', (string) $options[$name])) {
        cli_error("--$name: “{$options[$name]}” is no number.", 2);
    }
}
$hindrance = backfill::hindrance();
if ($hindrance !== '') {
    cli_error(get_string("backfill_$hindrance", 'local_lrsbridge'));
}

$missing = reconciler::count_missing($since);
$names = $DB->get_records_list('course', 'id', array_keys($missing), '', 'id, fullname');
foreach ($missing as $courseid => $number) {
    cli_writeln(sprintf('%8d  %s', $number, format_string($names[$courseid]->fullname)));
}
$all = array_sum($missing);
cli_writeln(sprintf('%8d  in all that were never queued', $all));
if (!$options['run']) {
    cli_writeln('Nothing was queued. Add --run to queue them.');
    exit(0);
}

$queued = 0;
$progress = function (int $more) use (&$queued, $all): bool {
    $queued += $more;
    cli_writeln("$queued of $all are queued");
    return true;
};
$outcome = backfill::run($since, 0, (int) $options['most'], (int) $options['waiting'], $progress);
if ($outcome === backfill::FULL) {
    cli_writeln("{$options['waiting']} wait to be sent: run this again when they are.");
} else {
    cli_writeln('The scheduled task sends them.');
}
