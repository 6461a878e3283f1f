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

namespace local_lrsbridge\output;

use local_lrsbridge\local\bridge_client;
use local_lrsbridge\local\profiles;
use local_lrsbridge\local\queue;

/**
 * What is shown of what would be sent.
 *
 * @covers \local_lrsbridge\output\preview
 * @covers \local_lrsbridge\local\preview
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class preview_test extends \advanced_testcase {
    /** @var int When the plugin was installed. */
    private const INSTALLED = 1772442000;

    /** @var \stdClass The learner. */
    private \stdClass $user;

    /** @var \stdClass The course. */
    private \stdClass $course;

    /**
     * A course that is chosen, and a learner in it.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
        $this->user = $this->getDataGenerator()->create_user(['firstname' => 'Asha', 'lastname' => 'Rao']);
        $this->course = $this->getDataGenerator()->create_course([
            'fullname' => 'Spotting <em>signs</em> & more',
            'idnumber' => 'signs',
            'enablecompletion' => 1,
        ]);
        set_config('since', self::INSTALLED, 'local_lrsbridge');
        set_config('courses', $this->course->id, 'local_lrsbridge');
        set_config('endpoint', 'https://bridge.example.org/xapi', 'local_lrsbridge');
        set_config('key', 'k', 'local_lrsbridge');
        set_config('secret', 's', 'local_lrsbridge');
    }

    /**
     * Completes the course as Moodle does, with its event.
     *
     * @param int $time
     */
    private function complete(int $time): void {
        global $CFG;
        require_once($CFG->dirroot . '/completion/completion_completion.php');
        $completion = new \completion_completion(['userid' => $this->user->id, 'course' => $this->course->id]);
        $completion->mark_complete($time);
    }

    /**
     * The page's part about somebody and a course.
     *
     * @param int|null $userid
     * @param int|null $courseid
     * @return string HTML
     */
    private function shown(?int $userid = null, ?int $courseid = null): string {
        global $PAGE;
        $PAGE->set_url('/local/lrsbridge/show.php');
        $shown = new preview($userid ?? (int) $this->user->id, $courseid ?? (int) $this->course->id);
        return $PAGE->get_renderer('core')->render($shown);
    }

    /**
     * The JSON texts that are shown, read.
     *
     * @param string $html
     * @return array[]
     */
    private static function documents(string $html): array {
        preg_match_all('~<pre[^>]*>(.*?)</pre>~s', $html, $found);
        return array_map(
            fn(string $one): array => json_decode(html_entity_decode($one, ENT_QUOTES), true, 512, JSON_THROW_ON_ERROR),
            $found[1]
        );
    }

    /**
     * A string of the plugin, escaped.
     *
     * @param string $name
     * @param mixed $a
     * @return string
     */
    private static function says(string $name, mixed $a = null): string {
        return s(get_string($name, 'local_lrsbridge', $a));
    }

    /**
     * Exactly what is queued is shown, as text, and nothing is queued by looking.
     */
    public function test_completed_and_waiting(): void {
        global $DB;
        $this->complete(self::INSTALLED + 60);
        $queued = $DB->get_record('local_lrsbridge_queue', [], '*', MUST_EXIST);
        // As things were when it was queued.
        $DB->set_field('course', 'fullname', 'Renamed since', ['id' => $this->course->id]);
        $html = $this->shown();
        $this->assertSame([json_decode($queued->statement, true)], self::documents($html));
        $this->assertStringContainsString(self::says('show_state_waiting', userdate($queued->timecreated)), $html);
        $this->assertStringContainsString(self::says('show_asqueued'), $html);
        $this->assertStringNotContainsString(self::says('show_notcompleted'), $html);
        $this->assertEquals([$queued], array_values($DB->get_records('local_lrsbridge_queue')));
    }

    /**
     * Delivered, and when; refused, and why.
     */
    public function test_delivered_and_refused(): void {
        global $DB;
        $this->complete(self::INSTALLED + 60);
        [$row] = queue::due(1);
        queue::failed($row, 400, 'no <b>such</b> verb');
        $html = $this->shown();
        $refused = $DB->get_field('local_lrsbridge_queue', 'timefailed', []);
        $this->assertStringContainsString(self::says('show_state_refused', userdate($refused)), $html);
        $this->assertStringContainsString('no &lt;b&gt;such', $html);

        queue::delivered([$row]);
        $html = $this->shown();
        $delivered = $DB->get_field('local_lrsbridge_sent', 'timedelivered', []);
        $this->assertStringContainsString(self::says('show_state_delivered', userdate($delivered)), $html);
        $this->assertSame([json_decode($row->statement, true)], self::documents($html));
        // What is delivered stays so, whatever is chosen afterwards.
        set_config('courses', '', 'local_lrsbridge');
        $this->assertStringNotContainsString(self::says('show_notchosen'), $this->shown());
    }

    /**
     * Completed and not queued: for the daily comparison, or for a backfill only.
     */
    public function test_completed_and_not_queued(): void {
        global $DB;
        foreach ([60 => 'missing', -60 => 'before'] as $after => $state) {
            $this->complete(self::INSTALLED + $after);
            $DB->delete_records('local_lrsbridge_queue');
            $this->assertStringContainsString(self::says("show_state_$state"), $this->shown());
            $DB->delete_records('course_completions');
            \cache::make('core', 'coursecompletion')->purge();
        }
        $this->assertSame(0, $DB->count_records('local_lrsbridge_queue'));
    }

    /**
     * Not completed: the present time stands in, and that is said.
     */
    public function test_not_completed(): void {
        $before = time();
        $html = $this->shown();
        $this->assertStringContainsString(self::says('show_notcompleted'), $html);
        $this->assertStringContainsString(self::says('show_state_open'), $html);
        [$statement] = self::documents($html);
        $this->assertGreaterThanOrEqual($before, strtotime($statement['timestamp']));
        $this->assertSame((string) $this->user->id, $statement['actor']['account']['name']);
        $this->assertStringContainsString('Asha Rao', $html);
        $this->assertStringNotContainsString('Asha', json_encode($statement));
    }

    /**
     * What keeps it from being sent, each with its words.
     */
    public function test_never_sent(): void {
        set_config('courses', '', 'local_lrsbridge');
        set_config('kinds', 'quiz_result', 'local_lrsbridge');
        $html = $this->shown();
        foreach (['show_state_never', 'show_notchosen', 'show_notticked'] as $name) {
            $this->assertStringContainsString(self::says($name), $html);
        }
        $this->assertCount(1, self::documents($html));
        set_config('courses', $this->course->id, 'local_lrsbridge');
        unset_config('kinds', 'local_lrsbridge');
        $this->assertStringNotContainsString(self::says('show_state_never'), $this->shown());
    }

    /**
     * Of guests and deleted accounts nothing is sent, and no profile shown.
     */
    public function test_guest_and_deleted(): void {
        global $CFG;
        set_config('send_name', 1, 'local_lrsbridge');
        $html = $this->shown((int) $CFG->siteguest);
        $this->assertStringContainsString(self::says('show_guest'), $html);
        $this->assertStringContainsString(self::says('show_profile_none'), $html);
        delete_user($this->user);
        $html = $this->shown();
        $this->assertStringContainsString(self::says('show_deleted'), $html);
        $this->assertStringContainsString(self::says('deleteduser', $this->user->id), $html);
        $this->assertStringNotContainsString('Asha', $html);
        $this->assertCount(1, self::documents($html));
    }

    /**
     * A person or a course that isn't there, and the front page, are told and break nothing.
     */
    public function test_not_found(): void {
        foreach ([[987654, null], [null, 987654], [null, SITEID]] as [$userid, $courseid]) {
            $html = $this->shown($userid, $courseid);
            $this->assertStringContainsString(self::says('show_notfound'), $html);
            $this->assertSame([], self::documents($html));
        }
    }

    /**
     * Without an endpoint it is said that nothing is sent yet.
     */
    public function test_not_set_up(): void {
        $this->assertStringNotContainsString('section=local_lrsbridge', $this->shown());
        unset_config('endpoint', 'local_lrsbridge');
        $html = $this->shown();
        $this->assertStringContainsString('section=local_lrsbridge', $html);
        $this->assertCount(1, self::documents($html));
    }

    /**
     * The agent profile: only where something of it is turned on, and whether the bridge has it.
     */
    public function test_profile(): void {
        global $DB;
        $this->assertStringContainsString(self::says('show_profile_none'), $this->shown());

        set_config('send_organisation', 'institution', 'local_lrsbridge');
        $this->assertStringContainsString(self::says('show_profile_empty'), $this->shown());

        set_config('send_name', 1, 'local_lrsbridge');
        $html = $this->shown();
        $this->assertStringContainsString('tag:lrs-bridge,2026:moodle/person', $html);
        $this->assertStringContainsString(self::says('show_profile_new'), $html);
        $this->assertSame(['name' => 'Asha Rao'], self::documents($html)[1]);

        $client = $this->createStub(bridge_client::class);
        $client->method('put_profile')->willReturn(new \local_lrsbridge\local\answer(204));
        profiles::send([$this->user->id], $client);
        $sent = userdate($DB->get_field('local_lrsbridge_profile', 'timesent', []));
        $this->assertStringContainsString(self::says('show_profile_sent', $sent), $this->shown());

        $DB->set_field('user', 'lastname', 'Iyer', ['id' => $this->user->id]);
        $html = $this->shown();
        $this->assertStringContainsString(self::says('show_profile_changed', $sent), $html);
        $this->assertSame(['name' => 'Asha Iyer'], self::documents($html)[1]);
    }
}
