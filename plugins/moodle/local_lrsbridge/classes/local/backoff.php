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
 * How long to wait before trying again.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class backoff {
    /** @var int The first wait is at most so many seconds. */
    public const FIRST = 60;

    /** @var int No wait of our own is longer, in seconds. */
    public const LONGEST = 3600;

    /** @var int No wait that a server asks for is kept longer, in seconds. */
    public const LONGEST_ASKED = 21600;

    /**
     * Doubles with each attempt, and is anything from half to all of that, so that many sites don't come back at once.
     *
     * @param int $attempts how many have failed so far, at least one
     * @param int|null $retryafter what the server asks for, which is never cut short but to LONGEST_ASKED
     * @return int seconds, at least one
     */
    public static function seconds(int $attempts, ?int $retryafter = null): int {
        if ($retryafter !== null) {
            $asked = max(1, min($retryafter, self::LONGEST_ASKED));
            return $asked + random_int(0, max(1, intdiv($asked, 10)));
        }
        $most = (int) min(self::LONGEST, self::FIRST * 2 ** min(max($attempts, 1) - 1, 20));
        return random_int(intdiv($most, 2), $most);
    }
}
