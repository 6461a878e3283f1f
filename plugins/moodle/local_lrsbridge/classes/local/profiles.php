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
 * Sends agent profiles, where the admin has turned any of their fields on.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class profiles {
    /** @var string The table of what was put. */
    private const TABLE = 'local_lrsbridge_profile';

    /** @var int[] Statuses by which the bridge refuses this one document, and says nothing about others. */
    private const BAD = [400, 413, 422];

    /** @var int How many are tried again in one run. */
    private const AT_ONCE = 50;

    /**
     * Puts the profiles of people that are new or have changed. What the bridge doesn't take is kept in mind, and put with the
     * person's next statement, or by send_refused().
     *
     * @param int[] $userids
     * @param bridge_client $client
     * @return string the bridge's reason where it took one not; empty where all went well
     */
    public static function send(array $userids, bridge_client $client): string {
        global $DB;
        $userids = array_values(array_unique(array_map('intval', $userids)));
        if (!$userids || !config::profilefields()) {
            return '';
        }
        [$in, $params] = $DB->get_in_or_equal($userids);
        $known = $DB->get_records_select(self::TABLE, "userid $in", $params, '', 'userid, id, hash, timefailed');
        $people = snapshot::people($userids);
        $reason = '';
        $isopen = true;
        foreach ($userids as $userid) {
            $row = $known[$userid] ?? (object) ['userid' => $userid, 'hash' => null, 'timefailed' => null];
            $document = agent_profile::json(agent_profile::document($people[$userid] ?? []));
            if (!isset($people[$userid]) || !self::is_news($document, $row->hash)) {
                if ($row->timefailed !== null) {
                    self::keep($row, ['timefailed' => null, 'timenext' => null, 'reason' => null]);
                }
                continue;
            }
            if ($isopen) {
                $answer = $client->put_profile(statement_factory::actor(config::siteurl(), $userid), $document);
                if ($answer->is_good()) {
                    $taken = ['hash' => sha1($document), 'timesent' => time()];
                    self::keep($row, $taken + ['timefailed' => null, 'timenext' => null, 'reason' => null]);
                    continue;
                }
                $reason = $answer->reason();
                $isopen = in_array($answer->status, self::BAD, true);
            }
            $pause = $isopen ? DAYSECS : HOURSECS;
            self::keep($row, ['timefailed' => time(), 'timenext' => time() + $pause, 'reason' => $reason]);
        }
        return $reason;
    }

    /**
     * Tries again what the bridge didn't take: a document that it refused after a day, others after an hour.
     *
     * @param bridge_client $client
     * @return string as send() gives it
     */
    public static function send_refused(bridge_client $client): string {
        global $DB;
        $due = 'timefailed IS NOT NULL AND timenext <= ?';
        $rows = $DB->get_records_select(self::TABLE, $due, [time()], 'timenext, id', 'id, userid', 0, self::AT_ONCE);
        return self::send(array_column($rows, 'userid'), $client);
    }

    /**
     * Has all that the bridge didn't take tried again, at the next run.
     */
    public static function send_again(): void {
        global $DB;
        $DB->set_field_select(self::TABLE, 'timenext', 0, 'timefailed IS NOT NULL');
    }

    /**
     * How many the bridge didn't take.
     *
     * @return \stdClass number, reason (of the last; may be empty), time (of the last, or null)
     */
    public static function refused(): \stdClass {
        global $DB;
        $found = (object) ['number' => 0, 'reason' => '', 'time' => null];
        if (!config::profilefields()) {
            return $found;
        }
        $rows = $DB->get_records_select(self::TABLE, 'timefailed IS NOT NULL', [], 'timefailed DESC, id DESC', '*', 0, 1);
        if ($last = reset($rows)) {
            $found->number = $DB->count_records_select(self::TABLE, 'timefailed IS NOT NULL');
            $found->reason = (string) $last->reason;
            $found->time = (int) $last->timefailed;
        }
        return $found;
    }

    /**
     * The profile of a person, as it would be put now.
     *
     * @param int $userid
     * @return \stdClass|null document (JSON text), isnews (whether it would be put), timesent (when the bridge took that person's
     *     last, or null), timefailed and reason (when and why it last didn't take one; null and empty where it did); null where no
     *     field is turned on, and for guests and deleted users
     */
    public static function of(int $userid): ?\stdClass {
        global $DB;
        $person = config::profilefields() ? snapshot::people([$userid])[$userid] ?? null : null;
        if ($person === null) {
            return null;
        }
        $document = agent_profile::json(agent_profile::document($person));
        $known = $DB->get_record(self::TABLE, ['userid' => $userid]) ?: null;
        return (object) [
            'document' => $document,
            'isnews' => self::is_news($document, $known?->hash),
            'timesent' => (int) $known?->timesent ?: null,
            'timefailed' => (int) $known?->timefailed ?: null,
            'reason' => (string) $known?->reason,
        ];
    }

    /**
     * Whether a document is not the one that the bridge has. An empty one is news only where something has to give way to it.
     *
     * @param string $document JSON text
     * @param string|null $hash of what the bridge has; null where it has none
     * @return bool
     */
    private static function is_news(string $document, ?string $hash): bool {
        return $hash === null ? $document !== '{}' : $hash !== sha1($document);
    }

    /**
     * Keeps what became of a person's profile.
     *
     * @param \stdClass $row userid, and id where it is kept already
     * @param array $values of other fields
     */
    private static function keep(\stdClass $row, array $values): void {
        global $DB;
        if (isset($row->id)) {
            $DB->update_record(self::TABLE, (object) (['id' => $row->id] + $values));
        } else {
            $DB->insert_record(self::TABLE, (object) (['userid' => $row->userid] + $values));
        }
    }
}
