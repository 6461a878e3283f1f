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
use local_lrsbridge\local\standings;

/**
 * The page "My CSE training".
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class mytraining implements renderable, templatable {
    /**
     * Made from what was found about the learner.
     *
     * @param int $userid
     * @param array $found as standings::of_oneself() gives it
     * @param array[] $links as course_list::links() gives them
     * @param linking|null $linking the joining of the account, for those who may
     */
    public function __construct(
        /** @var int the learner */
        private readonly int $userid,
        /** @var array state and standing */
        private readonly array $found,
        /** @var array[] this site's courses */
        private readonly array $links = [],
        /** @var linking|null the joining of the account */
        private readonly ?linking $linking = null,
    ) {
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $standing = $this->found['standing'];
        return [
            'isaway' => $this->found['state'] === standings::AWAY,
            'isunknown' => $this->found['state'] === standings::UNKNOWN,
            'standing' => $standing === null ? null : (new standing($standing, $this->links))->export_for_template($output),
            'linking' => $this->linking?->export_for_template($output) ?? false,
            'whole' => $this->linking === null ? false : [
                'url' => (new \moodle_url('/local/lrsbridge/tobridge.php'))->out(false),
                'sesskey' => sesskey(),
            ],
            'account' => config::siteurl() . '|' . $this->userid,
        ];
    }
}
