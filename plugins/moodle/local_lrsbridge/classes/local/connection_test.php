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
 * Asks the bridge a few questions that change nothing, and tells an administrator in plain words what the answers mean.
 *
 * The questions stand in run(); what answers mean, in interpret(), which is a function of the answers alone.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class connection_test {
    /** @var string[] What is looked at, in this order. */
    public const CHECKS = [
        'address', 'reach', 'version', 'clock', 'credentials', 'write', 'standings', 'homepage', 'courses', 'link',
    ];

    /** @var array What can be found: name => the result that it means. */
    public const FINDINGS = [
        'address_local' => finding::GOOD,
        'address_malformed' => finding::BAD,
        'address_missing' => finding::BAD,
        'address_plain' => finding::WARN,
        'address_secure' => finding::GOOD,
        'clock_differs' => finding::WARN,
        'clock_right' => finding::GOOD,
        'courses_forbidden' => finding::WARN,
        'courses_good' => finding::GOOD,
        'courses_other' => finding::WARN,
        'credentials_good' => finding::GOOD,
        'credentials_missing' => finding::BAD,
        'credentials_wrong' => finding::BAD,
        'homepage_good' => finding::GOOD,
        'homepage_other' => finding::BAD,
        'link_forbidden' => finding::WARN,
        'link_good' => finding::GOOD,
        'link_other' => finding::WARN,
        'reach_blocked_host' => finding::BAD,
        'reach_blocked_port' => finding::BAD,
        'reach_good' => finding::GOOD,
        'reach_moved' => finding::BAD,
        'reach_name' => finding::BAD,
        'reach_no_api' => finding::BAD,
        'reach_nobody' => finding::BAD,
        'reach_other' => finding::BAD,
        'reach_proxy' => finding::BAD,
        'reach_slow' => finding::BAD,
        'reach_tls' => finding::BAD,
        'reach_trouble' => finding::BAD,
        'standings_forbidden' => finding::WARN,
        'standings_good' => finding::GOOD,
        'standings_other' => finding::WARN,
        'version_good' => finding::GOOD,
        'version_none' => finding::BAD,
        'write_forbidden' => finding::BAD,
        'write_good' => finding::GOOD,
        'write_other' => finding::BAD,
    ];

    /** @var string The version of xAPI in which the plugin sends. */
    private const XAPI_VERSION = '1.0.3';

    /** @var int Clocks may differ by so many seconds without anybody noticing. */
    private const CLOCKS_MAY_DIFFER = 60;

    /** @var int Of a text from the other side, so many characters are shown at most. */
    private const QUOTED = 300;

    /** @var array What curl says, and what that means; the first that fits counts. */
    private const CURL_SAYS = [
        '/proxy/i' => 'reach_proxy',
        '/resolve|name lookup/i' => 'reach_name',
        '/certificate|SSL|TLS|issuer/i' => 'reach_tls',
        '/timed? ?out/i' => 'reach_slow',
        '/refused|failed to connect|could ?n.t connect|no route|unreachable/i' => 'reach_nobody',
    ];

    /** @var finding[] What was found so far. */
    private array $findings = [];

    /**
     * Asks the bridge that the settings name.
     *
     * @param bridge_client|null $client the one to ask by; null: a new one
     * @return finding[]
     */
    public static function run(?bridge_client $client = null): array {
        $endpoint = config::endpoint();
        $haskeys = config::key() !== '' && config::secret() !== '';
        $client ??= new bridge_client();
        $answers = [];
        if (self::host($endpoint) !== '') {
            $answers['about'] = $client->about();
        }
        if ($haskeys && isset($answers['about']) && $answers['about']->status === 200) {
            // An empty list is a valid request that stores nothing.
            $answers['statements'] = $client->post_statements([]);
            if ($answers['statements']->status !== 401) {
                $answers['standings'] = $client->standings([
                    ['account' => ['homePage' => config::siteurl(), 'name' => '0']],
                ]);
                $answers['courses'] = $client->courses();
                $answers['link'] = $client->ask_for_no_code();
            }
        }
        return self::interpret($endpoint, $haskeys, config::siteurl(), $answers, self::refusal($endpoint, $answers), time());
    }

    /**
     * What the answers mean.
     *
     * @param string $endpoint as it stands in the settings
     * @param bool $haskeys whether key and secret are set
     * @param string $siteurl the home page of the accounts that this site sends
     * @param answer[] $answers by question: about, statements, standings, courses, link; those that were not asked are missing
     * @param string $refusal why Moodle refused the address, if it did: reach_name, reach_blocked_port or reach_blocked_host
     * @param int $now this server's time when the answers came
     * @return finding[] in the order of CHECKS; what can't be told because of something before it is left out
     */
    public static function interpret(
        string $endpoint,
        bool $haskeys,
        string $siteurl,
        array $answers,
        string $refusal,
        int $now
    ): array {
        $test = new self();
        if (!$test->address($endpoint) || !$test->reach($endpoint, $answers['about'], $refusal)) {
            return $test->findings;
        }
        $test->version($answers['about']);
        $test->clock($answers['about'], $now);
        if (!$test->credentials($haskeys, $answers['statements'] ?? null)) {
            return $test->findings;
        }
        $test->write($answers['statements']);
        $test->standings($answers['standings'], $siteurl);
        $test->courses($answers['courses']);
        $test->link($answers['link'], $siteurl);
        return $test->findings;
    }

    /**
     * Whether the address can be one.
     *
     * @param string $endpoint
     * @return bool
     */
    private function address(string $endpoint): bool {
        if ($endpoint === '') {
            return $this->note('address', 'address_missing');
        }
        if (self::host($endpoint) === '') {
            return $this->note('address', 'address_malformed', ['endpoint' => $endpoint]);
        }
        $isplain = strtolower((string) parse_url($endpoint, PHP_URL_SCHEME)) === 'http';
        $islocal = (bool) preg_match('/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i', self::host($endpoint));
        $name = $isplain ? ($islocal ? 'address_local' : 'address_plain') : 'address_secure';
        $this->note('address', $name, ['endpoint' => $endpoint]);
        return true;
    }

    /**
     * Whether an LRS answers at the address.
     *
     * @param string $endpoint
     * @param answer $answer to about
     * @param string $refusal why Moodle refused the address
     * @return bool
     */
    private function reach(string $endpoint, answer $answer, string $refusal): bool {
        $facts = [
            'endpoint' => $endpoint,
            'host' => self::host($endpoint),
            'port' => self::port($endpoint),
            'status' => $answer->status,
            'error' => self::shorten($answer->error),
        ];
        if ($answer->blocked) {
            return $this->note('reach', $refusal, $facts);
        }
        if ($answer->status === 0) {
            foreach (self::CURL_SAYS as $pattern => $name) {
                if (preg_match($pattern, $answer->error)) {
                    return $this->note('reach', $name, $facts);
                }
            }
            return $this->note('reach', 'reach_other', $facts);
        }
        if ($answer->status >= 300 && $answer->status < 400) {
            $to = self::shorten($answer->headers['location'] ?? '');
            return $this->note('reach', 'reach_moved', ['to' => $to] + $facts);
        }
        if ($answer->status === 407) {
            return $this->note('reach', 'reach_proxy', $facts);
        }
        if ($answer->status >= 500) {
            return $this->note('reach', 'reach_trouble', $facts);
        }
        if ($answer->status !== 200 || !is_array(self::json($answer)['version'] ?? null)) {
            return $this->note('reach', 'reach_no_api', $facts);
        }
        $this->note('reach', 'reach_good', $facts);
        return true;
    }

    /**
     * Whether both sides speak one version of xAPI.
     *
     * @param answer $answer to about
     */
    private function version(answer $answer): void {
        $versions = array_filter(self::json($answer)['version'], 'is_string');
        $facts = ['versions' => self::shorten(implode(', ', $versions)), 'ours' => self::XAPI_VERSION];
        $isspoken = in_array(self::XAPI_VERSION, $versions, true);
        $this->note('version', $isspoken ? 'version_good' : 'version_none', $facts);
    }

    /**
     * Whether both clocks agree.
     *
     * @param answer $answer to about; without a Date header nothing can be told
     * @param int $now
     */
    private function clock(answer $answer, int $now): void {
        $theirs = strtotime($answer->headers['date'] ?? '');
        if ($theirs === false) {
            return;
        }
        $facts = [
            'seconds' => abs($now - $theirs),
            'ours' => gmdate('Y-m-d H:i:s', $now),
            'theirs' => gmdate('Y-m-d H:i:s', $theirs),
        ];
        $this->note('clock', $facts['seconds'] > self::CLOCKS_MAY_DIFFER ? 'clock_differs' : 'clock_right', $facts);
    }

    /**
     * Whether the bridge knows key and secret.
     *
     * @param bool $haskeys
     * @param answer|null $answer to the empty list of statements
     * @return bool
     */
    private function credentials(bool $haskeys, ?answer $answer): bool {
        if (!$haskeys || $answer === null) {
            return $this->note('credentials', 'credentials_missing');
        }
        if ($answer->status === 401) {
            return $this->note('credentials', 'credentials_wrong');
        }
        // Of any other trouble the next line tells.
        if ($answer->status === 200 || $answer->status === 403) {
            $this->note('credentials', 'credentials_good');
        }
        return true;
    }

    /**
     * Whether the credential may send statements.
     *
     * @param answer $answer to the empty list of statements
     */
    private function write(answer $answer): void {
        $names = [200 => 'write_good', 403 => 'write_forbidden'];
        $this->note('write', $names[$answer->status] ?? 'write_other', self::facts($answer));
    }

    /**
     * Whether the credential may read where learners stand, and those of this site.
     *
     * @param answer $answer to the question for an account that nobody has
     * @param string $siteurl
     */
    private function standings(answer $answer, string $siteurl): void {
        $names = [200 => 'standings_good', 403 => 'standings_forbidden'];
        $this->note('standings', $names[$answer->status] ?? 'standings_other', self::facts($answer));
        $homepages = self::json($answer)['home_pages'] ?? null;
        if ($answer->status !== 200 || !is_array($homepages)) {
            return;
        }
        $homepages = array_filter($homepages, 'is_string');
        $same = array_filter($homepages, fn(string $page): bool => self::plain($page) === self::plain($siteurl));
        $facts = ['site' => $siteurl, 'known' => self::shorten(implode(', ', $homepages))];
        $this->note('homepage', $same ? 'homepage_good' : 'homepage_other', $facts);
    }

    /**
     * Whether the credential may read which courses count.
     *
     * @param answer $answer
     */
    private function courses(answer $answer): void {
        $courses = self::json($answer)['courses'] ?? null;
        if ($answer->status === 200 && is_array($courses)) {
            $this->note('courses', 'courses_good', ['number' => count($courses)]);
            return;
        }
        $this->note('courses', $answer->status === 403 ? 'courses_forbidden' : 'courses_other', self::facts($answer));
    }

    /**
     * Whether learners may join their account with an e-mail address.
     *
     * @param answer $answer to a request for a code that doesn't say for whom
     * @param string $siteurl
     */
    private function link(answer $answer, string $siteurl): void {
        $names = [400 => 'link_good', 403 => 'link_forbidden'];
        $this->note('link', $names[$answer->status] ?? 'link_other', ['site' => $siteurl] + self::facts($answer));
    }

    /**
     * Keeps a finding.
     *
     * @param string $check
     * @param string $name
     * @param array $facts
     * @return bool false, so that whoever can't go on may return it
     */
    private function note(string $check, string $name, array $facts = []): bool {
        $this->findings[] = new finding($check, self::FINDINGS[$name], $name, $facts);
        return false;
    }

    /**
     * Why Moodle refused the address. It says only that it did, and takes a name that it can't look up for a blocked one.
     *
     * @param string $endpoint
     * @param answer[] $answers
     * @return string name of a finding; empty where nothing was refused
     */
    private static function refusal(string $endpoint, array $answers): string {
        global $CFG;
        if (!isset($answers['about']) || !$answers['about']->blocked) {
            return '';
        }
        $ports = preg_split('/\s+/', trim((string) ($CFG->curlsecurityallowedport ?? '')), -1, PREG_SPLIT_NO_EMPTY);
        if ($ports && !in_array((string) self::port($endpoint), $ports, true)) {
            return 'reach_blocked_port';
        }
        $host = trim(self::host($endpoint), '[]');
        $isaddress = filter_var($host, FILTER_VALIDATE_IP) !== false;
        return $isaddress || gethostbynamel($host) ? 'reach_blocked_host' : 'reach_name';
    }

    /**
     * What an answer says, for a sentence.
     *
     * @param answer $answer
     * @return array status, and what was said: the bridge's own words, or curl's
     */
    private static function facts(answer $answer): array {
        $body = self::json($answer);
        $said = $body['detail'] ?? $body['title'] ?? '';
        $said = is_string($said) && $said !== '' ? $said : $answer->error;
        return ['status' => $answer->status, 'said' => self::shorten($said)];
    }

    /**
     * The host of an address.
     *
     * @param string $endpoint
     * @return string empty where it is no address of the web
     */
    private static function host(string $endpoint): string {
        $parts = parse_url($endpoint);
        $isweb = is_array($parts) && in_array(strtolower($parts['scheme'] ?? ''), ['http', 'https'], true);
        return $isweb ? ($parts['host'] ?? '') : '';
    }

    /**
     * The port of an address, said or not.
     *
     * @param string $endpoint
     * @return int
     */
    private static function port(string $endpoint): int {
        $isplain = strtolower((string) parse_url($endpoint, PHP_URL_SCHEME)) === 'http';
        return (int) (parse_url($endpoint, PHP_URL_PORT) ?: ($isplain ? 80 : 443));
    }

    /**
     * An answer's body.
     *
     * @param answer $answer
     * @return array empty where it isn't a JSON object
     */
    private static function json(answer $answer): array {
        $body = json_decode($answer->body, true);
        return is_array($body) ? $body : [];
    }

    /**
     * A home page as the bridge compares it.
     *
     * @param string $homepage
     * @return string
     */
    private static function plain(string $homepage): string {
        return mb_strtolower(rtrim($homepage, '/'));
    }

    /**
     * A text from the other side, not too long.
     *
     * @param string $text
     * @return string
     */
    private static function shorten(string $text): string {
        $text = trim(preg_replace('/\s+/u', ' ', $text) ?? '');
        return mb_strlen($text) > self::QUOTED ? mb_substr($text, 0, self::QUOTED) . '…' : $text;
    }
}
