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

namespace local_lrsbridge\output;

use local_lrsbridge\local\config;
use local_lrsbridge\local\course_list;
use local_lrsbridge\local\standings;

/**
 * "My CSE training" in Moodle's app, always of whoever is signed in there.
 *
 * The app compiles the template, so that nothing of the other side may stand in it: all that is shown goes beside it as data.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class mobile {
    /**
     * Whether the app shows the page at all.
     *
     * @param array $args what the app tells of itself
     * @return array
     */
    public static function offer(array $args): array {
        return ['disabled' => !self::is_offered()];
    }

    /**
     * The page.
     *
     * @param array $args what the app tells of itself; a user id among it is not looked at
     * @return array
     */
    public static function mytraining(array $args): array {
        global $PAGE, $USER;
        if (!self::is_offered()) {
            throw new \moodle_exception('nopermissions', 'error', '', get_string('mytraining', 'local_lrsbridge'));
        }
        $output = $PAGE->get_renderer('core');
        $found = standings::of_oneself($USER->id);
        $links = $found['standing'] === null ? [] : course_list::links();
        $shown = (new mytraining($USER->id, $found, $links))->export_for_template($output);
        $shown['page'] = (new \moodle_url('/local/lrsbridge/mytraining.php', null, 'elsewhere'))->out(false);
        return [
            'templates' => [['id' => 'main', 'html' => $output->render_from_template('local_lrsbridge/mobile_mytraining', [])]],
            'otherdata' => ['shown' => json_encode($shown, JSON_THROW_ON_ERROR)],
        ];
    }

    /**
     * Whether whoever is signed in may see where they stand.
     *
     * @return bool
     */
    private static function is_offered(): bool {
        return isloggedin() && !isguestuser() && config::is_ready()
            && has_capability('local/lrsbridge:viewown', \context_system::instance());
    }
}
