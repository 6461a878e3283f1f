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
use local_lrsbridge\local\finding;

/**
 * What a connection test found.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class connection_result implements renderable, templatable {
    /**
     * Made from what was found.
     *
     * @param finding[] $findings
     */
    public function __construct(
        /** @var finding[] what was found */
        private readonly array $findings,
    ) {
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $results = array_map(fn(finding $one): string => $one->result, $this->findings);
        return [
            'isgood' => !array_diff($results, [finding::GOOD]),
            'isbad' => in_array(finding::BAD, $results, true),
            'findings' => array_map(fn(finding $one): array => [
                'title' => $one->title(),
                'found' => $one->found(),
                'mend' => $one->mend(),
                'isgood' => $one->result === finding::GOOD,
                'iswarn' => $one->result === finding::WARN,
                'isbad' => $one->result === finding::BAD,
            ], $this->findings),
        ];
    }
}
