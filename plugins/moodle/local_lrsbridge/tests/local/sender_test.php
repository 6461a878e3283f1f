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

use local_lrsbridge\tests\scripted_bridge;

/**
 * What the sender does with a queue, whatever the bridge answers.
 *
 * @covers \local_lrsbridge\local\sender
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class sender_test extends \advanced_testcase {
    /** @var scripted_bridge What it sends to. */
    private scripted_bridge $bridge;

    /**
     * The plugin is set up for a bridge.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        scripted_bridge::set_up();
        $this->bridge = new scripted_bridge();
    }

    /**
     * Queues the completions of so many people.
     *
     * @param int $many
     * @return string[] ids of the statements, in the order of the queue
     */
    private function queue(int $many): array {
        $event = json_decode(file_get_contents(__DIR__ . '/../fixtures/course_completed/event.json'), true);
        foreach (range(1001, 1000 + $many) as $userid) {
            queue::add(['userid' => $userid] + $event);
        }
        return array_column(queue::due($many), 'statementid');
    }

    /**
     * Has it sent, as cron does.
     */
    private function send(): void {
        sender::run(50, $this->bridge);
    }

    /**
     * How many statements there were in each request so far.
     *
     * @return int[]
     */
    private function sizes(): array {
        return array_map('count', $this->bridge->batches);
    }

    /**
     * Ids of what was delivered, as Moodle remembers it.
     *
     * @return string[]
     */
    private function delivered(): array {
        global $DB;
        return $DB->get_fieldset_select('local_lrsbridge_sent', 'statementid', '1 = 1');
    }

    /**
     * For how many seconds nothing is sent from now on.
     *
     * @return int
     */
    private function pause(): int {
        return (int) get_config('local_lrsbridge', 'pauseduntil') - time();
    }

    /**
     * A queue is drained, oldest first, in batches that grow while the bridge takes them; the next run begins with what was found.
     */
    public function test_a_queue_is_drained(): void {
        $ids = $this->queue(130);
        $this->send();
        $this->assertSame([50, 75, 5], $this->sizes());
        $this->assertSame($ids, array_merge(...$this->bridge->batches));
        $this->assertEqualsCanonicalizing($ids, $this->delivered());
        $this->assertSame(0, queue::state()->waiting);
        $this->assertEqualsWithDelta(time(), queue::state()->lastsuccess, 3);
        $this->assertEquals(112, get_config('local_lrsbridge', 'batchsize'));
        $this->send();
        $this->assertCount(3, $this->bridge->batches, 'nothing is sent twice');
    }

    /**
     * No batch is larger than the largest.
     */
    public function test_the_largest_batch(): void {
        $this->queue(sender::LARGEST + 1);
        set_config('batchsize', 9999, 'local_lrsbridge');
        $this->send();
        $this->assertSame([sender::LARGEST, 1], $this->sizes());
    }

    /**
     * What is too large is sent in smaller batches, and the next run begins with one that was small enough.
     */
    public function test_too_large(): void {
        $ids = $this->queue(20);
        $refuse = fn(array $sent): answer => count($sent) > 6 ? new answer(413) : $this->bridge->keep($sent);
        $this->bridge->answers_next(...array_fill(0, 20, $refuse));
        $this->send();
        $this->assertSame([20, 10, 5, 5, 10, 5, 5], $this->sizes());
        $this->assertEqualsCanonicalizing($ids, $this->delivered());
        $this->assertContains((int) get_config('local_lrsbridge', 'batchsize'), range(1, 9));
    }

    /**
     * One that is too large by itself keeps none of the others.
     */
    public function test_one_too_large(): void {
        $ids = $this->queue(5);
        $refuse = fn(array $sent): answer => in_array($ids[3], array_column($sent, 'id'), true)
            ? new answer(413, '{"title": "Larger than 1 MiB."}') : $this->bridge->keep($sent);
        $this->bridge->answers_next(...array_fill(0, 20, $refuse));
        $this->send();
        $this->assertEqualsCanonicalizing(array_diff($ids, [$ids[3]]), $this->delivered());
        [$failed] = queue::list_failed(0, 10);
        $this->assertSame([$ids[3], 'Larger than 1 MiB.'], [$failed->statementid, $failed->reason]);
    }

    /**
     * The bad ones are kept with the bridge's reason for each, the others get through at once, and it is not sent again by itself.
     */
    public function test_bad_ones(): void {
        $ids = $this->queue(6);
        $this->bridge->answers_next(scripted_bridge::refusal(400, [1, 4]));
        $this->send();
        $this->assertSame([6, 4], $this->sizes());
        $this->assertEqualsCanonicalizing([$ids[0], $ids[2], $ids[3], $ids[5]], $this->delivered());
        $failed = queue::list_failed(0, 10);
        $this->assertSame([$ids[4], $ids[1]], array_column($failed, 'statementid'));
        $this->assertStringContainsString('is refused in place 4', $failed[0]->reason);
        $this->assertStringContainsString('is refused in place 1', $failed[1]->reason);
        $this->assertEquals(400, $failed[0]->httpstatus);
        $this->send();
        $this->assertCount(2, $this->bridge->batches);

        queue::send_again(array_column($failed, 'id'));
        $this->send();
        $this->assertEqualsCanonicalizing($ids, $this->delivered());
    }

    /**
     * A bad one that the bridge doesn't name is found all the same.
     */
    public function test_a_bad_one_that_is_not_named(): void {
        $ids = $this->queue(8);
        $refuse = fn(array $sent): answer => in_array($ids[5], array_column($sent, 'id'), true)
            ? new answer(400, '{"title": "No.", "problems": [{"where": "$", "what": "is wrong"}]}') : $this->bridge->keep($sent);
        $this->bridge->answers_next(...array_fill(0, 20, $refuse));
        $this->send();
        $this->assertEqualsCanonicalizing(array_diff($ids, [$ids[5]]), $this->delivered());
        $this->assertSame([$ids[5]], array_column(queue::list_failed(0, 10), 'statementid'));
    }

    /**
     * Answers that are about the sender, and not about what was sent.
     *
     * @return array[]
     */
    public static function refusals_provider(): array {
        return [
            'wrong secret' => [new answer(401, '{"title": "The secret is wrong."}'), 'The secret is wrong.'],
            'may not' => [new answer(403, '{"title": "The scope is missing."}'), 'The scope is missing.'],
            'wrong address' => [new answer(404), 'HTTP 404'],
            'a proxy that says bad request' => [new answer(400, '<html>'), 'HTTP 400'],
            'Moodle refuses the address' => [new answer(0, '', [], 'The URL is blocked.', true), 'curlsecurityblockedhosts'],
        ];
    }

    /**
     * A refusal of the sender stops everything, loses nothing, and is told to the admin.
     *
     * @dataProvider refusals_provider
     * @param answer $answer
     * @param string $reason
     */
    public function test_refused(answer $answer, string $reason): void {
        $ids = $this->queue(60);
        $this->bridge->answers_next($answer);
        $this->send();
        $this->assertSame([50], $this->sizes());
        $state = queue::state();
        $this->assertSame([60, 0], [$state->waiting, $state->failed]);
        $this->assertStringContainsString($reason, $state->lasterror);
        $this->assertGreaterThan(0, $this->pause());
        $this->send();
        $this->assertSame([50], $this->sizes(), 'nothing is sent during the pause');
        queue::resume();
        $this->send();
        $this->assertSame($ids, array_keys($this->bridge->kept), 'in the order in which it happened');
        $this->assertNull(queue::state()->lasterror);
    }

    /**
     * Answers after which one waits: how many seconds after the first, and after the second in a row, at least and at most.
     *
     * @return array[]
     */
    public static function waits_provider(): array {
        $toolong = new answer(503, '', ['Retry-After' => '86400']);
        $longest = [backoff::LONGEST_ASKED, 1.1 * backoff::LONGEST_ASKED];
        return [
            'too many requests' => [new answer(429, '', ['Retry-After' => '900']), [900, 990], [900, 990]],
            'busy, for a day' => [$toolong, $longest, $longest],
            'busy' => [new answer(503), [30, 60], [60, 120]],
            'failing' => [new answer(500), [30, 60], [60, 120]],
            'no answer' => [new answer(0, '', [], 'Connection refused'), [30, 60], [60, 120]],
        ];
    }

    /**
     * Everything waits, as long as the bridge asks or longer with each time, and is sent in smaller batches then.
     *
     * @dataProvider waits_provider
     * @param answer $answer
     * @param float[] $first
     * @param float[] $second
     */
    public function test_waits(answer $answer, array $first, array $second): void {
        $this->queue(80);
        foreach ([[50, $first], [25, $second]] as [$size, [$least, $most]]) {
            $this->bridge->answers_next($answer);
            unset_config('pauseduntil', 'local_lrsbridge');
            $this->send();
            $this->assertSame($size, $this->sizes()[count($this->bridge->batches) - 1]);
            $this->assertGreaterThanOrEqual($least - 2, $this->pause());
            $this->assertLessThanOrEqual($most, $this->pause());
            $this->assertSame(80, queue::state()->waiting);
            $this->assertSame($answer->reason(), queue::state()->lasterror);
        }
        $this->assertCount(2, $this->bridge->batches);
    }

    /**
     * Waits of our own differ, so that many sites don't come back at once.
     */
    public function test_waits_differ(): void {
        $this->queue(1);
        $waits = [];
        foreach (range(1, 20) as $ignored) {
            set_config('tries', 4, 'local_lrsbridge');
            unset_config('pauseduntil', 'local_lrsbridge');
            $this->bridge->answers_next(new answer(503));
            $this->send();
            $waits[] = $this->pause();
        }
        $this->assertGreaterThan(3, count(array_unique($waits)));
    }

    /**
     * What may be why the bridge fails is put off, so that the others get through first.
     */
    public function test_what_makes_the_bridge_fail(): void {
        global $DB;
        $ids = $this->queue(3);
        set_config('batchsize', 1, 'local_lrsbridge');
        $this->bridge->answers_next(new answer(500));
        $this->send();
        queue::resume();
        $this->send();
        $this->assertSame([$ids[1], $ids[2]], array_keys($this->bridge->kept));
        $this->assertEquals([$ids[0]], $DB->get_fieldset_select('local_lrsbridge_queue', 'statementid', 'attempts = 1'));
        // Nobody is put off because the bridge is away altogether.
        $DB->set_field('local_lrsbridge_queue', 'timenext', 0);
        $this->queue(3);
        set_config('batchsize', 50, 'local_lrsbridge');
        $this->bridge->answers_next(new answer(503));
        $this->send();
        $this->assertSame(0, $DB->count_records_select('local_lrsbridge_queue', 'timenext > 0'));
    }

    /**
     * An answer that was lost: the same is sent again, and changes nothing.
     */
    public function test_a_lost_answer(): void {
        $ids = $this->queue(4);
        $this->bridge->answers_next(function (array $sent): answer {
            $this->bridge->keep($sent);
            return new answer(0, '', [], 'Operation timed out');
        });
        $this->send();
        $this->assertSame([], $this->delivered());
        $this->assertSame(4, queue::state()->waiting);
        queue::resume();
        $this->send();
        $this->assertCount(4, $this->bridge->kept);
        $this->assertEqualsCanonicalizing($ids, $this->delivered());
    }

    /**
     * What the bridge has with other content, as after a course was renamed, it has; the others are sent at once.
     */
    public function test_what_the_bridge_has(): void {
        $ids = $this->queue(40);
        foreach ([0, 7, 39] as $place) {
            $this->bridge->kept[$ids[$place]] = ['id' => $ids[$place], 'is' => 'other'];
        }
        $this->send();
        $this->assertSame([40, 37], $this->sizes());
        $this->assertEqualsCanonicalizing($ids, $this->delivered());
        $this->assertSame(0, queue::state()->failed);
        $this->assertSame(['id' => $ids[7], 'is' => 'other'], $this->bridge->kept[$ids[7]]);
    }

    /**
     * A batch that the bridge has whole takes one request.
     */
    public function test_the_bridge_has_all(): void {
        $ids = $this->queue(40);
        foreach ($ids as $id) {
            $this->bridge->kept[$id] = ['id' => $id, 'is' => 'other'];
        }
        $this->send();
        $this->assertSame([40], $this->sizes());
        $this->assertEqualsCanonicalizing($ids, $this->delivered());
    }

    /**
     * A server that doesn't say which it has is asked until it is known.
     */
    public function test_a_conflict_that_names_nobody(): void {
        $ids = $this->queue(8);
        $this->bridge->kept[$ids[5]] = ['id' => $ids[5], 'is' => 'other'];
        $bare = fn(array $sent): answer => new answer($this->bridge->keep($sent)->status);
        $this->bridge->answers_next(...array_fill(0, 20, $bare));
        $this->send();
        $this->assertEqualsCanonicalizing($ids, $this->delivered());
        $this->assertCount(8, $this->bridge->kept);
        $this->assertSame(0, queue::state()->failed);
    }

    /**
     * In the middle of parts, what was delivered stays delivered, and the rest waits.
     */
    public function test_trouble_between_parts(): void {
        $ids = $this->queue(10);
        $keep = fn(array $sent): answer => $this->bridge->keep($sent);
        $this->bridge->answers_next(new answer(413), $keep, new answer(401));
        $this->send();
        $this->assertEqualsCanonicalizing(array_slice($ids, 0, 5), $this->delivered());
        $this->assertSame(array_slice($ids, 5), array_column(queue::due(10), 'statementid'));
    }

    /**
     * Nothing is sent before the plugin is set up, when the time is up, and while another process sends.
     */
    public function test_when_nothing_is_sent(): void {
        global $CFG;
        // Of Moodle's kinds of locks one that this process too can't get twice.
        $CFG->lock_factory = \core\lock\db_record_lock_factory::class;
        $this->queue(1);
        sender::run(0, $this->bridge);
        foreach (['endpoint', 'key', 'secret'] as $name) {
            $set = get_config('local_lrsbridge', $name);
            set_config($name, '', 'local_lrsbridge');
            $this->send();
            set_config($name, $set, 'local_lrsbridge');
        }
        set_config('endpoint', 'http://bridge.example.org/xapi', 'local_lrsbridge');
        $this->send();
        scripted_bridge::set_up();
        $lock = \core\lock\lock_config::get_lock_factory('local_lrsbridge')->get_lock('send', 0);
        $this->send();
        $lock->release();
        $this->assertSame([], $this->sizes());
        $this->send();
        $this->assertSame([1], $this->sizes());
    }

    /**
     * A profile that the bridge doesn't take keeps no statement back, and is told in cron's log.
     */
    public function test_a_profile_that_is_not_taken(): void {
        set_config('send_name', 1, 'local_lrsbridge');
        $event = json_decode(file_get_contents(__DIR__ . '/../fixtures/course_completed/event.json'), true);
        $user = $this->getDataGenerator()->create_user(['firstname' => 'Asha', 'lastname' => 'Rao']);
        queue::add(['userid' => (int) $user->id] + $event);
        $this->bridge->answers_next(
            fn(array $sent): answer => $this->bridge->keep($sent),
            new answer(403, '{"title": "The scope profile is missing."}')
        );
        $this->expectOutputRegex('/The scope profile is missing\./');
        $this->send();
        $this->assertCount(1, $this->delivered());
        $this->assertSame([[$user->id, '{"name":"Asha Rao"}']], $this->bridge->profiles);
        $this->assertSame(0, queue::state()->waiting);
    }
}
