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
use local_lrsbridge\form\backfill_form;
use local_lrsbridge\local\backfill as work;
use local_lrsbridge\local\config;
use local_lrsbridge\local\reconciler;

/**
 * How many completions were never queued, or how far the queueing of them is.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class backfill implements renderable, templatable {
    /** @var int Courses on a page. */
    public const PERPAGE = 50;

    /**
     * Made for a time from which on completions count.
     *
     * @param backfill_form $form
     * @param int $since Unix time
     * @param int $page of the courses, from 0
     */
    public function __construct(
        /** @var backfill_form asks for the time */
        private readonly backfill_form $form,
        /** @var int Unix time */
        private readonly int $since,
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
        $hindrance = work::hindrance();
        $latest = work::latest();
        $shown = [
            'action' => (new \moodle_url('/local/lrsbridge/backfill.php'))->out(false),
            'sesskey' => sesskey(),
            'isready' => config::is_ready(),
            'settingsurl' => (new \moodle_url('/admin/settings.php', ['section' => 'local_lrsbridge']))->out(false),
            'hindrance' => $hindrance === '' ? '' : get_string("backfill_$hindrance", 'local_lrsbridge'),
            'latest' => $latest === null ? false : self::latest($latest),
        ];
        if ($hindrance === '' && $latest?->state !== 'running') {
            $shown['offer'] = $this->offer($output);
        }
        return $shown;
    }

    /**
     * How far the latest is.
     *
     * @param \stdClass $latest as work::latest() gives it
     * @return array
     */
    private static function latest(\stdClass $latest): array {
        $ended = $latest->timefinished ?? $latest->timestopped;
        return [
            'state' => get_string("backfill_state_$latest->state", 'local_lrsbridge'),
            'isrunning' => $latest->state === 'running',
            'queued' => (int) $latest->queued,
            'total' => (int) $latest->total,
            'since' => $latest->completedsince ? userdate($latest->completedsince, get_string('strftimedate', 'langconfig')) : '',
            'begun' => userdate($latest->timebegun),
            'ended' => $ended ? userdate($ended) : '',
        ];
    }

    /**
     * How many there are of each course; one page of the courses with most.
     *
     * @param renderer_base $output
     * @return array
     */
    private function offer(renderer_base $output): array {
        global $DB;
        $total = reconciler::total_missing($this->since);
        $missing = reconciler::count_missing($this->since, $this->page, self::PERPAGE);
        $courses = $DB->get_records_list('course', 'id', array_keys($missing), '', 'id, fullname');
        $rows = [];
        foreach ($missing as $courseid => $number) {
            $context = \context_course::instance($courseid);
            $rows[] = [
                'course' => format_string($courses[$courseid]->fullname, true, ['context' => $context]),
                'number' => $number,
            ];
        }
        $url = new \moodle_url('/local/lrsbridge/backfill.php', ['from' => $this->since]);
        return [
            'form' => $this->form->render(),
            'from' => $this->since,
            'total' => $total->completions,
            'rows' => $rows,
            'note' => get_string('backfill_note', 'local_lrsbridge', number_format(work::WAITING)),
            'paging' => $output->render(new \core\output\paging_bar($total->courses, $this->page, self::PERPAGE, $url)),
        ];
    }
}
