"""The plugin's PHP without Moodle: it parses, is in Moodle's style as far as PHP_CodeSniffer tells, and its pure classes do
what their tests say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins/moodle"
PLUGIN = PLUGINS / "local_lrsbridge"
PHP = sorted(PLUGIN.rglob("*.php"))
PURE = PLUGIN / "tests/pure"

HEADER = (
    "<?php\n"
    "// This file is part of Moodle - http://moodle.org/\n"
    "//\n"
    "// Moodle is free software: you can redistribute it and/or modify\n"
    "// it under the terms of the GNU General Public License as published by\n"
    "// the Free Software Foundation, either version 3 of the License, or\n"
    "// (at your option) any later version.\n"
)
STANDS_ALONE = re.compile(r"defined\('MOODLE_INTERNAL'\) \|\| die|require(_once)?\(|\bnamespace [\w\\]+;")

# a line that begins at the margin, and is neither a comment nor of a function
BESIDE_FUNCTIONS = re.compile(r"^(?!<\?php|//|/\*\*| \*|function |use |\}|    |$)", re.MULTILINE)


def name_of(path):
    return path.relative_to(PLUGIN).as_posix()


def said(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)
    return done.returncode, f"{done.stdout}\n{done.stderr}"


def test_every_file_parses(program):
    php = program("THE PLUGIN'S PHP", "php", "php-cli")
    assert len(PHP) > 5
    # One process for many files; `php -l` looks at one.
    lint = 'foreach (array_slice($argv, 1) as $f) { passthru(PHP_BINARY . " -l " . escapeshellarg($f), $r); $r && exit($r); }'
    status, told = said([php, "-r", lint, *map(str, PHP)])
    assert status == 0, told
    assert told.count("No syntax errors") == len(PHP)


def test_the_style_is_moodles(program):
    phpcs = program("THE PLUGIN'S STYLE", "phpcs", "php-codesniffer")
    status, told = said([phpcs, "--standard=phpcs.xml", "-s", "--no-colors"], cwd=PLUGINS)
    assert status == 0, told


def test_the_style_checks_find_something(program, tmp_path):
    phpcs = program("THE PLUGIN'S STYLE", "phpcs", "php-codesniffer")
    (tmp_path / "bad.php").write_text("<?php\nfunction a( $b )\n{\n\treturn array($b, TRUE);\n}\n")
    status, told = said([phpcs, f"--standard={PLUGINS / 'phpcs.xml'}", "-s", str(tmp_path / "bad.php")])
    assert status != 0
    for rule in ("DisallowLongArraySyntax", "LowerCaseConstant", "DisallowTabIndent", "OpeningFunctionBrace"):
        assert rule in told


@pytest.mark.parametrize("path", PHP, ids=name_of)
def test_every_file_says_whose_it_is_and_under_which_licence(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(HEADER) or text.removeprefix("#!/usr/bin/env php\n").startswith(HEADER)
    assert "@package    local_lrsbridge" in text
    assert "GNU GPL v3 or later" in text


@pytest.mark.parametrize("path", [path for path in PHP if "tests" not in path.parts], ids=name_of)
def test_nobody_gets_anywhere_by_calling_a_file_itself(path):
    """Each is a class, or holds functions alone, or refuses to run outside Moodle, or takes Moodle's config first."""
    text = path.read_text(encoding="utf-8")
    assert STANDS_ALONE.search(text) or not BESIDE_FUNCTIONS.search(text)


def test_the_pure_classes_do_what_their_tests_say(program):
    php = program("THE PLUGIN'S PURE CLASSES", "php", "php-cli")
    phpunit = program("THE PLUGIN'S PURE CLASSES", "phpunit", "phpunit")
    assert list(PURE.glob("*_test.php"))
    bootstrap = PURE / "bootstrap.php"
    options = ["--bootstrap", str(bootstrap)] if bootstrap.exists() else []
    command = [
        php,
        "-d",
        "error_reporting=-1",
        phpunit,
        "--no-configuration",
        "--fail-on-risky",
        "--fail-on-warning",
    ]
    status, told = said(
        [*command, *options, "--do-not-cache-result", "--test-suffix", "_test.php", str(PURE)]
    )
    assert status == 0, told
    assert re.search(r"OK \(\d+ tests?, \d+ assertions?\)", told), told


def test_the_english_strings_stand_in_order_and_none_is_missing():
    text = (PLUGIN / "lang/en/local_lrsbridge.php").read_text(encoding="utf-8")
    keys = re.findall(r"^\$string\['([^']+)'\]", text, re.MULTILINE)
    assert keys == sorted(set(keys))
    used = {
        key
        for path in PHP
        for key in re.findall(
            r"(?:get_string|lang_string|string_for_js)\(\s*'([\w:]+)',\s*'local_lrsbridge'",
            path.read_text("utf-8"),
        )
    }
    for path in PLUGIN.rglob("*.mustache"):
        used |= set(re.findall(r"\{\{#str\}\}\s*([\w:]+)\s*,\s*local_lrsbridge", path.read_text("utf-8")))
    assert used - set(keys) == set()
