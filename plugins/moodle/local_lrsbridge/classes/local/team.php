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
 * The people of a course or of a cohort that somebody may see, a page at a time.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class team {
    /** @var int One request of the Read API. */
    public const PERPAGE = standings::MOST;

    /**
     * Made by for_course() and for_cohort().
     *
     * @param \context $context where local/lrsbridge:viewteam counts
     * @param \moodle_url $url of the page
     * @param string $name of the course or cohort, formatted
     * @param \Closure $count how many there are
     * @param \Closure $fetch the people from a place on, so many at most
     */
    private function __construct(
        /** @var \context where the capability counts */
        public readonly \context $context,
        /** @var \moodle_url of the page */
        public readonly \moodle_url $url,
        /** @var string formatted */
        public readonly string $name,
        /** @var \Closure how many there are */
        private readonly \Closure $count,
        /** @var \Closure the people from a place on */
        private readonly \Closure $fetch,
    ) {
    }

    /**
     * Those enrolled in a course; where groups are apart, those of the group.
     *
     * @param \stdClass $course
     * @param int $groupid 0 for all; the caller has seen to it that it may be seen
     * @return self
     */
    public static function for_course(\stdClass $course, int $groupid): self {
        $context = \context_course::instance($course->id);
        $fields = self::fields();
        return new self(
            $context,
            new \moodle_url('/local/lrsbridge/team.php', ['courseid' => $course->id]),
            format_string($course->fullname, true, ['context' => $context]),
            fn(): int => count_enrolled_users($context, '', $groupid, true),
            fn(int $from): array => get_enrolled_users(
                $context,
                '',
                $groupid,
                $fields,
                'u.lastname, u.firstname, u.id',
                $from,
                self::PERPAGE,
                true
            )
        );
    }

    /**
     * The members of a cohort.
     *
     * @param \stdClass $cohort
     * @return self
     */
    public static function for_cohort(\stdClass $cohort): self {
        global $DB;
        $context = \context::instance_by_id($cohort->contextid);
        $from = 'FROM {user} u JOIN {cohort_members} m ON m.userid = u.id WHERE m.cohortid = :cohort AND u.deleted = 0';
        $params = ['cohort' => $cohort->id];
        $fields = self::fields();
        return new self(
            $context,
            new \moodle_url('/local/lrsbridge/team.php', ['cohortid' => $cohort->id]),
            format_string($cohort->name, true, ['context' => $context]),
            fn(): int => $DB->count_records_sql("SELECT COUNT(1) $from", $params),
            fn(int $first): array => $DB->get_records_sql(
                "SELECT $fields $from ORDER BY u.lastname, u.firstname, u.id",
                $params,
                $first,
                self::PERPAGE
            )
        );
    }

    /**
     * How many there are.
     *
     * @return int
     */
    public function count(): int {
        return ($this->count)();
    }

    /**
     * The people of one page.
     *
     * @param int $page from 0
     * @return \stdClass[] by id, with what a name needs
     */
    public function people(int $page): array {
        return ($this->fetch)(max(0, $page) * self::PERPAGE);
    }

    /**
     * What a person's name needs.
     *
     * @return string for a SELECT
     */
    private static function fields(): string {
        return 'u.id' . \core_user\fields::for_name()->get_sql('u')->selects;
    }
}
