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

namespace local_lrsbridge\task;

/**
 * Compares with the course completions, and queues what is missing.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class reconcile extends \core\task\scheduled_task {
    /**
     * The task's name, for the admin.
     *
     * @return string
     */
    public function get_name() {
        return get_string('task_reconcile', 'local_lrsbridge');
    }

    /**
     * Runs it.
     */
    public function execute() {
        $found = \local_lrsbridge\local\reconciler::run();
        mtrace("queued now: $found->missing; delivered, and no longer in Moodle: $found->vanished");
    }
}
