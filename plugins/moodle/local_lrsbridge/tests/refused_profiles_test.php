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

use local_lrsbridge\local\answer;
use local_lrsbridge\local\bridge_client;
use local_lrsbridge\local\profiles;
use local_lrsbridge\local\sender;

/**
 * Agent profiles that the bridge takes, and those that it doesn't.
 *
 * @covers \local_lrsbridge\local\profiles
 * @covers \local_lrsbridge\local\sender
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class refused_profiles_test extends \advanced_testcase {
    /** @var string[] Whose profiles were put, by account; in order. */
    private array $put = [];

    /**
     * Names are sent.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        set_config('send_name', 1, 'local_lrsbridge');
        foreach (['endpoint' => 'https://bridge.example.org/xapi', 'key' => 'k', 'secret' => 's'] as $name => $value) {
            set_config($name, $value, 'local_lrsbridge');
        }
    }

    /**
     * People.
     *
     * @param int $many
     * @return int[] row ids
     */
    private function people(int $many): array {
        return array_map(fn(): int => (int) $this->getDataGenerator()->create_user()->id, range(1, $many));
    }

    /**
     * A bridge that answers to profiles.
     *
     * @param answer[] $answers account => what is answered; 204 to others
     * @return bridge_client
     */
    private function bridge(array $answers = []): bridge_client {
        $this->put = [];
        $client = $this->createStub(bridge_client::class);
        $client->method('put_profile')->willReturnCallback(function (array $agent) use ($answers): answer {
            $this->put[] = (int) $agent['account']['name'];
            return $answers[(int) $agent['account']['name']] ?? new answer(204);
        });
        return $client;
    }

    /**
     * Lets time pass for those that were not taken.
     *
     * @param int $seconds
     */
    private function pass(int $seconds): void {
        global $DB;
        $DB->execute('UPDATE {local_lrsbridge_profile} SET timenext = timenext - ?', [$seconds]);
    }

    /**
     * A profile that is refused for what is in it is counted with its reason; others are put. It is tried again after a day.
     */
    public function test_refused(): void {
        [$first, $second, $third] = $this->people(3);
        $no = $this->bridge([$second => new answer(400, '{"title": "no such name"}')]);
        $this->assertSame('no such name', profiles::send([$first, $second, $third], $no));
        $this->assertSame([$first, $second, $third], $this->put);
        $refused = profiles::refused();
        $this->assertSame([1, 'no such name'], [$refused->number, $refused->reason]);
        $this->assertEqualsWithDelta(time(), $refused->time, 5);
        $this->assertSame('no such name', profiles::of($second)->reason);
        $this->assertTrue(profiles::of($second)->isnews);
        $this->assertNull(profiles::of($third)->timefailed);

        $this->pass(DAYSECS - 60);
        profiles::send_refused($no);
        $this->assertSame(3, count($this->put));
        $this->pass(120);
        $this->assertSame('', profiles::send_refused($this->bridge()));
        $this->assertSame([$second], $this->put);
        $this->assertSame(0, profiles::refused()->number);
        $this->assertFalse(profiles::of($second)->isnews);
        $this->pass(DAYSECS * 2);
        profiles::send_refused($this->bridge());
        $this->assertSame([], $this->put);
    }

    /**
     * Where the bridge takes no profile at all, it is asked once, and all are tried again after an hour.
     */
    public function test_the_bridge_takes_none(): void {
        foreach ([new answer(403, '{"title": "no scope"}'), new answer(503), new answer(0, '', [], 'no route')] as $answer) {
            $people = $this->people(3);
            profiles::send($people, $this->bridge([$people[0] => $answer]));
            $this->assertSame([$people[0]], $this->put);
            $this->assertSame([3, $answer->reason()], [profiles::refused()->number, profiles::refused()->reason]);
            $this->pass(HOURSECS - 60);
            profiles::send_refused($this->bridge());
            $this->assertSame([], $this->put);
            $this->pass(120);
            profiles::send_refused($this->bridge());
            $this->assertSame($people, $this->put);
            $this->assertSame(0, profiles::refused()->number);
        }
    }

    /**
     * One that the bridge had before stays known, and gives way to the newer one when that is taken.
     */
    public function test_a_change_is_refused(): void {
        global $DB;
        [$one] = $this->people(1);
        profiles::send([$one], $this->bridge());
        $had = $DB->get_record('local_lrsbridge_profile', ['userid' => $one]);
        $name = $DB->get_field('user', 'lastname', ['id' => $one]);
        $DB->set_field('user', 'lastname', 'New', ['id' => $one]);
        profiles::send([$one], $this->bridge([$one => new answer(400)]));
        $has = $DB->get_record('local_lrsbridge_profile', ['userid' => $one]);
        $this->assertSame([$had->id, $had->hash, $had->timesent], [$has->id, $has->hash, $has->timesent]);
        $this->assertSame(1, profiles::refused()->number);
        // Where the name is again what the bridge has, nothing is left to do.
        $DB->set_field('user', 'lastname', $name, ['id' => $one]);
        $this->pass(DAYSECS);
        profiles::send_refused($this->bridge());
        $this->assertSame([], $this->put);
        $this->assertEquals($had, $DB->get_record('local_lrsbridge_profile', ['userid' => $one]));
    }

    /**
     * Deleted people, and fields that are turned off, are not counted.
     */
    public function test_no_longer_to_be_sent(): void {
        [$first, $second] = $this->people(2);
        profiles::send([$first, $second], $this->bridge([$first => new answer(403)]));
        delete_user(\core_user::get_user($first));
        set_config('send_name', 0, 'local_lrsbridge');
        $this->assertSame(0, profiles::refused()->number);
        set_config('send_name', 1, 'local_lrsbridge');
        $this->assertSame(1, profiles::refused()->number);
        $this->pass(DAYSECS);
        profiles::send_refused($this->bridge());
        $this->assertSame([$second], $this->put);
        $this->assertSame(0, profiles::refused()->number);
    }

    /**
     * The button has the sending task try them at once, though nothing waits in the queue; the status page shows them till then.
     */
    public function test_send_again(): void {
        global $PAGE;
        $PAGE->set_url('/local/lrsbridge/status.php');
        $shown = fn(): string => $PAGE->get_renderer('core')->render(new output\status(new local\queue(), 0));
        $people = $this->people(2);
        profiles::send($people, $this->bridge([$people[0] => new answer(403, '{"title": "<b>no</b> scope"}')]));
        $this->assertStringContainsString('&lt;b&gt;no&lt;/b&gt; scope', $shown());
        $this->assertStringContainsString('value="profilesagain"', $shown());
        sender::run(10, $this->bridge());
        $this->assertSame([], $this->put);
        profiles::send_again();
        sender::run(10, $this->bridge());
        $this->assertSame($people, $this->put);
        $this->assertStringNotContainsString('value="profilesagain"', $shown());
        // Those that were taken are left alone.
        profiles::send_again();
        sender::run(10, $this->bridge());
        $this->assertSame([], $this->put);
    }
}
