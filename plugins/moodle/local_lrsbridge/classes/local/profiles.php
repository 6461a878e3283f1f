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

    /**
     * Puts the profiles of people that are new or have changed. What can't be put now is put with the person's next statement.
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
        $known = $DB->get_records_select(self::TABLE, "userid $in", $params, '', 'userid, id, hash');
        foreach (snapshot::people($userids) as $userid => $person) {
            $document = agent_profile::json(agent_profile::document($person));
            if (!self::is_news($document, $known[$userid] ?? null)) {
                continue;
            }
            $answer = $client->put_profile(statement_factory::actor(config::siteurl(), $userid), $document);
            if (!$answer->is_good()) {
                return $answer->reason();
            }
            $row = (object) ['userid' => $userid, 'hash' => sha1($document), 'timesent' => time()];
            if (isset($known[$userid])) {
                $DB->update_record(self::TABLE, (object) ((array) $row + ['id' => $known[$userid]->id]));
            } else {
                $DB->insert_record(self::TABLE, $row);
            }
        }
        return '';
    }

    /**
     * The profile of a person, as it would be put now.
     *
     * @param int $userid
     * @return \stdClass|null document (JSON text), isnews (whether it would be put), timesent (when that person's was last put, or
     *     null); null where no field is turned on, and for guests and deleted users
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
            'isnews' => self::is_news($document, $known),
            'timesent' => $known ? (int) $known->timesent : null,
        ];
    }

    /**
     * Whether a document is not the one that the bridge has. An empty one is news only where something has to give way to it.
     *
     * @param string $document JSON text
     * @param \stdClass|null $known the person's row of what was put
     * @return bool
     */
    private static function is_news(string $document, ?\stdClass $known): bool {
        return $known === null ? $document !== '{}' : $known->hash !== sha1($document);
    }
}
