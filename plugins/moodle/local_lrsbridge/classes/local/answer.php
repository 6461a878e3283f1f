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
 * What came of one HTTP request.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class answer {
    /** @var int The HTTP status; 0 where there was no answer. */
    public readonly int $status;

    /** @var string The body; empty where there was no answer. */
    public readonly string $body;

    /** @var string[] Header name in lower case => value. */
    public readonly array $headers;

    /** @var string Why there was no answer, in curl's words; empty where there was one. */
    public readonly string $error;

    /** @var bool Whether Moodle itself refused the address, so that no request was made. */
    public readonly bool $blocked;

    /**
     * Takes the parts of an answer.
     *
     * @param int $status the HTTP status; 0 where there was no answer
     * @param string $body
     * @param string[] $headers name => value, names in any case
     * @param string $error why there was no answer
     * @param bool $blocked whether Moodle refused the address
     */
    public function __construct(int $status, string $body = '', array $headers = [], string $error = '', bool $blocked = false) {
        $this->status = $status;
        $this->body = $body;
        $this->headers = array_change_key_case($headers, CASE_LOWER);
        $this->error = $error;
        $this->blocked = $blocked;
    }

    /**
     * Whether the request did what it was for.
     *
     * @return bool
     */
    public function is_good(): bool {
        return $this->status === 200 || $this->status === 204;
    }

    /**
     * The body as JSON.
     *
     * @return array|null null where it is no JSON object or array
     */
    public function json(): ?array {
        $value = json_decode($this->body, true);
        return is_array($value) ? $value : null;
    }

    /**
     * The seconds that the server asks to wait (Retry-After, as seconds or as a date).
     *
     * @param int $now Unix time
     * @return int|null null where it asks for nothing, or in no known form
     */
    public function retry_after(int $now): ?int {
        $value = trim($this->headers['retry-after'] ?? '');
        if (preg_match('/^\d{1,9}$/', $value)) {
            return (int) $value;
        }
        $time = $value === '' ? false : strtotime($value);
        return $time === false ? null : max(0, $time - $now);
    }

    /**
     * The server's reason for a refusal, or what kept an answer from coming; one line for people.
     *
     * @return string
     */
    public function reason(): string {
        if ($this->blocked) {
            return 'Moodle itself refuses the address: see the cURL blocked hosts list (curlsecurityblockedhosts) and the cURL '
                . 'allowed ports list (curlsecurityallowedport). ' . $this->error;
        }
        if ($this->status === 0) {
            return $this->error === '' ? 'no answer' : $this->error;
        }
        $body = $this->json();
        $title = $body['detail'] ?? $body['title'] ?? '';
        $text = is_string($title) && $title !== '' ? $title : "HTTP $this->status";
        foreach (array_slice(is_array($body['problems'] ?? null) ? $body['problems'] : [], 0, 3) as $problem) {
            $text .= ' ' . self::told($problem);
        }
        return mb_strimwidth(trim(preg_replace('/\s+/u', ' ', $text) ?? "HTTP $this->status"), 0, 1000, '…', 'UTF-8');
    }

    /**
     * One of the bridge's problems, for people.
     *
     * @param mixed $problem as the answer has it: where, what, rule, mend
     * @return string
     */
    public static function told(mixed $problem): string {
        $parts = [];
        foreach (['where' => '%s:', 'what' => '%s', 'rule' => '[%s]', 'mend' => '→ %s'] as $name => $form) {
            if (is_array($problem) && is_string($problem[$name] ?? null) && $problem[$name] !== '') {
                $parts[] = sprintf($form, $problem[$name]);
            }
        }
        return implode(' ', $parts);
    }
}
