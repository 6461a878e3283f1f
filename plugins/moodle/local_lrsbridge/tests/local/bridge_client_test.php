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
 * How the bridge is spoken to, by Moodle's own HTTP client.
 *
 * @covers \local_lrsbridge\local\bridge_client
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class bridge_client_test extends \advanced_testcase {
    /**
     * The plugin is set up, and Moodle refuses nothing.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        scripted_bridge::set_up();
        set_config('curlsecurityblockedhosts', '');
        set_config('curlsecurityallowedport', '');
    }

    /**
     * Somebody who listens on this machine.
     *
     * @return resource a socket
     */
    private static function listen() {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        set_config('endpoint', 'http://' . stream_socket_get_name($socket, false) . '/xapi', 'local_lrsbridge');
        return $socket;
    }

    /**
     * A bridge that takes the connection and says nothing keeps a learner's page no longer than three seconds.
     */
    public function test_a_silent_bridge_is_not_waited_for(): void {
        $socket = self::listen();
        $began = microtime(true);
        $answer = (new bridge_client())->standings([['account' => []]]);
        $took = microtime(true) - $began;
        fclose($socket);
        $this->assertSame(0, $answer->status);
        $this->assertFalse($answer->blocked);
        $this->assertNotSame('', $answer->error);
        $this->assertGreaterThan(2, $took);
        $this->assertLessThan(4.5, $took);
    }

    /**
     * Where nobody listens, that is told, and it is not taken for a refusal of Moodle's.
     */
    public function test_nobody_listens(): void {
        fclose(self::listen());
        $answer = (new bridge_client())->courses();
        $this->assertSame(0, $answer->status);
        $this->assertFalse($answer->blocked);
        $this->assertNotSame('', $answer->error);
    }

    /**
     * What Moodle refuses is recognised, and no request is made.
     */
    public function test_moodle_refuses_the_address(): void {
        $socket = self::listen();
        set_config('curlsecurityblockedhosts', '127.0.0.1');
        $answer = (new bridge_client())->courses();
        $this->assertDebuggingCalled();
        $this->assertSame(0, $answer->status);
        $this->assertTrue($answer->blocked);
        $callers = [$socket];
        $none = null;
        $this->assertSame(0, stream_select($callers, $none, $none, 0));
        fclose($socket);
    }

    /**
     * The secret goes nowhere in plain.
     */
    public function test_an_address_that_is_not_safe(): void {
        \curl::mock_response('[]');
        set_config('endpoint', 'http://bridge.example.org/xapi', 'local_lrsbridge');
        $this->assertStringContainsString('https', (new bridge_client())->post_statements(['{}'])->reason());
        set_config('endpoint', 'https://bridge.example.org/xapi', 'local_lrsbridge');
        $answer = (new bridge_client())->post_statements(['{}']);
        $this->assertSame([200, '[]'], [$answer->status, $answer->body]);
    }
}
