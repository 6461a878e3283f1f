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
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

/**
 * What is told, handed out and forgotten of people.
 *
 * @covers \local_lrsbridge\privacy\provider
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class provider_test extends \core_privacy\tests\provider_testcase {
    /** @var string[] Every table of the plugin. */
    private const TABLES = ['local_lrsbridge_queue', 'local_lrsbridge_sent', 'local_lrsbridge_profile'];

    /**
     * Somebody of whom every table holds something.
     *
     * @param array $tables those that do
     * @return \stdClass
     */
    private function person(array $tables = self::TABLES): \stdClass {
        global $DB;
        $user = $this->getDataGenerator()->create_user();
        $common = ['userid' => $user->id, 'courseid' => 7, 'kind' => 'course_completed', 'timecompleted' => 1772442000];
        $rows = [
            'local_lrsbridge_queue' => $common + ['statementid' => \core\uuid::generate(), 'timecreated' => 1772442001,
                'statement' => '{"what": "happened"}', 'reason' => 'a reason'],
            'local_lrsbridge_sent' => $common + ['statementid' => \core\uuid::generate(), 'timedelivered' => 1772442002],
            'local_lrsbridge_profile' => ['userid' => $user->id, 'hash' => sha1('x'), 'timesent' => 1772442003],
        ];
        foreach ($tables as $table) {
            $DB->insert_record($table, (object) $rows[$table]);
        }
        return $user;
    }

    /**
     * How many rows there are of somebody.
     *
     * @param \stdClass $user
     * @return int
     */
    private function rows(\stdClass $user): int {
        global $DB;
        return array_sum(array_map(fn(string $table): int => $DB->count_records($table, ['userid' => $user->id]), self::TABLES));
    }

    /**
     * Every table that has a userid is told of, with fields that it has.
     */
    public function test_metadata(): void {
        global $DB;
        $told = provider::get_metadata(new collection('local_lrsbridge'))->get_collection();
        $tables = [];
        foreach ($told as $item) {
            if ($item instanceof \core_privacy\local\metadata\types\database_table) {
                $tables[] = $item->get_name();
                $columns = array_keys($DB->get_columns($item->get_name()));
                $this->assertSame([], array_diff(array_keys($item->get_privacy_fields()), $columns));
            }
        }
        $own = array_filter(
            $DB->get_tables(),
            fn(string $table): bool => str_starts_with($table, 'local_lrsbridge_') && isset($DB->get_columns($table)['userid'])
        );
        $this->assertEqualsCanonicalizing($own, $tables);
        $this->assertCount(count($tables) + 1, $told);
    }

    /**
     * Something is held in a person's own context, whichever table holds it.
     */
    public function test_contexts_and_users(): void {
        $this->resetAfterTest();
        foreach (self::TABLES as $table) {
            $user = $this->person([$table]);
            $context = \context_user::instance($user->id);
            $this->assertEquals([$context->id], provider::get_contexts_for_userid($user->id)->get_contextids());
            $userlist = new userlist($context, 'local_lrsbridge');
            provider::get_users_in_context($userlist);
            $this->assertEquals([$user->id], $userlist->get_userids());
        }
        $nobody = $this->getDataGenerator()->create_user();
        $this->assertEmpty(provider::get_contexts_for_userid($nobody->id)->get_contextids());
        $userlist = new userlist(\context_system::instance(), 'local_lrsbridge');
        provider::get_users_in_context($userlist);
        $this->assertEmpty($userlist->get_userids());
    }

    /**
     * All that is held is handed out, and nothing of others.
     */
    public function test_export(): void {
        $this->resetAfterTest();
        $user = $this->person();
        $other = $this->person();
        $this->export_context_data_for_user($user->id, \context_user::instance($user->id), 'local_lrsbridge');
        $writer = writer::with_context(\context_user::instance($user->id));
        foreach (self::TABLES as $table) {
            $path = [get_string('pluginname', 'local_lrsbridge'), get_string("privacy:path:$table", 'local_lrsbridge')];
            $this->assertCount(1, $writer->get_data($path)->records);
        }
        $path = [get_string('pluginname', 'local_lrsbridge'), get_string('privacy:path:local_lrsbridge_queue', 'local_lrsbridge')];
        $this->assertSame('{"what": "happened"}', $writer->get_data($path)->records[0]->statement);
        $this->assertFalse(writer::with_context(\context_user::instance($other->id))->has_any_data());
    }

    /**
     * Each way of forgetting forgets that person, and nobody else.
     */
    public function test_delete(): void {
        $this->resetAfterTest();
        $ways = [
            fn($user, $context) => provider::delete_data_for_all_users_in_context($context),
            fn($user, $context) => provider::delete_data_for_user(
                new approved_contextlist($user, 'local_lrsbridge', [$context->id])
            ),
            fn($user, $context) => provider::delete_data_for_users(
                new approved_userlist($context, 'local_lrsbridge', [$user->id])
            ),
        ];
        $other = $this->person();
        foreach ($ways as $way) {
            $user = $this->person();
            $system = \context_system::instance();
            $way($user, $system);
            $this->assertSame(3, $this->rows($user), 'what is asked for elsewhere forgets nothing here');
            $way($user, \context_user::instance($user->id));
            $this->assertSame(0, $this->rows($user));
        }
        $this->assertSame(3, $this->rows($other));
    }
}
