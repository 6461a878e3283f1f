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

namespace local_lrsbridge\check;

use core\check\check;
use core\check\result;
use local_lrsbridge\local\config;
use local_lrsbridge\local\profiles;
use local_lrsbridge\local\queue;

/**
 * Whether what waits for the bridge gets through. Looks into the database alone.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class delivery extends check {
    /**
     * The page where one sees more and can do something.
     *
     * @return \action_link
     */
    public function get_action_link(): ?\action_link {
        return new \action_link(new \moodle_url('/local/lrsbridge/status.php'), get_string('status', 'local_lrsbridge'));
    }

    /**
     * What is so now.
     *
     * @return result
     */
    public function get_result(): result {
        return self::judge(queue::state(), profiles::refused(), config::is_ready(), config::silenthours(), time());
    }

    /**
     * What a state of the queue means, and of the profiles.
     *
     * @param \stdClass $state as queue::state() gives it
     * @param \stdClass $profiles as profiles::refused() gives it
     * @param bool $isready whether the plugin is set up
     * @param int $hours after so many hours without success something is wrong
     * @param int $now
     * @return result
     */
    public static function judge(\stdClass $state, \stdClass $profiles, bool $isready, int $hours, int $now): result {
        $facts = (object) [
            'waiting' => $state->waiting,
            'failed' => $state->failed,
            'profiles' => $profiles->number,
            'hours' => $hours,
            'oldest' => $state->oldest ? userdate($state->oldest) : '',
            'lastsuccess' => $state->lastsuccess ? userdate($state->lastsuccess) : get_string('never'),
        ];
        $details = s((string) $state->lasterror);
        if (!$isready) {
            // Not having begun is no fault; having stopped with something waiting is.
            $status = $state->waiting ? result::ERROR : result::NA;
            return new result($status, get_string('check_notready', 'local_lrsbridge', $facts), $details);
        }
        $since = $now - $hours * HOURSECS;
        if ($state->waiting && $state->oldest < $since && (int) $state->lastsuccess < $since) {
            return new result(result::ERROR, get_string('check_stuck', 'local_lrsbridge', $facts), $details);
        }
        if ($state->failed) {
            return new result(result::WARNING, get_string('check_failed', 'local_lrsbridge', $facts), $details);
        }
        if ($profiles->number) {
            return new result(result::WARNING, get_string('check_profiles', 'local_lrsbridge', $facts), s($profiles->reason));
        }
        return new result(result::OK, get_string('check_good', 'local_lrsbridge', $facts));
    }
}
