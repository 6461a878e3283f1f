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

use core_xapi\local\statement;
use core_xapi\local\statement\item_activity;
use core_xapi\local\statement\item_agent;
use core_xapi\local\statement\item_definition;
use core_xapi\local\statement\item_result;
use core_xapi\local\statement\item_verb;
use local_lrsbridge\local\queue;
use local_lrsbridge\local\sender;
use local_lrsbridge\local\statement_factory;
use local_lrsbridge\tests\scripted_bridge;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/completionlib.php');
require_once($CFG->dirroot . '/completion/criteria/completion_criteria_activity.php');
require_once($CFG->dirroot . '/mod/quiz/locallib.php');
require_once($CFG->dirroot . '/mod/quiz/report/reportlib.php');
require_once($CFG->dirroot . '/mod/quiz/report/overview/report.php');
require_once($CFG->dirroot . '/mod/scorm/locallib.php');

/**
 * What is queued when something happens in Moodle.
 *
 * @covers \local_lrsbridge\observer
 * @covers \local_lrsbridge\local\snapshot
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class observer_test extends \advanced_testcase {
    /** @var int When a course was completed: not now. */
    private const LONG_AGO = 1772442000;

    /** @var \stdClass The course that is ticked. */
    private \stdClass $course;

    /** @var \stdClass Somebody who learns in it. */
    private \stdClass $learner;

    /**
     * One course is ticked, and all kinds.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        set_config('enablecompletion', 1);
        $this->course = $this->getDataGenerator()->create_course(['enablecompletion' => 1, 'idnumber' => 'CSE-1']);
        $this->learner = $this->getDataGenerator()->create_and_enrol($this->course, 'student');
        set_config('courses', $this->course->id, 'local_lrsbridge');
        set_config('kinds', implode(',', statement_factory::KINDS), 'local_lrsbridge');
    }

    /**
     * What was queued, oldest first.
     *
     * @param string $kind
     * @return \stdClass[] a list, with the statements as arrays
     */
    private function queued(string $kind): array {
        global $DB;
        return array_values(array_map(function (\stdClass $row): \stdClass {
            $row->statement = json_decode($row->statement, true);
            return $row;
        }, $DB->get_records('local_lrsbridge_queue', ['kind' => $kind], 'id')));
    }

    /**
     * Has Moodle complete a course.
     *
     * @param \stdClass $course
     * @param int $userid
     * @param int|null $time
     */
    private function complete_course(\stdClass $course, int $userid, ?int $time = self::LONG_AGO): void {
        $sink = $this->redirectMessages();
        (new \completion_completion(['course' => $course->id, 'userid' => $userid]))->mark_complete($time);
        $sink->close();
    }

    /**
     * An assignment that is complete as options say.
     *
     * @param array $options
     * @return \cm_info
     */
    private function assignment(array $options): \cm_info {
        $options += ['course' => $this->course->id, 'completion' => COMPLETION_TRACKING_AUTOMATIC, 'grade' => 100];
        $assign = $this->getDataGenerator()->create_module('assign', $options);
        return get_fast_modinfo($this->course)->get_cm($assign->cmid);
    }

    /**
     * Grades a learner.
     *
     * @param \cm_info $cm
     * @param float $grade
     */
    private function grade(\cm_info $cm, float $grade): void {
        grade_update('mod/assign', $this->course->id, 'mod', 'assign', $cm->instance, 0, [
            'userid' => $this->learner->id,
            'rawgrade' => $grade,
        ]);
    }

    /**
     * The time is when it was completed, the learner who completed it, whoever caused it, and once is enough.
     */
    public function test_a_completed_course(): void {
        $this->setAdminUser();
        $this->complete_course($this->course, $this->learner->id);
        [$row] = $this->queued('course_completed');
        $this->assertCount(1, $this->queued('course_completed'));
        $this->assertEquals(self::LONG_AGO, $row->timecompleted);
        $this->assertEquals($this->learner->id, $row->userid);
        $this->assertSame(gmdate('Y-m-d\TH:i:s\Z', self::LONG_AGO), $row->statement['timestamp']);
        $this->assertSame((string) $this->learner->id, $row->statement['actor']['account']['name']);
        $this->assertSame('CSE-1', $row->statement['object']['definition']['extensions'][statement_factory::EXTERNAL_ID]);
    }

    /**
     * An activity completes the course, by Moodle's own doing.
     */
    public function test_a_course_that_moodle_completes(): void {
        $cm = $this->assignment(['completion' => COMPLETION_TRACKING_MANUAL]);
        $criterion = (object) ['id' => $this->course->id, 'criteria_activity' => [$cm->id => 1]];
        (new \completion_criteria_activity())->update_config($criterion);
        $this->setUser($this->learner);
        $sink = $this->redirectMessages();
        (new \completion_info($this->course))->update_state($cm, COMPLETION_COMPLETE);
        ob_start();
        (new \core\task\completion_regular_task())->execute();
        ob_end_clean();
        $sink->close();
        [$row] = $this->queued('course_completed');
        $this->assertCount(1, $this->queued('course_completed'));
        $this->assertEquals($this->learner->id, $row->userid);
        $this->assertCount(1, $this->queued('activity_completed'));
    }

    /**
     * Nothing is told that nobody ticked.
     */
    public function test_what_is_not_ticked(): void {
        $other = $this->getDataGenerator()->create_course(['enablecompletion' => 1]);
        $this->complete_course($other, $this->learner->id);
        set_config('kinds', 'activity_completed', 'local_lrsbridge');
        $this->complete_course($this->course, $this->learner->id);
        $cm = $this->assignment(['completion' => COMPLETION_TRACKING_MANUAL]);
        unset_config('kinds', 'local_lrsbridge');
        (new \completion_info($this->course))->update_state($cm, COMPLETION_COMPLETE, $this->learner->id);
        $this->assertSame(0, queue::state()->waiting);
        // As installed, course completions are told.
        $another = $this->getDataGenerator()->create_user();
        $this->complete_course($this->course, $another->id);
        $this->assertSame(1, queue::state()->waiting);
    }

    /**
     * Of guests and of those who are deleted nothing is told, and nothing breaks.
     */
    public function test_guests_and_deleted_users(): void {
        global $CFG;
        $this->complete_course($this->course, (int) $CFG->siteguest);
        delete_user($this->learner);
        $this->complete_course($this->course, $this->learner->id);
        $this->assertSame([], $this->queued('course_completed'));
    }

    /**
     * With an account goes all that is held of its person, and nothing of others.
     */
    public function test_an_account_that_is_deleted(): void {
        global $DB;
        set_config('send_name', 1, 'local_lrsbridge');
        scripted_bridge::set_up();
        $other = $this->getDataGenerator()->create_user();
        $second = $this->getDataGenerator()->create_course(['enablecompletion' => 1]);
        set_config('courses', "{$this->course->id},$second->id", 'local_lrsbridge');
        foreach ([$this->course, $second] as $course) {
            sender::run(10, new scripted_bridge());
            $this->complete_course($course, $this->learner->id);
            $this->complete_course($course, $other->id);
        }
        $rows = fn(\stdClass $user): array => array_map(
            fn(string $table): int => $DB->count_records("local_lrsbridge_$table", ['userid' => $user->id]),
            ['queue', 'sent', 'profile']
        );
        $this->assertSame([1, 1, 1], $rows($this->learner));
        delete_user($this->learner);
        $this->assertSame([0, 0, 0], $rows($this->learner));
        $this->assertSame([1, 1, 1], $rows($other));
    }

    /**
     * A category covers what lies in it and below it, and nothing beside it.
     */
    public function test_categories(): void {
        $generator = $this->getDataGenerator();
        $above = $generator->create_category();
        $ticked = $generator->create_category(['parent' => $above->id]);
        $below = $generator->create_category(['parent' => $ticked->id]);
        $beside = $generator->create_category(['parent' => $above->id]);
        set_config('courses', '', 'local_lrsbridge');
        set_config('categories', $ticked->id, 'local_lrsbridge');
        $told = [];
        foreach ([$above, $ticked, $below, $beside] as $category) {
            $course = $generator->create_course(['category' => $category->id, 'enablecompletion' => 1]);
            $this->complete_course($course, $this->learner->id);
            if (in_array($category, [$ticked, $below], true)) {
                $told[] = (int) $course->id;
            }
        }
        $this->assertSame($told, array_map('intval', array_column($this->queued('course_completed'), 'courseid')));
    }

    /**
     * The statement is as things were then, whatever is changed afterwards.
     */
    public function test_a_statement_stays_as_it_was(): void {
        $this->complete_course($this->course, $this->learner->id);
        update_course((object) ['id' => $this->course->id, 'fullname' => 'Renamed', 'idnumber' => 'other']);
        delete_course($this->course, false);
        [$row] = $this->queued('course_completed');
        $this->assertStringContainsString($this->course->fullname, json_encode($row->statement['object']));
    }

    /**
     * What is rolled back was never queued.
     */
    public function test_the_transaction_of_the_event(): void {
        global $DB;
        $this->preventResetByRollback();
        $transaction = $DB->start_delegated_transaction();
        $this->complete_course($this->course, $this->learner->id);
        $this->assertCount(1, $this->queued('course_completed'), 'no later than the event itself');
        try {
            $transaction->rollback(new \moodle_exception('error'));
        } catch (\moodle_exception $e) {
            $this->assertCount(0, $this->queued('course_completed'));
        }
        $this->assertFalse($DB->record_exists('course_completions', ['course' => $this->course->id]));
    }

    /**
     * That somebody ticked an activity is told, and that they unticked it is not.
     */
    public function test_an_activity_that_is_unticked(): void {
        global $DB;
        $cm = $this->assignment(['completion' => COMPLETION_TRACKING_MANUAL]);
        $completion = new \completion_info($this->course);
        $this->setUser($this->learner);
        $completion->update_state($cm, COMPLETION_COMPLETE);
        [$row] = $this->queued('activity_completed');
        $this->assertCount(1, $this->queued('activity_completed'));
        $this->assertSame('http://adlnet.gov/expapi/verbs/completed', $row->statement['verb']['id']);
        $this->assertSame(['completion' => true], $row->statement['result']);
        // Told within the same second, it would be the same statement, and not be seen here.
        $DB->delete_records('local_lrsbridge_queue');
        $completion->update_state($cm, COMPLETION_INCOMPLETE);
        $this->assertSame([], $this->queued('activity_completed'));
    }

    /**
     * A teacher who ticks it for somebody is not the learner.
     */
    public function test_an_activity_that_a_teacher_ticks(): void {
        $cm = $this->assignment(['completion' => COMPLETION_TRACKING_MANUAL]);
        $this->setUser($this->getDataGenerator()->create_and_enrol($this->course, 'editingteacher'));
        (new \completion_info($this->course))->update_state($cm, COMPLETION_COMPLETE, $this->learner->id, true);
        [$row] = $this->queued('activity_completed');
        $this->assertEquals($this->learner->id, $row->userid);
        $this->assertSame((string) $this->learner->id, $row->statement['actor']['account']['name']);
    }

    /**
     * Passed and failed are told with the grade.
     */
    public function test_an_activity_that_is_graded(): void {
        $cm = $this->assignment(['completionusegrade' => 1, 'gradepass' => 50]);
        $this->grade($cm, 40);
        $this->grade($cm, 80);
        [$failed, $passed] = $this->queued('activity_completed');
        $this->assertSame('http://adlnet.gov/expapi/verbs/failed', $failed->statement['verb']['id']);
        $this->assertSame(false, $failed->statement['result']['success']);
        $this->assertSame(40, $failed->statement['result']['score']['raw']);
        $this->assertSame('http://adlnet.gov/expapi/verbs/passed', $passed->statement['verb']['id']);
        $this->assertSame(0.8, $passed->statement['result']['score']['scaled']);
    }

    /**
     * A grade that the learner may not see is told to nobody else, and neither is a failure that hangs on it.
     */
    public function test_a_hidden_grade(): void {
        $cm = $this->assignment(['completionusegrade' => 1, 'completionpassgrade' => 1, 'gradepass' => 50]);
        \grade_item::fetch(['itemtype' => 'mod', 'itemmodule' => 'assign', 'iteminstance' => $cm->instance])->set_hidden(1);
        $this->grade($cm, 40);
        $completion = new \completion_info($this->course);
        $data = $completion->get_data($cm, false, $this->learner->id);
        $completion->internal_set_data($cm, (object) (['completionstate' => COMPLETION_COMPLETE_FAIL_HIDDEN] + (array) $data));
        $this->assertSame([], $this->queued('activity_completed'));
        $this->grade($cm, 80);
        [$row] = $this->queued('activity_completed');
        $this->assertArrayNotHasKey('score', $row->statement['result']);
    }

    /**
     * A quiz of one question for each kind that is named, each of one mark, to pass with half of ten.
     *
     * @param string ...$kinds of questions
     * @return \stdClass the quiz
     */
    private function quiz(string ...$kinds): \stdClass {
        $quiz = $this->getDataGenerator()->create_module('quiz', [
            'course' => $this->course->id,
            'grade' => 10,
            'sumgrades' => count($kinds),
            'gradepass' => 5,
            'questionsperpage' => 0,
        ]);
        $questions = $this->getDataGenerator()->get_plugin_generator('core_question');
        $category = $questions->create_question_category(['contextid' => \context_module::instance($quiz->cmid)->id]);
        foreach ($kinds as $kind) {
            $quiz->questions[] = $questions->create_question($kind, null, ['category' => $category->id]);
            quiz_add_quiz_question(end($quiz->questions)->id, $quiz, 0, 1);
        }
        return $quiz;
    }

    /**
     * Has the learner attempt a quiz, and hand it in.
     *
     * @param \stdClass $quiz
     * @param array $responses slot => response
     * @param \stdClass|null $who the learner by default
     * @return int the attempt's row id
     */
    private function attempt(\stdClass $quiz, array $responses, ?\stdClass $who = null): int {
        $this->setUser($who ?? $this->learner);
        $generator = $this->getDataGenerator()->get_plugin_generator('mod_quiz');
        $attempt = $generator->create_attempt($quiz->id, ($who ?? $this->learner)->id);
        $generator->submit_responses($attempt->id, $responses, false, true);
        return (int) $attempt->id;
    }

    /**
     * A quiz that was handed in and marked by Moodle is told once.
     */
    public function test_a_quiz(): void {
        global $DB;
        $quiz = $this->quiz('truefalse', 'shortanswer');
        $id = $this->attempt($quiz, [1 => 'True', 2 => 'toad']);
        [$row] = $this->queued('quiz_result');
        $this->assertCount(1, $this->queued('quiz_result'));
        $this->assertEquals($this->learner->id, $row->userid);
        $score = ['scaled' => 0.9, 'raw' => 9, 'min' => 0, 'max' => 10];
        $this->assertSame(['success' => true, 'score' => $score], $row->statement['result']);
        $this->assertSame('http://adlnet.gov/expapi/verbs/passed', $row->statement['verb']['id']);
        $this->assertStringEndsWith("/mod/quiz/view.php?id=$quiz->cmid", $row->statement['object']['id']);
        $this->assertEquals($DB->get_field('quiz_attempts', 'timefinish', ['id' => $id]), $row->timecompleted);
        $this->attempt($quiz, [1 => 'False', 2 => 'cat']);
        $this->assertCount(2, $this->queued('quiz_result'));
        $this->assertSame(false, $this->queued('quiz_result')[1]->statement['result']['success']);
    }

    /**
     * What whoever made the quiz tries out is no result.
     */
    public function test_a_preview_of_a_quiz(): void {
        $quiz = $this->quiz('truefalse');
        $id = $this->attempt($quiz, [1 => 'True'], get_admin());
        $this->regrade($quiz, $id);
        $this->assertSame([], $this->queued('quiz_result'));
    }

    /**
     * What waits for a teacher's mark is told when it has one, whoever gives it.
     */
    public function test_a_quiz_that_a_teacher_marks(): void {
        $quiz = $this->quiz('truefalse', 'essay');
        $id = $this->attempt($quiz, [1 => 'True', 2 => 'What I think.']);
        $this->assertSame([], $this->queued('quiz_result'));
        $this->setUser($this->getDataGenerator()->create_and_enrol($this->course, 'editingteacher'));
        $this->mark($id, 2, 0.5);
        [$row] = $this->queued('quiz_result');
        $this->assertCount(1, $this->queued('quiz_result'));
        $this->assertEquals($this->learner->id, $row->userid);
        $this->assertSame(7.5, $row->statement['result']['score']['raw']);
        $this->mark($id, 2, 1);
        $this->assertSame(10, $this->queued('quiz_result')[1]->statement['result']['score']['raw']);
    }

    /**
     * Marks a question, and tells of it as Moodle's page for it does.
     *
     * @param int $id the attempt's
     * @param int $slot
     * @param float $mark
     */
    private function mark(int $id, int $slot, float $mark): void {
        $attempt = \mod_quiz\quiz_attempt::create($id);
        $attempt->get_question_usage()->manual_grade($slot, 'Well', $mark, FORMAT_HTML);
        $attempt->process_submitted_actions(time(), false, []);
        \mod_quiz\event\question_manually_graded::create([
            'objectid' => $attempt->get_question_attempt($slot)->get_question_id(),
            'courseid' => $attempt->get_courseid(),
            'context' => $attempt->get_quizobj()->get_context(),
            'other' => ['quizid' => $attempt->get_quizid(), 'attemptid' => $id, 'slot' => $slot],
        ])->trigger();
    }

    /**
     * Marks an attempt again, as Moodle's report does.
     *
     * @param \stdClass $quiz
     * @param int $id the attempt's
     * @param bool $isdry whether only to see what would change
     */
    private function regrade(\stdClass $quiz, int $id, bool $isdry = false): void {
        global $DB;
        $this->setAdminUser();
        $report = new \quiz_overview_report();
        $cm = get_fast_modinfo($this->course)->get_cm($quiz->cmid);
        $report->init('overview', 'quiz_overview_settings_form', $quiz, $cm, $this->course);
        $report->regrade_attempt($DB->get_record('quiz_attempts', ['id' => $id]), $isdry);
    }

    /**
     * Marked again after the question was mended, another result is told; marked again as it was, none.
     */
    public function test_a_quiz_that_is_regraded(): void {
        global $DB;
        $quiz = $this->quiz('shortanswer');
        $id = $this->attempt($quiz, [1 => 'toad']);
        $this->regrade($quiz, $id);
        $this->assertCount(1, $this->queued('quiz_result'));
        $DB->set_field('question_answers', 'fraction', 0.25, ['question' => $quiz->questions[0]->id, 'fraction' => 0.8]);
        \question_bank::notify_question_edited($quiz->questions[0]->id);
        $this->regrade($quiz, $id, true);
        $this->assertCount(1, $this->queued('quiz_result'), 'a dry run changes nothing');
        $this->regrade($quiz, $id);
        $this->assertCount(2, $this->queued('quiz_result'));
        [$before, $after] = array_map(fn(\stdClass $row): array => $row->statement['result'], $this->queued('quiz_result'));
        $this->assertSame([8, true], [$before['score']['raw'], $before['success']]);
        $this->assertSame([2.5, false], [$after['score']['raw'], $after['success']]);
    }

    /**
     * What a SCORM package tells: each score and each status once.
     */
    public function test_scorm(): void {
        global $DB;
        $this->setAdminUser();
        $scorm = $this->getDataGenerator()->create_module('scorm', ['course' => $this->course->id]);
        $sco = $DB->get_record('scorm_scoes', ['scorm' => $scorm->id, 'scormtype' => 'sco'], '*', IGNORE_MULTIPLE);
        $this->setUser($this->learner);
        $tell = fn(string $element, string $value, int $attempt = 1) =>
            scorm_insert_track($this->learner->id, $scorm->id, $sco->id, $attempt, $element, $value);
        $tell('cmi.core.lesson_status', 'incomplete');
        $tell('cmi.core.score.raw', '80');
        $tell('cmi.core.score.raw', '80');
        $tell('cmi.core.lesson_status', 'passed');
        $tell('cmi.core.lesson_status', 'passed', 2);
        $rows = $this->queued('scorm_result');
        $verbs = array_map(fn(\stdClass $row): string => basename($row->statement['verb']['id']), $rows);
        $this->assertSame(['scored', 'passed', 'passed'], $verbs);
        $this->assertSame(['score' => ['raw' => 80]], $rows[0]->statement['result']);
        $this->assertEquals($this->learner->id, $rows[0]->userid);
    }

    /**
     * What an H5P activity tells: each attempt once, however many of its parts are told.
     */
    public function test_h5p(): void {
        $this->setAdminUser();
        $activity = $this->getDataGenerator()->create_module('h5pactivity', ['course' => $this->course->id]);
        $this->setUser($this->learner);
        $context = \context_module::instance($activity->cmid);
        $handler = \mod_h5pactivity\xapi\handler::create('mod_h5pactivity');
        foreach (['', '?subContentId=111-222-333'] as $part) {
            $statement = new statement();
            $statement->set_actor(item_agent::create_from_user($this->learner));
            $statement->set_verb(item_verb::create_from_id('http://adlnet.gov/expapi/verbs/answered'));
            $definition = (object) ['interactionType' => 'choice', 'correctResponsesPattern' => '1'];
            $definition = item_definition::create_from_data($definition);
            $statement->set_object(item_activity::create_from_id($context->id . $part, $definition));
            $statement->set_result(item_result::create_from_data((object) [
                'completion' => true,
                'success' => true,
                'score' => (object) ['min' => 0, 'max' => 4, 'raw' => 3, 'scaled' => 0.75],
            ]));
            $handler->statement_to_event($statement)->trigger();
        }
        [$row] = $this->queued('h5p_result');
        $this->assertCount(1, $this->queued('h5p_result'));
        $score = ['scaled' => 0.75, 'raw' => 3, 'min' => 0, 'max' => 4];
        $this->assertSame(['success' => true, 'score' => $score], $row->statement['result']);
        $this->assertEquals($this->learner->id, $row->userid);
    }
}
