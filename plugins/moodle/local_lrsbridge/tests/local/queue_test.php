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
 * What waits, what was refused, and what was delivered.
 *
 * @covers \local_lrsbridge\local\queue
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class queue_test extends \advanced_testcase {
    /**
     * A snapshot of a completed course.
     *
     * @param int $userid
     * @return array
     */
    private static function snapshot(int $userid): array {
        $event = json_decode(file_get_contents(__DIR__ . '/../fixtures/course_completed/event.json'), true);
        return ['userid' => $userid] + $event;
    }

    /**
     * Queues one, and gives its row.
     *
     * @param int $userid
     * @return \stdClass
     */
    private function row(int $userid): \stdClass {
        global $DB;
        queue::add(self::snapshot($userid));
        return $DB->get_record('local_lrsbridge_queue', ['userid' => $userid], '*', MUST_EXIST);
    }

    /**
     * The same is queued once: not while it waits, not after it was refused, and not after it was delivered.
     */
    public function test_once_is_enough(): void {
        global $DB;
        $this->resetAfterTest();
        $this->assertTrue(queue::add(self::snapshot(5)));
        $this->assertFalse(queue::add(self::snapshot(5)));
        [$row] = queue::due(10);
        queue::failed($row, 400, 'no');
        $this->assertFalse(queue::add(self::snapshot(5)));
        queue::delivered([$row]);
        $this->assertFalse(queue::add(self::snapshot(5)));
        $this->assertSame(0, $DB->count_records('local_lrsbridge_queue'));
        $this->assertTrue(queue::add(self::snapshot(6)));
    }

    /**
     * Whatever tells of a fact gives it this id: UUIDv5 of what docs/moodle.md names.
     */
    public function test_the_id(): void {
        $this->resetAfterTest();
        $event = self::snapshot(5);
        $row = $this->row(5);
        $id = natural_id::of($event['siteurl'], 'course_completed', $event['course']['id'], 5, $event['time']);
        $this->assertSame($id, $row->statementid);
        $this->assertSame($id, json_decode($row->statement)->id);
        $this->assertMatchesRegularExpression('/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/', $id);
        $this->assertEquals($event['time'], $row->timecompleted);
    }

    /**
     * How the queue stands, as the status page and the check read it.
     */
    public function test_state(): void {
        global $DB;
        $this->resetAfterTest();
        $empty = (object) ['waiting' => 0, 'failed' => 0, 'oldest' => null, 'lastsuccess' => null, 'lasterror' => null,
            'lasterrortime' => null, 'pauseduntil' => null];
        $this->assertEquals($empty, queue::state());
        foreach ([5 => 1000, 6 => 3000, 7 => 2000] as $userid => $time) {
            $DB->set_field('local_lrsbridge_queue', 'timecreated', $time, ['id' => $this->row($userid)->id]);
        }
        queue::failed($this->row(5), 400, 'no');
        queue::pause('The bridge is away.', 120);
        $state = queue::state();
        $this->assertSame([2, 1, 2000], [$state->waiting, $state->failed, $state->oldest]);
        $this->assertSame('The bridge is away.', $state->lasterror);
        $this->assertEqualsWithDelta(time() + 126, $state->pauseduntil, 8);
        queue::went_well();
        $state = queue::state();
        $this->assertEqualsWithDelta(time(), $state->lastsuccess, 3);
        $this->assertNull($state->lasterror);
        $this->assertNull($state->lasterrortime);
        $this->assertNull($state->pauseduntil);
    }

    /**
     * What was put off comes after what was not, and not before its time; what was refused does not come at all.
     */
    public function test_what_is_due(): void {
        $this->resetAfterTest();
        $rows = array_map(fn(int $userid): \stdClass => $this->row($userid), [5, 6, 7, 8]);
        queue::postpone([$rows[0]]);
        queue::failed($rows[1], 400, 'no');
        $this->assertSame([$rows[2]->id, $rows[3]->id], array_column(queue::due(10), 'id'));
        $this->assertSame([$rows[2]->id], array_column(queue::due(1), 'id'));
        $later = array_column(queue::due(10, time() + backoff::FIRST + 1), 'id');
        $this->assertSame([$rows[2]->id, $rows[3]->id, $rows[0]->id], $later);
        // The longer it can't be delivered, the longer it is put off.
        foreach (range(1, 4) as $ignored) {
            queue::postpone([$this->row(5)]);
        }
        $row = $this->row(5);
        $this->assertEquals(5, $row->attempts);
        $this->assertGreaterThanOrEqual(time() + 8 * backoff::FIRST - 2, (int) $row->timenext);
    }

    /**
     * What was refused is kept with the reason, and sent again when the admin says so; what waits is left as it is.
     */
    public function test_send_again(): void {
        global $DB;
        $this->resetAfterTest();
        [$one, $two, $three] = array_map(fn(int $userid): \stdClass => $this->row($userid), [5, 6, 7]);
        queue::failed($one, 400, 'no verb');
        queue::failed($two, 413, 'too large');
        $DB->set_field('local_lrsbridge_queue', 'timefailed', time() - 100, ['id' => $two->id]);
        queue::postpone([$three]);
        queue::pause('away', 600);
        $this->assertSame(['no verb', 'too large'], array_column(queue::list_failed(0, 10), 'reason'), 'the latest first');
        $this->assertSame(['too large'], array_column(queue::list_failed(1, 1), 'reason'));
        $this->assertEquals(413, queue::list_failed(1, 1)[0]->httpstatus);

        $before = $this->row(7);
        queue::send_again([$one->id, $three->id, 0]);
        $this->assertEquals($before, $this->row(7));
        $this->assertSame([$one->id], array_column(queue::due(10), 'id'));
        $again = $this->row(5);
        $this->assertNull($again->reason);
        $this->assertNull($again->timefailed);
        $this->assertNull($again->httpstatus);
        $this->assertEquals(0, $again->attempts);
        $this->assertNull(queue::state()->pauseduntil, 'it is sent at the next run');
        $this->assertSame(1, queue::state()->failed);
        queue::send_again([]);
    }

    /**
     * What was delivered is remembered once, also where two told so.
     */
    public function test_delivered(): void {
        global $DB;
        $this->resetAfterTest();
        $rows = [$this->row(5), $this->row(6)];
        queue::delivered([$rows[0]]);
        queue::delivered($rows);
        queue::delivered([]);
        $this->assertSame(0, $DB->count_records('local_lrsbridge_queue'));
        $sent = array_values($DB->get_records('local_lrsbridge_sent', [], 'userid'));
        $this->assertSame(array_column($rows, 'statementid'), array_column($sent, 'statementid'));
        $this->assertEquals($rows[1]->timecompleted, $sent[1]->timecompleted);
        $this->assertEqualsWithDelta(time(), $sent[1]->timedelivered, 3);
    }
}
