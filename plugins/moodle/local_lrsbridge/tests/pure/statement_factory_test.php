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
 * Each golden event gives its golden statement.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lrsbridge\local;

/**
 * Each golden event gives its golden statement.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class statement_factory_test extends \PHPUnit\Framework\TestCase {
    /**
     * The cases, by the name of their folder.
     *
     * @return array[]
     */
    public static function cases(): array {
        $cases = [];
        foreach (glob(__DIR__ . '/../fixtures/*/event.json') as $path) {
            $cases[basename(dirname($path))] = [
                json_decode(file_get_contents($path), true, 512, JSON_THROW_ON_ERROR),
                json_decode(file_get_contents(dirname($path) . '/statement.json'), true, 512, JSON_THROW_ON_ERROR),
            ];
        }
        return $cases;
    }

    /**
     * What is made of an event is what the file says, and its text gives the same again.
     *
     * @dataProvider cases
     * @param array $event
     * @param array $statement
     * @covers \local_lrsbridge\local\statement_factory
     */
    public function test_the_golden_statement(array $event, array $statement): void {
        $made = statement_factory::statement($event);
        $this->assertSame($statement, $made);
        $this->assertSame($statement, json_decode(statement_factory::json($made), true));
        $this->assertSame($statement['id'], statement_factory::id($event));
    }

    /**
     * The same course restored, another learner or another time is another fact; a name that changed is not.
     *
     * @covers \local_lrsbridge\local\statement_factory
     */
    public function test_what_makes_it_another_statement(): void {
        [$event] = self::cases()['course_completed'];
        $id = statement_factory::id($event);
        $renamed = $event;
        $renamed['course']['fullname'] = 'Renamed';
        $renamed['course']['idnumber'] = 'other';
        $this->assertSame($id, statement_factory::id($renamed));
        $this->assertSame($id, statement_factory::id(['siteurl' => $event['siteurl'] . '/'] + $event));
        foreach (['userid' => 43, 'time' => $event['time'] + 1, 'siteurl' => 'https://other.example.org'] as $name => $value) {
            $this->assertNotSame($id, statement_factory::id([$name => $value] + $event), $name);
        }
        $event['course']['id'] = 8;
        $this->assertNotSame($id, statement_factory::id($event));
    }

    /**
     * A kind or a state that there isn't is refused.
     *
     * @covers \local_lrsbridge\local\statement_factory
     */
    public function test_an_unknown_kind(): void {
        [$event] = self::cases()['course_completed'];
        $this->expectException(\InvalidArgumentException::class);
        statement_factory::statement(['kind' => 'course_viewed', 'state' => 'complete'] + $event);
    }

    /**
     * Scores outside their limits, or limits that are none, give the raw score alone.
     *
     * @covers \local_lrsbridge\local\statement_factory
     */
    public function test_scores_that_do_not_fit(): void {
        [$event] = self::cases()['quiz_result'];
        foreach ([['raw' => 11, 'min' => 0, 'max' => 10], ['raw' => 5, 'min' => 10, 'max' => 10]] as $score) {
            $made = statement_factory::statement(['score' => $score] + $event);
            $this->assertSame(['raw' => $score['raw']], $made['result']['score']);
        }
    }

    /**
     * Moodle's language codes as language tags.
     *
     * @covers \local_lrsbridge\local\statement_factory
     */
    public function test_languages(): void {
        [$event] = self::cases()['course_completed'];
        foreach (['en_us' => 'en-US', 'de_kids' => 'de', 'pt_br' => 'pt-BR', '' => 'und', 'zh_tw' => 'zh-TW'] as $code => $tag) {
            $event['course']['lang'] = $code;
            $this->assertSame($tag, statement_factory::statement($event)['context']['language'], $code);
        }
    }
}
