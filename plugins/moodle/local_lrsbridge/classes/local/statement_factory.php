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

/**
 * The one place where a snapshot of what happened becomes an xAPI statement (1.0.3 and 2.0.0).
 *
 * The same snapshot always makes the same statement: nothing is read but the snapshot, not even the clock.
 *
 * A snapshot has
 *   kind      one of KINDS
 *   siteurl   the site's address
 *   userid    the learner's row id
 *   time      Unix time when it happened
 *   course    id, fullname, shortname, idnumber, lang (Moodle's language code) and category: id, name, idnumber
 * and, for all but course_completed,
 *   activity  cmid, module, name, idnumber
 *   key       what tells this fact from others of the same kind, course, learner and time
 *   state     complete, pass, fail, or none where there is only a score
 *   score     raw, and where known min and max; or null
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class statement_factory {
    /** @var string[] Every kind of statement that the plugin sends. */
    public const KINDS = ['course_completed', 'activity_completed', 'quiz_result', 'scorm_result', 'h5p_result'];

    /** @var string Extension: the course's (or activity's) ID number, as text. */
    public const EXTERNAL_ID = 'https://w3id.org/learning-analytics/learning-management-system/external-id';

    /** @var string Extension: the course's short name, as text. */
    public const SHORT_ID = 'https://w3id.org/learning-analytics/learning-management-system/short-id';

    /** @var string Extension: the course's category, as an object: id (number), name, and idnumber where it has one. */
    public const CATEGORY = 'tag:lrs-bridge,2026:moodle/course-category';

    /** @var string The type of courses (cmi5). */
    private const COURSE = 'https://w3id.org/xapi/cmi5/activitytype/course';

    /** @var string[] The types of activities whose module has one of its own (ADL's vocabulary). */
    private const MODULE_TYPES = [
        'quiz' => 'http://adlnet.gov/expapi/activities/assessment',
        'h5pactivity' => 'http://adlnet.gov/expapi/activities/interaction',
        'lesson' => 'http://adlnet.gov/expapi/activities/lesson',
        'scorm' => 'http://adlnet.gov/expapi/activities/module',
    ];

    /** @var string The type of any other activity of a Moodle course (TinCan registry). */
    private const OTHER_MODULE = 'http://id.tincanapi.com/activitytype/lms/module';

    /** @var string[] State => verb, ADL's vocabulary. */
    private const VERBS = ['complete' => 'completed', 'pass' => 'passed', 'fail' => 'failed', 'none' => 'scored'];

    /**
     * The statement about a snapshot.
     *
     * @param array $event a snapshot, as the class describes it
     * @return array the statement, ready for json()
     * @throws \InvalidArgumentException for a kind or state that there isn't
     */
    public static function statement(array $event): array {
        $kind = $event['kind'];
        $state = $kind === 'course_completed' ? 'complete' : $event['state'];
        if (!in_array($kind, self::KINDS, true) || !isset(self::VERBS[$state])) {
            throw new \InvalidArgumentException("There is no kind '$kind' of statement with the state '$state'.");
        }
        $site = rtrim($event['siteurl'], '/');
        $language = self::language($event['course']['lang']);
        $course = self::course($site, $event['course'], $language);
        $verb = self::VERBS[$state];
        $context = ['platform' => 'Moodle', 'language' => $language];
        if ($kind !== 'course_completed') {
            $context['contextActivities'] = ['parent' => [$course]];
        }
        return [
            'id' => self::id($event),
            'actor' => self::actor($site, $event['userid']),
            'verb' => ['id' => "http://adlnet.gov/expapi/verbs/$verb", 'display' => ['en' => $verb]],
            'object' => $kind === 'course_completed' ? $course : self::activity($site, $event['activity'], $language),
            'result' => self::result($kind, $state, $event['score'] ?? null),
            'context' => $context,
            'timestamp' => gmdate('Y-m-d\TH:i:s\Z', $event['time']),
        ];
    }

    /**
     * The id of the statement about a snapshot.
     *
     * Completions are told apart by when they were reached; results by their key alone, as the same result may be told again later.
     *
     * @param array $event a snapshot
     * @return string UUIDv5
     */
    public static function id(array $event): string {
        $istimed = in_array($event['kind'], ['course_completed', 'activity_completed'], true);
        return natural_id::of(
            $event['siteurl'],
            $event['kind'],
            $event['course']['id'],
            $event['userid'],
            $istimed ? $event['time'] : 0,
            $event['key'] ?? ''
        );
    }

    /**
     * A learner, by account: no name and no e-mail.
     *
     * @param string $siteurl the site's address
     * @param int $userid the learner's row id
     * @return array an Agent
     */
    public static function actor(string $siteurl, int $userid): array {
        return [
            'objectType' => 'Agent',
            'account' => ['homePage' => rtrim($siteurl, '/'), 'name' => (string) $userid],
        ];
    }

    /**
     * The JSON text of a statement, as it is queued and sent.
     *
     * @param array $statement as statement() gives it
     * @return string JSON; bytes that are no UTF-8 become U+FFFD
     */
    public static function json(array $statement): string {
        return json_encode(
            $statement,
            JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE
                | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR
        );
    }

    /**
     * The course as an activity.
     *
     * @param string $site the site's address, without a slash at its end
     * @param array $course of the snapshot
     * @param string $language a language tag
     * @return array
     */
    private static function course(string $site, array $course, string $language): array {
        $definition = [
            'type' => self::COURSE,
            'name' => [$language => self::plain($course['fullname'])],
        ];
        $extensions = [];
        if ($course['idnumber'] !== '') {
            $extensions[self::EXTERNAL_ID] = $course['idnumber'];
        }
        if ($course['shortname'] !== '') {
            $extensions[self::SHORT_ID] = self::plain($course['shortname']);
        }
        if (!empty($course['category'])) {
            $category = ['id' => $course['category']['id'], 'name' => self::plain($course['category']['name'])];
            if ($course['category']['idnumber'] !== '') {
                $category['idnumber'] = $course['category']['idnumber'];
            }
            $extensions[self::CATEGORY] = $category;
        }
        if ($extensions) {
            $definition['extensions'] = $extensions;
        }
        return [
            'objectType' => 'Activity',
            'id' => "$site/course/view.php?id={$course['id']}",
            'definition' => $definition,
        ];
    }

    /**
     * A course module as an activity.
     *
     * @param string $site the site's address, without a slash at its end
     * @param array $activity of the snapshot
     * @param string $language a language tag
     * @return array
     */
    private static function activity(string $site, array $activity, string $language): array {
        $definition = [
            'type' => self::MODULE_TYPES[$activity['module']] ?? self::OTHER_MODULE,
            'name' => [$language => self::plain($activity['name'])],
        ];
        if ($activity['idnumber'] !== '') {
            $definition['extensions'] = [self::EXTERNAL_ID => $activity['idnumber']];
        }
        return [
            'objectType' => 'Activity',
            'id' => "$site/mod/{$activity['module']}/view.php?id={$activity['cmid']}",
            'definition' => $definition,
        ];
    }

    /**
     * What came of it. A failed attempt says nothing about completion: whether failing completes is the course's affair.
     *
     * @param string $kind of the snapshot
     * @param string $state complete, pass, fail or none
     * @param array|null $score of the snapshot
     * @return array never empty
     */
    private static function result(string $kind, string $state, ?array $score): array {
        $result = [];
        if ($state === 'pass' || $state === 'fail') {
            $result['success'] = $state === 'pass';
        }
        if ($state === 'complete' || ($state === 'pass' && $kind === 'activity_completed')) {
            $result['completion'] = true;
        }
        if ($score !== null) {
            $result['score'] = self::score($score);
        }
        return $result;
    }

    /**
     * A score as xAPI takes it: limits only where they hold, scaled only where both are known.
     *
     * @param array $score raw, and where known min and max
     * @return array
     */
    private static function score(array $score): array {
        $raw = (float) $score['raw'];
        $min = isset($score['min']) ? (float) $score['min'] : null;
        $max = isset($score['max']) ? (float) $score['max'] : null;
        if (($min !== null && $raw < $min) || ($max !== null && $raw > $max) || ($min !== null && $max !== null && $min >= $max)) {
            return ['raw' => self::number($raw)];
        }
        $found = [];
        if ($min !== null && $max !== null) {
            $found['scaled'] = self::number(round(($raw - $min) / ($max - $min), 5));
        }
        $found['raw'] = self::number($raw);
        if ($min !== null) {
            $found['min'] = self::number($min);
        }
        if ($max !== null) {
            $found['max'] = self::number($max);
        }
        return $found;
    }

    /**
     * A number without a fraction as a whole number, so that every PHP and every database writes it alike.
     *
     * @param float $value
     * @return int|float to five places, as Moodle keeps grades
     */
    private static function number(float $value): int|float {
        $rounded = round($value, 5);
        return $rounded == (int) $rounded ? (int) $rounded : $rounded;
    }

    /**
     * Moodle's language code as a language tag: en, de-AT. What is no such tag keeps its language; "und" where there is none.
     *
     * @param string $code such as en, en_us, de_kids
     * @return string
     */
    private static function language(string $code): string {
        if (!preg_match('/^([a-z]{2,3})(?:[_-]([a-z]{2}))?(?:[_-].*|$)/i', $code, $parts)) {
            return preg_match('/^[a-z]{2,3}(?=[_-])/i', $code, $parts) ? strtolower($parts[0]) : 'und';
        }
        return strtolower($parts[1]) . (empty($parts[2]) ? '' : '-' . strtoupper($parts[2]));
    }

    /**
     * A name without the tags that Moodle allows in names (multilang), on one line.
     *
     * @param string $text as Moodle stores it
     * @return string
     */
    private static function plain(string $text): string {
        $bare = preg_replace('~</?[a-zA-Z][^<>]*>~', '', $text);
        return trim(preg_replace('/\s+/', ' ', html_entity_decode($bare, ENT_QUOTES | ENT_HTML5, 'UTF-8')));
    }
}
