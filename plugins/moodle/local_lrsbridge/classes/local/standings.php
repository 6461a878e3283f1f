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
 * Where learners stand, asked of the bridge. Nothing of it is stored but for some minutes in the learner's own session.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class standings {
    /** @var string The bridge told where the learner stands. */
    public const KNOWN = 'known';
    /** @var string The bridge knows nobody by this site's account. */
    public const UNKNOWN = 'unknown';
    /** @var string The bridge gave no answer that can be used. */
    public const AWAY = 'away';

    /** @var int So many people may be asked for at once. */
    public const MOST = 100;

    /** @var int After no answer, the bridge is left alone for so many seconds. */
    private const LEFT_ALONE = 30;
    /** @var int A standing that is being computed is shown for so many seconds. */
    private const STALE_KEPT = 15;

    /**
     * Where somebody stands; kept for some minutes in the session of whoever asks, which must be the learner.
     *
     * @param int $userid
     * @param bridge_client|null $client
     * @return array{state: string, standing: ?array} one of the constants, and what the bridge told
     */
    public static function of_oneself(int $userid, ?bridge_client $client = null): array {
        $cache = \cache::make('local_lrsbridge', 'mystanding');
        $kept = $cache->get($userid);
        if (is_array($kept) && $kept['until'] > time()) {
            return $kept['found'];
        }
        $told = self::of_many([$userid], $client);
        $standing = $told[$userid] ?? null;
        $state = $told === null ? self::AWAY : ($standing === null ? self::UNKNOWN : self::KNOWN);
        $found = ['state' => $state, 'standing' => $standing];
        $seconds = match (true) {
            $state === self::AWAY => self::LEFT_ALONE,
            $state === self::UNKNOWN, !empty($standing['is_stale']) => self::STALE_KEPT,
            default => 5 * MINSECS,
        };
        $cache->set($userid, ['until' => time() + $seconds, 'found' => $found]);
        return $found;
    }

    /**
     * Has the bridge asked anew of somebody; in the session of whoever asks.
     *
     * @param int $userid
     */
    public static function forget(int $userid): void {
        \cache::make('local_lrsbridge', 'mystanding')->delete($userid);
    }

    /**
     * Where several people stand, in one request.
     *
     * @param int[] $userids at most MOST
     * @param bridge_client|null $client
     * @return array|null user id => standing, null where the bridge knows nobody by it; null where it gave no usable answer
     */
    public static function of_many(array $userids, ?bridge_client $client = null): ?array {
        if (count($userids) > self::MOST) {
            throw new \coding_exception('The bridge is asked for ' . self::MOST . ' people at once, not ' . count($userids));
        }
        if (!$userids) {
            return [];
        }
        $userids = array_values($userids);
        $homepage = config::siteurl();
        $agents = array_map(
            fn(int $id): array => ['account' => ['homePage' => $homepage, 'name' => (string) $id]],
            $userids
        );
        $answer = ($client ?? new bridge_client())->standings($agents);
        $told = $answer->status === 200 ? json_decode($answer->body, true) : null;
        $list = is_array($told) ? ($told['standings'] ?? null) : null;
        if (!is_array($list) || count($list) !== count($userids)) {
            return null;
        }
        $found = [];
        foreach ($userids as $place => $userid) {
            $standing = $list[$place]['standing'] ?? null;
            $found[$userid] = is_array($standing) ? $standing : null;
        }
        return $found;
    }
}
