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
 * The settings, and the plugin's pages for administrators.
 *
 * @package    local_lrsbridge
 * @copyright  2026 the lrs_bridge maintainers
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_lrsbridge\local\statement_factory;

defined('MOODLE_INTERNAL') || die();

$ADMIN->add('localplugins', new admin_category('local_lrsbridge_pages', new lang_string('pluginname', 'local_lrsbridge')));

$settings = new admin_settingpage('local_lrsbridge', new lang_string('settings', 'local_lrsbridge'));

$ADMIN->add('local_lrsbridge_pages', $settings);
foreach (['courses', 'status', 'show', 'backfill'] as $page) {
    $ADMIN->add('local_lrsbridge_pages', new admin_externalpage(
        "local_lrsbridge_$page",
        new lang_string("menu_$page", 'local_lrsbridge'),
        new moodle_url("/local/lrsbridge/$page.php"),
        'local/lrsbridge:manage'
    ));
}

if ($ADMIN->fulltree) {
    $settings->add(new admin_setting_heading(
        'local_lrsbridge/connection',
        new lang_string('connection', 'local_lrsbridge'),
        new lang_string('connection_desc', 'local_lrsbridge', (new moodle_url('/local/lrsbridge/status.php'))->out())
    ));
    $settings->add(new admin_setting_configtext(
        'local_lrsbridge/endpoint',
        new lang_string('endpoint', 'local_lrsbridge'),
        new lang_string('endpoint_desc', 'local_lrsbridge'),
        '',
        PARAM_URL,
        60
    ));
    $settings->add(new admin_setting_configtext(
        'local_lrsbridge/key',
        new lang_string('key', 'local_lrsbridge'),
        new lang_string('key_desc', 'local_lrsbridge'),
        '',
        PARAM_RAW_TRIMMED,
        60
    ));
    $settings->add(new admin_setting_encryptedpassword(
        'local_lrsbridge/secret',
        new lang_string('secret', 'local_lrsbridge'),
        new lang_string('secret_desc', 'local_lrsbridge')
    ));

    $settings->add(new admin_setting_heading(
        'local_lrsbridge/what',
        new lang_string('what', 'local_lrsbridge'),
        new lang_string('what_desc', 'local_lrsbridge', (new moodle_url('/local/lrsbridge/courses.php'))->out())
    ));
    $kinds = [];
    foreach (statement_factory::KINDS as $kind) {
        $kinds[$kind] = new lang_string("kind_$kind", 'local_lrsbridge');
    }
    $settings->add(new admin_setting_configmulticheckbox(
        'local_lrsbridge/kinds',
        new lang_string('kinds', 'local_lrsbridge'),
        new lang_string('kinds_desc', 'local_lrsbridge'),
        ['course_completed' => 1],
        $kinds
    ));

    $settings->add(new admin_setting_heading(
        'local_lrsbridge/who',
        new lang_string('who', 'local_lrsbridge'),
        new lang_string('who_desc', 'local_lrsbridge', (new moodle_url('/local/lrsbridge/show.php'))->out())
    ));
    foreach (['name', 'email'] as $field) {
        $settings->add(new admin_setting_configcheckbox(
            "local_lrsbridge/send_$field",
            new lang_string("send_$field", 'local_lrsbridge'),
            new lang_string("send_{$field}_desc", 'local_lrsbridge'),
            0
        ));
    }
    $fields = [
        '' => new lang_string('send_nothing', 'local_lrsbridge'),
        'institution' => new lang_string('institution'),
        'department' => new lang_string('department'),
        'city' => new lang_string('city'),
    ];
    foreach ($DB->get_records('user_info_field', null, 'sortorder', 'id, shortname, name') as $field) {
        $fields["profile_field_$field->shortname"] = format_string($field->name);
    }
    foreach (['organisation', 'area'] as $field) {
        $settings->add(new admin_setting_configselect(
            "local_lrsbridge/send_$field",
            new lang_string("send_$field", 'local_lrsbridge'),
            new lang_string("send_{$field}_desc", 'local_lrsbridge'),
            '',
            $fields
        ));
    }

    $settings->add(new admin_setting_heading(
        'local_lrsbridge/watch',
        new lang_string('watch', 'local_lrsbridge'),
        ''
    ));
    $settings->add(new admin_setting_configtext(
        'local_lrsbridge/silenthours',
        new lang_string('silenthours', 'local_lrsbridge'),
        new lang_string('silenthours_desc', 'local_lrsbridge'),
        \local_lrsbridge\local\config::SILENT_HOURS,
        '/^[1-9][0-9]{0,3}$/',
        4
    ));
}
