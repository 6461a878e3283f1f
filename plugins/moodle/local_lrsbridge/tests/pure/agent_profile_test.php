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
 * The golden person gives the golden document.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lrsbridge\local;

/**
 * The golden person gives the golden document.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class agent_profile_test extends \PHPUnit\Framework\TestCase {
    /**
     * The document, and its text.
     *
     * @covers \local_lrsbridge\local\agent_profile
     */
    public function test_the_golden_document(): void {
        $read = fn(string $name) => json_decode(
            file_get_contents(__DIR__ . "/../fixtures/agent_profile/$name.json"),
            true,
            512,
            JSON_THROW_ON_ERROR
        );
        $document = agent_profile::document($read('person'));
        $this->assertSame($read('document'), $document);
        $this->assertSame($document, json_decode(agent_profile::json($document), true));
        $this->assertSame('{}', agent_profile::json(agent_profile::document(['phone' => '01234', 'name' => ' '])));
    }
}
