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

namespace local_lrsbridge\tests;

use local_lrsbridge\local\answer;
use local_lrsbridge\local\bridge_client;

/**
 * A bridge without a network: keeps what it is sent and refuses as the real one does, unless told what to answer next.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class scripted_bridge extends bridge_client {
    /** @var array[] The ids of the statements of each request, in order. */
    public array $batches = [];

    /** @var array[] The statements that it keeps, by id. */
    public array $kept = [];

    /** @var string[] Of each profile that was put, in order: the account's name and the document. */
    public array $profiles = [];

    /** @var int How often it was asked for something that it would only have told. */
    public int $asked = 0;

    /** @var array answer or Closure, for the next requests. */
    private array $next = [];

    /**
     * Sets the plugin up for a bridge, so that something is sent.
     */
    public static function set_up(): void {
        set_config('endpoint', 'https://bridge.example.org/xapi', 'local_lrsbridge');
        set_config('key', 'moodle', 'local_lrsbridge');
        set_config('secret', 'secret', 'local_lrsbridge');
    }

    /**
     * What it answers to the next requests, whatever they are; after these, it answers as the real one would.
     *
     * @param answer|\Closure ...$answers a closure is given the statements, or what else was sent
     */
    public function answers_next(answer|\Closure ...$answers): void {
        array_push($this->next, ...$answers);
    }

    /**
     * Keeps all or none, as the bridge does.
     *
     * @param string[] $bodies
     * @return answer
     */
    public function post_statements(array $bodies): answer {
        $statements = array_map(fn(string $body): array => json_decode($body, true, 512, JSON_THROW_ON_ERROR), $bodies);
        $this->batches[] = array_column($statements, 'id');
        return $this->next($statements) ?? $this->keep($statements);
    }

    /**
     * Keeps all; or, where it has one of them with other content, none.
     *
     * @param array[] $statements
     * @return answer
     */
    public function keep(array $statements): answer {
        $isother = fn(array $one): bool => isset($this->kept[$one['id']]) && $this->kept[$one['id']] !== $one;
        if ($others = array_keys(array_filter($statements, $isother))) {
            return self::refusal(409, $others);
        }
        foreach ($statements as $one) {
            $this->kept[$one['id']] = $one;
        }
        return new answer(200, json_encode(array_column($statements, 'id')));
    }

    /**
     * A refusal as the bridge words it.
     *
     * @param int $status
     * @param int[] $places of the statements at fault
     * @return answer
     */
    public static function refusal(int $status, array $places): answer {
        $problems = array_map(fn(int $one): array => ['where' => "\$[$one].id", 'what' => "is refused in place $one"], $places);
        return new answer($status, json_encode([
            'title' => 'None was stored.',
            'status' => $status,
            'problems' => $problems,
            'statements' => $places,
        ]));
    }

    /**
     * Takes a profile.
     *
     * @param array $agent
     * @param string $document
     * @return answer
     */
    public function put_profile(array $agent, string $document): answer {
        $this->profiles[] = [$agent['account']['name'], $document];
        return $this->next($agent) ?? new answer(204);
    }

    /**
     * Knows nobody, unless told otherwise.
     *
     * @param array[] $agents
     * @return answer
     */
    public function standings(array $agents): answer {
        $this->asked++;
        $unknown = array_map(fn(array $agent): array => ['agent' => $agent, 'standing' => null], $agents);
        return $this->next($agents) ?? new answer(200, json_encode(['standings' => $unknown]));
    }

    /**
     * Has no course, unless told otherwise.
     *
     * @return answer
     */
    public function courses(): answer {
        $this->asked++;
        return $this->next([]) ?? new answer(200, '{"courses": []}');
    }

    /**
     * The answer that it was told to give.
     *
     * @param array $sent
     * @return answer|null
     */
    private function next(array $sent): ?answer {
        $next = array_shift($this->next);
        return $next instanceof \Closure ? $next($sent) : $next;
    }
}
