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
 * Compares Moodle's course completions with what was queued and delivered.
 *
 * Nothing is withdrawn: a completion that Moodle no longer has is told to the admin, and stays in the bridge.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class reconciler {
    /**
     * Queues the completions of ticked courses, reached since the plugin was installed, that were never queued.
     *
     * @return \stdClass missing (how many were queued now), vanished (how many of those delivered Moodle no longer has), time
     */
    public static function run(): \stdClass {
        $found = (object) ['missing' => 0, 'vanished' => self::count_vanished(), 'time' => time()];
        if (in_array('course_completed', config::kinds(), true)) {
            $completions = self::missing(config::since());
            foreach ($completions as $completion) {
                $snapshot = snapshot::course_completed(
                    (int) $completion->course,
                    (int) $completion->userid,
                    (int) $completion->timecompleted
                );
                $found->missing += (int) ($snapshot !== null && queue::add($snapshot));
            }
            $completions->close();
        }
        set_config('reconciled', json_encode($found), 'local_lrsbridge');
        return $found;
    }

    /**
     * What the last comparison found.
     *
     * @return \stdClass|null as run() gives it; null before the first
     */
    public static function last(): ?\stdClass {
        return json_decode((string) get_config('local_lrsbridge', 'reconciled')) ?: null;
    }

    /**
     * The completions of ticked courses that neither wait, nor failed, nor were delivered, by row id.
     *
     * @param int $since only those completed at this Unix time or later
     * @param int $after only those with a greater row id
     * @param int $most at most so many; 0 is all
     * @return \moodle_recordset id, course, userid, timecompleted of course_completions; to be closed
     */
    public static function missing(int $since = 0, int $after = 0, int $most = 0): \moodle_recordset {
        global $DB;
        [$from, $params] = self::missing_sql($since, $after);
        return $DB->get_recordset_sql(
            "SELECT cc.id, cc.course, cc.userid, cc.timecompleted $from ORDER BY cc.id",
            $params,
            0,
            $most
        );
    }

    /**
     * How many there are of missing(), by course; those with most first.
     *
     * @param int $since
     * @param int $page from 0
     * @param int $perpage courses on a page; 0 is all
     * @return int[] course row id => number
     */
    public static function count_missing(int $since = 0, int $page = 0, int $perpage = 0): array {
        global $DB;
        [$from, $params] = self::missing_sql($since, 0);
        return array_map('intval', $DB->get_records_sql_menu(
            "SELECT cc.course, COUNT(*) AS many $from GROUP BY cc.course ORDER BY many DESC, cc.course",
            $params,
            $page * $perpage,
            $perpage
        ));
    }

    /**
     * How many there are of missing() in all.
     *
     * @param int $since
     * @return \stdClass completions, and courses that have any (numbers)
     */
    public static function total_missing(int $since = 0): \stdClass {
        global $DB;
        [$from, $params] = self::missing_sql($since, 0);
        $found = $DB->get_record_sql("SELECT COUNT(*) AS completions, COUNT(DISTINCT cc.course) AS courses $from", $params);
        return (object) ['completions' => (int) $found->completions, 'courses' => (int) $found->courses];
    }

    /**
     * What missing() and the counts of it share.
     *
     * @param int $since
     * @param int $after
     * @return array SQL from FROM on, and its parameters
     */
    private static function missing_sql(int $since, int $after): array {
        global $CFG;
        [$covers, $params] = config::covers_sql('c');
        $sql = "FROM {course_completions} cc
                JOIN {course} c ON c.id = cc.course
                JOIN {user} u ON u.id = cc.userid AND u.deleted = 0
               WHERE cc.timecompleted IS NOT NULL AND cc.timecompleted > 0 AND cc.timecompleted >= :since AND cc.id > :after
                 AND u.id <> :guest AND $covers";
        foreach (['local_lrsbridge_queue', 'local_lrsbridge_sent'] as $table) {
            $sql .= " AND NOT EXISTS (SELECT 1 FROM {{$table}} x WHERE x.kind = 'course_completed' AND x.courseid = cc.course
                                         AND x.userid = cc.userid AND x.timecompleted = cc.timecompleted)";
        }
        return [$sql, $params + ['since' => $since, 'after' => $after, 'guest' => (int) $CFG->siteguest]];
    }

    /**
     * How many course completions were delivered that Moodle no longer has as they were.
     *
     * @return int
     */
    private static function count_vanished(): int {
        global $DB;
        return $DB->count_records_sql(
            "SELECT COUNT(*) FROM {local_lrsbridge_sent} s WHERE s.kind = 'course_completed' AND " . self::vanished_sql()
        );
    }

    /**
     * Whether Moodle no longer has a course completion, as a condition on s, a row of what was sent or of the queue.
     *
     * @return string
     */
    public static function vanished_sql(): string {
        return 'NOT EXISTS (SELECT 1 FROM {course_completions} cc WHERE cc.course = s.courseid AND cc.userid = s.userid
                               AND cc.timecompleted = s.timecompleted)';
    }
}
