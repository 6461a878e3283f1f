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
use local_lrsbridge\local\course_list;

/**
 * The courses that count by the bridge's word, and which of this site's courses they are.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class course_offer implements renderable, templatable {
    /**
     * Made from the bridge's list.
     *
     * @param array[]|null $known as course_list::known() gives it
     * @param bool $isready whether the bridge could be asked
     */
    public function __construct(
        /** @var array[]|null the bridge's list */
        private readonly ?array $known,
        /** @var bool whether the bridge could be asked */
        private readonly bool $isready,
    ) {
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $here = course_list::here($this->known ?? []);
        $rows = [];
        $isopen = false;
        foreach ($this->known ?? [] as $key => $course) {
            if (!$course['idnumbers']) {
                // Given elsewhere: nothing to choose on this site.
                continue;
            }
            $courses = [];
            foreach ($here[$key] ?? [] as $one) {
                $iscovered = config::covers((int) $one->id);
                $isopen = $isopen || !$iscovered;
                $courses[] = [
                    'id' => (int) $one->id,
                    'name' => format_string($one->fullname, true, ['context' => \context_course::instance($one->id)]),
                    'idnumber' => $one->idnumber,
                    'url' => (new \moodle_url('/course/view.php', ['id' => $one->id]))->out(false),
                    'iscovered' => $iscovered,
                ];
            }
            $rows[] = [
                'title' => $course['title'],
                'idnumbers' => implode(', ', $course['idnumbers']),
                'courses' => $courses,
                'hascourses' => (bool) $courses,
            ];
        }
        return [
            'isready' => $this->isready,
            'isaway' => $this->isready && $this->known === null,
            'rows' => $rows,
            'hasrows' => (bool) $rows,
            'isopen' => $isopen,
            'action' => (new \moodle_url('/local/lrsbridge/courses.php'))->out(false),
            'sesskey' => sesskey(),
        ];
    }
}
