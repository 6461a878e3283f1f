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

use local_lrsbridge\local\backfill;
use local_lrsbridge\local\connection_test;
use local_lrsbridge\local\finding;
use local_lrsbridge\local\link_result;
use local_lrsbridge\local\preview;
use local_lrsbridge\local\statement_factory;
use local_lrsbridge\output\standing;

/**
 * Every string that is used is there, and every string that is there is used.
 *
 * @coversNothing
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class strings_test extends \basic_testcase {
    /**
     * The plugin's strings.
     *
     * @return string[]
     */
    private static function strings(): array {
        $string = [];
        include(__DIR__ . '/../lang/en/local_lrsbridge.php');
        return $string;
    }

    /**
     * Names that are put together while running.
     *
     * @return string[]
     */
    private static function composed(): array {
        $names = [];
        foreach (connection_test::CHECKS as $check) {
            $names[] = "testcheck_$check";
        }
        foreach (connection_test::FINDINGS as $name => $result) {
            $names[] = "test_$name";
            if ($result !== finding::GOOD) {
                $names[] = "test_{$name}_mend";
            }
        }
        foreach (statement_factory::KINDS as $kind) {
            $names[] = "kind_$kind";
        }
        foreach (standing::STATUSES as $status) {
            $names[] = "champion_$status";
        }
        foreach (standing::COMPANION as $status) {
            $names[] = "companion_$status";
        }
        foreach (preview::STATES as $state) {
            $names[] = "show_state_$state";
        }
        foreach (preview::OBSTACLES as $obstacle) {
            $names[] = "show_$obstacle";
        }
        foreach (backfill::STATES as $state) {
            $names[] = "backfill_state_$state";
        }
        foreach (backfill::HINDRANCES as $hindrance) {
            $names[] = "backfill_$hindrance";
        }
        foreach (link_result::TOLD as $kind) {
            $names[] = "link_$kind";
        }
        foreach (['courses', 'status', 'show', 'backfill'] as $page) {
            $names[] = "menu_$page";
        }
        foreach (['name', 'email', 'organisation', 'area'] as $field) {
            array_push($names, "send_$field", "send_{$field}_desc");
        }
        // What Moodle itself asks for.
        array_push($names, 'pluginname', 'checkdelivery', 'cachedef_courses', 'cachedef_mystanding');
        foreach (['manage', 'viewown', 'viewteam'] as $capability) {
            $names[] = "lrsbridge:$capability";
        }
        $collection = new \core_privacy\local\metadata\collection('local_lrsbridge');
        foreach (privacy\provider::get_metadata($collection)->get_collection() as $item) {
            $names[] = $item->get_summary();
            $names = array_merge($names, array_values($item->get_privacy_fields()));
            if ($item instanceof \core_privacy\local\metadata\types\database_table) {
                $names[] = 'privacy:path:' . $item->get_name();
            }
        }
        return $names;
    }

    /**
     * Names that stand in code and templates.
     *
     * @return string[]
     */
    private static function written(): array {
        $names = [];
        $root = dirname(__DIR__);
        $folder = new \RecursiveDirectoryIterator($root, \FilesystemIterator::SKIP_DOTS);
        $files = new \RecursiveIteratorIterator($folder);
        foreach ($files as $file) {
            $istest = str_starts_with($file->getPathname(), "$root/tests/");
            if ($istest || !in_array($file->getExtension(), ['php', 'mustache'], true)) {
                continue;
            }
            $text = file_get_contents($file->getPathname());
            preg_match_all('/(?:get_string|lang_string)\(\s*\'([^\']+)\',\s*\'local_lrsbridge\'/', $text, $code);
            preg_match_all('/\{\{#str\}\}\s*([a-z0-9_:]+),\s*local_lrsbridge/', $text, $templates);
            preg_match_all('/\'([a-z_]+),local_lrsbridge\'/', $text, $menus);
            // What the app is told of.
            preg_match_all('/\[\'([a-z_]+)\', \'local_lrsbridge\'\]/', $text, $told);
            // A choice between names stands in quotes of its own.
            preg_match_all('/\'(standing_[a-z_]+)\'/', $text, $choices);
            $names = array_merge($names, $code[1], $templates[1], $menus[1], $told[1], $choices[1]);
        }
        return array_values(array_unique($names));
    }

    /**
     * Every string that is used is there.
     */
    public function test_none_is_missing(): void {
        $used = array_merge(self::composed(), self::written());
        $this->assertGreaterThan(150, count($used));
        $this->assertSame([], array_values(array_diff($used, array_keys(self::strings()))));
    }

    /**
     * Every string that is there is used.
     */
    public function test_none_is_idle(): void {
        $used = array_merge(self::composed(), self::written());
        $this->assertSame([], array_values(array_diff(array_keys(self::strings()), $used)));
    }

    /**
     * They stand in Moodle's order.
     */
    public function test_they_are_in_order(): void {
        $names = array_keys(self::strings());
        $sorted = $names;
        sort($sorted, SORT_STRING);
        $this->assertSame($sorted, $names);
    }
}
