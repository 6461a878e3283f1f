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

namespace local_lrsbridge;

use local_lrsbridge\form\link_address_form;
use local_lrsbridge\form\link_code_form;
use local_lrsbridge\local\answer;
use local_lrsbridge\local\bridge_client;
use local_lrsbridge\local\link_result;
use local_lrsbridge\local\linking;
use local_lrsbridge\local\standings;
use local_lrsbridge\output\linking as section;
use local_lrsbridge\output\mytraining;

/**
 * Joining one's own account with an e-mail address, and nobody else's.
 *
 * @covers \local_lrsbridge\local\linking
 * @covers \local_lrsbridge\local\link_result
 * @covers \local_lrsbridge\output\linking
 * @covers \local_lrsbridge\form\link_address_form
 * @covers \local_lrsbridge\form\link_code_form
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class linking_test extends \advanced_testcase {
    /** @var string An address under which something was learned. */
    private const ADDRESS = 'asha.rao@example.org';

    /** @var \stdClass Who is signed in. */
    private \stdClass $asha;

    /** @var array[] What the bridge was asked: what for, the account, and the address or code. */
    private array $asked = [];

    /**
     * Somebody is signed in on a site that has its credential.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        foreach (['endpoint' => 'https://bridge.example.org/xapi', 'key' => 'k', 'secret' => 's'] as $name => $value) {
            set_config($name, $value, 'local_lrsbridge');
        }
        $this->asha = $this->getDataGenerator()->create_user();
        $this->setUser($this->asha);
    }

    /**
     * A bridge that answers.
     *
     * @param answer $answer to whatever is asked
     * @return bridge_client
     */
    private function bridge(answer $answer): bridge_client {
        $client = $this->createStub(bridge_client::class);
        foreach (['send_code', 'take_code'] as $what) {
            $client->method($what)->willReturnCallback(function (array $agent, string $given) use ($what, $answer): answer {
                $this->asked[] = [$what, $agent['account'], $given];
                return $answer;
            });
        }
        return $client;
    }

    /**
     * What the bridge says when it has sent a code.
     *
     * @param int $seconds for which it is good
     * @return answer
     */
    private static function sent(int $seconds = 1800): answer {
        $until = gmdate('Y-m-d\TH:i:s.000000\Z', time() + $seconds);
        return new answer(200, json_encode(['mbox' => 'mailto:' . self::ADDRESS, 'expires_at' => $until]));
    }

    /**
     * What the bridge says of a code.
     *
     * @param string $result
     * @param int $tries that are left
     * @return answer
     */
    private static function taken(string $result, int $tries = 0): answer {
        return new answer(200, json_encode(['result' => $result, 'tries_left' => $tries]));
    }

    /**
     * The account that may be sent.
     *
     * @return array
     */
    private function account(): array {
        global $CFG;
        return ['homePage' => $CFG->wwwroot, 'name' => $this->asha->id];
    }

    /**
     * The page after one of its forms was sent.
     *
     * @param bridge_client $client
     * @param string $form class of the form
     * @param array $data what was typed and pressed
     * @return array{next: ?string, html: string}
     */
    private function page(bridge_client $client, string $form, array $data): array {
        global $PAGE;
        $form::mock_submit($data);
        $section = new section(new \moodle_url('/local/lrsbridge/mytraining.php'), $client);
        $next = $section->act();
        $_POST = [];
        $found = ['state' => standings::UNKNOWN, 'standing' => null];
        $html = $PAGE->get_renderer('core')->render(new mytraining($this->asha->id, $found, [], $section));
        return ['next' => $next?->out(false), 'html' => html_entity_decode($html, ENT_QUOTES)];
    }

    /**
     * Address, code, joined: by the account of whoever is signed in, whatever else the request says.
     */
    public function test_the_whole_way(): void {
        global $CFG;
        $other = $this->getDataGenerator()->create_user();
        $_GET['userid'] = $_GET['id'] = $other->id;
        $typed = ['userid' => $other->id, 'id' => $other->id, 'name' => $other->id];
        $here = "$CFG->wwwroot/local/lrsbridge/mytraining.php#elsewhere";

        $page = $this->page($this->bridge(self::sent()), link_address_form::class, ['address' => ' ' . self::ADDRESS] + $typed);
        $this->assertSame($here, $page['next']);
        $this->assertStringContainsString('Type the code that we sent to ' . self::ADDRESS, $page['html']);
        $this->assertStringContainsString('autocomplete="one-time-code"', $page['html']);
        $this->assertStringNotContainsString('name="address"', $page['html']);

        $code = ['code' => "123 456", 'join' => 'Join'] + $typed;
        $page = $this->page($this->bridge(self::taken('wrong', 4)), link_code_form::class, $code);
        $this->assertNull($page['next']);
        $this->assertStringContainsString('try 4 more times', $page['html']);
        $this->assertStringContainsString('name="code"', $page['html']);

        $cache = \cache::make('local_lrsbridge', 'mystanding');
        $cache->set($this->asha->id, ['until' => time() + 300, 'found' => []]);
        $page = $this->page($this->bridge(self::taken('linked')), link_code_form::class, $code);
        $this->assertSame("$CFG->wwwroot/local/lrsbridge/mytraining.php#user-notifications", $page['next']);
        $this->assertFalse($cache->get($this->asha->id), 'the standing of before is shown on');
        $this->assertStringContainsString('name="address"', $page['html']);
        $told = \core\notification::fetch();
        $this->assertCount(1, $told);
        $this->assertSame('success', $told[0]->get_message_type());

        $this->assertSame([
            ['send_code', $this->account(), 'mailto:' . self::ADDRESS],
            ['take_code', $this->account(), '123456'],
            ['take_code', $this->account(), '123456'],
        ], $this->asked);
    }

    /**
     * Another code goes to the same address, and the page says which one counts; another address begins anew.
     */
    public function test_another(): void {
        $this->page($this->bridge(self::sent()), link_address_form::class, ['address' => self::ADDRESS]);
        $only = get_string('link_another', 'local_lrsbridge');
        $page = $this->page($this->bridge(self::sent()), link_code_form::class, ['code' => '', 'again' => 'x']);
        $this->assertStringEndsWith('#elsewhere', $page['next']);
        $this->assertStringContainsString($only, $page['html']);
        $this->assertSame(array_fill(0, 2, ['send_code', $this->account(), 'mailto:' . self::ADDRESS]), $this->asked);

        $page = $this->page($this->bridge(self::sent()), link_code_form::class, ['code' => '', 'other' => 'x']);
        $this->assertStringContainsString('name="address"', $page['html']);
        $this->assertStringContainsString('value="' . $this->asha->email . '"', $page['html']);
        $this->assertCount(2, $this->asked);

        $page = $this->page($this->bridge(self::sent()), link_address_form::class, ['address' => 'a@example.org']);
        $this->assertStringNotContainsString($only, $page['html']);
    }

    /**
     * Of what can't be right, the bridge isn't asked.
     */
    public function test_what_is_not_sent(): void {
        $bridge = $this->bridge(self::sent());
        foreach (['', 'asha', 'asha@', "a@example.org\nb@example.org"] as $address) {
            $page = $this->page($bridge, link_address_form::class, ['address' => $address]);
            $this->assertStringContainsString(get_string('link_bad_address', 'local_lrsbridge'), $page['html']);
        }
        linking::send_code(self::ADDRESS, $bridge);
        $this->asked = [];
        foreach (['', '12345', '1234567', 'abcdef', '１２３４５６'] as $code) {
            $page = $this->page($bridge, link_code_form::class, ['code' => $code, 'join' => 'Join']);
            $this->assertStringContainsString(get_string('link_bad_code', 'local_lrsbridge'), $page['html']);
        }
        $this->assertSame([], $this->asked);
    }

    /**
     * Answers to asking for a code, and what the learner reads.
     *
     * @return array[]
     */
    public static function sending_provider(): array {
        $mbox = '{"detail": "no", "problems": [{"where": "$.mbox", "what": "is no address"}]}';
        $agent = '{"detail": "no", "problems": [{"where": "$.agent", "what": "is no account of this site"}]}';
        return [
            'bad address' => [new answer(400, $mbox), 'link_bad_address'],
            'another site' => [new answer(400, $agent), 'link_not_here'],
            'no bridge at all' => [new answer(400, '<h1>Bad request</h1>'), 'link_not_here'],
            'credential refused' => [new answer(401, '{}'), 'link_not_sent'],
            'no scope' => [new answer(403, '{}'), 'link_not_here'],
            'an older bridge' => [new answer(404, '{}'), 'link_not_here'],
            'too often' => [new answer(429, '{}'), 'link_too_many'],
            'in trouble' => [new answer(500, 'oops'), 'link_not_sent'],
            'no mail' => [new answer(503, '{}'), 'link_not_sent'],
            'away' => [new answer(0, '', [], 'Operation timed out'), 'link_not_sent'],
            'blocked by Moodle' => [new answer(0, '', [], '', true), 'link_not_sent'],
        ];
    }

    /**
     * Where no code was sent, none is asked for, and the page says why.
     *
     * @dataProvider sending_provider
     * @param answer $answer
     * @param string $told
     */
    public function test_no_code_was_sent(answer $answer, string $told): void {
        $page = $this->page($this->bridge($answer), link_address_form::class, ['address' => self::ADDRESS]);
        $this->assertNull($page['next']);
        $this->assertStringContainsString(get_string($told, 'local_lrsbridge'), $page['html']);
        $this->assertStringContainsString('value="' . self::ADDRESS . '"', $page['html']);
        $this->assertSame('', linking::pending());
    }

    /**
     * When it can be asked again is told as the learner's clock shows it, and not too early.
     */
    public function test_too_often(): void {
        $this->setTimezone('Europe/London');
        $now = strtotime('2026-07-01T12:00:10Z');
        $result = link_result::of_sending(new answer(429, '{}', ['Retry-After' => '1200']), $now);
        $this->assertSame(
            get_string('link_too_many_until', 'local_lrsbridge', userdate($now + 1250, get_string('strftimetime', 'langconfig'))),
            $result->message()
        );
        $this->assertStringContainsString('1:21', $result->message());
    }

    /**
     * Answers to a code, what the learner reads, and whether the code is asked for again.
     *
     * @return array[]
     */
    public static function taking_provider(): array {
        return [
            'last try' => [self::taken('wrong', 1), 'link_wrong_last', true],
            'no try left' => [self::taken('wrong', 0), 'link_expired', false],
            'too old' => [self::taken('expired'), 'link_expired', false],
            'kept apart' => [self::taken('kept_apart'), 'link_kept_apart', false],
            'something new' => [self::taken('maybe'), 'link_not_taken', true],
            'no answer of the bridge' => [new answer(200, '<html>Log in</html>'), 'link_not_taken', true],
            'no scope' => [new answer(403, '{}'), 'link_not_here', true],
            'in trouble' => [new answer(503, '{}'), 'link_not_taken', true],
            'away' => [new answer(0, '', [], 'Operation timed out'), 'link_not_taken', true],
        ];
    }

    /**
     * A code that can't be used any more isn't asked for again; one that can, is.
     *
     * @dataProvider taking_provider
     * @param answer $answer
     * @param string $told
     * @param bool $isasked
     */
    public function test_not_joined(answer $answer, string $told, bool $isasked): void {
        linking::send_code(self::ADDRESS, $this->bridge(self::sent()));
        $cache = \cache::make('local_lrsbridge', 'mystanding');
        $cache->set($this->asha->id, ['until' => time() + 300, 'found' => []]);
        $page = $this->page($this->bridge($answer), link_code_form::class, ['code' => '123456', 'join' => 'Join']);
        $this->assertNull($page['next']);
        $this->assertStringContainsString(get_string($told, 'local_lrsbridge'), $page['html']);
        $this->assertSame($isasked, str_contains($page['html'], 'name="code"'));
        $this->assertSame([], \core\notification::fetch());
        $this->assertNotFalse($cache->get($this->asha->id));
    }

    /**
     * When the code is too old, the address is asked for again.
     */
    public function test_it_ends_by_itself(): void {
        linking::send_code(self::ADDRESS, $this->bridge(self::sent(100)));
        $this->assertSame(self::ADDRESS, linking::pending());
        linking::send_code(self::ADDRESS, $this->bridge(self::sent(-1)));
        $this->assertSame('', linking::pending());
    }

    /**
     * Nobody joins what isn't theirs: guests, whoever is logged in as somebody else, and those who may not see the page.
     */
    public function test_who_may_not(): void {
        $bridge = $this->bridge(self::sent());
        $this->assertTrue(linking::is_open());
        $this->setGuestUser();
        $this->assert_closed($bridge);
        $this->setUser(0);
        $this->assert_closed($bridge);
        $this->setAdminUser();
        \core\session\manager::loginas($this->asha->id, \context_system::instance());
        $this->assert_closed($bridge);

        $this->setUser($this->asha);
        $this->assertTrue(linking::is_open());
        unset_config('secret', 'local_lrsbridge');
        $this->assert_closed($bridge);
        set_config('secret', 's', 'local_lrsbridge');
        unassign_capability('local/lrsbridge:viewown', get_config('core', 'defaultuserroleid'));
        accesslib_clear_all_caches_for_unit_testing();
        $this->assert_closed($bridge);
    }

    /**
     * Whoever is signed in now can't ask for anything.
     *
     * @param bridge_client $bridge
     */
    private function assert_closed(bridge_client $bridge): void {
        $this->assertFalse(linking::is_open());
        foreach ([fn() => linking::send_code(self::ADDRESS, $bridge), fn() => linking::take_code('123456', $bridge)] as $act) {
            try {
                $act();
                $this->fail('it was done');
            } catch (\moodle_exception $e) {
                $this->assertSame('nopermissions', $e->errorcode);
            }
        }
        $this->assertSame([], $this->asked);
        $this->assertSame('', linking::pending());
    }

    /**
     * What whoever may not join sees: how else to have it done, and no form.
     */
    public function test_page_without_the_form(): void {
        global $PAGE;
        $page = new mytraining($this->asha->id, ['state' => standings::UNKNOWN, 'standing' => null]);
        $html = $PAGE->get_renderer('core')->render($page);
        $this->assertStringContainsString('|' . $this->asha->id, $html);
        $this->assertStringNotContainsString('<form', $html);
    }

    /**
     * A form that another site had a browser send does nothing.
     */
    public function test_sesskey(): void {
        link_address_form::mock_submit(['address' => self::ADDRESS]);
        $_POST['sesskey'] = 'wrong';
        $this->expectException(\moodle_exception::class);
        $this->expectExceptionMessage(get_string('invalidsesskey', 'error'));
        new section(new \moodle_url('/local/lrsbridge/mytraining.php'), $this->bridge(self::sent()));
    }

    /**
     * An address is shown as text.
     */
    public function test_escaping(): void {
        global $PAGE;
        linking::send_code('<b>"{x}"</b>@example.org', $this->bridge(self::sent()));
        $section = new section(new \moodle_url('/local/lrsbridge/mytraining.php'), $this->bridge(self::sent()));
        $found = ['state' => standings::UNKNOWN, 'standing' => null];
        $html = $PAGE->get_renderer('core')->render(new mytraining($this->asha->id, $found, [], $section));
        $this->assertStringNotContainsString('<b>', $html);
        $this->assertStringContainsString(s('<b>"{x}"</b>@example.org'), $html);
    }

    /**
     * Whoever is signed in is led to the page that the bridge names for their account; nowhere where it names none.
     */
    public function test_leading_to_the_bridge(): void {
        $link = 'https://bridge.example.org/sign-in/site/once';
        $answers = [
            [200, ['link' => $link], $link],
            [200, ['link' => 'javascript:alert(1)'], null],
            [200, [], null],
            [403, ['title' => 'This credential may not do that'], null],
            [503, [], null],
        ];
        foreach ($answers as [$status, $told, $leadsto]) {
            $client = $this->createStub(bridge_client::class);
            $client->method('sign_in_link')->willReturnCallback(function (array $agent) use ($status, $told): answer {
                $this->assertSame($this->account(), $agent['account']);
                return new answer($status, json_encode($told));
            });
            $this->assertSame($leadsto, linking::to_bridge($client));
        }
    }

    /**
     * An administrator who is logged in as somebody is not led to their page.
     */
    public function test_not_led_in_somebodys_name(): void {
        $this->setAdminUser();
        \core\session\manager::loginas($this->asha->id, \context_system::instance());
        $this->expectException(\moodle_exception::class);
        linking::to_bridge($this->createStub(bridge_client::class));
    }
}
