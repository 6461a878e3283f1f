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

use core\task\manager;
use local_lrsbridge\form\backfill_form;
use local_lrsbridge\local\backfill;
use local_lrsbridge\local\queue;
use local_lrsbridge\local\reconciler;
use local_lrsbridge\task\backfill as task;

/**
 * Completions from before: counted, queued in parts, by a task that may be stopped or killed, and shown.
 *
 * @covers \local_lrsbridge\local\backfill
 * @covers \local_lrsbridge\local\reconciler
 * @covers \local_lrsbridge\output\backfill
 * @covers \local_lrsbridge\task\backfill
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class backfill_test extends \advanced_testcase {
    /** @var int The first completion; each further one is a day later. */
    private const FIRST = 1700000000;

    /** @var \stdClass A chosen course. */
    private \stdClass $course;

    /**
     * A course that is chosen.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
        $this->course = $this->getDataGenerator()->create_course(['fullname' => 'Chosen']);
        set_config('courses', $this->course->id, 'local_lrsbridge');
    }

    /**
     * People who completed a course before, without any event.
     *
     * @param int $many
     * @param int|null $courseid the chosen one by default
     */
    private function completed(int $many, ?int $courseid = null): void {
        global $DB;
        $rows = [];
        for ($day = 0; $day < $many; $day++) {
            $rows[] = (object) [
                'userid' => $this->getDataGenerator()->create_user()->id,
                'course' => $courseid ?? $this->course->id,
                'timecompleted' => self::FIRST + $day * DAYSECS,
            ];
        }
        $DB->insert_records('course_completions', $rows);
    }

    /**
     * Lets statements wait that have nothing to do with it.
     *
     * @param int $many
     */
    private function others_wait(int $many): void {
        global $DB;
        $rows = [];
        for ($one = 1; $one <= $many; $one++) {
            $rows[] = (object) ['statementid' => \core\uuid::generate(), 'kind' => 'quiz_result', 'courseid' => 1, 'userid' => 2,
                'timecompleted' => 1, 'statement' => '{}', 'timecreated' => time()];
        }
        $DB->insert_records('local_lrsbridge_queue', $rows);
    }

    /**
     * Runs the tasks that are queued now, as cron does; those that they queue are left.
     *
     * @return int how many there were
     */
    private function cron(): int {
        $tasks = manager::get_adhoc_tasks(task::class);
        foreach (array_keys($tasks) as $id) {
            $task = manager::get_adhoc_task($id);
            ob_start();
            $task->execute();
            ob_end_clean();
            manager::adhoc_task_complete($task);
        }
        return count($tasks);
    }

    /**
     * The page's part.
     *
     * @param int $since
     * @param int $page
     * @return string HTML
     */
    private function shown(int $since = 0, int $page = 0): string {
        global $PAGE;
        $PAGE->set_url('/local/lrsbridge/backfill.php');
        return $PAGE->get_renderer('core')->render(new output\backfill(new backfill_form(), $since, $page));
    }

    /**
     * The dry run counts what was never queued, of chosen courses, by course and page, and queues nothing.
     */
    public function test_dry_run(): void {
        global $CFG, $DB;
        $second = $this->getDataGenerator()->create_course(['fullname' => 'Second']);
        $this->completed(3);
        $this->completed(5, (int) $second->id);
        $this->completed(7, (int) $this->getDataGenerator()->create_course(['fullname' => 'Left out'])->id);
        set_config('courses', "{$this->course->id},$second->id", 'local_lrsbridge');
        foreach ([$CFG->siteguest => 9, get_admin()->id => null] as $userid => $time) {
            $one = (object) ['userid' => $userid, 'course' => $second->id, 'timecompleted' => $time];
            $DB->insert_record('course_completions', $one);
        }

        $this->assertSame([(int) $second->id => 5, (int) $this->course->id => 3], reconciler::count_missing());
        $this->assertSame([(int) $this->course->id => 3], reconciler::count_missing(0, 1, 1));
        $this->assertEquals((object) ['completions' => 8, 'courses' => 2], reconciler::total_missing());
        // From the third day on, and a moment later.
        $third = self::FIRST + 2 * DAYSECS;
        $this->assertSame([(int) $second->id => 3, (int) $this->course->id => 1], reconciler::count_missing($third));
        $this->assertEquals((object) ['completions' => 2, 'courses' => 1], reconciler::total_missing($third + 1));

        $html = $this->shown();
        $this->assertMatchesRegularExpression('~Second</td>\s*<td[^>]*>5<.*Chosen</td>\s*<td[^>]*>3<~s', $html);
        $this->assertStringContainsString(get_string('backfill_begin', 'local_lrsbridge', 8), $html);
        $this->assertStringNotContainsString('Left out', $html);
        $this->assertStringContainsString(get_string('backfill_begin', 'local_lrsbridge', 2), $this->shown($third + 1));
        $this->assertSame(0, $DB->count_records('local_lrsbridge_queue'));

        backfill::begin($third);
        $this->cron();
        $this->assertSame(4, $DB->count_records('local_lrsbridge_queue'));
        $this->assertStringContainsString(get_string('backfill_begin', 'local_lrsbridge', 4), $this->shown());
        $nothing = get_string('backfill_nothing', 'local_lrsbridge');
        $this->assertStringNotContainsString($nothing, $this->shown());
        $this->assertStringContainsString($nothing, $this->shown($third));
    }

    /**
     * The list of courses is shown by pages.
     */
    public function test_many_courses_come_by_pages(): void {
        $ids = [];
        for ($number = 0; $number < output\backfill::PERPAGE + 1; $number++) {
            $ids[] = (int) $this->getDataGenerator()->create_course()->id;
            $this->completed(1, end($ids));
        }
        set_config('courses', implode(',', $ids), 'local_lrsbridge');
        $rows = fn(string $html): int => preg_match_all('~<td[^>]*>1</td>~', $html);
        $this->assertSame(output\backfill::PERPAGE, $rows($this->shown()));
        $this->assertSame(1, $rows($this->shown(0, 1)));
        $this->assertStringContainsString(get_string('backfill_begin', 'local_lrsbridge', count($ids)), $this->shown(0, 1));
    }

    /**
     * Where no course is chosen or the kind is not ticked, that is said, and nothing begins.
     */
    public function test_hindrances(): void {
        global $DB;
        $this->completed(1);
        set_config('kinds', 'quiz_result', 'local_lrsbridge');
        $this->assertSame('nokind', backfill::hindrance());
        backfill::begin(0);
        set_config('courses', '', 'local_lrsbridge');
        $this->assertSame('nocourses', backfill::hindrance());
        $html = $this->shown();
        $this->assertStringContainsString(s(get_string('backfill_nocourses', 'local_lrsbridge')), $html);
        $this->assertStringNotContainsString('value="begin"', $html);
        backfill::begin(0);
        $this->assertSame(0, $DB->count_records('local_lrsbridge_backfill'));
        $this->assertSame(0, $this->cron());
    }

    /**
     * The task queues them all, once; the page shows how it stands.
     */
    public function test_task(): void {
        global $DB;
        $this->completed(3);
        backfill::begin(0);
        $this->assertSame('running', backfill::latest()->state);
        $html = $this->shown();
        $this->assertStringContainsString('0 of 3', $html);
        $this->assertStringContainsString('value="stop"', $html);
        $this->assertStringNotContainsString('value="begin"', $html);
        // A second press changes nothing.
        backfill::begin(0);
        $this->assertSame(1, $this->cron());
        $this->assertSame(3, $DB->count_records('local_lrsbridge_queue'));
        $latest = backfill::latest();
        $this->assertSame('finished', $latest->state);
        $this->assertEquals(3, $latest->queued);
        $this->assertStringContainsString('3 of 3', $this->shown());
        $this->assertSame(0, $this->cron());

        // What is delivered is not queued again.
        queue::delivered(queue::due(2));
        backfill::begin(0);
        $this->cron();
        $this->assertEquals(0, backfill::latest()->total);
        $this->assertSame(1, $DB->count_records('local_lrsbridge_queue'));
    }

    /**
     * While too many wait it queues nothing, and has itself run again a while later; then it goes on.
     */
    public function test_throttle(): void {
        global $DB;
        $this->completed(2);
        $this->others_wait(backfill::WAITING);
        backfill::begin(0);
        $this->assertSame(1, $this->cron());
        $this->assertSame(backfill::WAITING, $DB->count_records('local_lrsbridge_queue'));
        $this->assertSame('running', backfill::latest()->state);
        $tasks = manager::get_adhoc_tasks(task::class);
        $this->assertCount(1, $tasks);
        $this->assertGreaterThan(time() + 30, reset($tasks)->get_next_run_time());

        $DB->delete_records_select('local_lrsbridge_queue', "kind = 'quiz_result' AND id > ?", [
            $DB->get_field_sql('SELECT MIN(id) FROM {local_lrsbridge_queue}'),
        ]);
        $this->assertSame(1, $this->cron());
        $this->assertSame('finished', backfill::latest()->state);
        $this->assertSame(2, $DB->count_records('local_lrsbridge_queue', ['kind' => 'course_completed']));
        $this->assertSame(0, $this->cron());
    }

    /**
     * A run that was killed after it had itself queued again doesn't make two of itself.
     */
    public function test_killed_after_it_queued_itself(): void {
        $this->completed(1);
        $this->others_wait(backfill::WAITING);
        backfill::begin(0);
        task::queue((int) backfill::latest()->id, time() + MINSECS);
        $this->assertSame(2, $this->cron());
        $this->assertCount(1, manager::get_adhoc_tasks(task::class));
    }

    /**
     * A run that is killed in the middle of a part leaves the parts before it, counted rightly; the next goes on from there.
     */
    public function test_killed_midway(): void {
        global $DB;
        $this->preventResetByRollback();
        $this->completed(5);
        backfill::begin(0);
        $id = (int) backfill::latest()->id;
        $third = (int) $DB->get_field_sql('SELECT MIN(id) + 2 FROM {course_completions}');
        // The first part of two went through.
        $progress = function (int $queued, int $after) use ($DB, $id): bool {
            $DB->update_record('local_lrsbridge_backfill', (object) ['id' => $id, 'queued' => $queued, 'lastid' => $after]);
            return true;
        };
        $this->assertSame(backfill::DONE, backfill::run(0, 0, 2, 10, $progress));
        // The second is killed before its end.
        try {
            backfill::run(0, $third - 1, 2, 10, function (): bool {
                throw new \coding_exception('killed');
            });
            $this->fail('it was not killed');
        } catch (\coding_exception $e) {
            $this->assertStringContainsString('killed', $e->getMessage());
            $DB->force_transaction_rollback();
        }
        $this->assertSame(2, $DB->count_records('local_lrsbridge_queue'));
        $this->assertSame(1, $this->cron());
        $this->assertSame(5, $DB->count_records('local_lrsbridge_queue'));
        $latest = backfill::latest();
        $this->assertEquals([5, 5, 'finished'], [$latest->queued, $latest->total, $latest->state]);
    }

    /**
     * A run that was stopped meanwhile ends after its part, and doesn't come back.
     */
    public function test_stop(): void {
        global $DB;
        $this->completed(2);
        backfill::begin(0);
        $id = (int) backfill::latest()->id;
        backfill::stop();
        $this->assertSame('stopped', backfill::latest()->state);
        $this->assertSame(backfill::STOPPED, backfill::go_on($id));
        $this->cron();
        $this->assertSame(0, $DB->count_records('local_lrsbridge_queue'));
        $this->assertStringContainsString('value="begin"', $this->shown());

        // Stopping leaves those alone that have ended.
        $DB->set_field('local_lrsbridge_backfill', 'timestopped', self::FIRST);
        $stopped = $DB->get_records('local_lrsbridge_backfill');
        backfill::stop();
        $this->assertEquals($stopped, $DB->get_records('local_lrsbridge_backfill'));

        // And another may be begun.
        backfill::begin(0);
        $this->cron();
        $this->assertSame(2, $DB->count_records('local_lrsbridge_queue'));
        // Told to end, the loop ends after the part, which stays.
        $this->completed(2);
        $this->assertSame(backfill::STOPPED, backfill::run(0, 0, 0, 10, fn() => false));
        $this->assertSame(4, $DB->count_records('local_lrsbridge_queue'));
    }

    /**
     * Where its task is gone, it is said to be broken off, and another may be begun.
     */
    public function test_interrupted(): void {
        global $DB;
        $this->completed(1);
        backfill::begin(0);
        $DB->delete_records('task_adhoc');
        $this->assertSame('interrupted', backfill::latest()->state);
        $this->assertStringContainsString('value="begin"', $this->shown());
        backfill::begin(0);
        $this->cron();
        $this->assertSame(1, $DB->count_records('local_lrsbridge_queue'));
    }

    /**
     * The command line's limit of a run.
     */
    public function test_most(): void {
        global $DB;
        $this->completed(5);
        $told = [];
        $progress = function (int $queued) use (&$told): bool {
            $told[] = $queued;
            return true;
        };
        $this->assertSame(backfill::DONE, backfill::run(0, 0, 3, 100, $progress));
        $this->assertSame([3], $told);
        $this->assertSame(backfill::FULL, backfill::run(0, 0, 0, 3, $progress));
        $this->assertSame(backfill::DONE, backfill::run(0, 0, 0, 4, $progress));
        $this->assertSame([3, 2], $told);
        $this->assertSame(5, $DB->count_records('local_lrsbridge_queue'));
    }
}
