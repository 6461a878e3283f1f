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
 * What the bridge may be told of a person beside the account: one xAPI agent profile document.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class agent_profile {
    /** @var string The profileId under which the document is put. */
    public const ID = 'tag:lrs-bridge,2026:moodle/person';

    /** @var string[] The members that a document can have, in this order; each is text. */
    public const FIELDS = ['name', 'email', 'organisation', 'area'];

    /**
     * The document about a person: only members that are known, and that the admin turned on.
     *
     * @param array $person any of FIELDS => text, only those that are turned on; others are left out
     * @return array member => text; empty where nothing is to be told
     */
    public static function document(array $person): array {
        $document = [];
        foreach (self::FIELDS as $field) {
            $value = trim((string) ($person[$field] ?? ''));
            if ($value !== '') {
                $document[$field] = $value;
            }
        }
        return $document;
    }

    /**
     * The JSON text of a document, as it is sent.
     *
     * @param array $document as document() gives it
     * @return string a JSON object, also where the document is empty
     */
    public static function json(array $document): string {
        return json_encode(
            (object) $document,
            JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR
        );
    }
}
