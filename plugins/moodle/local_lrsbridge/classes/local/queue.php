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
 * What waits to be delivered, what the bridge refused, and what it has taken.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class queue {
    /** @var string The table of what waits and what failed. */
    private const QUEUE = 'local_lrsbridge_queue';

    /** @var string The table of what was delivered. */
    private const SENT = 'local_lrsbridge_sent';

    /** @var string Makes failed statements wait again, as if they were new. */
    private const AGAIN = 'UPDATE {' . self::QUEUE . '}
                              SET failed = 0, attempts = 0, timenext = 0, timefailed = NULL, httpstatus = NULL, reason = NULL
                            WHERE failed = 1';

    /**
     * Queues the statement about a snapshot, unless it waits, failed or was delivered before.
     *
     * Part of the caller's transaction, if there is one.
     *
     * @param array $event a snapshot, as statement_factory describes it
     * @return bool whether it is new
     */
    public static function add(array $event): bool {
        global $DB;
        $id = statement_factory::id($event);
        if ($DB->record_exists(self::QUEUE, ['statementid' => $id]) || $DB->record_exists(self::SENT, ['statementid' => $id])) {
            return false;
        }
        try {
            $DB->insert_record(self::QUEUE, (object) [
                'statementid' => $id,
                'kind' => $event['kind'],
                'courseid' => $event['course']['id'],
                'userid' => $event['userid'],
                'timecompleted' => $event['time'],
                'statement' => statement_factory::json(statement_factory::statement($event)),
                'timecreated' => time(),
            ], false);
        } catch (\dml_write_exception $e) {
            // Another process may have queued the same at the same moment; anything else is a fault.
            if ($DB->record_exists(self::QUEUE, ['statementid' => $id])) {
                return false;
            }
            throw $e;
        }
        return true;
    }

    /**
     * The next statements to send, oldest first.
     *
     * @param int $most
     * @param int|null $now Unix time, the present by default
     * @return \stdClass[] rows of the queue, a list
     */
    public static function due(int $most, ?int $now = null): array {
        global $DB;
        return array_values($DB->get_records_select(
            self::QUEUE,
            'failed = 0 AND timenext <= ?',
            [$now ?? time()],
            'timenext, id',
            '*',
            0,
            $most
        ));
    }

    /**
     * Moves rows of the queue to what was delivered.
     *
     * @param \stdClass[] $rows of the queue
     */
    public static function delivered(array $rows): void {
        global $DB;
        if (!$rows) {
            return;
        }
        $transaction = $DB->start_delegated_transaction();
        [$in, $params] = $DB->get_in_or_equal(array_column($rows, 'statementid'));
        $known = $DB->get_records_select_menu(self::SENT, "statementid $in", $params, '', 'statementid, id');
        $new = [];
        foreach ($rows as $row) {
            if (!isset($known[$row->statementid])) {
                $new[] = (object) [
                    'statementid' => $row->statementid,
                    'kind' => $row->kind,
                    'courseid' => $row->courseid,
                    'userid' => $row->userid,
                    'timecompleted' => $row->timecompleted,
                    'timedelivered' => time(),
                ];
            }
        }
        $DB->insert_records(self::SENT, $new);
        $DB->delete_records_list(self::QUEUE, 'id', array_column($rows, 'id'));
        $transaction->allow_commit();
    }

    /**
     * Keeps a statement that the bridge refused, with its reason; it is not sent again by itself.
     *
     * @param \stdClass $row of the queue
     * @param int $status HTTP status of the refusal
     * @param string $reason the bridge's
     */
    public static function failed(\stdClass $row, int $status, string $reason): void {
        global $DB;
        $DB->update_record(self::QUEUE, (object) [
            'id' => $row->id,
            'failed' => 1,
            'attempts' => min($row->attempts + 1, 99999),
            'timefailed' => time(),
            'httpstatus' => $status,
            'reason' => $reason,
        ]);
    }

    /**
     * Puts statements off that may themselves be why the bridge could not answer, so that others get through first.
     *
     * @param \stdClass[] $rows of the queue
     */
    public static function postpone(array $rows): void {
        global $DB;
        foreach ($rows as $row) {
            $attempts = min($row->attempts + 1, 99999);
            $DB->update_record(self::QUEUE, (object) [
                'id' => $row->id,
                'attempts' => $attempts,
                'timenext' => time() + backoff::seconds($attempts),
            ]);
        }
    }

    /**
     * How the queue stands.
     *
     * @return \stdClass waiting, failed (numbers), oldest (Unix time since when the oldest waits, or null), lastsuccess (time of
     *     the last delivery, or null), lasterror (text, or null where the last try went well), lasterrortime (or null),
     *     pauseduntil (nothing is sent before, or null)
     */
    public static function state(): \stdClass {
        global $DB;
        $config = get_config('local_lrsbridge');
        $found = $DB->get_record_sql(
            'SELECT COUNT(*) AS rows_, SUM(failed) AS failed, MIN(CASE WHEN failed = 0 THEN timecreated END) AS oldest
               FROM {' . self::QUEUE . '}'
        );
        $paused = (int) ($config->pauseduntil ?? 0);
        return (object) [
            'waiting' => (int) $found->rows_ - (int) $found->failed,
            'failed' => (int) $found->failed,
            'oldest' => $found->oldest === null ? null : (int) $found->oldest,
            'lastsuccess' => empty($config->lastsuccess) ? null : (int) $config->lastsuccess,
            'lasterror' => empty($config->lasterror) ? null : $config->lasterror,
            'lasterrortime' => empty($config->lasterrortime) ? null : (int) $config->lasterrortime,
            'pauseduntil' => $paused > time() ? $paused : null,
        ];
    }

    /**
     * What is known of a statement.
     *
     * @param string $statementid
     * @return \stdClass|null its row of what was delivered (with timedelivered), or else of the queue; null where there is none
     */
    public static function find(string $statementid): ?\stdClass {
        global $DB;
        foreach ([self::SENT, self::QUEUE] as $table) {
            if ($row = $DB->get_record($table, ['statementid' => $statementid])) {
                return $row;
            }
        }
        return null;
    }

    /**
     * A page of the statements that the bridge refused, latest first.
     *
     * @param int $page from 0
     * @param int $perpage
     * @return \stdClass[] rows of the queue, a list
     */
    public static function list_failed(int $page, int $perpage): array {
        global $DB;
        return array_values($DB->get_records(
            self::QUEUE,
            ['failed' => 1],
            'timefailed DESC, id DESC',
            '*',
            $page * $perpage,
            $perpage
        ));
    }

    /**
     * Has failed statements sent again, at the next run.
     *
     * @param int[] $ids row ids of the queue; those that have not failed are left alone
     */
    public static function send_again(array $ids): void {
        global $DB;
        foreach (array_chunk(array_map('intval', $ids), 1000) as $some) {
            [$in, $params] = $DB->get_in_or_equal($some);
            $DB->execute(self::AGAIN . " AND id $in", $params);
        }
        self::resume();
    }

    /**
     * Has all failed statements sent again, at the next run.
     *
     * @return int how many
     */
    public static function send_all_again(): int {
        global $DB;
        $many = $DB->count_records(self::QUEUE, ['failed' => 1]);
        $DB->execute(self::AGAIN);
        self::resume();
        return $many;
    }

    /**
     * Remembers that statements got through.
     */
    public static function went_well(): void {
        set_config('lastsuccess', time(), 'local_lrsbridge');
        foreach (['lasterror', 'lasterrortime'] as $name) {
            unset_config($name, 'local_lrsbridge');
        }
        self::resume();
    }

    /**
     * Remembers why nothing gets through, and sends nothing for a while; longer with each time.
     *
     * @param string $reason for people
     * @param int|null $seconds what the bridge asks for, where it does
     */
    public static function pause(string $reason, ?int $seconds = null): void {
        $tries = (int) get_config('local_lrsbridge', 'tries') + 1;
        set_config('tries', $tries, 'local_lrsbridge');
        set_config('pauseduntil', time() + backoff::seconds($tries, $seconds), 'local_lrsbridge');
        set_config('lasterror', $reason, 'local_lrsbridge');
        set_config('lasterrortime', time(), 'local_lrsbridge');
    }

    /**
     * Ends a pause, such as when the admin has mended what was wrong.
     */
    public static function resume(): void {
        unset_config('tries', 'local_lrsbridge');
        unset_config('pauseduntil', 'local_lrsbridge');
    }
}
