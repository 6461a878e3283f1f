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
use local_lrsbridge\form\link_address_form;
use local_lrsbridge\form\link_code_form;
use local_lrsbridge\local\bridge_client;
use local_lrsbridge\local\link_result;
use local_lrsbridge\local\linking as work;

/**
 * Joining the account of whoever is signed in with an e-mail address, on "My CSE training": asking for a code, or typing it.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class linking implements renderable, templatable {
    /** @var link_address_form asks for the address */
    private readonly link_address_form $addressform;

    /** @var link_code_form asks for the code */
    private readonly link_code_form $codeform;

    /** @var string What came of what was asked, where it belongs to no field. */
    private string $message = '';

    /**
     * Made for a page.
     *
     * @param \moodle_url $page
     * @param bridge_client|null $client
     */
    public function __construct(
        /** @var \moodle_url the page that shows it */
        private readonly \moodle_url $page,
        /** @var bridge_client|null the one to ask by; null: a new one */
        private readonly ?bridge_client $client = null,
    ) {
        global $USER;
        $this->addressform = new link_address_form($this->here()->out(false));
        $this->addressform->set_data(['address' => $USER->email]);
        $this->codeform = new link_code_form($this->here()->out(false));
    }

    /**
     * Does what was asked by one of the forms.
     *
     * @return \moodle_url|null where to go on, so that reloading asks nothing again; null: here, where something is to be told
     */
    public function act(): ?\moodle_url {
        if ($asked = $this->addressform->get_data()) {
            return $this->send($asked->address);
        }
        $asked = $this->codeform->get_data();
        if (!$asked) {
            return null;
        }
        if (!empty($asked->other)) {
            work::forget();
            return $this->here();
        }
        if (!empty($asked->again) && work::pending() !== '') {
            return $this->send(work::pending());
        }
        return $this->take(link_code_form::digits($asked->code));
    }

    /**
     * What the template shows.
     *
     * @param renderer_base $output
     * @return array
     */
    public function export_for_template(renderer_base $output): array {
        $pending = work::pending();
        return [
            'message' => $this->message,
            'heading' => $pending === '' ? '' : get_string('link_typecode', 'local_lrsbridge', $pending),
            'isanother' => work::is_another(),
            'form' => ($pending === '' ? $this->addressform : $this->codeform)->render(),
        ];
    }

    /**
     * Has a code sent.
     *
     * @param string $address
     * @return \moodle_url|null as act()
     */
    private function send(string $address): ?\moodle_url {
        $result = work::send_code($address, $this->client);
        if ($result->kind === link_result::SENT) {
            return $this->here();
        }
        if ($result->kind === link_result::BAD_ADDRESS) {
            $this->addressform->show_error($result->message());
        } else {
            $this->message = $result->message();
        }
        return null;
    }

    /**
     * Hands in the code.
     *
     * @param string $code
     * @return \moodle_url|null as act()
     */
    private function take(string $code): ?\moodle_url {
        $result = work::take_code($code, $this->client);
        if ($result->kind === link_result::LINKED) {
            \core\notification::success($result->message());
            // Without a place of its own, a browser would stay at the place that the form was sent to.
            return new \moodle_url($this->page, null, 'user-notifications');
        }
        if ($result->kind === link_result::WRONG) {
            $this->codeform->show_error($result->message());
        } else {
            $this->message = $result->message();
        }
        return null;
    }

    /**
     * The place on the page, so that a browser shows it and not the page's top.
     *
     * @return \moodle_url
     */
    private function here(): \moodle_url {
        return new \moodle_url($this->page, null, 'elsewhere');
    }
}
