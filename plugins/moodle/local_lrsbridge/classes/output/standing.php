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
 * One learner's standing, as the bridge told it, for the template of the same name.
 *
 * What is shown is text of the other side: the template escapes it, and no member is taken for granted.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class standing implements renderable, templatable {
    /** @var string[] What the bridge says of an area; anything else is shown as not eligible. */
    public const STATUSES = ['not_eligible', 'eligible', 'requested', 'returned', 'champion', 'left', 'legacy_unverified'];

    /** @var string[] How general safeguarding training compares with what goes with the tier. */
    public const COMPANION = ['met', 'not_met', 'not_recorded'];

    /**
     * Made from what the bridge told.
     *
     * @param array $standing one standing of the Read API
     * @param array[] $links of this site's courses: key of the bridge's course => [text, url]
     */
    public function __construct(
        /** @var array what the bridge told */
        private readonly array $standing,
        /** @var array[] this site's courses */
        private readonly array $links = [],
    ) {
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $tiers = array_map($this->tiers(...), self::objects($this->standing['tiers'] ?? null));
        $areas = array_map($this->area(...), self::objects($this->standing['champion'] ?? null));
        return [
            'isstale' => !empty($this->standing['is_stale']),
            'tiers' => $tiers,
            'hastiers' => (bool) $tiers,
            'areas' => $areas,
            'hasareas' => (bool) $areas,
            'notproven' => self::text($this->standing['not_proven'] ?? ''),
            'asof' => self::moment($this->standing['computed_at'] ?? null),
        ];
    }

    /**
     * One sentence for each framework, where there is no room for more.
     *
     * @return string[] plain text
     */
    public function summaries(): array {
        return array_column(array_map($this->tiers(...), self::objects($this->standing['tiers'] ?? null)), 'summary');
    }

    /**
     * The tiers of one framework.
     *
     * @param array $told
     * @return array
     */
    private function tiers(array $told): array {
        $attained = self::text($told['attained'] ?? '');
        $required = self::text($told['required'] ?? '');
        $isreached = $attained !== '';
        $progress = [];
        $names = [];
        foreach (self::objects($told['progress'] ?? null) as $one) {
            $key = self::text($one['tier'] ?? '');
            $total = max(0, (int) ($one['total'] ?? 0));
            $covered = min($total, max(0, (int) ($one['covered'] ?? 0)));
            $names[$key] = get_string('tiername', 'local_lrsbridge', ['key' => $key, 'name' => self::text($one['name'] ?? $key)]);
            $progress[$key] = [
                'name' => $names[$key],
                'covered' => $covered,
                'total' => $total,
                'percent' => $total ? (int) floor(100 * $covered / $total) : 0,
                'counted' => get_string('covered', 'local_lrsbridge', ['covered' => $covered, 'total' => $total]),
                'isreached' => $isreached,
                'isrequired' => $key === $required,
            ];
            // Tiers come lowest first, and each takes in those before it.
            $isreached = $isreached && $key !== $attained;
        }
        $order = array_keys($names);
        $isenough = $required !== '' && $attained !== ''
            && array_search($attained, $order, true) >= array_search($required, $order, true);
        $goal = $required !== '' && !$isenough ? $required : self::text($told['next'] ?? '');
        return [
            'framework' => self::text($told['framework']['name'] ?? ''),
            'summary' => $this->summary($attained, $required, $isenough, $names, $progress),
            'isenough' => $isenough,
            'progress' => array_values($progress),
            'missing' => $this->missing(self::objects($told['missing'] ?? null)),
            'missingtitle' => isset($names[$goal])
                ? get_string('missingfor', 'local_lrsbridge', $names[$goal])
                : get_string('missing', 'local_lrsbridge'),
            'hasmissing' => !empty($told['missing']),
            'companion' => $this->companion((array) ($told['companion'] ?? [])),
        ];
    }

    /**
     * Where the learner stands, in a sentence. Never "none": who has learned something is told what.
     *
     * @param string $attained key of the tier reached, empty where none is
     * @param string $required key of the tier asked for, empty where none is
     * @param bool $isenough
     * @param string[] $names of the tiers by key
     * @param array[] $progress by key, lowest tier first
     * @return string
     */
    private function summary(string $attained, string $required, bool $isenough, array $names, array $progress): string {
        $facts = ['reached' => $names[$attained] ?? $attained, 'required' => $names[$required] ?? $required];
        if ($attained !== '') {
            $name = $isenough ? 'standing_enough' : ($required === '' ? 'standing_reached' : 'standing_onway');
            if ($name === 'standing_onway') {
                $facts['counted'] = $progress[$required]['counted'] ?? '';
            }
            return get_string($name, 'local_lrsbridge', $facts);
        }
        $first = $progress[$required] ?? (reset($progress) ?: ['counted' => '', 'name' => '']);
        $facts += ['counted' => $first['counted'], 'first' => $first['name']];
        return get_string($required === '' ? 'standing_begun' : 'standing_begun_required', 'local_lrsbridge', $facts);
    }

    /**
     * What is missing: items that the same ways would give stand together.
     *
     * @param array[] $items
     * @return array[]
     */
    private function missing(array $items): array {
        $groups = [];
        foreach ($items as $item) {
            $isword = ($item['part'] ?? '') === 'word';
            $ways = array_map($this->way(...), self::objects($item['ways'] ?? null));
            $key = json_encode([$isword, $ways]);
            $groups[$key] ??= ['isword' => $isword, 'ways' => $ways, 'hasways' => (bool) $ways, 'items' => []];
            $groups[$key]['items'][] = ['key' => self::text($item['item'] ?? ''), 'text' => self::text($item['text'] ?? '')];
        }
        return array_values($groups);
    }

    /**
     * One way to get what is missing.
     *
     * @param array $way of an item or of a standard
     * @return array
     */
    private function way(array $way): array {
        $kind = $way['kind'] ?? '';
        $name = self::text($way['name'] ?? '');
        $courses = $kind === 'course' ? [$way['key'] ?? ''] : (array) ($way['courses'] ?? []);
        $links = [];
        foreach ($courses as $course) {
            if (is_string($course)) {
                $links = array_merge($links, $this->links[$course] ?? []);
            }
        }
        $text = match (true) {
            // A framework's way says "somebody's word" by its kind alone; a standard's names what is to be confirmed.
            $kind === 'attestation' && ($way['key'] ?? '') === 'attestation' => get_string('way_attestation', 'local_lrsbridge'),
            $kind === 'attestation' => get_string('way_confirmed', 'local_lrsbridge', $name),
            $kind === 'membership' => get_string('way_membership', 'local_lrsbridge', $name),
            default => $name,
        };
        return [
            'text' => $text,
            'where' => self::text($way['where'] ?? ''),
            'links' => $links,
            'together' => count($courses) > 1 && $kind !== 'course',
        ];
    }

    /**
     * How general safeguarding training compares.
     *
     * @param array $told
     * @return string plain text; empty where none goes with the tier
     */
    private function companion(array $told): string {
        $required = self::text($told['required'] ?? '');
        $status = $told['status'] ?? '';
        if ($required === '' || !in_array($status, self::COMPANION, true)) {
            return '';
        }
        $facts = [
            'required' => str_replace('_', ' ', $required),
            'level' => str_replace('_', ' ', self::text($told['level'] ?? '')),
        ];
        return get_string("companion_$status", 'local_lrsbridge', $facts);
    }

    /**
     * The champion standards of one area.
     *
     * @param array $told
     * @return array
     */
    private function area(array $told): array {
        $status = in_array($told['status'] ?? '', self::STATUSES, true) ? $told['status'] : 'not_eligible';
        $name = self::text($told['area']['name'] ?? '');
        $met = array_map(
            fn(array $one): array => ['ismet' => true, 'name' => self::text($one['name'] ?? ''), 'ways' => [], 'hasways' => false],
            self::objects($told['met'] ?? null)
        );
        $missing = [];
        foreach (self::objects($told['missing'] ?? null) as $one) {
            $ways = array_map($this->way(...), self::objects($one['ways'] ?? null));
            $missing[] = ['ismet' => false, 'name' => self::text($one['name'] ?? ''), 'ways' => $ways, 'hasways' => (bool) $ways];
        }
        $facts = ['met' => count($met), 'total' => count($met) + count($missing)];
        return [
            'title' => get_string('championin', 'local_lrsbridge', $name),
            'status' => get_string("champion_$status", 'local_lrsbridge'),
            'since' => self::moment($told['since'] ?? null),
            'statesince' => self::moment($told['state']['since'] ?? null),
            'counted' => get_string('standardsmet', 'local_lrsbridge', $facts),
            'standards' => array_merge($met, $missing),
            'islapsed' => $status === 'champion' && empty($told['standards_met']),
        ];
    }

    /**
     * A moment as a day that the reader understands.
     *
     * @param mixed $told an instant, or null
     * @return string plain text; empty where there is none
     */
    private static function moment($told): string {
        $time = is_string($told) ? strtotime($told) : false;
        return $time === false ? '' : userdate($time, get_string('strftimedate', 'langconfig'));
    }

    /**
     * The objects among what was told.
     *
     * @param mixed $told
     * @return array[]
     */
    private static function objects($told): array {
        return is_array($told) ? array_values(array_filter($told, 'is_array')) : [];
    }

    /**
     * A text among what was told.
     *
     * @param mixed $told
     * @return string
     */
    private static function text($told): string {
        return is_scalar($told) ? (string) $told : '';
    }
}
