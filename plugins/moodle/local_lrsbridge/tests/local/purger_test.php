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
 * What is forgotten.
 *
 * @covers \local_lrsbridge\local\purger
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class purger_test extends \advanced_testcase {
    /** @var int A day before what is still remembered. */
    private const LONG_AGO = (config::KEEP_DAYS + 1) * DAYSECS;

    /** @var int A day within what is still remembered. */
    private const LATELY = (config::KEEP_DAYS - 1) * DAYSECS;

    /**
     * A row about somebody's completion of course 7.
     *
     * @param string $table without local_lrsbridge_
     * @param int $userid
     * @param array $more
     */
    private static function row(string $table, int $userid, array $more): void {
        global $DB;
        $DB->insert_record("local_lrsbridge_$table", (object) ($more + [
            'statementid' => \core\uuid::generate(),
            'kind' => 'course_completed',
            'courseid' => 7,
            'userid' => $userid,
            'timecompleted' => 1000,
            'timecreated' => time() - self::LONG_AGO,
            'statement' => '{}',
        ]));
    }

    /**
     * Whose rows are left.
     *
     * @param string $table without local_lrsbridge_
     * @return int[]
     */
    private static function left(string $table): array {
        global $DB;
        return array_map('intval', $DB->get_fieldset_sql("SELECT userid FROM {local_lrsbridge_$table} ORDER BY userid"));
    }

    /**
     * Refused ones are forgotten in time; what waits never is, however long.
     */
    public function test_the_queue(): void {
        $this->resetAfterTest();
        self::row('queue', 1, ['failed' => 1, 'timefailed' => time() - self::LONG_AGO]);
        self::row('queue', 2, ['failed' => 1, 'timefailed' => time() - self::LATELY]);
        self::row('queue', 3, []);
        self::row('queue', 4, ['timefailed' => time() - self::LONG_AGO]);
        $this->assertSame(1, purger::run());
        $this->assertSame([2, 3, 4], self::left('queue'));
    }

    /**
     * What was delivered is forgotten in time, but for course completions that Moodle has: they would be taken for missing.
     */
    public function test_what_was_delivered(): void {
        global $DB;
        $this->resetAfterTest();
        $old = ['timedelivered' => time() - self::LONG_AGO];
        self::row('sent', 1, ['kind' => 'quiz_result'] + $old);
        self::row('sent', 2, ['kind' => 'quiz_result', 'timedelivered' => time() - self::LATELY]);
        foreach ([3 => 1000, 4 => 1001] as $userid => $time) {
            self::row('sent', $userid, $old);
            $DB->insert_record('course_completions', (object) ['course' => 7, 'userid' => $userid, 'timecompleted' => $time]);
        }
        self::row('sent', 5, $old);
        self::row('sent', 6, ['timedelivered' => time() - self::LATELY]);
        $this->assertSame(3, purger::run());
        $this->assertSame([2, 3, 6], self::left('sent'));
        $this->assertSame(0, purger::run());
    }
}
