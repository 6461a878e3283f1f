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
 * What would be sent of somebody's completion of a course, and whether it is. Sends and queues nothing.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class preview {
    /** @var string The bridge has it. */
    public const DELIVERED = 'delivered';

    /** @var string It is queued. */
    public const WAITING = 'waiting';

    /** @var string The bridge refused it. */
    public const REFUSED = 'refused';

    /** @var string Completed, and not queued yet: the daily comparison does it. */
    public const MISSING = 'missing';

    /** @var string Completed before the plugin was installed: only a backfill queues it. */
    public const BEFORE = 'before';

    /** @var string The course is not completed. */
    public const OPEN = 'open';

    /** @var string Something keeps it from ever being queued. */
    public const NEVER = 'never';

    /** @var string[] All of them. */
    public const STATES = [
        self::DELIVERED, self::WAITING, self::REFUSED, self::MISSING, self::BEFORE, self::OPEN, self::NEVER,
    ];

    /** @var string[] What keeps a completion from being queued. */
    public const OBSTACLES = ['deleted', 'guest', 'notchosen', 'notticked'];

    /**
     * Takes what was found.
     *
     * @param int|null $timecompleted
     * @param string $statement
     * @param string $state
     * @param int|null $since
     * @param string $reason
     * @param string[] $obstacles
     * @param \stdClass|null $profile
     */
    private function __construct(
        /** @var int|null when the course was completed; null where it isn't, and the statement has the present time */
        public readonly ?int $timecompleted,
        /** @var string the statement's JSON text: as it was queued where it waits or was refused, otherwise as it would be now */
        public readonly string $statement,
        /** @var string one of STATES */
        public readonly string $state,
        /** @var int|null since when it is DELIVERED, WAITING or REFUSED */
        public readonly ?int $since,
        /** @var string the bridge's reason, where it is REFUSED */
        public readonly string $reason,
        /** @var string[] of OBSTACLES, where it is NEVER sent */
        public readonly array $obstacles,
        /** @var \stdClass|null as profiles::of() gives it */
        public readonly ?\stdClass $profile,
    ) {
    }

    /**
     * Looks.
     *
     * @param int $userid
     * @param int $courseid
     * @param int|null $now Unix time, the present by default
     * @return preview|null null where there is no such course, or where it is the site's front page, or nobody of that number
     */
    public static function of(int $userid, int $courseid, ?int $now = null): ?preview {
        global $DB;
        $user = $DB->get_record('user', ['id' => $userid], 'id, deleted');
        $completed = $DB->get_field('course_completions', 'timecompleted', ['userid' => $userid, 'course' => $courseid]);
        $time = (int) $completed ?: null;
        $snapshot = snapshot::course_completed($courseid, $userid, $time ?? $now ?? time());
        if (!$user || $snapshot === null) {
            return null;
        }
        $statement = statement_factory::json(statement_factory::statement($snapshot));
        $state = $time === null ? self::OPEN : ($time < config::since() ? self::BEFORE : self::MISSING);
        $since = null;
        $reason = '';
        $obstacles = [];
        $known = $time === null ? null : queue::find(statement_factory::id($snapshot));
        if ($known === null) {
            $obstacles = self::obstacles($user, $courseid);
            $state = $obstacles ? self::NEVER : $state;
        } else if (isset($known->timedelivered)) {
            $state = self::DELIVERED;
            $since = (int) $known->timedelivered;
        } else {
            $statement = $known->statement;
            $state = $known->failed ? self::REFUSED : self::WAITING;
            $since = (int) ($known->failed ? $known->timefailed : $known->timecreated);
            $reason = (string) $known->reason;
        }
        return new self($time, $statement, $state, $since, $reason, $obstacles, profiles::of($userid));
    }

    /**
     * What keeps a completion from being queued.
     *
     * @param \stdClass $user id and deleted
     * @param int $courseid
     * @return string[] of OBSTACLES
     */
    private static function obstacles(\stdClass $user, int $courseid): array {
        return array_keys(array_filter([
            'deleted' => (bool) $user->deleted,
            'guest' => isguestuser($user->id),
            'notchosen' => !config::covers($courseid),
            'notticked' => !in_array('course_completed', config::kinds(), true),
        ]));
    }
}
