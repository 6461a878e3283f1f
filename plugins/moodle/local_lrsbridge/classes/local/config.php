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
 * The plugin's settings, typed.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class config {
    /** @var int Days for which delivered and failed statements are remembered where the admin says nothing else. */
    public const KEEP_DAYS = 90;

    /** @var int Hours without success after which the status check is red where the admin says nothing else. */
    public const SILENT_HOURS = 6;

    /**
     * The address of the bridge's xAPI, such as https://bridge.example.org/xapi; no slash at its end. Setting `endpoint`.
     *
     * @return string empty where none is set
     */
    public static function endpoint(): string {
        return rtrim(trim(self::text('endpoint')), '/');
    }

    /**
     * The address of the bridge itself: the endpoint without /xapi.
     *
     * @return string such as https://bridge.example.org
     */
    public static function base(): string {
        return preg_replace('~/xapi$~', '', self::endpoint());
    }

    /**
     * The credential's key. Setting `key`.
     *
     * @return string
     */
    public static function key(): string {
        return trim(self::text('key'));
    }

    /**
     * The credential's secret. Setting `secret`, encrypted by \core\encryption, or plain where config.php forces it.
     *
     * @return string empty where none is set, or where it was encrypted with a key that this server doesn't have
     */
    public static function secret(): string {
        $stored = self::text('secret');
        if (!preg_match('/^(sodium|openssl-aes-256-ctr):/', $stored)) {
            return trim($stored);
        }
        try {
            return \core\encryption::decrypt($stored);
        } catch (\moodle_exception $e) {
            debugging('local_lrsbridge: the secret can\'t be decrypted: ' . $e->getMessage(), DEBUG_NORMAL);
            return '';
        }
    }

    /**
     * The courses that the admin ticked. Setting `courses`, row ids with commas.
     *
     * @return int[]
     */
    public static function courses(): array {
        return self::numbers('courses');
    }

    /**
     * The categories that the admin ticked; their subcategories belong to them. Setting `categories`, row ids with commas.
     *
     * @return int[]
     */
    public static function categories(): array {
        return self::numbers('categories');
    }

    /**
     * Whether a course is one that the admin ticked, itself or by its category or one above it.
     *
     * @param int $courseid
     * @return bool
     */
    public static function covers(int $courseid): bool {
        global $DB;
        if (in_array($courseid, self::courses(), true)) {
            return true;
        }
        $categories = self::categories();
        if (!$categories) {
            return false;
        }
        $path = $DB->get_field_sql(
            'SELECT cc.path FROM {course} c JOIN {course_categories} cc ON cc.id = c.category WHERE c.id = ?',
            [$courseid]
        );
        return $path !== false && array_intersect(explode('/', trim($path, '/')), $categories) !== [];
    }

    /**
     * The same as covers(), as a condition on a course row.
     *
     * @param string $course alias of {course} in the query
     * @return array condition with named parameters, and the parameters
     */
    public static function covers_sql(string $course): array {
        global $DB;
        $either = [];
        $params = [];
        if ($courses = self::courses()) {
            [$in, $params] = $DB->get_in_or_equal($courses, SQL_PARAMS_NAMED, 'lbcourse');
            $either[] = "$course.id $in";
        }
        foreach (self::categories() as $at => $category) {
            $like = $DB->sql_like($DB->sql_concat('lbcat.path', "'/'"), ":lbcat$at");
            $either[] = "EXISTS (SELECT 1 FROM {course_categories} lbcat WHERE lbcat.id = $course.category AND $like)";
            $params["lbcat$at"] = "%/$category/%";
        }
        return [$either ? '(' . implode(' OR ', $either) . ')' : '1 = 0', $params];
    }

    /**
     * The kinds of statements that are sent: by default only course completions. Setting `kinds`, with commas.
     *
     * @return string[] of statement_factory::KINDS
     */
    public static function kinds(): array {
        $set = get_config('local_lrsbridge', 'kinds');
        $kinds = $set === false ? ['course_completed'] : explode(',', $set);
        return array_values(array_intersect(statement_factory::KINDS, array_map('trim', $kinds)));
    }

    /**
     * The site's address, which statements name as the home page of its accounts.
     *
     * @return string
     */
    public static function siteurl(): string {
        global $CFG;
        return $CFG->wwwroot;
    }

    /**
     * What is told of people beside the account, and from which field of the user it comes; nothing until turned on.
     *
     * Settings `send_name` and `send_email` (0 or 1), `send_organisation` and `send_area`: a field of the user
     * (institution, department, city …) or profile_field_ and the short name of a custom one; empty is off.
     *
     * @return string[] member of the agent profile => name of the field
     */
    public static function profilefields(): array {
        $fields = [];
        foreach (['name' => 'fullname', 'email' => 'email'] as $member => $field) {
            if (self::text("send_$member") === '1') {
                $fields[$member] = $field;
            }
        }
        foreach (['organisation', 'area'] as $member) {
            $field = trim(self::text("send_$member"));
            if ($field !== '' && preg_match('/^[a-z0-9_]+$/i', $field)) {
                $fields[$member] = $field;
            }
        }
        return $fields;
    }

    /**
     * After how many hours without success the status check is red. Setting `silenthours`.
     *
     * @return int at least one
     */
    public static function silenthours(): int {
        $set = self::text('silenthours');
        return $set === '' ? self::SILENT_HOURS : max(1, (int) $set);
    }

    /**
     * From when on completions are the plugin's business by themselves: when it was installed.
     *
     * @return int Unix time
     */
    public static function since(): int {
        return (int) self::text('since');
    }

    /**
     * Whether the address is one that a secret may be sent to: https, or http on this very machine.
     *
     * @return bool
     */
    public static function is_safe_endpoint(): bool {
        $parts = parse_url(self::endpoint()) ?: [];
        $host = strtolower(trim($parts['host'] ?? '', '[]'));
        $scheme = strtolower($parts['scheme'] ?? '');
        return $host !== '' && ($scheme === 'https'
            || ($scheme === 'http' && in_array($host, ['localhost', '127.0.0.1', '::1'], true)));
    }

    /**
     * Whether all is set that sending needs.
     *
     * @return bool
     */
    public static function is_ready(): bool {
        return self::is_safe_endpoint() && self::key() !== '' && self::secret() !== '';
    }

    /**
     * A setting as text.
     *
     * @param string $name
     * @return string empty where it is not set
     */
    private static function text(string $name): string {
        return (string) get_config('local_lrsbridge', $name);
    }

    /**
     * A setting as row ids.
     *
     * @param string $name
     * @return int[]
     */
    private static function numbers(string $name): array {
        return array_values(array_filter(array_map('intval', explode(',', self::text($name))), fn(int $one) => $one > 0));
    }
}
