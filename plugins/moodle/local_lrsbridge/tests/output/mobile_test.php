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

use core_external\external_api;
use tool_mobile\external;

/**
 * "My CSE training" as Moodle's app gets it. The app itself is not here: what it compiles is checked as far as text can be.
 *
 * @covers \local_lrsbridge\output\mobile
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class mobile_test extends \advanced_testcase {
    /** @var \stdClass Who is signed in. */
    private \stdClass $asha;

    /**
     * Somebody of whom the bridge told a moment ago is signed in.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        foreach (['endpoint' => 'https://bridge.example.org/xapi', 'key' => 'k', 'secret' => 's'] as $name => $value) {
            set_config($name, $value, 'local_lrsbridge');
        }
        $this->asha = $this->getDataGenerator()->create_user();
        $this->setUser($this->asha);
        $this->keep('known', self::told());
        \cache::make('local_lrsbridge', 'courses')->set('known', ['until' => time() + 300, 'courses' => []]);
    }

    /**
     * Has the session keep what the bridge told.
     *
     * @param string $state
     * @param array|null $standing
     */
    private function keep(string $state, ?array $standing): void {
        $found = ['state' => $state, 'standing' => $standing];
        $kept = ['until' => time() + 300, 'found' => $found];
        \cache::make('local_lrsbridge', 'mystanding')->set($this->asha->id, $kept);
    }

    /**
     * A standing that has something of everything.
     *
     * @return array
     */
    private static function told(): array {
        $way = ['kind' => 'route', 'key' => 'escb_basic', 'name' => 'ESCB {{basic}} @if', 'where' => 'here',
            'courses' => ['a', 'b']];
        return [
            'computed_at' => '2026-03-02T09:00:00.000000Z',
            'is_stale' => true,
            'tiers' => [[
                'framework' => ['key' => 'escb', 'name' => 'Essex standards'],
                'required' => 'T2',
                'attained' => 'T1',
                'next' => 'T2',
                'progress' => [
                    ['tier' => 'T1', 'name' => 'Induction', 'covered' => 3, 'total' => 3],
                    ['tier' => 'T2', 'name' => 'Universal', 'covered' => 11, 'total' => 12],
                ],
                'missing' => [['item' => '2.1', 'part' => 'knowledge', 'text' => 'abuse', 'ways' => [$way]]],
                'companion' => ['level' => null, 'required' => 'level_1', 'status' => 'not_recorded'],
            ]],
            'champion' => [[
                'area' => ['key' => 'essex', 'name' => 'Essex'],
                'status' => 'not_eligible',
                'standards_met' => false,
                'since' => '2026-03-02T09:00:00.000000Z',
                'met' => [['key' => 'basic_cse', 'name' => 'Basic awareness']],
                'missing' => [['key' => 'nwg_member', 'name' => 'NWG membership', 'ways' => [$way]]],
                'state' => ['since' => '2026-03-02T09:00:00.000000Z'],
            ]],
            'not_proven' => 'Does not prove who sat at the screen.',
        ];
    }

    /**
     * What the app gets.
     *
     * @param string $method
     * @param array[] $args
     * @return array
     */
    private function content(string $method, array $args = []): array {
        return external_api::clean_returnvalue(
            external::get_content_returns(),
            external::get_content('local_lrsbridge', $method, $args)
        );
    }

    /**
     * The data beside the template.
     *
     * @param array $content
     * @return array
     */
    private static function shown(array $content): array {
        return json_decode(array_column($content['otherdata'], 'value', 'name')['shown'], true, 32, JSON_THROW_ON_ERROR);
    }

    /**
     * The template as it is sent.
     *
     * @return string
     */
    private function template(): string {
        return $this->content('mytraining')['templates'][0]['html'];
    }

    /**
     * The app shows the very words of the page, and nothing of the bridge stands where the app would take it for code.
     */
    public function test_the_words_of_the_page(): void {
        $content = $this->content('mytraining');
        $shown = self::shown($content);
        $this->assertSame(
            'T1 Induction reached. The role asks for T2 Universal: 11 of 12 covered.',
            $shown['standing']['tiers'][0]['summary']
        );
        $this->assertSame('ESCB {{basic}} @if', $shown['standing']['tiers'][0]['missing'][0]['ways'][0]['text']);
        $html = $content['templates'][0]['html'];
        $this->assertStringNotContainsString('basic', $html);
        $this->assertStringNotContainsString('@', $html);
        $this->assertStringEndsWith('/local/lrsbridge/mytraining.php#elsewhere', $shown['page']);
    }

    /**
     * It is always one's own, whomever the app asks for.
     */
    public function test_nobody_elses(): void {
        $other = $this->getDataGenerator()->create_user();
        $shown = self::shown($this->content('mytraining', [['name' => 'userid', 'value' => $other->id]]));
        $this->assertStringEndsWith('|' . $this->asha->id, $shown['account']);
    }

    /**
     * Without an answer there is no half of a standing.
     */
    public function test_away_and_unknown(): void {
        foreach (['away', 'unknown'] as $state) {
            $this->keep($state, null);
            $shown = self::shown($this->content('mytraining'));
            $this->assertTrue($shown["is$state"]);
            $this->assertNull($shown['standing']);
        }
    }

    /**
     * Where there is nothing to see, the app offers nothing, and asking all the same is refused.
     */
    public function test_where_it_is_offered(): void {
        $this->assertFalse($this->content('offer')['disabled']);
        unset_config('secret', 'local_lrsbridge');
        $this->assertTrue($this->content('offer')['disabled']);
        set_config('secret', 's', 'local_lrsbridge');
        $this->setGuestUser();
        $this->assertTrue($this->content('offer')['disabled']);
        $this->expectException(\moodle_exception::class);
        $this->content('mytraining');
    }

    /**
     * What db/mobile.php tells the app.
     *
     * @return array handlers, and English strings
     */
    private static function addon(): array {
        $mine = array_filter(
            \tool_mobile\api::get_plugins_supporting_mobile(),
            fn($one): bool => ((array) $one)['component'] === 'local_lrsbridge'
        );
        $mine = (array) reset($mine);
        return [json_decode($mine['handlers'], true), json_decode($mine['lang'], true)['en']];
    }

    /**
     * Every method that the app is told of is there, and in a profile it is shown in one's own alone.
     */
    public function test_handlers(): void {
        [$handlers, $words] = self::addon();
        foreach ($handlers as $handler) {
            $this->assertTrue(method_exists(mobile::class, $handler['method']));
            $this->assertTrue(method_exists(mobile::class, $handler['init']));
            $this->assertArrayHasKey($handler['displaydata']['title'], $words);
        }
        $delegates = array_column($handlers, 'restricttocurrentuser', 'delegate');
        $this->assertTrue($delegates['CoreUserDelegate']);
        $this->assertContains('CoreMainMenuDelegate', array_column($handlers, 'delegate'));
    }

    /**
     * The app gets the words that the template names, and no others.
     */
    public function test_words(): void {
        preg_match_all('/plugin\.local_lrsbridge\.([a-z_]+)/', $this->template(), $named);
        $this->assertEqualsCanonicalizing(array_unique(['mytraining', ...$named[1]]), array_keys(self::addon()[1]));
    }

    /**
     * The template is well-formed, once what XML has no names for is written otherwise.
     */
    public function test_well_formed(): void {
        $html = $this->template();
        $this->assertStringNotContainsString('<%', $html);
        $html = preg_replace('/\s[*#]([a-zA-Z]+)/', ' $1', $html);
        $html = preg_replace('/\[([a-zA-Z]+)\]=/', '$1=', $html);
        $html = preg_replace('/\s(waylist|let-ways)(?=[\s>])/', ' $1=""', $html);
        $document = new \DOMDocument();
        libxml_use_internal_errors(true);
        $this->assertTrue($document->loadXML("<page>$html</page>"), json_encode(libxml_get_errors()));
        libxml_clear_errors();
    }

    /**
     * Every member that the template names is there.
     */
    public function test_members(): void {
        $html = $this->template();
        $shown = self::shown($this->content('mytraining'));
        $tier = $shown['standing']['tiers'][0];
        $area = $shown['standing']['areas'][0];
        $known = [
            'shown' => $shown, 'standing' => $shown['standing'], 'tier' => $tier, 'one' => $tier['progress'][0],
            'group' => $tier['missing'][0], 'item' => $tier['missing'][0]['items'][0], 'way' => $tier['missing'][0]['ways'][0],
            'area' => $area, 'standard' => $area['standards'][1], 'link' => ['text' => '', 'url' => ''],
        ];
        preg_match_all('/let ([a-z]+) of/', $html, $loops);
        $this->assertSame([], array_diff($loops[1], array_keys($known)));
        preg_match_all('/\b(' . implode('|', array_keys($known)) . ')\.([a-z]+)/', $html, $named, PREG_SET_ORDER);
        $this->assertGreaterThan(30, count($named));
        foreach ($named as [$whole, $owner, $member]) {
            $this->assertArrayHasKey($member, $known[$owner], $whole);
        }
    }
}
