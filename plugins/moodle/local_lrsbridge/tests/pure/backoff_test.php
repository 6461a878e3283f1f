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

/**
 * Waits grow, have their jitter, and stay within their limits.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lrsbridge\local;

/**
 * Waits grow, have their jitter, and stay within their limits.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class backoff_test extends \PHPUnit\Framework\TestCase {
    /**
     * From half to all of the doubled wait.
     *
     * @covers \local_lrsbridge\local\backoff
     */
    public function test_it_doubles_up_to_the_longest(): void {
        foreach ([1 => 60, 2 => 120, 3 => 240, 6 => 1920, 7 => 3600, 99999 => 3600] as $attempts => $most) {
            $found = array_map(fn() => backoff::seconds($attempts), range(1, 200));
            $this->assertLessThanOrEqual($most, max($found));
            $this->assertGreaterThanOrEqual(intdiv($most, 2), min($found));
            $this->assertGreaterThan(1, count(array_unique($found)));
        }
    }

    /**
     * What a server asks for is kept, and never much more.
     *
     * @covers \local_lrsbridge\local\backoff
     */
    public function test_what_a_server_asks_for_is_kept(): void {
        foreach ([0 => 1, 5 => 5, 7200 => 7200, 10 ** 8 => backoff::LONGEST_ASKED] as $asked => $least) {
            $found = array_map(fn() => backoff::seconds(9, $asked), range(1, 100));
            $this->assertGreaterThanOrEqual($least, min($found));
            $this->assertLessThanOrEqual($least + max(1, intdiv($least, 10)), max($found));
        }
    }
}
