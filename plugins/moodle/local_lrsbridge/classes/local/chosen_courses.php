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
 * Keeps which courses and categories an administrator ticked.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class chosen_courses {
    /**
     * Keeps the choice, and notes the change as Moodle does with its own settings.
     *
     * @param int[] $courses
     * @param int[] $categories
     */
    public static function keep(array $courses, array $categories): void {
        foreach (['courses' => $courses, 'categories' => $categories] as $name => $ids) {
            $ids = array_unique(array_filter(array_map('intval', $ids)));
            sort($ids);
            $value = implode(',', $ids);
            $old = (string) get_config('local_lrsbridge', $name);
            if ($value !== $old) {
                set_config($name, $value, 'local_lrsbridge');
                add_to_config_log($name, $old, $value, 'local_lrsbridge');
            }
        }
    }
}
