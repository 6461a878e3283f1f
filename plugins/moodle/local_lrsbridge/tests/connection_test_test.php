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

use local_lrsbridge\local\answer;
use local_lrsbridge\local\connection_test;
use local_lrsbridge\local\finding;

/**
 * What a connection test tells of answers, and that each finding has its words.
 *
 * @covers \local_lrsbridge\local\connection_test
 * @covers \local_lrsbridge\local\finding
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class connection_test_test extends \basic_testcase {
    /** @var string The bridge. */
    private const ENDPOINT = 'https://bridge.example.org/xapi';
    /** @var string This site. */
    private const SITE = 'https://moodle.example.org';
    /** @var int This server's time. */
    private const NOW = 1772442000;

    /**
     * What the bridge answers when all is well.
     *
     * @param array $other answers that differ
     * @return answer[]
     */
    private static function answers(array $other = []): array {
        $date = ['Date' => gmdate('D, d M Y H:i:s', self::NOW + 5) . ' GMT'];
        return $other + [
            'about' => new answer(200, '{"version": ["1.0.0", "1.0.3", "2.0.0"]}', $date),
            'statements' => new answer(200, '[]'),
            'standings' => new answer(200, '{"home_pages": ["https://Moodle.example.org/"], "standings": []}'),
            'courses' => new answer(200, '{"courses": [{"key": "a"}, {"key": "b"}]}'),
            'link' => new answer(400, '{"title": "The request is wrong"}'),
        ];
    }

    /**
     * Names of what is found.
     *
     * @param array $answers that differ
     * @param string $endpoint
     * @param bool $haskeys
     * @param string $refusal
     * @return string[]
     */
    private static function names(
        array $answers = [],
        string $endpoint = self::ENDPOINT,
        bool $haskeys = true,
        string $refusal = ''
    ): array {
        $found = connection_test::interpret($endpoint, $haskeys, self::SITE, self::answers($answers), $refusal, self::NOW);
        return array_map(fn(finding $one): string => $one->name, $found);
    }

    /**
     * Where all is well, every check is shown, and each is good.
     */
    public function test_all_is_well(): void {
        $found = connection_test::interpret(self::ENDPOINT, true, self::SITE, self::answers(), '', self::NOW);
        $this->assertSame(connection_test::CHECKS, array_map(fn(finding $one): string => $one->check, $found));
        foreach ($found as $one) {
            $this->assertSame(finding::GOOD, $one->result, $one->name);
            $this->assertSame('', $one->mend());
        }
    }

    /**
     * Answers that keep the test from going on, and what is told last.
     *
     * @return array[]
     */
    public static function ends_provider(): array {
        $no = fn(string $error): array => ['about' => new answer(0, '', [], $error)];
        return [
            'no address' => [[], 'address_missing', ''],
            'no address of the web' => [[], 'address_malformed', 'bridge.example.org/xapi'],
            'another scheme' => [[], 'address_malformed', 'ftp://bridge.example.org/xapi'],
            'unknown name' => [$no('Could not resolve host: bridge.example.org'), 'reach_name'],
            'unknown proxy' => [$no('Could not resolve proxy: proxy.example.org'), 'reach_proxy'],
            'proxy asks for a password' => [['about' => new answer(407)], 'reach_proxy'],
            'certificate ran out' => [$no('SSL certificate problem: certificate has expired'), 'reach_tls'],
            'certificate of another' => [$no("SSL: no alternative certificate subject name matches target host name"), 'reach_tls'],
            'nobody listens' => [$no("Failed to connect to bridge.example.org port 443 after 0 ms: Couldn't connect to server"),
                'reach_nobody'],
            'no answer in time' => [$no('Operation timed out after 3001 milliseconds with 0 bytes received'), 'reach_slow'],
            'no connection in time' => [$no('Failed to connect to b port 443: Connection timed out'), 'reach_slow'],
            'something else' => [$no('Empty reply from server'), 'reach_other'],
            'moved' => [['about' => new answer(301, '', ['Location' => 'https://other.example.org/'])], 'reach_moved'],
            'wrong path' => [['about' => new answer(404, '<h1>Not found</h1>')], 'reach_no_api'],
            'a login page' => [['about' => new answer(200, '<html>Log in</html>')], 'reach_no_api'],
            'a list of versions that is none' => [['about' => new answer(200, '{"version": "1.0.3"}')], 'reach_no_api'],
            'the bridge is down behind its proxy' => [['about' => new answer(502, 'Bad Gateway')], 'reach_trouble'],
            'wrong secret' => [['statements' => new answer(401, '{"title": "wrong"}')], 'credentials_wrong'],
        ];
    }

    /**
     * What keeps the test from going on is told last, is red and says what to mend.
     *
     * @dataProvider ends_provider
     * @param array $answers
     * @param string $name
     * @param string $endpoint
     */
    public function test_what_ends_the_test(array $answers, string $name, string $endpoint = self::ENDPOINT): void {
        $found = connection_test::interpret($endpoint, true, self::SITE, self::answers($answers), '', self::NOW);
        $last = end($found);
        $this->assertSame($name, $last->name);
        $this->assertSame(finding::BAD, $last->result);
        $this->assertNotSame('', $last->mend());
    }

    /**
     * Where Moodle refuses the address, the setting to change is named.
     */
    public function test_moodle_refuses_the_address(): void {
        $blocked = ['about' => new answer(0, '', [], '', true)];
        $settings = [
            'reach_blocked_port' => 'curlsecurityallowedport',
            'reach_blocked_host' => 'curlsecurityblockedhosts',
        ];
        foreach ($settings as $why => $setting) {
            $endpoint = 'https://bridge.example.org:8443/xapi';
            $found = connection_test::interpret($endpoint, true, self::SITE, self::answers($blocked), $why, self::NOW);
            $this->assertCount(2, $found);
            $this->assertStringContainsString($setting, $found[1]->mend());
            $this->assertStringContainsString($why === 'reach_blocked_port' ? '8443' : 'bridge.example.org', $found[1]->mend());
        }
    }

    /**
     * Without https the secret can be read on the way, unless there is no way.
     */
    public function test_plain_http(): void {
        $this->assertContains('address_plain', self::names([], 'http://bridge.example.org/xapi'));
        foreach (['http://127.0.0.1:8040/xapi', 'http://localhost/xapi', 'http://[::1]:8040/xapi'] as $endpoint) {
            $this->assertContains('address_local', self::names([], $endpoint));
        }
        $this->assertContains('address_plain', self::names([], 'http://localhost.example.org/xapi'));
    }

    /**
     * Key or secret are not set.
     */
    public function test_no_credentials(): void {
        $names = self::names([], self::ENDPOINT, false);
        $this->assertSame('credentials_missing', end($names));
    }

    /**
     * Scopes that are missing are told with the bridge's own words; only that for sending is red.
     */
    public function test_scopes(): void {
        $no = new answer(403, '{"title": "no", "detail": "The credential lacks the scope."}');
        $answers = self::answers(['statements' => $no, 'standings' => $no, 'courses' => $no, 'link' => $no]);
        $found = connection_test::interpret(self::ENDPOINT, true, self::SITE, $answers, '', self::NOW);
        $results = [];
        foreach ($found as $one) {
            $results[$one->name] = $one->result;
            if (str_ends_with($one->name, '_forbidden')) {
                $this->assertStringContainsString('The credential lacks the scope.', $one->found());
            }
            if ($one->name === 'link_forbidden') {
                $this->assertStringContainsString('lrs-bridge add-client --for-moodle ' . self::SITE, $one->mend());
            }
        }
        $this->assertSame(finding::BAD, $results['write_forbidden']);
        $this->assertSame(finding::WARN, $results['standings_forbidden']);
        $this->assertSame(finding::WARN, $results['courses_forbidden']);
        $this->assertSame(finding::WARN, $results['link_forbidden']);
        $this->assertArrayNotHasKey('homepage_good', $results);
    }

    /**
     * Trouble after a good start is told where it is.
     */
    public function test_trouble_later(): void {
        $trouble = new answer(503, '{"title": "busy"}');
        $names = self::names(['statements' => $trouble, 'standings' => $trouble, 'courses' => $trouble, 'link' => $trouble]);
        $this->assertSame(['write_other', 'standings_other', 'courses_other', 'link_other'], array_slice($names, -4));
        $this->assertNotContains('credentials_good', $names);
    }

    /**
     * A credential of another site credits nobody here.
     */
    public function test_home_page_of_another_site(): void {
        $other = new answer(200, '{"home_pages": ["https://moodle.example.org/sub"], "standings": []}');
        $this->assertContains('homepage_other', self::names(['standings' => $other]));
        // A bridge that doesn't tell yet is not accused.
        $this->assertNotContains('homepage_other', self::names(['standings' => new answer(200, '{"standings": []}')]));
    }

    /**
     * Clocks may differ a little, and where the other isn't told, nothing is.
     */
    public function test_clocks(): void {
        foreach ([60 => 'clock_right', 61 => 'clock_differs', -61 => 'clock_differs', 3600 => 'clock_differs'] as $off => $name) {
            $date = ['date' => gmdate('D, d M Y H:i:s', self::NOW + $off) . ' GMT'];
            $this->assertContains($name, self::names(['about' => new answer(200, '{"version": ["1.0.3"]}', $date)]));
        }
        $names = self::names(['about' => new answer(200, '{"version": ["1.0.3"]}')]);
        $this->assertSame([], array_filter($names, fn(string $name): bool => str_starts_with($name, 'clock')));
    }

    /**
     * An LRS of another time.
     */
    public function test_versions(): void {
        $this->assertContains('version_none', self::names(['about' => new answer(200, '{"version": ["0.95"]}')]));
    }

    /**
     * A long text of the other side is cut.
     */
    public function test_long_texts(): void {
        $no = new answer(403, json_encode(['detail' => str_repeat('x', 5000)]));
        $found = connection_test::interpret(self::ENDPOINT, true, self::SITE, self::answers(['statements' => $no]), '', self::NOW);
        foreach ($found as $one) {
            $this->assertLessThan(700, strlen($one->found()));
        }
    }
}
