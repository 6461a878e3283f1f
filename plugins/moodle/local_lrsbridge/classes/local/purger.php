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

namespace local_lrsbridge\local;

/**
 * Keeps the plugin's tables from growing for ever.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class purger {
    /**
     * Forgets what was delivered or failed longer ago than config::KEEP_DAYS.
     *
     * Course completions that were delivered or refused are remembered as long as Moodle has them, or the daily comparison would
     * take them for missing, and send them again and again. Nothing that waits is ever forgotten.
     *
     * @return int how many rows are gone
     */
    public static function run(): int {
        $before = time() - config::KEEP_DAYS * DAYSECS;
        return self::delete('local_lrsbridge_queue', 'failed = 1 AND timefailed < :before', $before)
            + self::delete('local_lrsbridge_sent', 'timedelivered < :before', $before);
    }

    /**
     * Deletes rows, but the course completions that Moodle still has.
     *
     * @param string $table
     * @param string $where with the parameter :before
     * @param int $before Unix time
     * @return int how many
     */
    private static function delete(string $table, string $where, int $before): int {
        global $DB;
        // One more level, because MySQL deletes from no table that it reads at the same level.
        $vanished = "SELECT old.id FROM (SELECT s.id FROM {{$table}} s WHERE " . reconciler::vanished_sql() . ') old';
        $where .= " AND (kind <> 'course_completed' OR id IN ($vanished))";
        $many = $DB->count_records_select($table, $where, ['before' => $before]);
        $DB->delete_records_select($table, $where, ['before' => $before]);
        return $many;
    }
}
