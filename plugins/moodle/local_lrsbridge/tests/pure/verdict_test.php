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
 * What an answer means for the batch.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lrsbridge\local;

/**
 * What an answer means for the batch.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class verdict_test extends \PHPUnit\Framework\TestCase {
    /**
     * An answer of the bridge, as it words refusals.
     *
     * @param int $status
     * @param array $problems
     * @param string[] $headers
     * @return answer
     */
    private static function refusal(int $status, array $problems = [], array $headers = []): answer {
        $body = json_encode(['title' => 'Not so', 'status' => $status, 'problems' => $problems]);
        return new answer($status, $body, $headers);
    }

    /**
     * Answers that need no look at their body.
     *
     * @covers \local_lrsbridge\local\verdict
     */
    public function test_by_status(): void {
        $kinds = [
            200 => verdict::DELIVERED, 204 => verdict::DELIVERED, 401 => verdict::REFUSED, 403 => verdict::REFUSED,
            404 => verdict::REFUSED, 302 => verdict::REFUSED, 408 => verdict::WAIT, 429 => verdict::WAIT, 500 => verdict::WAIT,
            502 => verdict::WAIT, 503 => verdict::WAIT, 0 => verdict::WAIT,
        ];
        foreach ($kinds as $status => $kind) {
            $this->assertSame($kind, verdict::of(new answer($status), 5)->kind, (string) $status);
        }
        $this->assertSame(verdict::REFUSED, verdict::of(new answer(0, '', [], 'The URL is blocked.', true), 5)->kind);
    }

    /**
     * A conflict over an id that follows from the fact itself means that the bridge has it.
     *
     * @covers \local_lrsbridge\local\verdict
     */
    public function test_a_conflict_is_split_until_it_is_known_whose_it_is(): void {
        $this->assertSame(verdict::SPLIT, verdict::of(self::refusal(409), 2)->kind);
        $this->assertSame(verdict::DELIVERED, verdict::of(self::refusal(409), 1)->kind);
    }

    /**
     * Where the bridge names those that it has, the others can be sent at once.
     *
     * @covers \local_lrsbridge\local\verdict
     */
    public function test_a_conflict_names_those_that_the_bridge_has(): void {
        $verdict = verdict::of(self::refusal(409, [
            ['where' => '$[2].id', 'what' => 'is held already', 'rule' => 'Communication 2.1.1'],
            ['where' => '$[0].id', 'what' => 'is held already', 'rule' => 'Communication 2.1.1'],
            ['where' => '$[7].id', 'what' => 'was never sent', 'rule' => 'Communication 2.1.1'],
        ]), 4);
        $this->assertSame(verdict::HELD, $verdict->kind);
        $this->assertSame([0, 2], $verdict->indexes);
        // More than the bridge words: all of them are named, though not each is described.
        $body = '{"status": 409, "problems": [{"where": "$[0].id"}], "statements": [0, 1, 3], "problems_not_shown": 2}';
        $this->assertSame([0, 1, 3], verdict::of(new answer(409, $body), 4)->indexes);
    }

    /**
     * Those at fault are told apart from the others, each with its own reason.
     *
     * @covers \local_lrsbridge\local\verdict
     */
    public function test_a_400_names_those_at_fault(): void {
        $verdict = verdict::of(self::refusal(400, [
            ['where' => '$[3].verb', 'what' => 'there is no "id"', 'rule' => 'XAPI-00044', 'mend' => 'the verb\'s IRI'],
            ['where' => '$[1].actor', 'what' => 'null is not allowed here', 'rule' => 'XAPI-00001', 'mend' => ''],
            ['where' => '$[3].object', 'what' => 'is missing', 'rule' => 'XAPI-00005', 'mend' => ''],
            ['where' => '$[9]', 'what' => 'was never sent', 'rule' => 'x', 'mend' => ''],
        ]), 5);
        $this->assertSame(verdict::BAD, $verdict->kind);
        $this->assertSame([1, 3], $verdict->indexes);
        $this->assertStringContainsString('XAPI-00044', $verdict->reasons[3]);
        $this->assertStringContainsString('is missing', $verdict->reasons[3]);
        $this->assertStringNotContainsString('XAPI-00044', $verdict->reasons[1]);
    }

    /**
     * A 400 that is about statements and names none is split; one that no bridge wrote is about no statement.
     *
     * @covers \local_lrsbridge\local\verdict
     */
    public function test_a_400_that_names_nobody(): void {
        $about = [['where' => '$', 'what' => 'is no JSON', 'rule' => 'JSON', 'mend' => '']];
        $this->assertSame(verdict::SPLIT, verdict::of(self::refusal(400, $about), 2)->kind);
        $this->assertSame(verdict::BAD, verdict::of(self::refusal(400, $about), 1)->kind);
        $this->assertSame(verdict::REFUSED, verdict::of(new answer(400, '<html>a proxy</html>'), 2)->kind);
    }

    /**
     * How long the server asks to wait, in seconds or by a date.
     *
     * @covers \local_lrsbridge\local\verdict
     * @covers \local_lrsbridge\local\answer
     */
    public function test_retry_after(): void {
        $now = gmmktime(9, 0, 0, 3, 2, 2026);
        $of = fn(string $value) => verdict::of(self::refusal(503, [], ['Retry-After' => $value]), 1, $now)->seconds;
        $this->assertSame(120, $of('120'));
        $this->assertSame(60, $of('Mon, 02 Mar 2026 09:01:00 GMT'));
        $this->assertSame(0, $of('Mon, 02 Mar 2026 08:00:00 GMT'));
        $this->assertNull($of('soon'));
    }

    /**
     * Whoever reads the status page learns which of Moodle's settings keeps the bridge out.
     *
     * @covers \local_lrsbridge\local\answer
     */
    public function test_a_blocked_address_names_the_settings(): void {
        $reason = (new answer(0, '', [], 'The URL is blocked.', true))->reason();
        $this->assertStringContainsString('curlsecurityblockedhosts', $reason);
        $this->assertStringContainsString('curlsecurityallowedport', $reason);
    }
}
