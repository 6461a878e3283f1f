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

namespace local_lrsbridge\local;

use local_lrsbridge\tests\scripted_bridge;

/**
 * Whom somebody with local/lrsbridge:viewteam sees, and that nobody else sees anybody.
 *
 * @covers \local_lrsbridge\local\team
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class team_test extends \advanced_testcase {
    /** @var \stdClass A course with groups that are apart. */
    private \stdClass $course;

    /** @var \stdClass[] Its people, by first name. */
    private array $people = [];

    /** @var \stdClass A group of Asha's and the coordinator's. */
    private \stdClass $group;

    /**
     * Three people, one of them suspended, and a coordinator.
     */
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        scripted_bridge::set_up();
        $generator = $this->getDataGenerator();
        $this->course = $generator->create_course(['groupmode' => SEPARATEGROUPS]);
        foreach (['Asha', 'Ben', 'Suspended', 'Coordinator'] as $name) {
            $this->people[$name] = $generator->create_user(['firstname' => $name, 'lastname' => "Of$name"]);
            $status = $name === 'Suspended' ? ENROL_USER_SUSPENDED : ENROL_USER_ACTIVE;
            $generator->enrol_user($this->people[$name]->id, $this->course->id, 'student', 'manual', 0, 0, $status);
        }
        $this->group = $generator->create_group(['courseid' => $this->course->id]);
        foreach (['Asha', 'Coordinator'] as $name) {
            groups_add_member($this->group, $this->people[$name]);
        }
        $generator->enrol_user($generator->create_user()->id, $generator->create_course()->id);
    }

    /**
     * Gives the coordinator a role with capabilities.
     *
     * @param \context $context
     * @param string ...$capabilities
     */
    private function allow(\context $context, string ...$capabilities): void {
        $role = $this->getDataGenerator()->create_role();
        foreach ($capabilities as $capability) {
            assign_capability($capability, CAP_ALLOW, $role, $context);
        }
        role_assign($role, $this->people['Coordinator']->id, $context);
    }

    /**
     * The page as the coordinator gets it.
     *
     * @param array $parameters
     * @return string HTML
     */
    private function page(array $parameters): string {
        global $CFG, $COURSE, $DB, $OUTPUT, $PAGE, $SESSION, $SITE, $USER;
        $this->setUser($this->people['Coordinator']);
        $PAGE = new \moodle_page();
        $OUTPUT = new \bootstrap_renderer();
        $_GET = $parameters;
        ob_start();
        try {
            include(__DIR__ . '/../../team.php');
            return ob_get_contents();
        } finally {
            ob_end_clean();
            $_GET = [];
        }
    }

    /**
     * Asserts whom a page shows, when the bridge knows none of them.
     *
     * @param string[] $names first names, by last name
     * @param array $parameters of the page
     */
    private function assert_shown(array $names, array $parameters): void {
        if ($names) {
            // An answer about more or fewer people than are asked for is none, and shows nobody.
            \curl::mock_response(json_encode(['standings' => array_fill(0, count($names), ['standing' => null])]));
        }
        $html = $this->page($parameters);
        $shown = fn(string $name): bool => str_contains($html, "<th scope=\"row\">$name Of$name</th>");
        $this->assertSame($names, array_values(array_filter(array_keys($this->people), $shown)));
        $this->assertSame(!$names, str_contains($html, get_string('team_empty', 'local_lrsbridge')));
    }

    /**
     * A course's team are those who are active in it, by last name, and nobody of other courses.
     */
    public function test_the_people_of_a_course(): void {
        $team = team::for_course($this->course, 0);
        $this->assertSame(3, $team->count());
        $this->assertSame(['Asha', 'Ben', 'Coordinator'], array_column($team->people(0), 'firstname'));
        $this->assertSame([], $team->people(1));
        $team = team::for_course($this->course, (int) $this->group->id);
        $this->assertSame(2, $team->count());
        $this->assertSame(['Asha', 'Coordinator'], array_column($team->people(0), 'firstname'));
    }

    /**
     * A cohort's team are its members, but for those who are deleted.
     */
    public function test_the_people_of_a_cohort(): void {
        global $DB;
        $cohort = $this->getDataGenerator()->create_cohort();
        foreach (['Ben', 'Asha', 'Suspended'] as $name) {
            cohort_add_member($cohort->id, $this->people[$name]->id);
        }
        $team = team::for_cohort($cohort);
        $this->assertSame(3, $team->count());
        // Moodle takes those whom it deletes out of cohorts; whoever else deletes them may not.
        $DB->set_field('user', 'deleted', 1, ['id' => $this->people['Suspended']->id]);
        $this->assertSame(2, $team->count());
        $this->assertSame(['Asha', 'Ben'], array_column($team->people(0), 'firstname'));
        $this->assertEquals(\context_system::instance(), $team->context);
    }

    /**
     * Whoever is in the course and has no such capability sees nobody, whatever they may do elsewhere.
     */
    public function test_without_the_capability(): void {
        $this->allow(\context_course::instance($this->getDataGenerator()->create_course()->id), 'local/lrsbridge:viewteam');
        $this->expectException(\required_capability_exception::class);
        $this->page(['courseid' => $this->course->id]);
    }

    /**
     * Where groups are apart, a coordinator sees those of their own group, and no others by asking for another group.
     */
    public function test_groups_that_are_apart(): void {
        $this->allow(\context_course::instance($this->course->id), 'local/lrsbridge:viewteam');
        $this->assert_shown(['Asha', 'Coordinator'], ['courseid' => $this->course->id]);
        $other = $this->getDataGenerator()->create_group(['courseid' => $this->course->id]);
        groups_add_member($other, $this->people['Ben']);
        foreach ([$other->id, 0] as $asked) {
            $this->assert_shown(['Asha', 'Coordinator'], ['courseid' => $this->course->id, 'group' => $asked]);
        }
        groups_remove_member($this->group, $this->people['Coordinator']);
        $this->assert_shown([], ['courseid' => $this->course->id]);
    }

    /**
     * Who may see all groups, or where there are none, sees all.
     */
    public function test_all_groups(): void {
        $context = \context_course::instance($this->course->id);
        $this->allow($context, 'local/lrsbridge:viewteam', 'moodle/site:accessallgroups');
        $this->assert_shown(['Asha', 'Ben', 'Coordinator'], ['courseid' => $this->course->id, 'group' => 0]);
    }

    /**
     * A cohort is seen with the capability where the cohort is, and not with one of its courses alone.
     */
    public function test_access_to_a_cohort(): void {
        $category = $this->getDataGenerator()->create_category();
        $context = \context_coursecat::instance($category->id);
        $cohort = $this->getDataGenerator()->create_cohort(['contextid' => $context->id]);
        cohort_add_member($cohort->id, $this->people['Ben']->id);
        $this->allow($context, 'local/lrsbridge:viewteam', 'moodle/cohort:view');
        $this->assert_shown(['Ben'], ['cohortid' => $cohort->id]);
        $elsewhere = $this->getDataGenerator()->create_cohort();
        $this->allow(\context_system::instance(), 'moodle/cohort:view');
        $this->expectException(\required_capability_exception::class);
        $this->page(['cohortid' => $elsewhere->id]);
    }
}
