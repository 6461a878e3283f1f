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

/**
 * Reads from Moodle's tables what statements and profiles are made of.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class snapshot {
    /** @var string[] The fields of a user that a profile may be made of, beside the custom ones. */
    private const USER_FIELDS = ['email', 'institution', 'department', 'city', 'address', 'country', 'idnumber'];

    /**
     * A completed course.
     *
     * @param int $courseid
     * @param int $userid the learner
     * @param int $time course_completions.timecompleted
     * @return array|null for statement_factory; null where there is no such course
     */
    public static function course_completed(int $courseid, int $userid, int $time): ?array {
        $course = self::course($courseid);
        return $course === null ? null : [
            'kind' => 'course_completed',
            'siteurl' => config::siteurl(),
            'userid' => $userid,
            'time' => $time,
            'course' => $course,
        ];
    }

    /**
     * What came of an activity.
     *
     * @param string $kind of statement_factory::KINDS, but course_completed
     * @param int $cmid the course module's row id
     * @param int $userid the learner
     * @param int $time Unix time
     * @param string $key what tells the fact from others
     * @param string $state complete, pass, fail or none
     * @param array|null $score raw, and where known min and max
     * @return array|null for statement_factory; null where there is no such activity
     */
    public static function activity(
        string $kind,
        int $cmid,
        int $userid,
        int $time,
        string $key,
        string $state,
        ?array $score
    ): ?array {
        $cm = get_coursemodule_from_id('', $cmid);
        $course = $cm ? self::course((int) $cm->course) : null;
        return $course === null ? null : [
            'kind' => $kind,
            'siteurl' => config::siteurl(),
            'userid' => $userid,
            'time' => $time,
            'course' => $course,
            'activity' => [
                'cmid' => $cmid,
                'module' => $cm->modname,
                'name' => $cm->name,
                'idnumber' => (string) $cm->idnumber,
            ],
            'key' => $key,
            'state' => $state,
            'score' => $score,
        ];
    }

    /**
     * Whether somebody is a learner of whom to tell: neither the guest nor deleted.
     *
     * @param int $userid
     * @return bool
     */
    public static function is_learner(int $userid): bool {
        global $DB;
        return $userid > 0 && !isguestuser($userid) && $DB->record_exists('user', ['id' => $userid, 'deleted' => 0]);
    }

    /**
     * What is told of people, by the fields that the admin turned on.
     *
     * @param int[] $userids
     * @return array[] row id => member of agent_profile::FIELDS => text; guests and deleted users are left out
     */
    public static function people(array $userids): array {
        global $CFG, $DB;
        require_once($CFG->dirroot . '/user/profile/lib.php');
        $fields = config::profilefields();
        $people = [];
        [$in, $params] = $DB->get_in_or_equal($userids);
        foreach ($DB->get_records_select('user', "deleted = 0 AND id $in", $params) as $user) {
            if (isguestuser($user)) {
                continue;
            }
            $custom = preg_grep('/^profile_field_/', $fields) ? profile_user_record($user->id, false) : new \stdClass();
            $person = [];
            foreach ($fields as $member => $field) {
                if ($field === 'fullname') {
                    // Not by the viewer's language or capabilities: the same whoever's process it is.
                    $person[$member] = trim("$user->firstname $user->lastname");
                } else if (str_starts_with($field, 'profile_field_')) {
                    $person[$member] = (string) ($custom->{substr($field, strlen('profile_field_'))} ?? '');
                } else if (in_array($field, self::USER_FIELDS, true)) {
                    $person[$member] = (string) $user->$field;
                }
            }
            $people[(int) $user->id] = $person;
        }
        return $people;
    }

    /**
     * The course and its category, as they are now.
     *
     * @param int $courseid
     * @return array|null as statement_factory describes it; null where there is none, or where it is the site's front page
     */
    private static function course(int $courseid): ?array {
        global $CFG, $DB;
        $found = $DB->get_record_sql(
            'SELECT c.id, c.fullname, c.shortname, c.idnumber, c.lang,
                    cc.id AS categoryid, cc.name AS categoryname, cc.idnumber AS categoryidnumber
               FROM {course} c
          LEFT JOIN {course_categories} cc ON cc.id = c.category
              WHERE c.id = ?',
            [$courseid]
        );
        if (!$found || $courseid === (int) SITEID) {
            return null;
        }
        return [
            'id' => (int) $found->id,
            'fullname' => $found->fullname,
            'shortname' => $found->shortname,
            'idnumber' => (string) $found->idnumber,
            'lang' => $found->lang !== '' ? $found->lang : $CFG->lang,
            'category' => $found->categoryid === null ? null : [
                'id' => (int) $found->categoryid,
                'name' => $found->categoryname,
                'idnumber' => (string) $found->categoryidnumber,
            ],
        ];
    }
}
