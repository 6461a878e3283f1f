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
 * The only HTTP of the plugin: requests to the bridge by Moodle's own client, with its proxy and its refused addresses.
 *
 * TLS is always verified, and no redirect is followed: key and secret go to the address that the admin gave, and nowhere else.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class bridge_client {
    /** @var string The xAPI version that the statements follow. */
    public const VERSION = '1.0.3';

    /** @var int Seconds for making a connection. */
    private const CONNECT = 5;

    /** @var int Seconds for a whole request of the sender. */
    private const SENDING = 60;

    /** @var int Seconds for a whole request of the connection test. */
    private const ASKING = 8;

    /** @var int Seconds for a whole request without which a learner's page can be shown too. */
    private const SHOWING = 3;

    /** @var int Seconds for a whole request that a learner has asked for by a button, and that may send a mail. */
    private const JOINING = 10;

    /**
     * Sends a batch of statements.
     *
     * @param string[] $bodies JSON texts of statements
     * @return answer
     */
    public function post_statements(array $bodies): answer {
        return $this->request('POST', config::endpoint() . '/statements', self::SENDING, '[' . implode(',', $bodies) . ']');
    }

    /**
     * Puts an agent profile, whatever is there.
     *
     * @param array $agent the Agent
     * @param string $document JSON text
     * @return answer
     */
    public function put_profile(array $agent, string $document): answer {
        $url = config::endpoint() . '/agents/profile?' . http_build_query([
            'agent' => json_encode($agent, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE),
            'profileId' => agent_profile::ID,
        ], '', '&', PHP_QUERY_RFC3986);
        $answer = $this->request('PUT', $url, self::SENDING, $document, ['If-Match: *']);
        if ($answer->status === 412) {
            $answer = $this->request('PUT', $url, self::SENDING, $document, ['If-None-Match: *']);
        }
        return $answer;
    }

    /**
     * Asks which xAPI versions the bridge knows; needs no credential.
     *
     * @return answer
     */
    public function about(): answer {
        return $this->request('GET', config::endpoint() . '/about', self::ASKING);
    }

    /**
     * Asks where learners stand.
     *
     * @param array[] $agents 1 to 100 Agents
     * @return answer
     */
    public function standings(array $agents): answer {
        $body = json_encode(['agents' => array_values($agents)], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        return $this->request('POST', config::base() . '/api/v1/standings', self::SHOWING, $body);
    }

    /**
     * Asks which courses count.
     *
     * @return answer
     */
    public function courses(): answer {
        return $this->request('GET', config::base() . '/api/v1/courses', self::SHOWING);
    }

    /**
     * Has a code sent to an e-mail address.
     *
     * @param array $agent an account of this site
     * @param string $mbox mailto: and the address
     * @return answer
     */
    public function send_code(array $agent, string $mbox): answer {
        return $this->post_link('', ['agent' => $agent, 'mbox' => $mbox]);
    }

    /**
     * Hands in the code that was sent.
     *
     * @param array $agent the account for which it was sent
     * @param string $code
     * @return answer
     */
    public function take_code(array $agent, string $code): answer {
        return $this->post_link('/code', ['agent' => $agent, 'code' => $code]);
    }

    /**
     * Asks for a code without saying for whom: nothing is sent, and 400 means that the credential might have it sent.
     *
     * @return answer
     */
    public function ask_for_no_code(): answer {
        return $this->post_link('', new \stdClass());
    }

    /**
     * Asks for a link that opens somebody's page at the bridge.
     *
     * @param array $agent an account of this site
     * @return answer
     */
    public function sign_in_link(array $agent): answer {
        $body = json_encode(['agent' => $agent], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
        return $this->request('POST', config::base() . '/api/v1/sign-in-links', self::SHOWING, $body);
    }

    /**
     * Sends a request about the joining of accounts.
     *
     * @param string $step the end of the address
     * @param array|\stdClass $asked
     * @return answer
     */
    private function post_link(string $step, array|\stdClass $asked): answer {
        $body = json_encode($asked, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
        return $this->request('POST', config::base() . "/api/v1/links$step", self::JOINING, $body);
    }

    /**
     * Sends one request.
     *
     * @param string $method GET, POST or PUT
     * @param string $url
     * @param int $seconds for the whole of it
     * @param string|null $body JSON text
     * @param string[] $headers further ones
     * @return answer
     */
    private function request(string $method, string $url, int $seconds, ?string $body = null, array $headers = []): answer {
        global $CFG;
        require_once($CFG->libdir . '/filelib.php');
        if (!config::is_safe_endpoint()) {
            return new answer(0, error: 'the address of the bridge must begin with https://');
        }
        $curl = new \curl();
        $curl->setHeader(array_merge([
            'Authorization: Basic ' . base64_encode(config::key() . ':' . config::secret()),
            'X-Experience-API-Version: ' . self::VERSION,
            'Accept: application/json',
            'User-Agent: local_lrsbridge',
            // Without this, curl may wait for a "100 Continue" that proxies don't give.
            'Expect:',
        ], $body === null ? [] : ['Content-Type: application/json'], $headers));
        $options = [
            'CURLOPT_SSL_VERIFYPEER' => true,
            'CURLOPT_SSL_VERIFYHOST' => 2,
            'CURLOPT_FOLLOWLOCATION' => false,
            'CURLOPT_CONNECTTIMEOUT' => self::CONNECT,
            'CURLOPT_TIMEOUT' => $seconds,
        ];
        if ($method === 'GET') {
            $text = $curl->get($url, [], $options);
        } else {
            $text = $curl->post($url, $body, $options + ['CURLOPT_CUSTOMREQUEST' => $method]);
        }
        $status = (int) ($curl->get_info()['http_code'] ?? 0);
        if ($status !== 0) {
            $headers = array_filter($curl->getResponse(), 'is_string');
            return new answer($status, (string) $text, $headers);
        }
        // What Moodle refuses never reaches curl: no answer, and no error number either.
        $isblocked = !$curl->get_errno();
        return new answer(0, error: (string) ($curl->error ?: $text), blocked: $isblocked);
    }
}
