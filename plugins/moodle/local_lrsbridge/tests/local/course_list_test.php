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
 * Which courses count, and which of this site's they are.
 *
 * @covers \local_lrsbridge\local\course_list
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class course_list_test extends \advanced_testcase {
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
     * The bridge's answer: each course counts by the ID numbers given.
     *
     * @param array $courses key => lists of ID numbers, one for each rule
     * @return answer
     */
    private static function told(array $courses): answer {
        $list = [];
        foreach ($courses as $key => $rules) {
            $sources = array_map(fn(array $idnumbers): array => ['id_numbers' => $idnumbers], $rules);
            $list[] = ['key' => $key, 'title' => "Course $key", 'sources' => $sources];
        }
        return new answer(200, json_encode(['courses' => $list]));
    }

    /**
     * Lets the time pass for which the answer is kept.
     *
     * @return int how many seconds that were
     */
    private static function pass(): int {
        $cache = \cache::make('local_lrsbridge', 'courses');
        $kept = $cache->get('known');
        $cache->set('known', ['until' => time()] + $kept);
        return $kept['until'] - time();
    }

    /**
     * The list is kept for ten minutes, and asked for anew after these.
     */
    public function test_the_list_is_kept(): void {
        $this->bridge->answers_next(self::told(['a' => [['CSE-1'], ['CSE-2', 'CSE-1']]]), self::told([]));
        $known = ['a' => ['title' => 'Course a', 'idnumbers' => ['CSE-1', 'CSE-2']]];
        $this->assertSame($known, course_list::known($this->bridge));
        $this->assertSame($known, course_list::known($this->bridge));
        $this->assertSame(1, $this->bridge->asked);
        $this->assertEqualsWithDelta(600, self::pass(), 3);
        $this->assertSame([], course_list::known($this->bridge));
    }

    /**
     * A bridge that is away is left alone for a moment, and no list is shown meanwhile.
     */
    public function test_away(): void {
        $this->bridge->answers_next(new answer(0, '', [], 'Operation timed out'));
        $this->assertNull(course_list::known($this->bridge));
        $this->assertNull(course_list::known($this->bridge));
        $this->assertSame([], course_list::links($this->bridge));
        $this->assertSame(1, $this->bridge->asked);
        $this->assertLessThanOrEqual(30, self::pass());
        $this->assertSame([], course_list::known($this->bridge));
    }

    /**
     * What is no list of courses is none; a course that counts by nothing of Moodle's is in it all the same.
     */
    public function test_what_is_told(): void {
        foreach ([new answer(401), new answer(200, '<html>'), new answer(200, '{"courses": 3}'), new answer(500)] as $answer) {
            $this->assertNull(course_list::read($answer));
        }
        $told = new answer(200, json_encode(['courses' => [
            ['key' => 'a', 'title' => 'A', 'sources' => [['id_numbers' => ['', 7, 'x']], ['source' => 'other'], 'odd']],
            ['key' => 'b', 'title' => 'B'],
        ]]));
        $this->assertSame(
            ['a' => ['title' => 'A', 'idnumbers' => ['x']], 'b' => ['title' => 'B', 'idnumbers' => []]],
            course_list::read($told)
        );
    }

    /**
     * This site's courses are found by their ID numbers, and linked for those who may see them.
     */
    public function test_links(): void {
        $generator = $this->getDataGenerator();
        $seen = $generator->create_course(['idnumber' => 'CSE-1', 'fullname' => 'Seeing & naming']);
        $generator->create_course(['idnumber' => 'CSE-2', 'visible' => 0]);
        $generator->create_course(['idnumber' => 'CSE-10']);
        $this->setUser($generator->create_and_enrol($seen, 'student'));
        $told = self::told(['a' => [['CSE-1', 'CSE-2']], 'b' => [['CSE-1']], 'c' => [['CSE-9']]]);
        $this->bridge->answers_next($told);
        $here = course_list::here(course_list::read($told));
        $this->assertEqualsCanonicalizing(['CSE-1', 'CSE-2'], array_column($here['a'], 'idnumber'));
        $this->assertSame(['a', 'b'], array_keys($here));

        $links = course_list::links($this->bridge);
        $this->assertSame(['a', 'b'], array_keys($links));
        $this->assertCount(1, $links['a']);
        $this->assertStringEndsWith("/course/view.php?id=$seen->id", $links['a'][0]['url']);
        $this->assertStringContainsString('Seeing & naming', $links['a'][0]['text'], 'plain text, that the template escapes');
        $this->setAdminUser();
        $this->assertCount(2, course_list::links($this->bridge)['a']);
    }
}
