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
 * Joining the account of whoever is signed in with an e-mail address, by a code that the bridge sends there.
 *
 * The account is never taken from a request. The address is kept in the session alone, until the code is taken or too old.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class linking {
    /** @var int How long a code is good where the bridge doesn't tell. */
    private const LIFETIME = 30 * MINSECS;

    /**
     * Whether whoever is signed in may join their account: themselves, and nobody in their name.
     *
     * @return bool
     */
    public static function is_open(): bool {
        return isloggedin() && !isguestuser() && !\core\session\manager::is_loggedinas() && config::is_ready()
            && has_capability('local/lrsbridge:viewown', \context_system::instance());
    }

    /**
     * The address that a code was sent to and that waits for it.
     *
     * @return string empty where none does
     */
    public static function pending(): string {
        return self::kept()['address'];
    }

    /**
     * Whether more than one code was sent there, so that the first is of no use.
     *
     * @return bool
     */
    public static function is_another(): bool {
        return self::kept()['codes'] > 1;
    }

    /**
     * Has a code sent.
     *
     * @param string $address
     * @param bridge_client|null $client
     * @return link_result
     */
    public static function send_code(string $address, ?bridge_client $client = null): link_result {
        global $SESSION;
        $answer = ($client ?? new bridge_client())->send_code(self::agent(), "mailto:$address");
        $result = link_result::of_sending($answer, time());
        if ($result->kind === link_result::SENT) {
            $told = $answer->json()['expires_at'] ?? null;
            $until = is_string($told) ? strtotime($told) : false;
            $SESSION->local_lrsbridge_linking = [
                'address' => $address,
                'until' => $until ?: time() + self::LIFETIME,
                'codes' => self::pending() === $address ? self::kept()['codes'] + 1 : 1,
            ];
        }
        return $result;
    }

    /**
     * Hands in the code that was typed.
     *
     * @param string $code
     * @param bridge_client|null $client
     * @return link_result
     */
    public static function take_code(string $code, ?bridge_client $client = null): link_result {
        global $USER;
        $result = link_result::of_code(($client ?? new bridge_client())->take_code(self::agent(), $code), time());
        if ($result->ends()) {
            self::forget();
        }
        if ($result->kind === link_result::LINKED) {
            standings::forget($USER->id);
        }
        return $result;
    }

    /**
     * Forgets the address, so that another can be typed.
     */
    public static function forget(): void {
        global $SESSION;
        unset($SESSION->local_lrsbridge_linking);
    }

    /**
     * The address that opens the page of whoever is signed in at the bridge; good once, for a minute.
     *
     * @param bridge_client|null $client
     * @return string|null null where the bridge gives none
     */
    public static function to_bridge(?bridge_client $client = null): ?string {
        $answer = ($client ?? new bridge_client())->sign_in_link(self::agent());
        $link = $answer->status === 200 ? ($answer->json()['link'] ?? null) : null;
        return is_string($link) && preg_match('~^https?://~', $link) ? $link : null;
    }

    /**
     * What the session keeps.
     *
     * @return array{address: string, until: int, codes: int} where, until when, and how many were sent
     */
    private static function kept(): array {
        global $SESSION;
        $kept = $SESSION->local_lrsbridge_linking ?? null;
        return $kept !== null && $kept['until'] > time() ? $kept : ['address' => '', 'until' => 0, 'codes' => 0];
    }

    /**
     * The account of whoever is signed in.
     *
     * @return array an Agent
     */
    private static function agent(): array {
        global $USER;
        if (!self::is_open()) {
            throw new \moodle_exception('nopermissions', 'error', '', get_string('elsewhere', 'local_lrsbridge'));
        }
        return ['account' => ['homePage' => config::siteurl(), 'name' => (string) $USER->id]];
    }
}
