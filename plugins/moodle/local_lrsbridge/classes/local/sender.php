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
 * Delivers the queue: in batches that adapt to the bridge's answers, one process at a time.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class sender {
    /** @var int The largest batch; the queue's rows in memory are never more. */
    public const LARGEST = 200;

    /** @var int The size of the first batch. */
    private const FIRST = 50;

    /** @var int A batch that takes more seconds than this is followed by a smaller one. */
    private const SLOW = 10;

    /** @var int How many statements to send at once. */
    private int $size;

    /** @var bool Whether the bridge has taken anything in this run. */
    private bool $isdelivering = false;

    /**
     * Takes what it sends by.
     *
     * @param bridge_client $client
     */
    private function __construct(
        /** @var bridge_client what it sends by */
        private readonly bridge_client $client
    ) {
        $this->size = max(1, min(self::LARGEST, (int) (get_config('local_lrsbridge', 'batchsize') ?: self::FIRST)));
    }

    /**
     * Sends what is due until the queue is empty, the time is up, or the bridge takes nothing.
     *
     * Does nothing while another process sends, during a pause, and before the settings are complete.
     *
     * @param int $seconds after which no further batch is begun
     * @param bridge_client|null $client what to send by, the real one by default
     */
    public static function run(int $seconds, ?bridge_client $client = null): void {
        if (!config::is_ready() || (int) get_config('local_lrsbridge', 'pauseduntil') > time()) {
            return;
        }
        $lock = \core\lock\lock_config::get_lock_factory('local_lrsbridge')->get_lock('send', 0);
        if (!$lock) {
            return;
        }
        try {
            (new self($client ?? new bridge_client()))->drain(microtime(true) + $seconds);
        } finally {
            $lock->release();
        }
    }

    /**
     * Sends batch after batch.
     *
     * @param float $until Unix time
     */
    private function drain(float $until): void {
        $before = $this->size;
        $istaking = true;
        while ($istaking && microtime(true) < $until && ($rows = queue::due($this->size))) {
            $istaking = $this->send($rows);
        }
        if ($istaking) {
            self::tell(profiles::send_refused($this->client));
        }
        if ($this->size !== $before) {
            set_config('batchsize', $this->size, 'local_lrsbridge');
        }
    }

    /**
     * Sends rows, in parts where the bridge asks for it, until each is delivered or refused.
     *
     * @param \stdClass[] $rows of the queue
     * @return bool false where the bridge takes nothing just now; what was not delivered waits
     */
    private function send(array $rows): bool {
        $parts = [$rows];
        while ($parts) {
            $part = array_shift($parts);
            $began = microtime(true);
            $answer = $this->client->post_statements(array_column($part, 'statement'));
            $verdict = verdict::of($answer, count($part), time());
            $named = array_intersect_key($part, array_flip($verdict->indexes));
            $others = array_values(array_diff_key($part, $named));
            switch ($verdict->kind) {
                case verdict::DELIVERED:
                    $this->is_delivered($part, microtime(true) - $began, $answer->status);
                    break;
                case verdict::SPLIT:
                    if ($answer->status === 413) {
                        $this->size = max(1, min($this->size, intdiv(count($part), 2)));
                    }
                    array_unshift($parts, ...array_chunk($part, intdiv(count($part) + 1, 2)));
                    break;
                case verdict::HELD:
                    $this->is_delivered(array_values($named), microtime(true) - $began, $answer->status);
                    $parts = array_filter([$others, ...$parts]);
                    break;
                case verdict::BAD:
                    foreach ($named as $index => $row) {
                        queue::failed($row, $answer->status, $verdict->reasons[$index]);
                    }
                    $parts = array_filter([$others, ...$parts]);
                    break;
                default:
                    if ($verdict->issuspect) {
                        queue::postpone($part);
                    }
                    if ($verdict->kind === verdict::WAIT) {
                        $this->size = max(1, intdiv(min($this->size, count($part)), 2));
                    }
                    queue::pause($verdict->reason, $verdict->seconds);
                    return false;
            }
        }
        return true;
    }

    /**
     * Notes that rows were delivered, and fits the next batch to how long it took.
     *
     * @param \stdClass[] $rows of the queue
     * @param float $seconds that the request took
     * @param int $status of the answer
     */
    private function is_delivered(array $rows, float $seconds, int $status): void {
        queue::delivered($rows);
        if (!$this->isdelivering) {
            $this->isdelivering = true;
            queue::went_well();
        }
        if ($seconds > self::SLOW) {
            $this->size = max(1, intdiv($this->size, 2));
        } else if ($status !== 409 && count($rows) >= $this->size) {
            $this->size = min(self::LARGEST, $this->size + max(1, intdiv($this->size, 2)));
        }
        self::tell(profiles::send(array_column($rows, 'userid'), $this->client));
    }

    /**
     * Tells cron's log why a profile was not taken.
     *
     * @param string $reason empty where all were
     */
    private static function tell(string $reason): void {
        if ($reason !== '') {
            mtrace("The bridge did not take an agent profile: $reason");
        }
    }
}
