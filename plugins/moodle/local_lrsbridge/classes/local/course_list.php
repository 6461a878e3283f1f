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
 * Which courses count, as the bridge tells it, and which of this site's courses they are.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class course_list {
    /** @var int After no answer, the bridge is left alone for so many seconds. */
    private const LEFT_ALONE = 30;

    /**
     * The courses that count.
     *
     * @param bridge_client|null $client
     * @return array[]|null key => title and idnumbers (Moodle's course ID numbers that give it); null where the bridge gave no
     *     usable answer
     */
    public static function known(?bridge_client $client = null): ?array {
        $cache = \cache::make('local_lrsbridge', 'courses');
        $kept = $cache->get('known');
        if (is_array($kept) && $kept['until'] > time()) {
            return $kept['courses'];
        }
        $courses = self::read(($client ?? new bridge_client())->courses());
        $seconds = $courses === null ? self::LEFT_ALONE : 10 * MINSECS;
        $cache->set('known', ['until' => time() + $seconds, 'courses' => $courses]);
        return $courses;
    }

    /**
     * What an answer tells.
     *
     * @param answer $answer
     * @return array[]|null as known()
     */
    public static function read(answer $answer): ?array {
        $told = $answer->status === 200 ? json_decode($answer->body, true) : null;
        if (!is_array($told) || !is_array($told['courses'] ?? null)) {
            return null;
        }
        $courses = [];
        foreach ($told['courses'] as $course) {
            $rules = array_filter((array) ($course['sources'] ?? []), 'is_array');
            $lists = array_map(fn(array $rule): array => (array) ($rule['id_numbers'] ?? []), array_values($rules));
            $idnumbers = array_merge(...$lists);
            $idnumbers = array_values(array_unique(array_filter($idnumbers, fn($one): bool => is_string($one) && $one !== '')));
            $courses[(string) $course['key']] = ['title' => (string) $course['title'], 'idnumbers' => $idnumbers];
        }
        return $courses;
    }

    /**
     * Which of this site's courses they are, by ID number. One query.
     *
     * @param array[] $known as known() gives it
     * @return array[] key => course records (id, fullname, shortname, idnumber, category, visible)
     */
    public static function here(array $known): array {
        global $DB;
        $keys = [];
        foreach ($known as $key => $course) {
            foreach ($course['idnumbers'] as $idnumber) {
                $keys[$idnumber][] = $key;
            }
        }
        if (!$keys) {
            return [];
        }
        [$sql, $params] = $DB->get_in_or_equal(array_map('strval', array_keys($keys)), SQL_PARAMS_NAMED);
        $fields = 'id, fullname, shortname, idnumber, category, visible';
        $here = [];
        foreach ($DB->get_records_select('course', "idnumber $sql", $params, 'fullname, id', $fields) as $course) {
            foreach ($keys[$course->idnumber] ?? [] as $key) {
                $here[$key][] = $course;
            }
        }
        return $here;
    }

    /**
     * Links to those of this site's courses that whoever looks may see.
     *
     * @param bridge_client|null $client
     * @return array[] key => [text (plain), url]; empty where the bridge gave no usable answer
     */
    public static function links(?bridge_client $client = null): array {
        $links = [];
        foreach (self::here(self::known($client) ?? []) as $key => $courses) {
            foreach ($courses as $course) {
                if (\core_course_category::can_view_course_info($course)) {
                    $context = \context_course::instance($course->id);
                    $name = format_string($course->fullname, true, ['context' => $context, 'escape' => false]);
                    $links[$key][] = [
                        'text' => get_string('way_here', 'local_lrsbridge', $name),
                        'url' => (new \moodle_url('/course/view.php', ['id' => $course->id]))->out(false),
                    ];
                }
            }
        }
        return $links;
    }
}
