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

namespace local_lrsbridge;

use local_lrsbridge\local\config;
use local_lrsbridge\local\purger;
use local_lrsbridge\local\queue;
use local_lrsbridge\local\reconciler;
use local_lrsbridge\local\snapshot;

/**
 * What becomes of statements that the bridge refused.
 *
 * @covers \local_lrsbridge\local\queue
 * @covers \local_lrsbridge\local\purger
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class refused_test extends \advanced_testcase {
    /** @var \stdClass A chosen course. */
    private \stdClass $course;

    /**
     * A course that is chosen.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->course = $this->getDataGenerator()->create_course();
        set_config('courses', $this->course->id, 'local_lrsbridge');
        set_config('since', 1, 'local_lrsbridge');
    }

    /**
     * Completions that wait.
     *
     * @param int $many
     * @return \stdClass[] rows of the queue
     */
    private function wait(int $many): array {
        global $DB;
        for ($one = 0; $one < $many; $one++) {
            $userid = (int) $this->getDataGenerator()->create_user()->id;
            $time = time() - 200 * DAYSECS;
            $completion = (object) ['userid' => $userid, 'course' => $this->course->id, 'timecompleted' => $time];
            $DB->insert_record('course_completions', $completion);
            queue::add(snapshot::course_completed((int) $this->course->id, $userid, $time));
        }
        return queue::due($many);
    }

    /**
     * All that was refused waits again, by as many writes however many it is; what waits is left as it is.
     */
    public function test_send_all_again(): void {
        global $DB;
        $writes = [];
        foreach ([2, 9] as $many) {
            $rows = $this->wait($many);
            foreach ($rows as $row) {
                queue::failed($row, 400, 'no');
            }
            $this->wait(1);
            queue::postpone(queue::due(1));
            $postponed = $DB->get_records('local_lrsbridge_queue', ['failed' => 0], 'id');
            queue::pause('no answer');
            $before = $DB->perf_get_writes();
            $this->assertSame($many, queue::send_all_again());
            $writes[] = $DB->perf_get_writes() - $before;
            $state = queue::state();
            $this->assertSame([0, null], [$state->failed, $state->pauseduntil]);
            foreach ($rows as $row) {
                $this->assertEquals($row, $DB->get_record('local_lrsbridge_queue', ['id' => $row->id]));
            }
            $this->assertEquals($postponed, array_intersect_key($DB->get_records('local_lrsbridge_queue'), $postponed));
            $DB->delete_records('local_lrsbridge_queue');
        }
        $this->assertSame($writes[0], $writes[1]);
        $this->assertSame(0, queue::send_all_again());
    }

    /**
     * A completion that was refused long ago is neither forgotten nor sent by itself; it can be sent again. It is forgotten when
     * Moodle no longer has it.
     */
    public function test_refused_long_ago(): void {
        global $DB;
        $this->wait(2);
        foreach (queue::due(2) as $row) {
            queue::failed($row, 400, 'no');
        }
        $longago = time() - (config::KEEP_DAYS + 1) * DAYSECS;
        $DB->set_field('local_lrsbridge_queue', 'timefailed', $longago);
        $refused = $DB->get_records('local_lrsbridge_queue');
        $this->assertSame(0, purger::run());
        $this->assertSame(0, reconciler::run()->missing);
        $this->assertEquals($refused, $DB->get_records('local_lrsbridge_queue'));

        [$first, $second] = array_values($refused);
        $DB->delete_records('course_completions', ['userid' => $first->userid]);
        $this->assertSame(1, purger::run());
        $this->assertSame(0, reconciler::run()->missing);
        queue::send_again([$second->id]);
        $this->assertSame([$second->id], array_column(queue::due(9), 'id'));
    }

    /**
     * Results of other kinds are forgotten after a while, refused or delivered; what waits never is, however old.
     */
    public function test_purge(): void {
        global $DB;
        $longago = time() - (config::KEEP_DAYS + 1) * DAYSECS;
        $common = ['kind' => 'quiz_result', 'courseid' => $this->course->id, 'userid' => 2, 'timecompleted' => $longago];
        foreach ([[0, null], [1, $longago], [1, time()]] as [$failed, $timefailed]) {
            $DB->insert_record('local_lrsbridge_queue', (object) ($common + ['statementid' => \core\uuid::generate(),
                'statement' => '{}', 'timecreated' => $longago, 'failed' => $failed, 'timefailed' => $timefailed]));
        }
        foreach (['quiz_result', 'course_completed'] as $kind) {
            foreach ([$longago, time()] as $timedelivered) {
                $DB->insert_record('local_lrsbridge_sent', (object) (['kind' => $kind] + $common
                    + ['statementid' => \core\uuid::generate(), 'timedelivered' => $timedelivered]));
            }
        }
        $DB->insert_record('local_lrsbridge_sent', (object) (['kind' => 'course_completed', 'userid' => 3] + $common
            + ['statementid' => \core\uuid::generate(), 'timedelivered' => $longago]));
        // A result of the moment in which the course was completed is none of the completion's business.
        $DB->insert_record('local_lrsbridge_sent', (object) (['userid' => 3] + $common
            + ['statementid' => \core\uuid::generate(), 'timedelivered' => $longago]));
        $kept = (object) ['course' => $this->course->id, 'userid' => 3, 'timecompleted' => $longago];
        $DB->insert_record('course_completions', $kept);
        $this->assertSame(4, purger::run());
        $this->assertSame(2, $DB->count_records('local_lrsbridge_queue'));
        $this->assertSame(0, $DB->count_records('local_lrsbridge_queue', ['timefailed' => $longago]));
        $left = $DB->get_records('local_lrsbridge_sent', ['timedelivered' => $longago]);
        $this->assertSame([['3', 'course_completed']], array_map(fn($one) => [$one->userid, $one->kind], array_values($left)));
        $this->assertSame(3, $DB->count_records('local_lrsbridge_sent'));
    }
}
