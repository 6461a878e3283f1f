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
 * What came of a step of joining an account with an e-mail address.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class link_result {
    /** @var string The code is on its way. */
    public const SENT = 'sent';
    /** @var string Account and address are one person's now. */
    public const LINKED = 'linked';
    /** @var string Not the code that was sent last; it may be tried again. */
    public const WRONG = 'wrong';
    /** @var string There is no code that could be typed, or no longer. */
    public const EXPIRED = 'expired';
    /** @var string The right code, but a coordinator has to help. */
    public const KEPT_APART = 'kept_apart';
    /** @var string No code is sent to such an address. */
    public const BAD_ADDRESS = 'bad_address';
    /** @var string Asked too often. */
    public const TOO_MANY = 'too_many';
    /** @var string The bridge may not or can't do it for this site. */
    public const NOT_HERE = 'not_here';
    /** @var string No code can be sent just now. */
    public const NOT_SENT = 'not_sent';
    /** @var string The code can't be looked at just now. */
    public const NOT_TAKEN = 'not_taken';

    /** @var string[] Those of which the learner is told; after a code was sent, it is asked for. */
    public const TOLD = [
        self::LINKED, self::WRONG, self::EXPIRED, self::KEPT_APART, self::BAD_ADDRESS, self::TOO_MANY,
        self::NOT_HERE, self::NOT_SENT, self::NOT_TAKEN,
    ];

    /**
     * Takes the parts of a result.
     *
     * @param string $kind one of the constants
     * @param int $tries how many are left, only of WRONG
     * @param int|null $again Unix time from which on it can be asked again, where the bridge told, only of TOO_MANY
     */
    private function __construct(
        /** @var string one of the constants */
        public readonly string $kind,
        /** @var int tries that are left */
        public readonly int $tries = 0,
        /** @var int|null when it can be asked again */
        public readonly ?int $again = null,
    ) {
    }

    /**
     * What came of asking for a code.
     *
     * @param answer $answer
     * @param int $now Unix time
     * @return link_result
     */
    public static function of_sending(answer $answer, int $now): link_result {
        if ($answer->status === 200) {
            return new self(self::SENT);
        }
        foreach ($answer->status === 400 ? (array) ($answer->json()['problems'] ?? []) : [] as $problem) {
            if (($problem['where'] ?? '') === '$.mbox') {
                return new self(self::BAD_ADDRESS);
            }
        }
        return self::of_trouble($answer, self::NOT_SENT, $now);
    }

    /**
     * What came of handing in a code. Whatever the bridge says that isn't known here counts as no answer.
     *
     * @param answer $answer
     * @param int $now Unix time
     * @return link_result
     */
    public static function of_code(answer $answer, int $now): link_result {
        if ($answer->status !== 200) {
            return self::of_trouble($answer, self::NOT_TAKEN, $now);
        }
        $told = $answer->json();
        $kind = $told['result'] ?? '';
        $tries = max(0, (int) ($told['tries_left'] ?? 0));
        return match (true) {
            $kind === self::WRONG && $tries > 0 => new self(self::WRONG, $tries),
            $kind === self::WRONG => new self(self::EXPIRED),
            in_array($kind, [self::LINKED, self::EXPIRED, self::KEPT_APART], true) => new self($kind),
            default => new self(self::NOT_TAKEN),
        };
    }

    /**
     * Whether the code that was sent is of no use any more.
     *
     * @return bool
     */
    public function ends(): bool {
        return in_array($this->kind, [self::LINKED, self::EXPIRED, self::KEPT_APART], true);
    }

    /**
     * What the learner is told, of one of TOLD.
     *
     * @return string plain text
     */
    public function message(): string {
        if ($this->kind === self::WRONG && $this->tries === 1) {
            return get_string('link_wrong_last', 'local_lrsbridge');
        }
        if ($this->kind === self::TOO_MANY && $this->again !== null) {
            $when = userdate($this->again, get_string('strftimetime', 'langconfig'));
            return get_string('link_too_many_until', 'local_lrsbridge', $when);
        }
        return get_string("link_$this->kind", 'local_lrsbridge', $this->tries);
    }

    /**
     * What an answer means that isn't about address or code.
     *
     * @param answer $answer
     * @param string $away the kind where nothing can be done just now
     * @param int $now Unix time
     * @return link_result
     */
    private static function of_trouble(answer $answer, string $away, int $now): link_result {
        if ($answer->status === 429) {
            $seconds = $answer->retry_after($now);
            // To the full minute, since seconds aren't shown.
            return new self(self::TOO_MANY, again: $seconds === null ? null : (int) ceil(($now + $seconds) / MINSECS) * MINSECS);
        }
        $isrefused = $answer->status >= 400 && $answer->status < 500 && $answer->status !== 401 && $answer->status !== 408;
        return new self($isrefused ? self::NOT_HERE : $away);
    }
}
