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

use core\output\renderable;
use core\output\renderer_base;
use core\output\templatable;
use local_lrsbridge\local\config;
use local_lrsbridge\local\profiles;
use local_lrsbridge\local\queue;

/**
 * What waits, what was refused and why.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class status implements renderable, templatable {
    /** @var int Refused statements on a page. */
    public const PERPAGE = 50;

    /**
     * Made from the queue.
     *
     * @param queue $queue
     * @param int $page of the refused statements, from 0
     */
    public function __construct(
        /** @var queue the queue */
        private readonly queue $queue,
        /** @var int page from 0 */
        private readonly int $page,
    ) {
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $state = $this->queue->state();
        $url = new \moodle_url('/local/lrsbridge/status.php');
        $failed = $this->queue->list_failed($this->page, self::PERPAGE);
        $profiles = profiles::refused();
        return [
            'action' => $url->out(false),
            'sesskey' => sesskey(),
            'isready' => config::is_ready(),
            'settingsurl' => (new \moodle_url('/admin/settings.php', ['section' => 'local_lrsbridge']))->out(false),
            'showurl' => (new \moodle_url('/local/lrsbridge/show.php'))->out(false),
            'backfillurl' => (new \moodle_url('/local/lrsbridge/backfill.php'))->out(false),
            'waiting' => (int) $state->waiting,
            'oldest' => $state->waiting && $state->oldest ? userdate($state->oldest) : '',
            'lastsuccess' => $state->lastsuccess ? userdate($state->lastsuccess) : get_string('never'),
            'lasterror' => (string) $state->lasterror,
            'lasterrortime' => $state->lasterrortime ? userdate($state->lasterrortime) : '',
            'failed' => (int) $state->failed,
            'profiles' => $profiles->number,
            'profilesreason' => $profiles->reason,
            'profilestime' => $profiles->time ? userdate($profiles->time) : '',
            'rows' => $this->rows($failed),
            'hasrows' => (bool) $failed,
            'paging' => $output->render(new \core\output\paging_bar((int) $state->failed, $this->page, self::PERPAGE, $url)),
        ];
    }

    /**
     * The refused statements with the names of people and courses; two queries, however many there are.
     *
     * @param \stdClass[] $failed
     * @return array[]
     */
    private function rows(array $failed): array {
        global $DB;
        if (!$failed) {
            return [];
        }
        $fields = 'id, deleted' . \core_user\fields::for_name()->get_sql('')->selects;
        $users = $DB->get_records_list('user', 'id', array_unique(array_column($failed, 'userid')), '', $fields);
        $courses = $DB->get_records_list('course', 'id', array_unique(array_column($failed, 'courseid')), '', 'id, fullname');
        $rows = [];
        foreach ($failed as $one) {
            $user = $users[$one->userid] ?? null;
            $course = $courses[$one->courseid] ?? null;
            $rows[] = [
                'id' => (int) $one->id,
                'learner' => $user && !$user->deleted
                    ? fullname($user) : get_string('deleteduser', 'local_lrsbridge', $one->userid),
                'course' => $course
                    ? format_string($course->fullname, true, ['context' => \context_course::instance($course->id)])
                    : get_string('deletedcourse', 'local_lrsbridge', $one->courseid),
                'kind' => get_string("kind_{$one->kind}", 'local_lrsbridge'),
                'when' => userdate($one->timecompleted),
                'httpstatus' => (int) $one->httpstatus,
                'reason' => (string) $one->reason,
                'statement' => self::pretty((string) $one->statement),
            ];
        }
        return $rows;
    }

    /**
     * JSON for people to read.
     *
     * @param string $json
     * @return string the same, where it is none
     */
    public static function pretty(string $json): string {
        $read = json_decode($json);
        return $read === null ? $json : json_encode($read, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    }
}
