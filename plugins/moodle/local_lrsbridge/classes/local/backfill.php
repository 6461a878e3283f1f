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

use local_lrsbridge\task\backfill as task;

/**
 * Queues the completions of chosen courses that were reached before the plugin was installed: from the command line, or begun on a
 * page and carried on by a task, which goes on where it was whenever it is killed.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class backfill {
    /** @var int Nothing more is queued while so many wait to be sent, where nobody says otherwise. */
    public const WAITING = 5000;

    /** @var string Nothing is left to queue, or as many were queued as were asked for. */
    public const DONE = 'done';

    /** @var string As many wait to be sent as may. */
    public const FULL = 'full';

    /** @var string It was told to end. */
    public const STOPPED = 'stopped';

    /** @var string[] Why there can be nothing to queue. */
    public const HINDRANCES = ['nocourses', 'nokind'];

    /** @var string[] How one that was begun on the page stands. */
    public const STATES = ['running', 'finished', 'stopped', 'interrupted'];

    /** @var int How many are queued in one transaction. */
    private const AT_ONCE = 500;

    /** @var string The table of those that were begun on the page. */
    private const TABLE = 'local_lrsbridge_backfill';

    /**
     * Why there can be nothing to queue.
     *
     * @return string one of HINDRANCES; empty where there can
     */
    public static function hindrance(): string {
        if (!config::courses() && !config::categories()) {
            return 'nocourses';
        }
        return in_array('course_completed', config::kinds(), true) ? '' : 'nokind';
    }

    /**
     * Queues what was never queued, in parts, by row id of course_completions.
     *
     * @param int $since only what was completed at this Unix time or later
     * @param int $after only completions with a greater row id
     * @param int $most at most so many; 0 is all
     * @param int $waiting begins no part while so many wait to be sent
     * @param callable $progress called within the transaction of each part with how many it queued and the row id of its last;
     *     returns whether to go on
     * @return string DONE, FULL or STOPPED
     */
    public static function run(int $since, int $after, int $most, int $waiting, callable $progress): string {
        global $DB;
        $left = $most;
        do {
            if (queue::state()->waiting >= $waiting) {
                return self::FULL;
            }
            $part = $most ? min(self::AT_ONCE, $left) : self::AT_ONCE;
            $records = reconciler::missing($since, $after, $part);
            $completions = iterator_to_array($records, false);
            $records->close();
            if (!$completions) {
                return self::DONE;
            }
            $queued = 0;
            $transaction = $DB->start_delegated_transaction();
            foreach ($completions as $one) {
                $snapshot = snapshot::course_completed((int) $one->course, (int) $one->userid, (int) $one->timecompleted);
                $queued += (int) ($snapshot !== null && queue::add($snapshot));
                $after = (int) $one->id;
            }
            $goeson = $progress($queued, $after);
            $transaction->allow_commit();
            if (!$goeson) {
                return self::STOPPED;
            }
            $left -= $queued;
        } while (count($completions) === $part && (!$most || $left > 0));
        return self::DONE;
    }

    /**
     * Has a task queue them, unless one does already.
     *
     * @param int $since only what was completed at this Unix time or later
     */
    public static function begin(int $since): void {
        global $DB;
        if (self::hindrance() !== '' || self::latest()?->state === 'running') {
            return;
        }
        $id = $DB->insert_record(self::TABLE, (object) [
            'completedsince' => $since,
            'total' => reconciler::total_missing($since)->completions,
            'timebegun' => time(),
        ]);
        task::queue($id);
    }

    /**
     * Goes on with one that was begun, until it is done, stopped, or as many wait to be sent as may.
     *
     * @param int $id its row id
     * @return string DONE, FULL or STOPPED
     */
    public static function go_on(int $id): string {
        global $DB;
        $isended = fn(): bool => !$DB->record_exists(self::TABLE, ['id' => $id, 'timefinished' => null, 'timestopped' => null]);
        if ($isended()) {
            return self::STOPPED;
        }
        $begun = $DB->get_record(self::TABLE, ['id' => $id], '*', MUST_EXIST);
        $progress = function (int $queued, int $after) use ($DB, $id, $isended): bool {
            $DB->execute(
                'UPDATE {' . self::TABLE . '} SET queued = queued + ?, lastid = ? WHERE id = ?',
                [$queued, $after, $id]
            );
            return !$isended();
        };
        $outcome = self::run((int) $begun->completedsince, (int) $begun->lastid, 0, self::WAITING, $progress);
        if ($outcome === self::DONE) {
            $DB->set_field(self::TABLE, 'timefinished', time(), ['id' => $id]);
        }
        return $outcome;
    }

    /**
     * Ends the one that runs; what it has queued is sent.
     */
    public static function stop(): void {
        global $DB;
        $DB->set_field_select(self::TABLE, 'timestopped', time(), 'timefinished IS NULL AND timestopped IS NULL');
    }

    /**
     * The latest that was begun on the page.
     *
     * @return \stdClass|null its row, and state: one of STATES; null where none was
     */
    public static function latest(): ?\stdClass {
        global $DB;
        $rows = $DB->get_records(self::TABLE, null, 'id DESC', '*', 0, 1);
        $latest = reset($rows);
        if (!$latest) {
            return null;
        }
        $latest->state = match (true) {
            $latest->timefinished !== null => 'finished',
            $latest->timestopped !== null => 'stopped',
            task::is_queued((int) $latest->id) => 'running',
            default => 'interrupted',
        };
        return $latest;
    }
}
