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

/**
 * Where the people of one page of a team stand.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class team implements renderable, templatable {
    /**
     * Made from the people and what the bridge told of them.
     *
     * @param \stdClass[] $people by id, with what a name needs
     * @param array|null $standings as standings::of_many() gives them
     * @param bool $viewfullnames
     */
    public function __construct(
        /** @var \stdClass[] the people */
        private readonly array $people,
        /** @var array|null what the bridge told */
        private readonly ?array $standings,
        /** @var bool whether full names may be seen */
        private readonly bool $viewfullnames,
    ) {
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $rows = [];
        $notproven = '';
        foreach ($this->standings === null ? [] : $this->people as $person) {
            $told = $this->standings[$person->id] ?? null;
            $shown = $told === null ? null : new standing($told);
            $detail = $shown?->export_for_template($output);
            $notproven = $notproven ?: ($detail['notproven'] ?? '');
            $rows[] = [
                'name' => fullname($person, $this->viewfullnames),
                'isunknown' => $shown === null,
                'isnotiers' => $shown !== null && !$detail['hastiers'],
                'summaries' => $shown === null ? [] : $shown->summaries(),
                'areas' => array_map(
                    fn(array $area): array => array_intersect_key($area, ['title' => 1, 'status' => 1, 'counted' => 1]),
                    $detail['areas'] ?? []
                ),
                'standing' => $detail,
            ];
        }
        return [
            'isaway' => $this->standings === null,
            'isempty' => !$this->people,
            'rows' => $rows,
            'hasrows' => (bool) $rows,
            'notproven' => $notproven,
        ];
    }
}
