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

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/completion/completion_completion.php');

/**
 * What the daily comparison finds.
 *
 * @covers \local_lrsbridge\local\reconciler
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class reconciler_test extends \advanced_testcase {
    /** @var int When the plugin was installed. */
    private const INSTALLED = 1772442000;

    /**
     * The plugin was installed some time ago.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        set_config('since', self::INSTALLED, 'local_lrsbridge');
    }

    /**
     * Somebody completes a course, and the plugin doesn't notice.
     *
     * @param \stdClass $course
     * @param int $time
     * @return int who
     */
    private function completed(\stdClass $course, int $time = self::INSTALLED): int {
        $userid = (int) $this->getDataGenerator()->create_user()->id;
        $sink = $this->redirectEvents();
        $messages = $this->redirectMessages();
        (new \completion_completion(['course' => $course->id, 'userid' => $userid]))->mark_complete($time);
        $sink->close();
        $messages->close();
        return $userid;
    }

    /**
     * Whose completions wait.
     *
     * @return int[]
     */
    private function waiting(): array {
        return array_map('intval', array_column(queue::due(100), 'userid'));
    }

    /**
     * What is missing is queued, of courses that are ticked, themselves or by a category above them.
     */
    public function test_what_is_missing(): void {
        $generator = $this->getDataGenerator();
        $ticked = $generator->create_category();
        $below = $generator->create_category(['parent' => $ticked->id]);
        $courses = [
            $generator->create_course(),
            $generator->create_course(['category' => $ticked->id]),
            $generator->create_course(['category' => $below->id]),
        ];
        $other = $generator->create_course();
        set_config('courses', $courses[0]->id, 'local_lrsbridge');
        set_config('categories', $ticked->id, 'local_lrsbridge');
        $told = array_map(fn(\stdClass $course): int => $this->completed($course), $courses);
        $this->completed($other);

        $this->assertEquals(array_fill_keys(array_column($courses, 'id'), 1), reconciler::count_missing());
        $found = reconciler::run();
        $this->assertSame(3, $found->missing);
        $this->assertEqualsCanonicalizing($told, $this->waiting());
        $this->assertEquals(self::INSTALLED, queue::due(1)[0]->timecompleted);
        $this->assertEquals($found, reconciler::last());
        $this->assertSame([], reconciler::count_missing());
    }

    /**
     * It gives the statement the very id that the observer gives it.
     */
    public function test_it_finds_what_the_observer_would_have_told(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        set_config('courses', $course->id, 'local_lrsbridge');
        $userid = (int) $this->getDataGenerator()->create_user()->id;
        $messages = $this->redirectMessages();
        (new \completion_completion(['course' => $course->id, 'userid' => $userid]))->mark_complete(self::INSTALLED);
        $messages->close();
        $told = $DB->get_record('local_lrsbridge_queue', ['userid' => $userid], 'statementid, statement', MUST_EXIST);
        $DB->delete_records('local_lrsbridge_queue');
        reconciler::run();
        $this->assertEquals(
            $told,
            $DB->get_record('local_lrsbridge_queue', ['userid' => $userid], 'statementid, statement', MUST_EXIST)
        );
    }

    /**
     * What waits, was refused or was delivered is not missing.
     */
    public function test_what_is_not_missing(): void {
        $course = $this->getDataGenerator()->create_course();
        set_config('courses', $course->id, 'local_lrsbridge');
        foreach (range(1, 3) as $ignored) {
            $this->completed($course);
        }
        reconciler::run();
        [$one, $two, $three] = queue::due(3);
        queue::delivered([$one]);
        queue::failed($two, 400, 'no');
        $found = reconciler::run();
        $this->assertSame([0, 0], [$found->missing, $found->vanished]);
        $this->assertSame([(int) $three->userid], $this->waiting());
    }

    /**
     * Completions from before the plugin are left to the backfill, and those of kinds that are not ticked to nobody.
     */
    public function test_what_is_not_its_business(): void {
        $course = $this->getDataGenerator()->create_course();
        set_config('courses', $course->id, 'local_lrsbridge');
        $this->completed($course, self::INSTALLED - 1);
        $this->assertSame(0, reconciler::run()->missing);
        $this->assertEquals([$course->id => 1], reconciler::count_missing());
        $this->assertSame([], reconciler::count_missing(self::INSTALLED));
        $this->completed($course);
        set_config('kinds', 'activity_completed', 'local_lrsbridge');
        $this->assertSame(0, reconciler::run()->missing);
        $this->assertSame([], $this->waiting());
    }

    /**
     * Guests, deleted users and deleted courses break nothing.
     */
    public function test_who_is_gone(): void {
        global $CFG, $DB;
        $course = $this->getDataGenerator()->create_course();
        $gone = $this->getDataGenerator()->create_course();
        set_config('courses', "$course->id,$gone->id", 'local_lrsbridge');
        $deleted = $this->completed($course);
        $left = $this->completed($course);
        $row = ['course' => $course->id, 'timecompleted' => self::INSTALLED];
        $DB->insert_record('course_completions', (object) ($row + ['userid' => $CFG->siteguest]));
        $DB->insert_record('course_completions', (object) ($row + ['userid' => $left + 1000]));
        $DB->insert_record('course_completions', (object) (['course' => $gone->id + 1000, 'userid' => $left] + $row));
        $this->completed($gone);
        delete_course($gone, false);
        delete_user(\core_user::get_user($deleted));
        $this->assertSame(1, reconciler::run()->missing);
        $this->assertSame([$left], $this->waiting());
    }

    /**
     * What vanished in Moodle is counted, and nothing is withdrawn; the same course completed anew is another completion.
     */
    public function test_what_vanished(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        set_config('courses', $course->id, 'local_lrsbridge');
        [$reset, $anew] = [$this->completed($course), $this->completed($course)];
        $this->completed($course);
        reconciler::run();
        queue::delivered(queue::due(3));
        $before = $DB->get_records('local_lrsbridge_sent');
        $this->assertSame(0, reconciler::run()->vanished);

        $DB->delete_records('course_completions', ['userid' => $reset]);
        $DB->set_field('course_completions', 'timecompleted', self::INSTALLED + YEARSECS, ['userid' => $anew]);
        $found = reconciler::run();
        $this->assertSame([1, 2], [$found->missing, $found->vanished]);
        $this->assertSame([$anew], $this->waiting());
        $this->assertEquals($before, $DB->get_records('local_lrsbridge_sent'));
    }

    /**
     * The backfill goes on where it stopped.
     */
    public function test_pages_of_what_is_missing(): void {
        $course = $this->getDataGenerator()->create_course();
        set_config('courses', $course->id, 'local_lrsbridge');
        $users = array_map(fn(int $ignored): int => $this->completed($course), range(1, 3));
        $first = iterator_to_array(reconciler::missing(0, 0, 2), false);
        $this->assertEquals([$users[0], $users[1]], array_column($first, 'userid'));
        $rest = iterator_to_array(reconciler::missing(0, (int) end($first)->id, 2), false);
        $this->assertEquals([$users[2]], array_column($rest, 'userid'));
    }
}
