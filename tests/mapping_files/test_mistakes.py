"""Whatever stands in the files, the answer is mappings, or every mistake with its place and what would be right."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_bridge.errors import BadMappings, Problem
from lrs_bridge.mapping_files import parse, read_folder
from lrs_bridge.moments import Calendar, Duration
from lrs_bridge.settings import SHIPPED_MAPPINGS

LONDON = Calendar(ZoneInfo("Europe/London"))

ESCB, SET, MOODLE, NWG = (
    "frameworks/escb.yaml",
    "champions/set.yaml",
    "sources/moodle.yaml",
    "sources/nwg.yaml",
)


@cache
def shipped() -> dict[str, str]:
    return read_folder(SHIPPED_MAPPINGS)


def changed(path: str, *edits: tuple[str, str]) -> dict[str, str]:
    """The shipped files with each text replaced by another; the text must be there."""
    files = dict(shipped())
    for old, new in edits:
        assert old in files[path], old
        files[path] = files[path].replace(old, new, 1)
    return files


def mistakes(files: dict[str, str]) -> list[str]:
    with pytest.raises(BadMappings) as refused:
        parse(files, LONDON)
    return [str(problem) for problem in refused.value.problems]


def line_of(files: dict[str, str], path: str, text: str) -> int:
    (found,) = [
        number for number, line in enumerate(files[path].splitlines(), 1) if line.strip().startswith(text)
    ]
    return found


TEN = {
    ESCB: [
        ("    inherits: T1\n", "    inherits: T0\n"),
        ("    companion: level_1\n", "    companion: levle_1\n"),
        ('  "2.4": {tier: T2, text: challenging “lifestyle choice”}\n', '  "2.4": {tier: T2}\n'),
        ("    name: Specialist CSE training\n", "    nmae: Specialist CSE training\n    name: Specialist\n"),
        ("    national: true\n", "    national: perhaps\n    valid_for: 3 years\n"),
    ],
    SET: [
        ("    areas: [southend, essex]\n", "    areas: [southend, essex, kent]\n"),
        ("transition_deadline: 2018-01-31 ", "transition_deadline: 31/01/2018 "),
        ("      - email: cse-champions@essex-lscb.example ", "      - email: the board "),
    ],
    NWG: [("    course: nwg_basic\n", "    course: ngw_basic\n")],
}


def test_ten_different_mistakes_are_told_at_once():
    files = dict(shipped())
    for path, edits in TEN.items():
        files |= {path: changed(path, *edits)[path]}
    assert mistakes(files) == GOLDEN.splitlines()


GOLDEN = """\
champions/set.yaml:13 transition_deadline: “31/01/2018” is not a day → a day such as 2026-03-31
champions/set.yaml:39 areas.essex.alerts[0].email: “the board” is not an e-mail address → such as board@example.org
champions/set.yaml:64 standards.nwg_member.areas[2]: unknown area “kent” → one of essex, southend, thurrock
frameworks/escb.yaml:25 tiers.T2.inherits: unknown tier “T0” → one of T1, T2, T3, T4, T5
frameworks/escb.yaml:26 tiers.T2.companion: unknown level “levle_1” → one of basic, level_1, level_2, level_3
frameworks/escb.yaml:64 items["2.4"].text: “text” is missing → write it as “text: …”
frameworks/escb.yaml:112 routes.nwg_basic.national: “perhaps” is neither true nor false → true or false
frameworks/escb.yaml:113 routes.nwg_basic.valid_for: “3 years” is not a length of time → such as P3Y, P18M or P90D (ISO 8601)
frameworks/escb.yaml:121 routes.specialist.nmae: there is no key “nmae” here → one of name, covers, all_of, national, valid_for, where
sources/nwg.yaml:24 rules[0].course: gives the course “ngw_basic”, which no framework or champions file uses → one of escb_basic, escb_missing, induction, nwg_basic, pace, safeguarding_basic, safeguarding_l1, safeguarding_l2, safeguarding_l3, set_toolbox, specialist"""


ONE = {
    "an unknown key": (
        MOODLE,
        "source: moodle\n",
        "source: moodle\nsorce: x\n",
        "sources/moodle.yaml:12 sorce: there is no key “sorce” here → one of source, name, defaults, rules, profiles, expect_within",
    ),
    "a site that is no address": (
        MOODLE,
        "name: Moodle\n",
        "name: Moodle\nprofiles: [{home_page: moodle.example.org, mail_domains: council.gov.uk}]\n",
        (
            "sources/moodle.yaml:13 profiles[0].home_page: “moodle.example.org” is no home page of accounts → the site's "
            "whole address, such as https://moodle.example.org"
        ),
    ),
    "a mail domain with its @": (
        MOODLE,
        "name: Moodle\n",
        'name: Moodle\nprofiles: [{home_page: "https://moodle.example.org", mail_domains: "@council.gov.uk"}]\n',
        (
            "sources/moodle.yaml:13 profiles[0].mail_domains: “@council.gov.uk” is no mail domain → what stands after the "
            "@, such as council.gov.uk"
        ),
    ),
    "a site that vouches for nothing": (
        MOODLE,
        "name: Moodle\n",
        'name: Moodle\nprofiles: [{home_page: "https://moodle.example.org"}]\n',
        "sources/moodle.yaml:13 profiles[0].mail_domains: “mail_domains” is missing → write it as “mail_domains: …”",
    ),
    "a key twice": (
        SET,
        "name: SET CSE Champions\n",
        "name: SET CSE Champions\nname: SET\n",
        "champions/set.yaml:10 name: the key stands twice, first in line 9 → keep one of them",
    ),
    "an item twice": (
        ESCB,
        '  "1.2": {tier: T1, text: spotting the signs}\n',
        '  "1.1": {tier: T1, text: spotting the signs}\n  "1.2": {tier: T1, text: signs}\n',
        'frameworks/escb.yaml:58 items["1.1"]: the key stands twice, first in line 57 → keep one of them',
    ),
    "nothing after a key": (
        ESCB,
        "  levels: [basic, level_1, level_2, level_3] ",
        "  levels: ",
        "frameworks/escb.yaml:48 companion.levels: nothing is written here → write a value, or take the key out",
    ),
    "null": (
        ESCB,
        "name: Essex CSE learning standards\n",
        "name: null\n",
        "frameworks/escb.yaml:11 name: nothing is written here → write a value, or take the key out",
    ),
    "an empty text": (
        ESCB,
        "name: Essex CSE learning standards\n",
        'name: " "\n',
        "frameworks/escb.yaml:11 name: the text is empty → write it, or take the key out",
    ),
    "a list where a text belongs": (
        MOODLE,
        "name: Moodle\n",
        "name: [Moodle]\n",
        "sources/moodle.yaml:12 name: is not one text → write one text, without “-”, “[” or “key:”",
    ),
    "a text where a list belongs": (
        ESCB,
        "areas: [essex]\n",
        "areas: essex\n",
        "frameworks/escb.yaml:15 areas: “essex” is not a list → write [one, two], or each on a line of its own after “- ”",
    ),
    "a text where keys belong": (
        MOODLE,
        "    about: {extension: {",
        '    about: "induction"\n    accept: {} # {{',
        "sources/moodle.yaml:31 rules[0].about: “induction” is where keys belong → write “key: value” lines, indented below it",
    ),
    "an activity that is no IRI": (
        NWG,
        "      - https://nwg-elearning.example/cse-basic-awareness ",
        "      - cse basic ",
        (
            "sources/nwg.yaml:13 defaults.about.activity[0]: “cse basic” is not an IRI → an IRI such as "
            "https://moodle.example.org/course/view.php?id=4, or one with * for any characters"
        ),
    ),
    "a verb that is no IRI": (
        NWG,
        "      verbs: http://adlnet.gov/expapi/verbs/terminated\n",
        "      verbs: terminated\n",
        "sources/nwg.yaml:28 rules[1].accept.verbs: “terminated” is not an IRI → it begins with a scheme such as https: and has no blanks",
    ),
    "an extension that is no IRI": (
        MOODLE,
        '"https://w3id.org/learning-analytics/learning-management-system/external-id": induction',
        "idnumber: induction",
        (
            "sources/moodle.yaml:31 rules[0].about.extension.idnumber: “idnumber” is not the name of an extension → an IRI; "
            "or an IRI, one blank and the name of a member"
        ),
    ),
    "an empty idnumber, which would match what has none": (
        MOODLE,
        'external-id": induction',
        'external-id": ""',
        (
            'sources/moodle.yaml:31 rules[0].about.extension["https://w3id.org/learning-analytics/learning-management-system/external-id"]: '
            "the text is empty → write it, or take the key out"
        ),
    ),
    "no activity at all": (
        NWG,
        "      - https://nwg-elearning.example/cse-basic-awareness ",
        "      [] ",
        "sources/nwg.yaml:12 defaults.about.activity: holds nothing → write at least one, or take the key out",
    ),
    "an outcome that there is not": (
        NWG,
        '      completion: "true"\n',
        "      completion: yes\n",
        "sources/nwg.yaml:29 rules[1].accept.completion: “yes” is none of the values that it may have → one of not_false, true, any",
    ),
    "a score out of range": (
        NWG,
        '      completion: "true"\n',
        "      min_scaled_score: 80\n",
        "sources/nwg.yaml:29 rules[1].accept.min_scaled_score: “80” can't be a scaled score → a number from -1 to 1",
    ),
    "a score that is no number": (
        NWG,
        '      completion: "true"\n',
        "      min_scaled_score: nan\n",
        "sources/nwg.yaml:29 rules[1].accept.min_scaled_score: “nan” is not a number → a number such as 0.8",
    ),
    "an unlikely day": (
        NWG,
        '      completion: "true"\n',
        "      from: 0217-01-01\n",
        "sources/nwg.yaml:29 rules[1].accept.from: “0217-01-01” is no likely day → a day such as 2026-03-31",
    ),
    "a key with blanks": (
        SET,
        "  thurrock:\n    name: Thurrock\n",
        "  south thurrock:\n    name: Thurrock\n",
        'champions/set.yaml:40 areas["south thurrock"]: “south thurrock” is no key → letters, digits, “_”, “-” and “.”, without blanks',
    ),
    "two ways at once": (
        SET,
        "      membership: nwg\n",
        "      membership: nwg\n      course: nwg_basic\n",
        (
            "champions/set.yaml:65 standards.nwg_member.met_by: doesn't say by what one thing it is met → "
            "exactly one of course, attestation, membership, any_of, all_of"
        ),
    ),
    "a length of time for several things": (
        SET,
        "      any_of:                   #",
        "      valid_for: P3Y\n      any_of:                   #",
        (
            "champions/set.yaml:57 standards.basic_cse.met_by: several things together have no valid_for → "
            "give it to each course, attestation or membership"
        ),
    ),
    "a webhook without a secret": (
        SET,
        "      - email: cse-champions@essex-lscb.example ",
        "      - webhook: https://essex-lscb.example/alerts ",
        (
            "champions/set.yaml:39 areas.essex.alerts[0]: the webhook has no signing secret → "
            "secret_variable: the name of the environment variable that holds it"
        ),
    ),
    "a secret in place of its variable": (
        SET,
        "      - email: cse-champions@essex-lscb.example ",
        "      - webhook: https://essex-lscb.example/alerts\n        secret_variable: s3cret-value ",
        (
            "champions/set.yaml:40 areas.essex.alerts[0].secret_variable: “s3cret-value” can't be an environment variable → "
            "such as ESSEX_WEBHOOK_SECRET"
        ),
    ),
    "nobody to tell": (
        SET,
        "      - email: cse-champions@essex-lscb.example ",
        "      - send: daily ",
        "champions/set.yaml:39 areas.essex.alerts[0]: doesn't say whom to tell → exactly one of email, webhook",
    ),
    "an unknown attestation": (
        SET,
        "        - attestation: working_knowledge ",
        "        - attestation: good_knowledge ",
        (
            "champions/set.yaml:54 standards.safeguarding_l2.met_by.all_of[1].attestation: unknown attestation “good_knowledge” → "
            "one of manager_support, working_knowledge"
        ),
    ),
    "an unknown area": (
        ESCB,
        "areas: [essex]\n",
        "areas: [essex, kent]\n",
        "frameworks/escb.yaml:15 areas[1]: unknown area “kent” → one of essex, southend, thurrock",
    ),
    "an unknown item": (
        ESCB,
        '    covers: ["3.3", "4.2"]\n',
        '    covers: ["3.3", "4.2", "4.9"]\n',
        (
            "frameworks/escb.yaml:117 routes.set_toolbox.covers[2]: unknown item “4.9” → "
            "one of 1.1, 1.2, 1.3, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9 …"
        ),
    ),
    "a national course on a local item": (
        ESCB,
        '"3.9", "4.4"]\n',
        '"3.9", "4.4", "2.8"]\n',
        (
            "frameworks/escb.yaml:113 routes.nwg_basic.covers[16]: a national course can't cover 2.8, which is local to Essex → "
            "leave the item out, or drop “national”"
        ),
    ),
    "an item that no way can meet": (
        ESCB,
        '  "5.8": {tier: T5, text: keeping up to date, practice: true}\n',
        '  "5.8": {tier: T5, text: keeping up to date}\n',
        (
            'frameworks/escb.yaml:95 items["5.8"]: no way can meet the knowledge of 5.8 → '
            "let a route cover it, or mark it local or practice so that somebody may attest it"
        ),
    ),
    "a standard by a course of no name": (
        SET,
        "        - course: specialist\n",
        "        - course: specalist\n",
        (
            "champions/set.yaml:61 standards.basic_cse.met_by.any_of[2].course: can't be met by “specalist”: no source rule, route or "
            "companion course has that name → one of escb_basic, escb_missing, induction, nwg_basic, pace, safeguarding_basic, "
            "safeguarding_l1, safeguarding_l2, safeguarding_l3, set_toolbox, specialist"
        ),
    ),
    "an equivalence with nothing": (
        ESCB,
        "equivalences: []\n",
        "equivalences:\n  - {course: kent_basic, counts_as: escb_basics, decided_by: the lead, basis: syllabus}\n",
        (
            "frameworks/escb.yaml:129 equivalences[0].counts_as: “escb_basics” is no course that a route, a standard or the companion "
            "asks for → one of escb_basic, escb_missing, induction, nwg_basic, pace, safeguarding_basic, safeguarding_l1, "
            "safeguarding_l2, safeguarding_l3, set_toolbox, specialist"
        ),
    ),
    "a name for a course of no rule": (
        ESCB,
        "  safeguarding_l1: Safeguarding level 1\n",
        "  safeguarding_1: Safeguarding level 1\n",
        (
            "frameworks/escb.yaml:137 course_names.safeguarding_1: no rule, route, standard or companion has a course of that name → "
            "one of escb_basic, escb_missing, induction, nwg_basic, pace, safeguarding_basic, safeguarding_l1, "
            "safeguarding_l2, safeguarding_l3, set_toolbox, specialist"
        ),
    ),
    "the bridge's own key": (
        MOODLE,
        "source: moodle\n",
        "source: bridge\n",
        "sources/moodle.yaml:11 source: “bridge” is this service itself → give the source a name of its own",
    ),
    "a source twice": (
        NWG,
        "source: nwg\n",
        "source: moodle\n",
        "sources/nwg.yaml:7 source: “moodle” is already the key of sources/moodle.yaml → give this file a key of its own",
    ),
}


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [pytest.param(*case, id=name) for name, case in ONE.items()],
)
def test_one_mistake_is_told_once_with_its_place_and_mend(path, old, new, said):
    assert mistakes(changed(path, (old, new))) == [said]


def test_every_mistake_says_what_would_be_right():
    for path, old, new, _ in ONE.values():
        with pytest.raises(BadMappings) as refused:
            parse(changed(path, (old, new)), LONDON)
        assert all(problem.mend for problem in refused.value.problems), old


def test_an_area_without_a_standard():
    files = changed(SET, ("standards:\n", "  kent: {name: Kent, board: Kent SCB}\n\nstandards:\n"))
    files[SET] = re.sub(
        r"(?m)^(  \w+:\n    name: .*\n)(    met_by:)",
        r"\1    areas: [essex, southend, thurrock]\n\2",
        files[SET],
    )
    line = line_of(files, SET, "kent:")
    assert mistakes(files) == [
        (
            f"champions/set.yaml:{line} areas.kent: the area has no standard, so everybody would be eligible → "
            "name the area in a standard's areas, or take it out"
        )
    ]


def notes(files):
    return [str(one) for one in parse(files, LONDON).warnings if "by hand" in str(one)]


def test_an_item_whose_only_course_no_source_gives_is_no_mistake_but_noted():
    """Face-to-face courses are recorded by hand, so somebody can meet it."""
    files = changed(
        ESCB,
        ("    covers: []      ", '    covers: ["5.9"]      '),
        ("\nroutes:\n", '  "5.9": {tier: T5, text: what PACE tells}\n\nroutes:\n'),
    )
    line = line_of(files, ESCB, '"5.9"')
    said = (
        f'frameworks/escb.yaml:{line} items["5.9"]: no source rule gives pace, so the knowledge of 5.9 is met only by what'
        " people record by hand → leave it so, or write a rule in sources/"
    )
    assert notes(files) == [said]
    files[NWG] = files[NWG].replace("    course: nwg_basic\n", "    course: [nwg_basic, pace]\n", 1)
    assert notes(files) == []
    assert parse(files, LONDON).mappings.frameworks["escb"].routes["pace"].covers == ("5.9",)


def test_so_is_a_standard_whose_only_course_no_source_gives():
    files = changed(SET, ("      course: set_toolbox\n", "      course: pace\n"))
    [note] = notes(files)
    assert "standards.set_toolbox: no source rule gives its courses" in note


def test_an_equivalence_opens_a_way():
    given = (
        "  - {course: kent_pace, counts_as: pace, decided_by: the lead, basis: syllabus, until: 2027-03-31}\n"
    )
    files = changed(
        ESCB,
        ("    covers: []      ", '    covers: ["5.9"]      '),
        ("\nroutes:\n", '  "5.9": {tier: T5, text: what PACE tells}\n\nroutes:\n'),
        ("equivalences: []\n", f"equivalences:\n{given}"),
    )
    assert len(notes(files)) == 1
    files[NWG] = files[NWG].replace("    course: nwg_basic\n", "    course: [nwg_basic, kent_pace]\n", 1)
    assert notes(files) == []
    (equal,) = parse(files, LONDON).mappings.frameworks["escb"].equivalences
    assert (equal.course, equal.counts_as) == ("kent_pace", "pace")
    assert equal.until == datetime(2027, 3, 31, 23, tzinfo=UTC)  # the day after begins in summer time


def test_an_unmeetable_word():
    files = changed(ESCB, ('  "5.8": {tier: T5, text: keeping up to date, practice: true}\n', ""))
    assert parse(files, LONDON).mappings.frameworks["escb"].items_up_to("T5")[-1].key == "5.7"


def test_tiers_that_inherit_in_a_circle():
    files = changed(ESCB, ("    who: all staff and volunteers\n", "    who: all staff\n    inherits: T3\n"))
    found = mistakes(files)
    assert found == [
        f"frameworks/escb.yaml:{line} tiers.{tier}.inherits: the tier inherits from itself, by a circle → "
        "let the lowest tier inherit nothing"
        for tier, line in (("T1", 21), ("T2", 26), ("T3", 31))
    ]


def test_two_frameworks_can_not_adopt_one_area():
    files = dict(shipped())
    files["frameworks/zz.yaml"] = files[ESCB].replace("framework: escb\n", "framework: other\n")
    assert mistakes(files) == [
        "frameworks/zz.yaml:15 areas[0]: the area “essex” is already adopted by frameworks/escb.yaml → name it in one of the two files"
    ]


def test_two_champions_files_can_not_declare_one_area():
    files = dict(shipped())
    files["champions/zz.yaml"] = files[SET].replace("champions: set\n", "champions: other\n")
    found = mistakes(files)
    assert [one.split(":")[1].split(" ")[1] for one in found] == [
        "areas.southend",
        "areas.essex",
        "areas.thurrock",
    ]


def test_a_mistake_in_one_file_is_not_laid_to_another():
    """Rules of every source give courses of this framework; its routes are still known to be there."""
    files = changed(ESCB, ("    name: In-house induction by the CSE champion or lead\n", ""))
    assert mistakes(files) == [
        "frameworks/escb.yaml:98 routes.induction.name: “name” is missing → write it as “name: …”"
    ]


def test_a_file_that_is_no_yaml_hides_no_other_mistake():
    files = changed(ESCB, ("tiers:\n", "tiers:\n\tT0: x\n"))
    files[NWG] = files[NWG].replace("name: NWG Network e-learning\n", "")
    assert mistakes(files) == [
        "frameworks/escb.yaml:18: not YAML: found character a tab that cannot start any token → indent with blanks, never with tabs",
        "sources/nwg.yaml:7 name: “name” is missing → write it as “name: …”",
    ]


BROKEN = {
    "an unfinished list": ("areas: [essex\n", "not YAML: "),
    "two documents": ("a: b\n---\nc: d\n", "not YAML: "),
    "a control character": ("a: \x07\n", "not YAML: the character U+0007 may not stand in it"),
    "nothing": ("", "the file holds no keys"),
    "only remarks": ("# nothing yet\n", "the file holds no keys"),
    "a list": ("- a\n- b\n", "the file holds no keys"),
    "a text": ("hello\n", "the file holds no keys"),
    "an alias that nobody set": ("a: *b\n", "not YAML: "),
    "an alias of itself": ("a: &a [*a]\n", "not a mapping file: it is nested too deeply"),
    "aliases that multiply": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
        ),
        "not a mapping file: it is nested too deeply, or its aliases multiply",
    ),
    "deeper than anybody writes": ("[" * 5000, "not a mapping file: it is nested too deeply"),
    "deep, and shut again": ("a: " + "[" * 60 + "]" * 60, "not a mapping file: it is nested too deeply"),
    "a list as a key": ("? [a, b]\n: c\n", "not a mapping file: a key is one text"),
    "keys as a key": ("? {a: b}\n: c\n", "not a mapping file: a key is one text"),
}


@pytest.mark.parametrize(("text", "said"), [pytest.param(*case, id=name) for name, case in BROKEN.items()])
def test_what_is_no_mapping_file(text, said):
    (found,) = mistakes({**shipped(), ESCB: text})
    assert found.startswith("frameworks/escb.yaml:")
    assert said in found


# --- how values are read ---------------------------------------------------------------------------------------------


def test_unquoted_keys_and_values_stay_text():
    files = changed(
        ESCB,
        (
            '  "5.8": {tier: T5, text: keeping up to date, practice: true}\n',
            "  5.10: {tier: T5, text: 010, practice: true}\n",
        ),
    )
    files[MOODLE] = files[MOODLE].replace('external-id": induction', 'external-id": 0042')
    mappings = parse(files, LONDON).mappings
    assert mappings.frameworks["escb"].items["5.10"].text == "010"
    assert ("0042",) in mappings.sources["moodle"].rules[0].about.extension.values()


def test_anchors_serve_those_who_know_them():
    files = changed(ESCB, ("areas: [essex]\n", "areas: &mine [essex]\n"), ("tiers:\n", "tiers:\n"))
    assert parse(files, LONDON).mappings.frameworks["escb"].areas == ("essex",)


@pytest.mark.parametrize("rewrite", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_windows_line_ends_and_byte_order_marks_are_taken(rewrite):
    plain, rewritten = (
        parse(files, LONDON).mappings for files in (shipped(), {k: rewrite(v) for k, v in shipped().items()})
    )
    assert rewritten.frameworks == plain.frameworks
    assert rewritten.champions == plain.champions
    assert rewritten.sources == plain.sources


def test_null_takes_a_default_away():
    files = changed(
        MOODLE,
        (
            "rules:\n",
            'rules:\n  - name: by address\n    about: {activity: "https://m.example.org/c?id=1", activity_type: null}\n    course: induction\n',
        ),
    )
    rule = parse(files, LONDON).mappings.sources["moodle"].rules[0]
    assert rule.about.activity_type == ()
    assert rule.about.activity[0].text == "https://m.example.org/c?id=1"
    assert rule.accept.verbs


def test_a_rule_must_be_about_some_activity_and_accept_some_verb():
    files = changed(
        NWG,
        ("      verbs: http://adlnet.gov/expapi/verbs/terminated\n", ""),
        (
            "  - name: NWG CSE basic awareness, wrapped SCORM\n",
            "  - name: wrapped\n    about: {activity: null}\n",
        ),
    )
    line = line_of(files, NWG, "- name: wrapped")
    assert mistakes(files) == [
        f"sources/nwg.yaml:{line} rules[1]: says of no activity that it is about it → give about one of activity, extension, grouping, parent",
        f"sources/nwg.yaml:{line} rules[1]: accepts no verb → give accept.verbs, here or in defaults",
    ]


def test_what_a_rule_says_outranks_the_defaults():
    files = changed(
        NWG,
        (
            "\nrules:\n",
            '  accept:\n    verbs: [https://example.org/v]\n    success: "true"\n    from: 2026-03-29\n    until: 2026-10-25\n\nrules:\n',
        ),
    )
    first, second = parse(files, LONDON).mappings.sources["nwg"].rules
    assert len(first.accept.verbs) == 4
    assert (second.accept.success, second.accept.completion) == ("true", "true")
    # the clocks change on both days
    assert first.accept.happened_from == datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert first.accept.happened_until == datetime(2026, 10, 26, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("P3Y", Duration(months=36)),
        ("P18M", Duration(months=18)),
        ("P2W", Duration(days=14)),
        ("P1Y6M", Duration(months=18)),
    ],
)
def test_lengths_of_time(written, meant):
    files = changed(ESCB, ("    national: true\n", f"    national: true\n    valid_for: {written}\n"))
    files[SET] = files[SET].replace(
        "      membership: nwg\n", f"      membership: nwg\n      valid_for: {written}\n"
    )
    mappings = parse(files, LONDON).mappings
    assert mappings.frameworks["escb"].routes["nwg_basic"].valid_for == meant
    assert mappings.champions["set"].standards["nwg_member"].need.valid_for == meant


@pytest.mark.parametrize("written", ["3Y", "P", "P0D", "-P1Y", "36", "P9999999999Y", "[P1Y]", "{a: b}"])
def test_what_is_no_length_of_time(written):
    files = changed(ESCB, ("    national: true\n", f"    national: true\n    valid_for: {written}\n"))
    (found,) = mistakes(files)
    assert found.startswith("frameworks/escb.yaml:113 routes.nwg_basic.valid_for: ")
    assert "such as P3Y" in found


def test_a_webhook_with_its_variable():
    files = changed(
        SET,
        (
            "      - email: cse-champions@essex-lscb.example ",
            "      - {webhook: https://board.example.org/x, secret_variable: LRS_BRIDGE_SECRET_ESSEX, send: daily} ",
        ),
    )
    (recipient,) = parse(files, LONDON).mappings.areas["essex"].recipients
    assert (recipient.channel, recipient.address, recipient.digest, recipient.secret_variable) == (
        "webhook",
        "https://board.example.org/x",
        "daily",
        "LRS_BRIDGE_SECRET_ESSEX",
    )


# --- the digest ------------------------------------------------------------------------------------------------------


def test_the_digest_names_content_and_time_zone_and_nothing_else():
    digest = parse(shipped(), LONDON).mappings.digest
    shuffled = list(shipped().items())
    random.Random(1).shuffle(shuffled)
    assert parse(dict(shuffled), LONDON).mappings.digest == digest
    assert parse(shipped(), Calendar(ZoneInfo("Europe/Paris"))).mappings.digest != digest
    for path in shipped():
        assert parse({**shipped(), path: shipped()[path] + "# seen\n"}, LONDON).mappings.digest != digest
    renamed = {path.replace("nwg", "nwg2"): text for path, text in shipped().items()}
    assert parse(renamed, LONDON).mappings.digest != digest


def test_parsing_again_gives_the_same():
    assert parse(shipped(), LONDON) == parse(dict(reversed(shipped().items())), LONDON)


# --- reading the folder ----------------------------------------------------------------------------------------------


def folder_with(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


def test_both_endings_are_read_and_hidden_files_are_not(tmp_path):
    files = {
        "sources/a.yaml": "a",
        "sources/b.yml": "b",
        "sources/.#a.yaml": "x",
        ".git/c.yaml": "x",
        "README.md": "x",
    }
    assert read_folder(folder_with(tmp_path, files)) == {"sources/a.yaml": "a", "sources/b.yml": "b"}


def test_what_can_not_be_read_is_told_with_its_place(tmp_path):
    files = {
        "sources/a.yaml": "name: Zoë\n".encode() + "key: Zoë\n".encode("cp1252"),
        "source/b.yaml": "a",
        "c.yaml": "a",
    }
    (folder_with(tmp_path, files) / "champions" / "d.yaml").mkdir(parents=True)
    with pytest.raises(BadMappings) as refused:
        read_folder(tmp_path)
    expected = "sources/*.yaml, frameworks/*.yaml, champions/*.yaml"
    assert [str(problem) for problem in refused.value.problems] == [
        f"c.yaml: lies in no folder that is read → {expected}",
        "champions/d.yaml: can't be read: Is a directory",
        f"source/b.yaml: lies in no folder that is read → {expected}",
        "sources/a.yaml:2: is not UTF-8 → save the file as UTF-8",
    ]


@pytest.mark.parametrize(("name", "what"), [("empty", "holds no mapping files"), ("nowhere", "is no folder")])
def test_a_folder_without_mapping_files(tmp_path, name, what):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadMappings, match=what):
        read_folder(tmp_path / name)


# --- whatever stands in the files ------------------------------------------------------------------------------------

VALUES = st.sampled_from(
    ["", "null", "[]", "{}", "[[]]", "{a: b}", "x", "'", '"', "-", "- a", "true", "0", "1e999", "*", "&a", "*a", "!!python/object:x {}", "?", "\t", "\x00", "ü", "\ud7ff", "9999-12-31", "P1Y", "[a, [b], {c: d}]", "T1", "essex", "nwg_basic"]
)  # fmt: skip


def delete_line(lines: list[str], place: int, _value: str) -> None:
    del lines[place]


def set_value(lines: list[str], place: int, value: str) -> None:
    key, colon, _ = lines[place].partition(":")
    lines[place] = f"{key}{colon} {value}"


def truncate(lines: list[str], place: int, _value: str) -> None:
    lines[place] = lines[place][: len(lines[place]) // 2]
    del lines[place + 1 :]


def repeat(lines: list[str], place: int, _value: str) -> None:
    lines.insert(place, lines[place])


def indent(lines: list[str], place: int, _value: str) -> None:
    lines[place] = "  " + lines[place]


def replace_scalar(lines: list[str], place: int, value: str) -> None:
    lines[place] = re.sub(r"[\w.]+(?=[,}\]\s]|$)", lambda _: value, lines[place], count=1)


MUTATIONS: list[Callable[[list[str], int, str], None]] = [
    delete_line,
    set_value,
    truncate,
    repeat,
    indent,
    replace_scalar,
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(shipped())), st.sampled_from(MUTATIONS), st.floats(0, 0.999), VALUES
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_edit_makes_anything_but_mappings_or_mistakes(edits):
    files = dict(shipped())
    for path, mutate, share, value in edits:
        lines = files[path].splitlines()
        if lines:
            mutate(lines, int(share * len(lines)), value)
        files[path] = "\n".join(lines) + "\n"
    outcome_of(files)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(shipped())),
    st.recursive(
        st.none() | st.text(max_size=5) | st.sampled_from(["essex", "T1", "nwg_basic"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rules", "tiers", "items", "areas", "name", "about", "T1", "met_by", "routes", "companion", "standards", "any_of", "covers"]), inner, max_size=5),
        max_leaves=12,
    ),
    st.sampled_from(["rules", "tiers", "items", "routes", "areas", "standards", "companion", "defaults", "equivalences", "document"]),
)  # fmt: skip
def test_no_value_of_a_key_makes_anything_else_either(path, value, key):
    written = yaml.safe_load(shipped()[path])
    written[key] = value
    outcome_of({**shipped(), path: yaml.safe_dump(written, allow_unicode=True)})


def outcome_of(files: dict[str, str]) -> None:
    """Any other exception than BadMappings is the test's failure."""
    try:
        problems = list(parse(files, LONDON).warnings)
    except BadMappings as refused:
        problems = list(refused.problems) or [Problem("", "nothing was said")]
    for problem in problems:
        path, line = re.match(r"([\w/]+\.yaml):(\d+)", problem.where).groups()
        assert 1 <= int(line) <= len(files[path].splitlines()) + 1
        assert problem.what
