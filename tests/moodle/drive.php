<?php
// Acts inside the Moodle under test what its own pages would take many clicks for; everything by Moodle's own functions.
// php drive.php CONFIG ACT JSON prints "@@" and what came of it, as JSON, on its last line.

define('CLI_SCRIPT', true);
[, $config, $act, $given] = $argv;
require($config);
$given = json_decode($given);

require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->libdir . '/completionlib.php');
require_once($CFG->libdir . '/questionlib.php');
require_once($CFG->dirroot . '/completion/criteria/completion_criteria_activity.php');
require_once($CFG->dirroot . '/mod/quiz/locallib.php');
require_once($CFG->dirroot . '/mod/scorm/locallib.php');
require_once($CFG->dirroot . '/user/lib.php');
\core\session\manager::set_user(get_admin());

$acts = [];

$acts['users'] = function (stdClass $given): array {
    $made = [];
    $generator = new testing_data_generator();
    foreach ($given->names as $name) {
        $user = $generator->create_user(['username' => $name, 'firstname' => ucfirst($name), 'lastname' => 'Learner',
            'email' => "{$name}@council.gov.uk", 'password' => $given->password]);
        $made[$name] = (int) $user->id;
    }
    return $made;
};

// A quiz of one question, that is passed by answering it rightly.
$makequiz = function (testing_data_generator $generator, int $course): stdClass {
    $activity = $generator->create_module('quiz', ['course' => $course, 'sumgrades' => 1, 'grade' => 10,
        'gradepass' => 5, 'questionsperpage' => 0, 'completion' => COMPLETION_TRACKING_AUTOMATIC,
        'completionusegrade' => 1, 'completionpassgrade' => 1, 'preferredbehaviour' => 'deferredfeedback']);
    $questions = $generator->get_plugin_generator('core_question');
    $context = context_module::instance($activity->cmid);
    $category = $questions->create_question_category(['contextid' => $context->id]);
    $empty = ['text' => '', 'format' => FORMAT_HTML];
    $question = question_bank::get_qtype('truefalse')->save_question((object) ['qtype' => 'truefalse'], (object) [
        'category' => "{$category->id},{$context->id}", 'name' => 'Is it so?', 'defaultmark' => 1, 'penalty' => 1,
        'questiontext' => ['text' => 'Is it so?', 'format' => FORMAT_HTML], 'generalfeedback' => $empty,
        'correctanswer' => 1, 'feedbacktrue' => $empty, 'feedbackfalse' => $empty, 'idnumber' => '',
        'status' => \core_question\local\bank\question_version_status::QUESTION_STATUS_READY]);
    quiz_add_quiz_question($question->id, $activity);
    \mod_quiz\quiz_settings::create($activity->id)->get_grade_calculator()->recompute_quiz_sumgrades();
    return $activity;
};

// A course that is completed by one activity: viewed ("page"), ticked by hand ("manual") or passed ("quiz").
$acts['course'] = function (stdClass $given) use ($makequiz): array {
    $generator = new testing_data_generator();
    $course = $generator->create_course(['idnumber' => $given->idnumber, 'shortname' => $given->idnumber,
        'fullname' => $given->title, 'enablecompletion' => 1]);
    if ($given->by === 'quiz') {
        $activity = $makequiz($generator, (int) $course->id);
    } else {
        $tracking = $given->by === 'manual' ? COMPLETION_TRACKING_MANUAL : COMPLETION_TRACKING_AUTOMATIC;
        $activity = $generator->create_module('page', ['course' => $course->id, 'content' => 'x', 'completion' => $tracking,
            'completionview' => (int) ($given->by === 'page')]);
    }
    $criterion = new completion_criteria_activity();
    $data = (object) ['id' => $course->id, 'criteria_activity' => [$activity->cmid => 1]];
    $criterion->update_config($data);
    $aggregation = new completion_aggregation(['course' => $course->id, 'criteriatype' => null]);
    $aggregation->setMethod(COMPLETION_AGGREGATION_ALL);
    $aggregation->save();
    return ['id' => (int) $course->id, 'cmid' => (int) $activity->cmid, 'activity' => (int) $activity->id];
};

