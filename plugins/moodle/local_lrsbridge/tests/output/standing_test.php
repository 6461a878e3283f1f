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

/**
 * How a standing is shown.
 *
 * @covers \local_lrsbridge\output\standing
 * @covers \local_lrsbridge\output\mytraining
 * @covers \local_lrsbridge\output\team
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class standing_test extends \advanced_testcase {
    /**
     * A standing as docs/api.md shows it.
     *
     * @param array $tiers members of the framework that differ
     * @param array $more members of the standing that differ
     * @return array
     */
    private static function told(array $tiers = [], array $more = []): array {
        $route = ['kind' => 'route', 'key' => 'escb_basic', 'name' => 'ESCB basic', 'where' => 'face to face',
            'courses' => ['escb_basic']];
        $word = ['kind' => 'attestation', 'key' => 'attestation', 'name' => 'Somebody\'s word', 'where' => '', 'courses' => []];
        return $more + [
            'computed_at' => '2026-03-02T09:00:00.000000Z',
            'is_stale' => false,
            'tiers' => [$tiers + [
                'framework' => ['key' => 'escb', 'name' => 'Essex standards'],
                'required' => 'T2',
                'attained' => 'T1',
                'next' => 'T2',
                'progress' => [
                    ['tier' => 'T1', 'name' => 'Induction', 'covered' => 3, 'total' => 3],
                    ['tier' => 'T2', 'name' => 'Universal', 'covered' => 11, 'total' => 12],
                ],
                'missing' => [
                    ['item' => '2.1', 'part' => 'knowledge', 'text' => 'abuse', 'ways' => [$route]],
                    ['item' => '2.2', 'part' => 'knowledge', 'text' => 'definition', 'ways' => [$route]],
                    ['item' => '4.1', 'part' => 'word', 'text' => 'arrangements', 'ways' => [$word]],
                ],
                'companion' => ['level' => null, 'required' => 'level_1', 'status' => 'not_recorded'],
            ]],
            'champion' => [[
                'area' => ['key' => 'essex', 'name' => 'Essex'],
                'status' => 'not_eligible',
                'standards_met' => false,
                'since' => null,
                'met' => [['key' => 'basic_cse', 'name' => 'Basic awareness']],
                'missing' => [['key' => 'nwg_member', 'name' => 'NWG membership', 'ways' => [
                    ['kind' => 'membership', 'key' => 'nwg', 'name' => 'nwg'],
                ]]],
                'state' => null,
            ]],
            'not_proven' => 'Does not prove who sat at the screen.',
        ];
    }

    /**
     * What the template gets.
     *
     * @param array $told
     * @param array $links
     * @return array
     */
    private static function shown(array $told, array $links = []): array {
        global $PAGE;
        return (new standing($told, $links))->export_for_template($PAGE->get_renderer('core'));
    }

    /**
     * The page as HTML.
     *
     * @param array $told
     * @return string
     */
    private static function html(array $told): string {
        global $PAGE;
        return $PAGE->get_renderer('core')->render(new mytraining(42, ['state' => 'known', 'standing' => $told]));
    }

    /**
     * Where somebody stands is one sentence, with numbers, and never "none".
     */
    public function test_summaries(): void {
        $summary = fn(array $tiers): string => self::shown(self::told($tiers))['tiers'][0]['summary'];
        $this->assertSame('T1 Induction reached. The role asks for T2 Universal: 11 of 12 covered.', $summary([]));
        $this->assertStringContainsString('11 of 12', $summary(['attained' => null]));
        $begun = $summary(['attained' => null, 'required' => null]);
        $this->assertSame('On the way to T1 Induction: 3 of 3 covered.', $begun);
        $this->assertSame(
            'T2 Universal reached, and T1 Induction is what the role asks for.',
            $summary(['attained' => 'T2', 'required' => 'T1'])
        );
        $this->assertStringContainsString('No tier is asked for', $summary(['required' => null]));
        foreach ([null, 'T1', 'T2'] as $attained) {
            foreach ([null, 'T1', 'T2'] as $required) {
                $said = $summary(['attained' => $attained, 'required' => $required]);
                $this->assertDoesNotMatchRegularExpression('/\bnone\b/i', $said);
                $this->assertMatchesRegularExpression('/T[12] /', $said);
            }
        }
    }

    /**
     * Items that the same ways give stand together; links lead to this site's courses.
     */
    public function test_missing(): void {
        $links = ['escb_basic' => [['text' => 'Go there', 'url' => 'https://moodle.example.org/course/view.php?id=2']]];
        $tier = self::shown(self::told(), $links)['tiers'][0];
        $this->assertSame('What is missing for T2 Universal', $tier['missingtitle']);
        $this->assertCount(2, $tier['missing']);
        [$learn, $word] = $tier['missing'];
        $this->assertSame(['2.1', '2.2'], array_column($learn['items'], 'key'));
        $this->assertSame($links['escb_basic'], $learn['ways'][0]['links']);
        $this->assertFalse($learn['isword']);
        $this->assertTrue($word['isword']);
        $this->assertSame(get_string('way_attestation', 'local_lrsbridge'), $word['ways'][0]['text']);
    }

    /**
     * Champion standards are a checklist.
     */
    public function test_champion(): void {
        $area = self::shown(self::told())['areas'][0];
        $this->assertSame([true, false], array_column($area['standards'], 'ismet'));
        $this->assertSame('1 of 2 standards met', $area['counted']);
        foreach (standing::STATUSES as $status) {
            $told = self::told();
            $told['champion'][0]['status'] = $status;
            $area = self::shown($told)['areas'][0];
            $this->assertSame(get_string("champion_$status", 'local_lrsbridge'), $area['status']);
            $this->assertSame($status === 'champion', $area['islapsed']);
        }
    }

    /**
     * What is missing from an answer, or of another kind, breaks nothing.
     */
    public function test_odd_answers(): void {
        $odd = [[], ['tiers' => null], ['tiers' => ['x', []], 'champion' => [[], 7]], ['tiers' => [['progress' => [[]]]]]];
        foreach ($odd as $told) {
            $this->assertIsString(self::html($told));
        }
        $odd = self::told(['attained' => 'T9', 'required' => 'T8', 'progress' => []]);
        $this->assertStringContainsString('T9', self::html($odd));
        $odd = self::told([], ['champion' => [['status' => 'emperor']]]);
        $this->assertStringContainsString(get_string('champion_not_eligible', 'local_lrsbridge'), self::html($odd));
    }

    /**
     * Whatever the other side says is text, never markup.
     */
    public function test_everything_is_escaped(): void {
        $evil = '<script>alert(1)</script>';
        $told = self::told();
        array_walk_recursive($told, function (&$value, $key) use ($evil) {
            if (is_string($value) && in_array($key, ['name', 'text', 'where', 'item', 'not_proven', 'level', 'required'], true)) {
                $value = $evil;
            }
        });
        $html = self::html($told);
        $this->assertStringNotContainsString('<script>', $html);
        $this->assertStringContainsString('&lt;script&gt;', $html);
    }

    /**
     * What must be said is said: what is not proven, and that something is being worked out.
     */
    public function test_notes(): void {
        $this->assertStringContainsString('Does not prove who sat at the screen.', self::html(self::told()));
        $stale = get_string('stale', 'local_lrsbridge');
        $this->assertStringContainsString($stale, self::html(self::told([], ['is_stale' => true])));
        $this->assertStringNotContainsString($stale, self::html(self::told()));
        $this->assertStringContainsString('|42', self::html(self::told()));
    }

    /**
     * Without an answer the page is kind, and there is no half of a standing on it.
     */
    public function test_away_and_unknown(): void {
        global $PAGE;
        foreach (['away', 'unknown'] as $state) {
            $page = new mytraining(42, ['state' => $state, 'standing' => null]);
            $html = $PAGE->get_renderer('core')->render($page);
            $this->assertStringContainsString(get_string($state, 'local_lrsbridge'), html_entity_decode($html, ENT_QUOTES));
            $this->assertStringNotContainsString('local-lrsbridge-standing', $html);
        }
    }

    /**
     * A team shows names escaped, who is unknown, and nobody where the bridge is away.
     */
    public function test_team(): void {
        global $PAGE;
        $this->resetAfterTest();
        $output = $PAGE->get_renderer('core');
        $one = $this->getDataGenerator()->create_user(['lastname' => 'Rao']);
        // As a directory that Moodle takes its people from might hand it over.
        $one->firstname = 'A<b>';
        $two = $this->getDataGenerator()->create_user();
        $people = [$one->id => $one, $two->id => $two];
        $html = $output->render(new team($people, [$one->id => self::told(), $two->id => null], true));
        $this->assertStringNotContainsString('A<b>', $html);
        $this->assertStringContainsString('11 of 12', $html);
        $this->assertStringContainsString(get_string('team_unknown', 'local_lrsbridge'), $html);
        $html = $output->render(new team($people, null, true));
        $this->assertStringContainsString(get_string('team_away', 'local_lrsbridge'), $html);
        $this->assertStringNotContainsString('Rao', $html);
    }
}
