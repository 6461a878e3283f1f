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

/**
 * Where Moodle's app shows "My CSE training": in its menu, and in one's own profile.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$addons = [
    'local_lrsbridge' => [
        'handlers' => [
            'menu' => [
                'delegate' => 'CoreMainMenuDelegate',
                'method' => 'mytraining',
                'init' => 'offer',
                'displaydata' => ['title' => 'mytraining', 'icon' => 'ribbon-outline'],
            ],
            'profile' => [
                'delegate' => 'CoreUserDelegate',
                'method' => 'mytraining',
                'init' => 'offer',
                'displaydata' => ['title' => 'mytraining', 'icon' => 'ribbon-outline'],
                'restricttocurrentuser' => true,
                'restricttoenrolledcourses' => false,
            ],
        ],
        'lang' => [
            ['asof', 'local_lrsbridge'],
            ['away', 'local_lrsbridge'],
            ['away_more', 'local_lrsbridge'],
            ['champion_lapsed', 'local_lrsbridge'],
            ['counts_towards', 'local_lrsbridge'],
            ['elsewhere', 'local_lrsbridge'],
            ['missing_word', 'local_lrsbridge'],
            ['mobile_site', 'local_lrsbridge'],
            ['mytraining', 'local_lrsbridge'],
            ['notiers', 'local_lrsbridge'],
            ['since', 'local_lrsbridge'],
            ['stale', 'local_lrsbridge'],
            ['standard_met', 'local_lrsbridge'],
            ['standard_missing', 'local_lrsbridge'],
            ['tier_reached', 'local_lrsbridge'],
            ['tier_required', 'local_lrsbridge'],
            ['unknown', 'local_lrsbridge'],
            ['unknown_more', 'local_lrsbridge'],
            ['way_together', 'local_lrsbridge'],
            ['whereto', 'local_lrsbridge'],
        ],
    ],
];
