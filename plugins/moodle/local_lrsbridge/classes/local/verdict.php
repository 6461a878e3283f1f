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
 * What an answer to a batch of statements means for the batch.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class verdict {
    /** @var string The bridge has all of them. */
    public const DELIVERED = 'delivered';

    /** @var string Nothing was kept; send it again in smaller batches. */
    public const SPLIT = 'split';

    /** @var string Nothing was kept now; the bridge has those at $indexes from before, the others may be sent again at once. */
    public const HELD = 'held';

    /** @var string Nothing was kept; those at $indexes are at fault, the others may be sent again at once. */
    public const BAD = 'bad';

    /** @var string Nothing can be delivered just now; keep all, and wait. */
    public const WAIT = 'wait';

    /** @var string The bridge refuses the sender, not the statements; keep all, and tell the admin. */
    public const REFUSED = 'refused';

    /**
     * Takes the parts of a verdict.
     *
     * @param string $kind one of the constants
     * @param int[] $indexes positions in the batch of those that the answer is about, only of HELD and BAD
     * @param string[] $reasons position => the bridge's reason, only of BAD
     * @param int|null $seconds how long the bridge asks to wait, where it does
     * @param bool $issuspect whether a statement of the batch may itself be why the bridge can't answer
     * @param string $reason for people, of SPLIT, WAIT and REFUSED
     */
    private function __construct(
        /** @var string one of the constants */
        public readonly string $kind,
        /** @var int[] positions in the batch of those that the answer is about */
        public readonly array $indexes = [],
        /** @var string[] position => the bridge's reason */
        public readonly array $reasons = [],
        /** @var int|null how long the bridge asks to wait */
        public readonly ?int $seconds = null,
        /** @var bool whether a statement of the batch may itself be why the bridge can't answer */
        public readonly bool $issuspect = false,
        /** @var string for people */
        public readonly string $reason = ''
    ) {
    }

    /**
     * The verdict on a batch.
     *
     * @param answer $answer what came of sending it
     * @param int $sent how many statements were in it, at least one
     * @param int $now Unix time, for a Retry-After that is a date
     * @return verdict
     */
    public static function of(answer $answer, int $sent, int $now = 0): verdict {
        $reason = $answer->reason();
        if ($answer->is_good()) {
            return new self(self::DELIVERED);
        }
        if ($answer->blocked) {
            return new self(self::REFUSED, reason: $reason);
        }
        switch ($answer->status) {
            case 409:
                // Ids are made of what the statements say: whatever the bridge has under such an id is this very fact.
                if ($sent === 1) {
                    return new self(self::DELIVERED);
                }
                $indexes = self::named($answer, $sent);
                return $indexes ? new self(self::HELD, $indexes) : new self(self::SPLIT, reason: $reason);
            case 413:
                return $sent === 1 ? self::bad([0], $answer) : new self(self::SPLIT, reason: $reason);
            case 400:
                return self::of_bad_request($answer, $sent, $reason);
            case 0:
                return new self(self::WAIT, issuspect: $sent === 1, reason: $reason);
            case 408:
            case 425:
            case 429:
            case 503:
                return new self(self::WAIT, seconds: $answer->retry_after($now), reason: $reason);
        }
        if ($answer->status >= 500) {
            return new self(self::WAIT, seconds: $answer->retry_after($now), issuspect: true, reason: $reason);
        }
        return new self(self::REFUSED, seconds: $answer->retry_after($now), reason: $reason);
    }

    /**
     * The verdict on a 400. What no bridge has written, such as a proxy's page, says nothing about the statements.
     *
     * @param answer $answer
     * @param int $sent
     * @param string $reason
     * @return verdict
     */
    private static function of_bad_request(answer $answer, int $sent, string $reason): verdict {
        if ($indexes = self::named($answer, $sent)) {
            return self::bad($indexes, $answer);
        }
        foreach (self::places($answer) as $where) {
            if (str_starts_with($where, '$')) {
                return $sent === 1 ? self::bad([0], $answer) : new self(self::SPLIT, reason: $reason);
            }
        }
        return new self(self::REFUSED, reason: $reason);
    }

    /**
     * Those statements that a refusal is about: the bridge names them by `statements` and by JSON paths such as $[3].verb.
     *
     * @param answer $answer
     * @param int $sent
     * @return int[] positions in the batch, in order; empty where it names none
     */
    private static function named(answer $answer, int $sent): array {
        $named = $answer->json()['statements'] ?? null;
        $indexes = array_filter(is_array($named) ? $named : [], 'is_int');
        foreach (self::places($answer) as $where) {
            if (preg_match('/^\$\[(\d{1,6})\]/', $where, $found)) {
                $indexes[] = (int) $found[1];
            }
        }
        $indexes = array_values(array_unique(array_filter($indexes, fn(int $one) => $one >= 0 && $one < $sent)));
        sort($indexes);
        return $indexes;
    }

    /**
     * Where the problems of a refusal are.
     *
     * @param answer $answer
     * @return string[] JSON paths; empty ones where it doesn't say
     */
    private static function places(answer $answer): array {
        $problems = $answer->json()['problems'] ?? null;
        return array_map(
            fn(mixed $problem): string => is_array($problem) && is_string($problem['where'] ?? null) ? $problem['where'] : '',
            is_array($problems) ? $problems : []
        );
    }

    /**
     * Statements at fault, each with the problems that the answer has of it, or with the answer's reason where it has none.
     *
     * @param int[] $indexes
     * @param answer $answer
     * @return verdict
     */
    private static function bad(array $indexes, answer $answer): verdict {
        $body = $answer->json();
        $told = [];
        foreach (is_array($body['problems'] ?? null) ? $body['problems'] : [] as $problem) {
            $where = is_array($problem) && is_string($problem['where'] ?? null) ? $problem['where'] : '';
            if (preg_match('/^\$\[(\d{1,6})\]/', $where, $found)) {
                $problem['where'] = '$' . substr($where, strlen($found[0]));
                $told[(int) $found[1]][] = answer::told($problem);
            }
        }
        $reasons = [];
        foreach ($indexes as $index) {
            $reasons[$index] = isset($told[$index]) ? implode("\n", array_slice($told[$index], 0, 10)) : $answer->reason();
        }
        return new self(self::BAD, $indexes, $reasons);
    }
}
