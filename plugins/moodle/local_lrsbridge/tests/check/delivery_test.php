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

namespace local_lrsbridge\check;

use core\check\result;
use local_lrsbridge\local\answer;
use local_lrsbridge\local\queue;
use local_lrsbridge\local\sender;
use local_lrsbridge\tests\scripted_bridge;

/**
 * When the status check is red.
 *
 * @covers \local_lrsbridge\check\delivery
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class delivery_test extends \advanced_testcase {
    /** @var int Now. */
    private const NOW = 1772442000;

    /**
     * States of the queue, and what they mean when nothing may be silent for six hours.
     *
     * @return array[] state, whether the plugin is set up, status, number of profiles that were not taken (none by default)
     */
    public static function states_provider(): array {
        $ago = fn(float $hours): int => self::NOW - (int) ($hours * HOURSECS);
        return [
            'nothing waits, nothing was ever sent' => [[], true, result::OK],
            'nothing waits, for long' => [['lastsuccess' => $ago(900)], true, result::OK],
            'waits since a moment' => [['waiting' => 9, 'oldest' => $ago(1), 'lastsuccess' => $ago(90)], true, result::OK],
            'drains a long queue' => [['waiting' => 9, 'oldest' => $ago(90), 'lastsuccess' => $ago(1)], true, result::OK],
            'stuck' => [['waiting' => 9, 'oldest' => $ago(7), 'lastsuccess' => $ago(8)], true, result::ERROR],
            'stuck from the first' => [['waiting' => 1, 'oldest' => $ago(7)], true, result::ERROR],
            'stuck, and some refused' => [['waiting' => 1, 'oldest' => $ago(7), 'failed' => 2], true, result::ERROR],
            'some refused' => [['failed' => 2], true, result::WARNING],
            'a profile was not taken' => [[], true, result::WARNING, 1],
            'stuck, and a profile was not taken' => [['waiting' => 1, 'oldest' => $ago(7)], true, result::ERROR, 1],
            'not set up' => [[], false, result::NA],
            'not set up any more' => [['waiting' => 1, 'oldest' => $ago(0)], false, result::ERROR],
        ];
    }

    /**
     * What each state means.
     *
     * @dataProvider states_provider
     * @param array $state
     * @param bool $isready
     * @param string $status
     * @param int $profiles
     */
    public function test_states(array $state, bool $isready, string $status, int $profiles = 0): void {
        $state += ['waiting' => 0, 'failed' => 0, 'oldest' => null, 'lastsuccess' => null, 'lasterror' => '<b>503</b>'];
        $refused = (object) ['number' => $profiles, 'reason' => $profiles ? '<b>no</b>' : '', 'time' => null];
        $result = delivery::judge((object) $state, $refused, $isready, 6, self::NOW);
        $this->assertSame($status, $result->get_status());
        $this->assertNotSame('', $result->get_summary());
        $this->assertStringNotContainsString('<b>', $result->get_details());
    }

    /**
     * Moodle's report asks it.
     */
    public function test_moodle_asks_it(): void {
        global $CFG;
        require_once($CFG->dirroot . '/local/lrsbridge/lib.php');
        $this->resetAfterTest();
        [$check] = local_lrsbridge_status_checks();
        $this->assertSame(result::NA, $check->get_result()->get_status());
        $this->assertSame('local_lrsbridge_delivery', $check->get_ref());
    }

    /**
     * It follows the queue: green while it drains, red when nothing got through for long, yellow while something is refused.
     */
    public function test_it_follows_the_queue(): void {
        global $DB;
        $this->resetAfterTest();
        scripted_bridge::set_up();
        $bridge = new scripted_bridge();
        $status = fn(): string => (new delivery())->get_result()->get_status();
        $event = json_decode(file_get_contents(__DIR__ . '/../fixtures/course_completed/event.json'), true);
        $this->assertSame(result::OK, $status());
        queue::add($event);
        $bridge->answers_next(new answer(401, '{"title": "The secret is wrong."}'));
        sender::run(10, $bridge);
        $this->assertSame(result::OK, $status(), 'not long enough to worry anybody');

        $DB->set_field('local_lrsbridge_queue', 'timecreated', time() - 5 * HOURSECS);
        $this->assertSame(result::OK, $status());
        set_config('silenthours', 4, 'local_lrsbridge');
        $this->assertSame(result::ERROR, $status());
        $this->assertStringContainsString('The secret is wrong.', (new delivery())->get_result()->get_details());

        queue::resume();
        $bridge->answers_next(scripted_bridge::refusal(400, [0]));
        sender::run(10, $bridge);
        $this->assertSame(result::WARNING, $status());
        queue::send_again(array_column(queue::list_failed(0, 10), 'id'));
        sender::run(10, $bridge);
        $this->assertSame(result::OK, $status());
    }
}
