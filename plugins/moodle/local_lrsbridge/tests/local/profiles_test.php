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

use local_lrsbridge\tests\scripted_bridge;

/**
 * Whose agent profile is put, and when.
 *
 * @covers \local_lrsbridge\local\profiles
 * @covers \local_lrsbridge\local\snapshot
 * @covers \local_lrsbridge\local\config
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class profiles_test extends \advanced_testcase {
    /** @var scripted_bridge What they are put to. */
    private scripted_bridge $bridge;

    /** @var \stdClass Somebody. */
    private \stdClass $user;

    /**
     * Somebody of whom there is much to tell.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->bridge = new scripted_bridge();
        $this->getDataGenerator()->create_custom_profile_field(['datatype' => 'text', 'shortname' => 'board', 'name' => 'Board']);
        $this->user = $this->getDataGenerator()->create_user([
            'firstname' => 'Asha',
            'lastname' => 'Rao',
            'email' => 'asha@example.org',
            'institution' => 'Northmoor Council',
            'profile_field_board' => 'Northmoor',
        ]);
    }

    /**
     * Sends, and gives what was put by that.
     *
     * @param int ...$userids the somebody's by default
     * @return array of account and document
     */
    private function put(int ...$userids): array {
        $this->bridge->profiles = [];
        profiles::send($userids ?: [(int) $this->user->id], $this->bridge);
        return $this->bridge->profiles;
    }

    /**
     * Nothing is told until it is turned on, and each field is by itself.
     */
    public function test_what_is_turned_on(): void {
        global $DB;
        $this->assertSame([], $this->put());
        $this->assertSame(0, $DB->count_records('local_lrsbridge_profile'));
        $told = [];
        $settings = [
            'send_name' => ['1', 'name', 'Asha Rao'],
            'send_email' => ['1', 'email', 'asha@example.org'],
            'send_organisation' => ['institution', 'organisation', 'Northmoor Council'],
            'send_area' => ['profile_field_board', 'area', 'Northmoor'],
        ];
        foreach ($settings as $setting => [$value, $member, $text]) {
            set_config($setting, $value, 'local_lrsbridge');
            $told[$member] = $text;
            $this->assertSame([[$this->user->id, json_encode($told)]], $this->put());
        }
    }

    /**
     * No setting reaches what is none of the fields that one may choose from.
     */
    public function test_other_fields_are_never_told(): void {
        foreach (['password', 'lastip', 'firstname, lastip', 'phone1'] as $field) {
            set_config('send_area', $field, 'local_lrsbridge');
            $this->assertSame([], $this->put(), $field);
        }
    }

    /**
     * It is put when it is first needed and when it changed, and not otherwise.
     */
    public function test_when_it_is_put(): void {
        global $DB;
        set_config('send_name', 1, 'local_lrsbridge');
        $this->assertCount(1, $this->put((int) $this->user->id, (int) $this->user->id));
        $this->assertSame([], $this->put());
        $DB->set_field('user', 'email', 'other@example.org', ['id' => $this->user->id]);
        $this->assertSame([], $this->put(), 'what is not told may change');
        $DB->set_field('user', 'lastname', 'Sen', ['id' => $this->user->id]);
        $this->assertSame([[$this->user->id, '{"name":"Asha Sen"}']], $this->put());
        $this->assertSame([], $this->put());
        $this->assertSame(1, $DB->count_records('local_lrsbridge_profile'));
    }

    /**
     * A field that became empty, or was turned off while others are told, is taken back.
     */
    public function test_what_is_taken_back(): void {
        global $DB;
        set_config('send_organisation', 'institution', 'local_lrsbridge');
        set_config('send_name', 1, 'local_lrsbridge');
        $this->put();
        set_config('send_name', 0, 'local_lrsbridge');
        $this->assertSame([[$this->user->id, '{"organisation":"Northmoor Council"}']], $this->put());
        $DB->set_field('user', 'institution', '', ['id' => $this->user->id]);
        $this->assertSame([[$this->user->id, '{}']], $this->put());
        $this->assertSame([], $this->put());
        // Who never had one is not given an empty one.
        $nobody = $this->getDataGenerator()->create_user(['institution' => '']);
        $this->assertSame([], $this->put((int) $nobody->id));
    }

    /**
     * What was not taken is not remembered as taken, and is put with the next.
     */
    public function test_one_that_is_not_taken(): void {
        set_config('send_name', 1, 'local_lrsbridge');
        $this->bridge->answers_next(new answer(503, '{"title": "busy"}'));
        $this->assertSame('busy', profiles::send([(int) $this->user->id], $this->bridge));
        $this->assertCount(1, $this->put());
    }

    /**
     * Guests and deleted users have none.
     */
    public function test_guests_and_deleted_users(): void {
        global $CFG;
        set_config('send_email', 1, 'local_lrsbridge');
        $deleted = $this->getDataGenerator()->create_user();
        delete_user($deleted);
        $put = $this->put((int) $CFG->siteguest, (int) $deleted->id, (int) $this->user->id, (int) $this->user->id + 1000);
        $this->assertSame([(string) $this->user->id], array_column($put, 0));
    }
}
