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
 * The id of a statement, made of what it is about, so that the same fact always has the same id.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class natural_id {
    /** @var string The namespace of RFC 4122 for names that are URLs. */
    private const URLS = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

    /**
     * The UUIDv5 of a natural key: the same wherever and whenever it is made.
     *
     * @param string $siteurl the site's address; a slash at its end makes no difference
     * @param string $kind one of statement_factory::KINDS
     * @param int $courseid the course's row id
     * @param int $userid the learner's row id
     * @param int $time Unix time of the completion; 0 where $more tells the fact apart
     * @param string $more what else tells this fact from others of the kind
     * @return string a UUID in lower case
     */
    public static function of(
        string $siteurl,
        string $kind,
        int $courseid,
        int $userid,
        int $time,
        string $more = ''
    ): string {
        $key = rtrim($siteurl, '/') . "#local_lrsbridge/$kind/$courseid/$userid/$time";
        $hash = sha1(hex2bin(str_replace('-', '', self::URLS)) . ($more === '' ? $key : "$key/$more"));
        $variant = dechex((hexdec($hash[16]) & 0x3) | 0x8);
        return substr($hash, 0, 8) . '-' . substr($hash, 8, 4) . '-5' . substr($hash, 13, 3)
            . '-' . $variant . substr($hash, 17, 3) . '-' . substr($hash, 20, 12);
    }
}
