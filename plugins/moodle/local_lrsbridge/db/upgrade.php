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

/**
 * What changes in the tables of a site that has the plugin already.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Brings the tables up to date.
 *
 * @param int $oldversion the plugin's version so far
 * @return bool
 */
function xmldb_local_lrsbridge_upgrade($oldversion) {
    global $DB;
    $manager = $DB->get_manager();

    if ($oldversion < 2026112800) {
        $table = new xmldb_table('local_lrsbridge_backfill');
        $table->add_field('id', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL, XMLDB_SEQUENCE);
        $table->add_field('completedsince', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL);
        $table->add_field('total', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL);
        $table->add_field('queued', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL, null, '0');
        $table->add_field('lastid', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL, null, '0');
        $table->add_field('timebegun', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL);
        $table->add_field('timefinished', XMLDB_TYPE_INTEGER, '10');
        $table->add_field('timestopped', XMLDB_TYPE_INTEGER, '10');
        $table->add_key('primary', XMLDB_KEY_PRIMARY, ['id']);
        if (!$manager->table_exists($table)) {
            $manager->create_table($table);
        }
        upgrade_plugin_savepoint(true, 2026112800, 'local', 'lrsbridge');
    }

    if ($oldversion < 2026112801) {
        $table = new xmldb_table('local_lrsbridge_profile');
        $manager->change_field_notnull($table, new xmldb_field('hash', XMLDB_TYPE_CHAR, '40'));
        $manager->change_field_notnull($table, new xmldb_field('timesent', XMLDB_TYPE_INTEGER, '10'));
        foreach ([
            new xmldb_field('timefailed', XMLDB_TYPE_INTEGER, '10', null, null, null, null, 'timesent'),
            new xmldb_field('timenext', XMLDB_TYPE_INTEGER, '10', null, null, null, null, 'timefailed'),
            new xmldb_field('reason', XMLDB_TYPE_TEXT, null, null, null, null, null, 'timenext'),
        ] as $field) {
            if (!$manager->field_exists($table, $field)) {
                $manager->add_field($table, $field);
            }
        }
        $index = new xmldb_index('timefailed', XMLDB_INDEX_NOTUNIQUE, ['timefailed']);
        if (!$manager->index_exists($table, $index)) {
            $manager->add_index($table, $index);
        }
        upgrade_plugin_savepoint(true, 2026112801, 'local', 'lrsbridge');
    }

    return true;
}