$acts['enrol'] = function (stdClass $given): int {
    $generator = new testing_data_generator();
    foreach ($given->users as $user) {
        foreach ($given->courses as $course) {
            $generator->enrol_user($user, $course, 'student');
        }
    }
    return count($given->users) * count($given->courses);
};

// Attempts the quiz as that user; the answer 1 is the right one.
$acts['answer_quiz'] = function (stdClass $given): string {
    \core\session\manager::set_user(core_user::get_user($given->user));
    $settings = \mod_quiz\quiz_settings::create($given->quiz, $given->user);
    $usage = question_engine::make_questions_usage_by_activity('mod_quiz', $settings->get_context());
    $usage->set_preferred_behaviour($settings->get_quiz()->preferredbehaviour);
    $attempt = quiz_create_attempt($settings, 1, false, time(), false, $given->user);
    quiz_start_new_attempt($settings, $usage, $attempt, 1, time());
    quiz_attempt_save_started($settings, $usage, $attempt);
    $object = \mod_quiz\quiz_attempt::create($attempt->id);
    $object->process_submitted_actions(time(), false, [1 => ['answer' => $given->answer]]);
    if (method_exists($object, 'process_submit')) {
        $object->process_submit(time(), false);
        $object->process_grade_submission(time());
    } else {
        $object->process_finish(time(), false);
    }
    return (string) \mod_quiz\quiz_attempt::create($attempt->id)->get_sum_marks();
};

// A course with one activity of each kind whose results the plugin tells; the packages are read from the paths that are given.
$acts['activities'] = function (stdClass $given) use ($makequiz): array {
    global $DB;
    $generator = new testing_data_generator();
    $course = $generator->create_course(['shortname' => 'results', 'enablecompletion' => 1]);
    $own = ['course' => $course->id];
    $tracked = $own + ['completion' => COMPLETION_TRACKING_AUTOMATIC];
    $made = [
        'page' => $generator->create_module('page', $tracked + ['content' => 'x', 'completionview' => 1]),
        'quiz' => $makequiz($generator, (int) $course->id),
        'scorm' => $generator->create_module('scorm', $tracked + ['packagefilepath' => $given->scorm, 'maxgrade' => 100,
            'grademethod' => GRADEHIGHEST, 'completionstatusrequired' => 2]),
        'h5pactivity' => $generator->create_module('h5pactivity', $own + ['packagefilepath' => $given->h5p]),
    ];
    $h5p = context_module::instance($made['h5pactivity']->cmid);
    return [
        'course' => (int) $course->id,
        'cmids' => array_map(fn($one) => (int) $one->cmid, $made),
        'quiz' => (int) $made['quiz']->id,
        'scorm' => (int) $made['scorm']->id,
        'sco' => (int) $DB->get_field('scorm_scoes', 'id', ['scorm' => $made['scorm']->id, 'scormtype' => 'sco']),
        'h5p' => \core_xapi\iri::generate($h5p->id, 'activity'),
    ];
};

// When Moodle itself says that somebody's results came about.
$acts['moments'] = function (stdClass $given): array {
    global $DB;
    $numbers = fn(array $found): array => array_map('intval', $found);
    $elements = 'SELECT e.element, v.timemodified FROM {scorm_attempt} a JOIN {scorm_scoes_value} v ON v.attemptid = a.id
                   JOIN {scorm_element} e ON e.id = v.elementid WHERE a.userid = ?';
    return [
        'completed' => (object) $numbers($DB->get_records_menu('course_modules_completion', ['userid' => $given->user], '',
            'coursemoduleid, timemodified')),
        'quiz' => (int) $DB->get_field('quiz_attempts', 'timefinish', ['userid' => $given->user]),
        'scorm' => (object) $numbers($DB->get_records_sql_menu($elements, [$given->user])),
        'h5p' => (int) $DB->get_field('h5pactivity_attempts', 'timemodified', ['userid' => $given->user]),
    ];
};

