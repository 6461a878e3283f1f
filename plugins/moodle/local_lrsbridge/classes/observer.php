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

use local_lrsbridge\local\config;
use local_lrsbridge\local\queue;
use local_lrsbridge\local\snapshot;
use local_lrsbridge\privacy\provider;

/**
 * Queues what the admin ticked, inside the event's own transaction and without any HTTP.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class observer {
    /** @var string[] Moodle's completion states that are told; a failure whose grade is hidden is not. */
    private const STATES = [
        COMPLETION_COMPLETE => 'complete',
        COMPLETION_COMPLETE_PASS => 'pass',
        COMPLETION_COMPLETE_FAIL => 'fail',
    ];

    /**
     * A course was completed, by the learner's doing or by cron.
     *
     * @param \core\event\course_completed $event
     */
    public static function course_completed(\core\event\course_completed $event): void {
        if (!self::is_wanted('course_completed', (int) $event->courseid, (int) $event->relateduserid)) {
            return;
        }
        $completion = $event->get_record_snapshot('course_completions', $event->objectid);
        if ($completion && $completion->timecompleted) {
            self::queue(snapshot::course_completed(
                (int) $event->courseid,
                (int) $event->relateduserid,
                (int) $completion->timecompleted
            ));
        }
    }

    /**
     * An activity's completion changed; that it became incomplete is not told.
     *
     * @param \core\event\course_module_completion_updated $event
     */
    public static function activity_completed(\core\event\course_module_completion_updated $event): void {
        $state = self::STATES[(int) $event->other['completionstate']] ?? null;
        if ($state === null || !self::is_wanted('activity_completed', (int) $event->courseid, (int) $event->relateduserid)) {
            return;
        }
        $completion = $event->get_record_snapshot('course_modules_completion', $event->objectid);
        $cmid = (int) $event->contextinstanceid;
        self::queue(snapshot::activity(
            'activity_completed',
            $cmid,
            (int) $event->relateduserid,
            (int) ($completion->timemodified ?: $event->timecreated),
            "$cmid/$state",
            $state,
            self::grade($cmid, (int) $event->relateduserid)
        ));
    }

    /**
     * A quiz attempt was handed in, or its mark was settled or changed. Previews, and attempts that wait for a mark, are not told.
     *
     * @param \core\event\base $event of mod_quiz, about an attempt or a question in one
     */
    public static function quiz_result(\core\event\base $event): void {
        global $CFG, $DB;
        if (!in_array('quiz_result', config::kinds(), true)) {
            return;
        }
        $attempt = $DB->get_record('quiz_attempts', ['id' => $event->other['attemptid'] ?? $event->objectid]);
        if ($attempt && $event instanceof \mod_quiz\event\attempt_regraded) {
            // Moodle tells of the new marks before it has added them up.
            require_once($CFG->dirroot . '/question/engine/lib.php');
            $attempt->sumgrades = \question_engine::load_questions_usage_by_activity($attempt->uniqueid)->get_total_mark();
        }
        if (
            !$attempt || $attempt->preview || $attempt->state !== 'finished' || $attempt->sumgrades === null
                || !self::is_wanted('quiz_result', (int) $event->courseid, (int) $attempt->userid)
        ) {
            return;
        }
        $quiz = $DB->get_record('quiz', ['id' => $attempt->quiz], 'id, course, grade, sumgrades', MUST_EXIST);
        $score = null;
        $state = 'complete';
        if ($quiz->sumgrades > 0) {
            $raw = round($attempt->sumgrades / $quiz->sumgrades * $quiz->grade, 5);
            $score = ['raw' => $raw, 'min' => 0, 'max' => (float) $quiz->grade];
            $topass = (float) $DB->get_field('grade_items', 'gradepass', [
                'courseid' => $quiz->course,
                'itemtype' => 'mod',
                'itemmodule' => 'quiz',
                'iteminstance' => $quiz->id,
                'itemnumber' => 0,
            ]);
            $state = $topass > 0 ? ($raw >= $topass ? 'pass' : 'fail') : 'none';
        }
        self::queue(snapshot::activity(
            'quiz_result',
            (int) $event->contextinstanceid,
            (int) $attempt->userid,
            (int) ($attempt->timefinish ?: $event->timecreated),
            "$attempt->id/$state/" . json_encode($score['raw'] ?? null),
            $state,
            $score
        ));
    }

    /**
     * A SCORM package told a score or a status.
     *
     * @param \core\event\base $event scoreraw_submitted or status_submitted of mod_scorm
     */
    public static function scorm_result(\core\event\base $event): void {
        $userid = (int) ($event->relateduserid ?: $event->userid);
        if (!self::is_wanted('scorm_result', (int) $event->courseid, $userid)) {
            return;
        }
        $value = trim((string) $event->other['cmivalue']);
        $score = null;
        if ($event instanceof \mod_scorm\event\scoreraw_submitted) {
            if (!is_numeric($value)) {
                return;
            }
            $state = 'none';
            $score = ['raw' => (float) $value];
        } else {
            $state = ['passed' => 'pass', 'failed' => 'fail', 'completed' => 'complete'][$value] ?? null;
            if ($state === null) {
                return;
            }
        }
        self::queue(snapshot::activity(
            'scorm_result',
            (int) $event->contextinstanceid,
            $userid,
            (int) $event->timecreated,
            implode('/', [$event->contextinstanceid, $event->other['attemptid'], $event->other['cmielement'], $value]),
            $state,
            $score
        ));
    }

    /**
     * An H5P activity told of an attempt.
     *
     * @param \core\event\base $event statement_received of mod_h5pactivity
     */
    public static function h5p_result(\core\event\base $event): void {
        global $DB;
        $userid = (int) $event->userid;
        if (!self::is_wanted('h5p_result', (int) $event->courseid, $userid)) {
            return;
        }
        $attempts = $DB->get_records(
            'h5pactivity_attempts',
            ['h5pactivityid' => $event->objectid, 'userid' => $userid],
            'attempt DESC',
            '*',
            0,
            1
        );
        $attempt = reset($attempts);
        if (!$attempt || !$attempt->completion) {
            return;
        }
        $score = $attempt->maxscore > 0
            ? ['raw' => (float) $attempt->rawscore, 'min' => 0, 'max' => (float) $attempt->maxscore] : null;
        $state = $attempt->success === null ? ($score === null ? 'complete' : 'none') : ($attempt->success ? 'pass' : 'fail');
        self::queue(snapshot::activity(
            'h5p_result',
            (int) $event->contextinstanceid,
            $userid,
            (int) $attempt->timemodified,
            "$attempt->id/$state/" . json_encode($score['raw'] ?? null),
            $state,
            $score
        ));
    }

    /**
     * An account was deleted, and with it goes what is held of its person, as after a data request.
     *
     * @param \core\event\user_deleted $event
     */
    public static function user_deleted(\core\event\user_deleted $event): void {
        provider::delete_data_for_all_users_in_context($event->get_context());
    }

    /**
     * Whether the admin ticked the kind and the course, and the learner is one of whom to tell. The cheapest is asked first.
     *
     * @param string $kind
     * @param int $courseid
     * @param int $userid
     * @return bool
     */
    private static function is_wanted(string $kind, int $courseid, int $userid): bool {
        return in_array($kind, config::kinds(), true) && config::covers($courseid) && snapshot::is_learner($userid);
    }

    /**
     * Queues a snapshot, if what it is about is still there.
     *
     * @param array|null $snapshot
     */
    private static function queue(?array $snapshot): void {
        if ($snapshot !== null) {
            queue::add($snapshot);
        }
    }

    /**
     * The learner's grade in an activity, where it has one that the learner may see.
     *
     * Not of SCORM: a package's status is stored before its score, so that the grade is still that of what was before.
     *
     * @param int $cmid
     * @param int $userid
     * @return array|null raw, min and max
     */
    private static function grade(int $cmid, int $userid): ?array {
        global $DB;
        $found = $DB->get_record_sql(
            "SELECT gg.finalgrade, gi.grademin, gi.grademax
               FROM {course_modules} cm
               JOIN {modules} m ON m.id = cm.module
               JOIN {grade_items} gi ON gi.courseid = cm.course AND gi.itemtype = 'mod' AND gi.itemmodule = m.name
                    AND gi.iteminstance = cm.instance AND gi.itemnumber = 0 AND gi.gradetype = 1 AND gi.hidden = 0
               JOIN {grade_grades} gg ON gg.itemid = gi.id AND gg.userid = :userid AND gg.hidden = 0
              WHERE cm.id = :cmid AND m.name <> 'scorm' AND gg.finalgrade IS NOT NULL",
            ['cmid' => $cmid, 'userid' => $userid]
        );
        return $found ? [
            'raw' => (float) $found->finalgrade,
            'min' => (float) $found->grademin,
            'max' => (float) $found->grademax,
        ] : null;
    }
}
