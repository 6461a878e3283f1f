<?php
// Fills a Moodle with completions and measures what the plugin adds to one; run inside the Moodle by moodle_plugin.py.
// php moodle_plugin.php CONFIG ACT JSON prints "@@" and what came of it, as JSON, on its last line.

define('CLI_SCRIPT', true);
[, $config, $act, $given] = $argv;
require($config);
$given = json_decode($given);

require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->libdir . '/completionlib.php');
require_once($CFG->dirroot . '/completion/completion_completion.php');
\core\session\manager::set_user(get_admin());

$acts = [];

// Users and courses, the users by rows alone.
$acts['people'] = function (stdClass $given): array {
    global $CFG, $DB;
    $rows = [];
    for ($number = 0; $number < $given->users; $number++) {
        $name = "{$given->prefix}$number";
        $rows[] = (object) ['username' => $name, 'firstname' => ucfirst($name), 'lastname' => 'Learner', 'confirmed' => 1,
            'email' => "$name@council.gov.uk", 'mnethostid' => $CFG->mnet_localhost_id, 'auth' => 'manual'];
    }
    $DB->insert_records('user', $rows);
    $generator = new testing_data_generator();
    $courses = [];
    for ($number = 0; $number < $given->courses; $number++) {
        $name = "{$given->prefix}$number";
        $courses[] = (int) $generator->create_course(['idnumber' => $name, 'shortname' => $name, 'enablecompletion' => 1])->id;
    }
    $like = $DB->sql_like('username', '?');
    return ['users' => array_map('intval', $DB->get_fieldset_select('user', 'id', $like, ["{$given->prefix}%"])),
        'courses' => $courses];
};

// Everybody has completed every course, some time before the plugin was installed.
$acts['completions'] = function (stdClass $given): int {
    global $DB;
    $rows = [];
    foreach ($given->users as $at => $user) {
        foreach ($given->courses as $course) {
            $rows[] = (object) ['userid' => $user, 'course' => $course, 'timeenrolled' => 0, 'timestarted' => 0,
                'timecompleted' => 1700000000 + 60 * $at + $course, 'reaggregate' => 0];
        }
    }
    $DB->insert_records('course_completions', $rows);
    return count($rows);
};

// Milliseconds that completing a course takes, by turns without the plugin's observers, with them where the course is not ticked,
// and with them where it is: all of it, the message to the learner included.
$acts['events'] = function (stdClass $given): array {
    $observers = \core\event\manager::get_all_observers();
    $isnotours = fn($one) => !is_string($one->callable) || !str_contains($one->callable, 'local_lrsbridge');
    $others = array_map(fn($list) => array_filter($list, $isnotours), $observers);
    $listen = Closure::bind(function (array $to): void {
        \core\event\manager::$allobservers = $to;
    }, null, \core\event\manager::class);
    $ways = ['without' => [$others, $given->ticked], 'unticked' => [$observers, $given->unticked],
        'ticked' => [$observers, $given->ticked]];
    $times = array_fill_keys(array_keys($ways), []);
    $users = $given->users;
    for ($round = 0; $users; $round++) {
        $order = array_keys($ways);
        // Whoever goes first in a round goes last in the next.
        foreach ($round % 2 ? array_reverse($order) : $order as $way) {
            $user = array_pop($users);
            if ($user === null) {
                break;
            }
            [$heard, $course] = $ways[$way];
            $listen($heard);
            $completion = new completion_completion(['userid' => $user, 'course' => $course]);
            $began = hrtime(true);
            $completion->mark_complete();
            $times[$way][] = (hrtime(true) - $began) / 1e6;
        }
    }
    // The first are those on which everything is loaded.
    return array_map(fn($list) => array_slice($list, 20), $times);
};

echo "\n@@" . json_encode($acts[$act]($given)) . "\n";