// A profile field of the site's own, and what some have in it.
$acts['profile_field'] = function (stdClass $given): bool {
    global $CFG;
    require_once($CFG->dirroot . '/user/profile/lib.php');
    (new testing_data_generator())->create_custom_profile_field(['shortname' => $given->name, 'name' => $given->name,
        'datatype' => 'text']);
    foreach ($given->values as $user => $value) {
        profile_save_custom_fields((int) $user, [$given->name => $value]);
    }
    return true;
};

// Somebody who coordinates training, and so may see where the people of a course stand.
$acts['coordinator'] = function (stdClass $given): bool {
    global $DB;
    $generator = new testing_data_generator();
    $role = $DB->get_field('role', 'id', ['shortname' => 'teacher'], MUST_EXIST);
    assign_capability('local/lrsbridge:viewteam', CAP_ALLOW, $role, context_system::instance());
    return $generator->enrol_user($given->user, $given->course, 'teacher');
};

$acts['rename'] = function (stdClass $given): bool {
    user_update_user((object) ['id' => $given->user, 'lastname' => $given->lastname], false);
    return true;
};

$acts['completed'] = function (stdClass $given): array {
    global $DB;
    return array_values(array_map(fn($row) => [(int) $row->userid, (int) $row->course, (int) $row->timecompleted],
        $DB->get_records_select('course_completions', 'timecompleted > 0', [], 'id', 'id, userid, course, timecompleted')));
};

// What waits in the plugin's queue, what is kept there as failed, what was delivered, and what the plugin notes of it.
$acts['queue'] = function (stdClass $given): array {
    global $DB;
    return [
        'waiting' => $DB->count_records('local_lrsbridge_queue', ['failed' => 0]),
        'kept' => array_values($DB->get_records('local_lrsbridge_queue', ['failed' => 1], 'id', 'id, statementid, reason')),
        'sent' => $DB->count_records('local_lrsbridge_sent'),
        'config' => array_diff_key((array) get_config('local_lrsbridge'), ['key' => 1, 'secret' => 1]),
    ];
};

// As if the time had passed for which the plugin waits after a failure.
$acts['time_passes'] = function (stdClass $given): bool {
    global $DB;
    $DB->set_field('local_lrsbridge_queue', 'timenext', 0, []);
    $DB->set_field('task_scheduled', 'nextruntime', 0, ['classname' => '\local_lrsbridge\task\send_queue']);
    $DB->set_field('task_scheduled', 'nextruntime', 0, ['classname' => '\core\task\completion_regular_task']);
    \local_lrsbridge\local\queue::resume();
    return true;
};

// As if what waits waited for so many hours, and nothing had got through.
$acts['hours_pass'] = function (stdClass $given): bool {
    global $DB;
    $DB->execute('UPDATE {local_lrsbridge_queue} SET timecreated = timecreated - ?', [$given->hours * HOURSECS]);
    set_config('lastsuccess', time() - $given->hours * HOURSECS, 'local_lrsbridge');
    return true;
};

// As the settings page stores what is pasted there: the secret encrypted.
$acts['paste'] = function (stdClass $given): bool {
    set_config('endpoint', $given->endpoint, 'local_lrsbridge');
    set_config('key', $given->key, 'local_lrsbridge');
    set_config('secret', \core\encryption::encrypt($given->secret), 'local_lrsbridge');
    return \local_lrsbridge\local\config::is_ready();
};

// Whatever in the database still names the plugin.
$acts['left'] = function (stdClass $given): array {
    global $DB;
    $left = array_filter($DB->get_tables(false), fn($table) => str_contains($table, 'lrsbridge'));
    foreach (['config_plugins' => 'plugin', 'task_scheduled' => 'component', 'capabilities' => 'component',
            'task_adhoc' => 'component'] as $table => $column) {
        if ($DB->record_exists($table, [$column => $given->component])) {
            $left[] = $table;
        }
    }
    if ($DB->record_exists_select('user_preferences', $DB->sql_like('name', '?'), ['local_lrsbridge%'])) {
        $left[] = 'user_preferences';
    }
    return array_values($left);
};

$acts['config'] = fn(stdClass $given): array => (array) get_config($given->component);

echo "\n@@" . json_encode($acts[$act]($given)) . "\n";
