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

namespace local_lrsbridge\privacy;

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\transform;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

/**
 * What the plugin holds about people and what it sends; by the context of the person, since a course may be deleted before them.
 *
 * Deleting here forgets what Moodle holds. What the bridge was sent stays with the bridge, and is asked for there.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {
    /** @var array[] Tables that hold something about people, and the fields of each. */
    private const TABLES = [
        'local_lrsbridge_queue' => ['userid', 'courseid', 'kind', 'timecompleted', 'statement', 'timecreated', 'reason'],
        'local_lrsbridge_sent' => ['userid', 'courseid', 'kind', 'timecompleted', 'timedelivered', 'statementid'],
        'local_lrsbridge_profile' => ['userid', 'hash', 'timesent', 'timefailed', 'reason'],
    ];

    /** @var string[] What may go to the bridge: where an administrator has turned it on, or where the learner asks for it. */
    private const SENT = [
        'account', 'completion', 'course', 'result', 'name', 'email', 'organisation', 'area', 'address',
    ];

    /**
     * What is held, and what is sent where.
     *
     * @param collection $collection
     * @return collection
     */
    public static function get_metadata(collection $collection): collection {
        foreach (self::TABLES as $table => $fields) {
            $told = [];
            foreach ($fields as $field) {
                $told[$field] = "privacy:metadata:$table:$field";
            }
            $collection->add_database_table($table, $told, "privacy:metadata:$table");
        }
        $told = [];
        foreach (self::SENT as $field) {
            $told[$field] = "privacy:metadata:bridge:$field";
        }
        $collection->add_external_location_link('bridge', $told, 'privacy:metadata:bridge');
        return $collection;
    }

    /**
     * Where something about a person is held: in the person's own context.
     *
     * @param int $userid
     * @return contextlist
     */
    public static function get_contexts_for_userid(int $userid): contextlist {
        $contextlist = new contextlist();
        if (self::holds($userid)) {
            $contextlist->add_user_context($userid);
        }
        return $contextlist;
    }

    /**
     * About whom something is held in a context.
     *
     * @param userlist $userlist
     */
    public static function get_users_in_context(userlist $userlist) {
        $context = $userlist->get_context();
        if ($context instanceof \context_user && self::holds($context->instanceid)) {
            $userlist->add_user($context->instanceid);
        }
    }

    /**
     * Hands out what is held.
     *
     * @param approved_contextlist $contextlist
     */
    public static function export_user_data(approved_contextlist $contextlist) {
        global $DB;
        $userid = (int) $contextlist->get_user()->id;
        foreach ($contextlist->get_contexts() as $context) {
            if (!self::is_own($context, $userid)) {
                continue;
            }
            foreach (self::TABLES as $table => $fields) {
                $rows = [];
                $records = $DB->get_recordset($table, ['userid' => $userid], 'id', implode(', ', $fields));
                foreach ($records as $record) {
                    $rows[] = self::readable($record);
                }
                $records->close();
                if ($rows) {
                    $path = [
                        get_string('pluginname', 'local_lrsbridge'),
                        get_string("privacy:path:$table", 'local_lrsbridge'),
                    ];
                    writer::with_context($context)->export_data($path, (object) ['records' => $rows]);
                }
            }
        }
    }

    /**
     * Forgets all that is held in a context.
     *
     * @param \context $context
     */
    public static function delete_data_for_all_users_in_context(\context $context) {
        if ($context instanceof \context_user) {
            self::forget($context->instanceid);
        }
    }

    /**
     * Forgets what is held about a person.
     *
     * @param approved_contextlist $contextlist
     */
    public static function delete_data_for_user(approved_contextlist $contextlist) {
        $userid = (int) $contextlist->get_user()->id;
        foreach ($contextlist->get_contexts() as $context) {
            if (self::is_own($context, $userid)) {
                self::forget($userid);
            }
        }
    }

    /**
     * Forgets what is held about some people in a context.
     *
     * @param approved_userlist $userlist
     */
    public static function delete_data_for_users(approved_userlist $userlist) {
        $context = $userlist->get_context();
        foreach ($userlist->get_userids() as $userid) {
            if (self::is_own($context, (int) $userid)) {
                self::forget((int) $userid);
            }
        }
    }

    /**
     * Whether anything is held about a person.
     *
     * @param int $userid
     * @return bool
     */
    private static function holds(int $userid): bool {
        global $DB;
        foreach (array_keys(self::TABLES) as $table) {
            if ($DB->record_exists($table, ['userid' => $userid])) {
                return true;
            }
        }
        return false;
    }

    /**
     * Forgets a person.
     *
     * @param int $userid
     */
    private static function forget(int $userid): void {
        global $DB;
        foreach (array_keys(self::TABLES) as $table) {
            $DB->delete_records($table, ['userid' => $userid]);
        }
    }

    /**
     * Whether a context is that of a person.
     *
     * @param \context $context
     * @param int $userid
     * @return bool
     */
    private static function is_own(\context $context, int $userid): bool {
        return $context instanceof \context_user && (int) $context->instanceid === $userid;
    }

    /**
     * A record for people to read.
     *
     * @param \stdClass $record
     * @return \stdClass
     */
    private static function readable(\stdClass $record): \stdClass {
        foreach (get_object_vars($record) as $field => $value) {
            if (str_starts_with($field, 'time') && $value) {
                $record->$field = transform::datetime($value);
            }
        }
        if (isset($record->userid)) {
            $record->userid = transform::user($record->userid);
        }
        return $record;
    }
}
