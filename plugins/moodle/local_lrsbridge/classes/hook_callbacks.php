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

namespace local_lrsbridge;

use core_user\hook\extend_user_menu;
use local_lrsbridge\local\config;

/**
 * What the plugin does at Moodle's hooks.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class hook_callbacks {
    /**
     * Puts "My CSE training" into the user menu. Reads settings only, so that no page becomes slower by it.
     *
     * @param extend_user_menu $hook
     */
    public static function extend_user_menu(extend_user_menu $hook): void {
        if (during_initial_install() || !config::is_ready()) {
            return;
        }
        if (!has_capability('local/lrsbridge:viewown', \context_system::instance())) {
            return;
        }
        $item = new \stdClass();
        $item->itemtype = 'link';
        $item->url = new \moodle_url('/local/lrsbridge/mytraining.php');
        $item->title = get_string('mytraining', 'local_lrsbridge');
        $item->titleidentifier = 'mytraining,local_lrsbridge';
        $hook->add_navitem($item);
    }
}
