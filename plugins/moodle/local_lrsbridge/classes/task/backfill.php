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

use core\task\manager;
use local_lrsbridge\local\backfill as work;

/**
 * Carries on with a backfill. While too much waits to be sent, it ends, and has itself run again later.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class backfill extends \core\task\adhoc_task {
    /**
     * The task's name, for the admin.
     *
     * @return string
     */
    public function get_name() {
        return get_string('task_backfill', 'local_lrsbridge');
    }

    /**
     * Never two at once.
     *
     * @return int
     */
    protected function get_default_concurrency_limit(): int {
        return 1;
    }

    /**
     * Queues it.
     *
     * @param int $id the backfill's row id
     * @param int $time not to be run before
     */
    public static function queue(int $id, int $time = 0): void {
        $task = new self();
        $task->set_component('local_lrsbridge');
        $task->set_custom_data(['id' => $id]);
        $task->set_next_run_time($time);
        manager::queue_adhoc_task($task);
    }

    /**
     * Whether it is queued or runs.
     *
     * @param int $id the backfill's row id
     * @param int $but row id of a task that doesn't count
     * @return bool
     */
    public static function is_queued(int $id, int $but = 0): bool {
        foreach (manager::get_adhoc_tasks(self::class) as $task) {
            if ((int) $task->get_custom_data()->id === $id && (int) $task->get_id() !== $but) {
                return true;
            }
        }
        return false;
    }

    /**
     * Runs it.
     */
    public function execute() {
        $id = (int) $this->get_custom_data()->id;
        $outcome = work::go_on($id);
        mtrace("backfill: $outcome");
        // Where a run was killed after this, the task that it queued is still there.
        if ($outcome === work::FULL && !self::is_queued($id, (int) $this->get_id())) {
            self::queue($id, time() + MINSECS);
        }
    }
}
