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

namespace local_lrsbridge\output;

use core\output\renderable;
use core\output\renderer_base;
use core\output\templatable;
use local_lrsbridge\local\agent_profile;
use local_lrsbridge\local\config;
use local_lrsbridge\local\preview as found;

/**
 * What would be sent of somebody's completion of a course, and whether it is.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class preview implements renderable, templatable {
    /**
     * Made for one person and one course.
     *
     * @param int $userid
     * @param int $courseid
     */
    public function __construct(
        /** @var int the person */
        private readonly int $userid,
        /** @var int the course */
        private readonly int $courseid,
    ) {
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $found = found::of($this->userid, $this->courseid);
        if ($found === null) {
            return ['isfound' => false];
        }
        $when = $found->since === null ? '' : userdate($found->since);
        return [
            'isfound' => true,
            'person' => $this->person(),
            'course' => $this->course(),
            'state' => get_string("show_state_$found->state", 'local_lrsbridge', $when),
            'isgood' => $found->state === found::DELIVERED,
            'isbad' => $found->state === found::REFUSED || $found->state === found::NEVER,
            'reason' => $found->reason,
            'obstacles' => array_map(fn(string $one): string => get_string("show_$one", 'local_lrsbridge'), $found->obstacles),
            'hasobstacles' => (bool) $found->obstacles,
            'isready' => config::is_ready(),
            'completed' => $found->timecompleted === null ? '' : userdate($found->timecompleted),
            'asqueued' => in_array($found->state, [found::WAITING, found::REFUSED], true),
            'statement' => status::pretty($found->statement),
            'profile' => $found->profile === null ? false : self::profile($found->profile),
            'endpoint' => config::endpoint(),
            'settingsurl' => (new \moodle_url('/admin/settings.php', ['section' => 'local_lrsbridge']))->out(false),
        ];
    }

    /**
     * The person's name.
     *
     * @return string
     */
    private function person(): string {
        $user = \core_user::get_user($this->userid, '*', MUST_EXIST);
        return $user->deleted ? get_string('deleteduser', 'local_lrsbridge', $this->userid) : fullname($user, true);
    }

    /**
     * The course's name.
     *
     * @return string formatted
     */
    private function course(): string {
        $course = get_course($this->courseid);
        return format_string($course->fullname, true, ['context' => \context_course::instance($course->id)]);
    }

    /**
     * The agent profile.
     *
     * @param \stdClass $profile as profiles::of() gives it
     * @return array
     */
    private static function profile(\stdClass $profile): array {
        if (!$profile->isnews) {
            $state = $profile->timesent === null ? get_string('show_profile_empty', 'local_lrsbridge')
                : get_string('show_profile_sent', 'local_lrsbridge', userdate($profile->timesent));
        } else if ($profile->timesent === null) {
            $state = get_string('show_profile_new', 'local_lrsbridge');
        } else {
            $state = get_string('show_profile_changed', 'local_lrsbridge', userdate($profile->timesent));
        }
        return [
            'id' => agent_profile::ID,
            'state' => $state,
            'refused' => $profile->timefailed === null ? '' : get_string('show_profile_refused', 'local_lrsbridge', (object) [
                'when' => userdate($profile->timefailed),
                'reason' => $profile->reason,
            ]),
            'document' => status::pretty($profile->document),
        ];
    }
}
