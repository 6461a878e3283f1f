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
 * What is told of where learners stand, and how often the bridge is asked.
 *
 * @covers \local_lrsbridge\local\standings
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class standings_test extends \advanced_testcase {
    /** @var scripted_bridge What is asked. */
    private scripted_bridge $bridge;

    /**
     * A bridge that nobody asked yet.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->bridge = new scripted_bridge();
    }

    /**
     * The bridge's answer about people.
     *
     * @param array|null ...$standings null where it knows nobody
     * @return answer
     */
    private static function told(?array ...$standings): answer {
        $list = array_map(fn(?array $standing): array => ['standing' => $standing], $standings);
        return new answer(200, json_encode(['standings' => $list]));
    }

    /**
     * Lets the time pass for which an answer is kept.
     *
     * @param int $userid
     * @return int how many seconds that were
     */
    private static function pass(int $userid): int {
        $cache = \cache::make('local_lrsbridge', 'mystanding');
        $kept = $cache->get($userid);
        $seconds = $kept['until'] - time();
        $cache->set($userid, ['until' => time()] + $kept);
        return $seconds;
    }

    /**
     * A standing is kept for some minutes, and asked for anew after these.
     */
    public function test_a_standing_is_kept(): void {
        $this->bridge->answers_next(self::told(['tier' => 1]), self::told(['tier' => 2]));
        $found = ['state' => standings::KNOWN, 'standing' => ['tier' => 1]];
        $this->assertSame($found, standings::of_oneself(5, $this->bridge));
        $this->assertSame($found, standings::of_oneself(5, $this->bridge));
        $this->assertSame(1, $this->bridge->asked);
        $this->assertEqualsWithDelta(300, self::pass(5), 3);
        $this->assertSame(2, standings::of_oneself(5, $this->bridge)['standing']['tier']);
    }

    /**
     * One's standing is not another's.
     */
    public function test_whose_standing_is_kept(): void {
        $this->bridge->answers_next(self::told(['tier' => 1]), self::told(['tier' => 3]));
        standings::of_oneself(5, $this->bridge);
        $this->assertSame(['tier' => 3], standings::of_oneself(6, $this->bridge)['standing']);
        $this->assertSame(['tier' => 1], standings::of_oneself(5, $this->bridge)['standing']);
    }

    /**
     * Who is not known yet, or whose standing is being computed, is asked for again soon.
     */
    public function test_what_will_change_soon(): void {
        $this->bridge->answers_next(self::told(null), self::told(['tier' => 1, 'is_stale' => true]));
        $this->assertSame(['state' => standings::UNKNOWN, 'standing' => null], standings::of_oneself(5, $this->bridge));
        $this->assertLessThanOrEqual(15, self::pass(5));
        $this->assertSame(standings::KNOWN, standings::of_oneself(5, $this->bridge)['state']);
        $this->assertLessThanOrEqual(15, self::pass(5));
    }

    /**
     * Answers of a bridge that can't be used.
     *
     * @return array[]
     */
    public static function away_provider(): array {
        return [
            'no answer' => [new answer(0, '', [], 'Operation timed out')],
            'failing' => [new answer(500, '{"standings": [{"standing": {}}]}')],
            'not allowed' => [new answer(403, '{"title": "no"}')],
            'a login page' => [new answer(200, '<html>')],
            'of another form' => [new answer(200, '{"people": [{"standing": {}}]}')],
            'about more than was asked' => [self::told(['tier' => 1], ['tier' => 2])],
            'nothing' => [new answer(204)],
        ];
    }

    /**
     * A bridge that is away is left alone for a moment, not for minutes.
     *
     * @dataProvider away_provider
     * @param answer $answer
     */
    public function test_away(answer $answer): void {
        $this->bridge->answers_next($answer);
        $away = ['state' => standings::AWAY, 'standing' => null];
        $this->assertSame($away, standings::of_oneself(5, $this->bridge));
        $this->assertSame($away, standings::of_oneself(5, $this->bridge));
        $this->assertSame(1, $this->bridge->asked);
        $this->assertLessThanOrEqual(30, self::pass(5));
        $this->assertSame(standings::UNKNOWN, standings::of_oneself(5, $this->bridge)['state']);
        $this->assertSame(2, $this->bridge->asked);
    }

    /**
     * Several are asked for at once, by their accounts at this site, and each gets their own.
     */
    public function test_several(): void {
        global $CFG;
        $asked = [];
        $this->bridge->answers_next(function (array $agents) use (&$asked): answer {
            $asked = $agents;
            return self::told(['tier' => 1], null, ['tier' => 3]);
        });
        $this->assertSame(
            [7 => ['tier' => 1], 5 => null, 9 => ['tier' => 3]],
            standings::of_many([3 => 7, 1 => 5, 8 => 9], $this->bridge)
        );
        $this->assertSame([$CFG->wwwroot], array_unique(array_column(array_column($asked, 'account'), 'homePage')));
        $this->assertSame(['7', '5', '9'], array_column(array_column($asked, 'account'), 'name'));
    }

    /**
     * Nobody is nobody's business, and too many are the caller's fault.
     */
    public function test_how_many(): void {
        $this->assertSame([], standings::of_many([], $this->bridge));
        $this->assertSame(0, $this->bridge->asked);
        $this->assertCount(standings::MOST, standings::of_many(range(1, standings::MOST), $this->bridge));
        $this->expectException(\coding_exception::class);
        standings::of_many(range(0, standings::MOST), $this->bridge);
    }
}
