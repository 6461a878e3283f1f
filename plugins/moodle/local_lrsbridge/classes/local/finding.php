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
 * One line of a connection test: what was looked at, what was found, and what to mend.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class finding {
    /** @var string All is well. */
    public const GOOD = 'good';
    /** @var string Works, but something should be mended. */
    public const WARN = 'warn';
    /** @var string Nothing goes on before this is mended. */
    public const BAD = 'bad';

    /**
     * Made by connection_test alone.
     *
     * @param string $check what was looked at, one of connection_test::CHECKS
     * @param string $result one of the constants
     * @param string $name what was found, one of connection_test::FINDINGS
     * @param array $facts what the sentence names, as placeholders of its string
     */
    public function __construct(
        /** @var string what was looked at */
        public readonly string $check,
        /** @var string good, warn or bad */
        public readonly string $result,
        /** @var string what was found */
        public readonly string $name,
        /** @var array placeholders of the sentence */
        public readonly array $facts = [],
    ) {
    }

    /**
     * What was looked at, for people to read.
     *
     * @return string plain text
     */
    public function title(): string {
        return get_string("testcheck_{$this->check}", 'local_lrsbridge');
    }

    /**
     * What was found, for people to read.
     *
     * @return string plain text, that may quote the other side: escape it
     */
    public function found(): string {
        return get_string("test_{$this->name}", 'local_lrsbridge', $this->facts);
    }

    /**
     * What to mend, for people to read.
     *
     * @return string plain text as found(); empty where nothing is to be mended
     */
    public function mend(): string {
        return $this->result === self::GOOD ? '' : get_string("test_{$this->name}_mend", 'local_lrsbridge', $this->facts);
    }
}
