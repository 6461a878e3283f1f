"""From a statement to what it is evidence of: the shipped rules on what authoring tools and Moodle really send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from lrs_bridge.flows.unmapped import rule_to_paste
from lrs_bridge.learning.mappings import About, Accept, Pattern, Rule, Source
from lrs_bridge.learning.matching import (
    Match,
    Speaker,
    in_english,
    looks_like_completion,
    looks_like_course,
    match_statement,
)
from lrs_bridge.mapping_files import parse, read_folder
from lrs_bridge.moments import Calendar
from lrs_bridge.settings import SHIPPED_MAPPINGS

LONDON = Calendar(ZoneInfo("Europe/London"))
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOOLS = Path(__file__).parents[1] / "data" / "sources"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(TOOLS.glob("*.json"))}
MOODLE_FILES = ("moodle_forks", "moodle_logstore_old", "moodle_logstore_settings")

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
MODULE = "https://learning.example.org/cse/module"


@cache
def shipped() -> dict[str, str]:
    return read_folder(SHIPPED_MAPPINGS)


def source_of(key: str, edit) -> Source:
    """The shipped source, its file edited as an operator would."""
    files = dict(shipped())
    path = f"sources/{key}.yaml"
    written = yaml.safe_load(files[path])
    edit(written)
    files[path] = yaml.safe_dump(written)
    return parse(files, LONDON).mappings.sources[key]


@cache
def with_modules(key: str, *module_ids: str) -> Source:
    def fill_in(written: dict[str, Any]) -> None:
        assert len(written["defaults"]["about"]["activity"]) == 1
        written["defaults"]["about"]["activity"] = list(module_ids)

    return source_of(key, fill_in)


@cache
def moodle(*, idnumber: str = "", addresses: tuple[str, ...] = ()) -> Source:
    def fill_in(written: dict[str, Any]) -> None:
        for rule in written["rules"]:
            (name,) = rule["about"]["extension"]
            if idnumber and rule["course"] == "escb_basic":
                rule["about"]["extension"][name] = idnumber
        if addresses:  # the rule that the file shows, its “#” taken away
            written["rules"].append(
                {"name": "by address", "about": {"activity": list(addresses)}, "course": "escb_basic"}
            )

    return source_of("moodle", fill_in)


def credited(statement: dict[str, Any], source: Source) -> list[str]:
    matches, missed = match_statement(statement, source, NOW)
    assert missed is None or not matches
    return [match.key for match in matches if match.counts]


def cases(*stems: str):
    return [
        pytest.param(FILES[stem]["module_ids"], case, id=f"{stem}: {case['name']}")
        for stem in stems
        for case in FILES[stem]["cases"]
    ]


class TestAuthoringTools:
    @pytest.mark.parametrize("source", ["nwg", "set_toolbox"])
    @pytest.mark.parametrize(
        ("module_ids", "case"), cases(*(stem for stem in FILES if stem not in MOODLE_FILES))
    )
    def test_exactly_a_finish_of_the_module_counts(self, source, module_ids, case):
        course = {"nwg": "nwg_basic", "set_toolbox": "set_toolbox"}[source]
        expected = [course] if case["finishes_module"] else []
        assert credited(case["statement"], with_modules(source, *module_ids)) == expected, case["why"]

    def test_there_are_finishes_and_others_of_every_tool(self):
        for stem, file in FILES.items():
            told = {case["finishes_module"] for case in file["cases"]}
            assert told == {True, False}, stem

    def test_the_example_address_takes_nothing(self):
        source = parse(shipped(), LONDON).mappings.sources["nwg"]
        for file in FILES.values():
            for case in file["cases"]:
                assert credited(case["statement"], source) == []


class TestMoodle:
    @pytest.mark.parametrize(("module_ids", "case"), cases(*MOODLE_FILES))
    def test_by_address_exactly_a_completed_course_counts(self, module_ids, case):
        """A site that sends no idnumbers, or not of every course."""
        source = moodle(addresses=tuple(module_ids))
        assert credited(case["statement"], source) == (["escb_basic"] if case["finishes_module"] else []), (
            case["why"]
        )

    @pytest.mark.parametrize("case", [case for stem in MOODLE_FILES for case in FILES[stem]["cases"]])
    def test_by_idnumber_exactly_a_completed_course_that_has_it_counts(self, case):
        extensions = case["statement"]["object"].get("definition", {}).get("extensions", {})
        record = extensions.get("http://lrs.learninglocker.net/define/extensions/moodle_course", {})
        has_it = "CSE-BASIC-01" in (extensions.get(EXTERNAL_ID), record.get("idnumber"))
        expected = ["escb_basic"] if case["finishes_module"] and has_it else []
        assert credited(case["statement"], moodle(idnumber="CSE-BASIC-01")) == expected, case["why"]

    def test_every_course_can_be_told_by_old_and_new_releases(self):
        rules = parse(shipped(), LONDON).mappings.sources["moodle"].rules
        by_extension: dict[str, list[tuple[str, ...]]] = {}
        for rule in rules:
            ((name, values),) = rule.about.extension.items()
            assert rule.courses == values  # the shipped idnumbers are the courses' own keys
            by_extension.setdefault(name, []).append(rule.courses)
        new, old = by_extension.values()
        assert sorted(new) == sorted(old)
        assert len(new) == len(set(new)) == 9


def statement(verb: str = COMPLETED, what: str = MODULE, **members: Any) -> dict[str, Any]:
    return {
        "actor": {"mbox": "mailto:asha@example.org"},
        "verb": {"id": verb},
        "object": {"id": what, "definition": members.pop("definition", {})},
        **members,
    }


def rule(name: str = "one", course: str = "one", activity: str = MODULE, **accept: Any) -> Rule:
    given = {"verbs": (COMPLETED,), **accept}
    return Rule(name, About((Pattern.of(activity),)), Accept(**given), (course,))


def outcome(sent: dict[str, Any], *rules: Rule, happened: datetime = NOW):
    return match_statement(sent, Source("s", "S", rules), happened)


REFUSALS = {
    "a verb": (rule(), statement(PASSED), f"verb {PASSED} is not accepted as completion"),
    "success": (rule(), statement(result={"success": False}), "result.success is false"),
    "no success": (
        rule(success="true"),
        statement(result={}),
        "result.success is not given, and true is required",
    ),
    "success false where true is asked": (
        rule(success="true"),
        statement(result={"success": False}),
        "result.success is false, and true is required",
    ),
    "completion": (rule(), statement(result={"completion": False}), "result.completion is false"),
    "no completion": (
        rule(completion="true"),
        statement(),
        "result.completion is not given, and true is required",
    ),
    "a low score": (
        rule(min_scaled_score=0.8),
        statement(result={"score": {"scaled": 0.79}}),
        "result.score.scaled is 0.79, below 0.8",
    ),
    "no score": (
        rule(min_scaled_score=0.8),
        statement(result={"score": {"raw": 9}}),
        "result.score.scaled is not given, below 0.8",
    ),
    "too early": (
        rule(happened_from=NOW + timedelta(microseconds=1)),
        statement(),
        "happened before 2026-03-02T12:00:00.000001Z, from when the rule holds",
    ),
    "too late": (
        rule(happened_until=NOW),
        statement(),
        "happened after 2026-03-02T12:00:00.000000Z, until when the rule holds",
    ),
}


class TestAcceptance:
    @pytest.mark.parametrize(
        ("the_rule", "sent", "because"), [pytest.param(*case, id=name) for name, case in REFUSALS.items()]
    )
    def test_what_is_refused_says_by_which_condition(self, the_rule, sent, because):
        assert outcome(sent, the_rule) == ((Match("course", "one", counts=False, because=because),), None)

    @pytest.mark.parametrize(
        ("the_rule", "sent"),
        [
            (rule(success="any"), statement(result={"success": False})),
            (rule(completion="any"), statement(result={"completion": False})),
            (
                rule(success="true", completion="true"),
                statement(result={"success": True, "completion": True}),
            ),
            (rule(min_scaled_score=0.8), statement(result={"score": {"scaled": 0.8}})),
            (rule(happened_from=NOW, happened_until=NOW + timedelta(microseconds=1)), statement()),
            (rule(verbs=(PASSED, COMPLETED)), statement()),
        ],
    )
    def test_what_meets_them_just_so_counts(self, the_rule, sent):
        assert outcome(sent, the_rule) == ((Match("course", "one", counts=True, because="rule “one”"),), None)

    def test_one_rule_may_give_several_courses(self):
        both = Rule("both", About((Pattern.of(MODULE),)), Accept((COMPLETED,)), ("a", "b"))
        matches, _ = outcome(statement(), both)
        assert [(match.key, match.counts) for match in matches] == [("a", True), ("b", True)]


class TestOrder:
    def test_the_first_that_matches_wins(self):
        matches, _ = outcome(statement(), rule("first", "a"), rule("second", "b"))
        assert [(match.key, match.because) for match in matches] == [("a", "rule “first”")]

    def test_one_that_is_about_it_and_refuses_lets_the_next_accept(self):
        matches, _ = outcome(statement(), rule("first", "a", success="true"), rule("second", "b"))
        assert [(match.key, match.counts) for match in matches] == [("b", True)]

    def test_of_those_that_refuse_the_first_speaks(self):
        matches, _ = outcome(
            statement(), rule("first", "a", success="true"), rule("second", "b", completion="true")
        )
        assert [(match.key, match.counts) for match in matches] == [("a", False)]
        assert matches[0].because.startswith("result.success")


class TestAbout:
    @pytest.mark.parametrize(
        ("pattern", "iri", "takes"),
        [
            ("https://m.example/c?id=2", "https://m.example/c?id=2", True),
            ("https://m.example/c?id=2", "https://m.example/c?id=21", False),
            ("https://m.example/c?id=2*", "https://m.example/c?id=21", True),
            ("https://m.example/c?id=2", "https://m.example/cXid=2", False),
            ("*/course/view.php?id=*", "https://m.example/sub/course/view.php?id=7", True),
            ("*/course/view.php?id=*", "https://m.example/course/completion.php?id=7", False),
            ("https://*.example/[a]", "https://x.example/[a]", True),
            ("https://*.example/[a]", "https://x.example/a", False),
            ("urn:x:*", "urn:x:", True),
            ("urn:x:*", "urn:x:a\nb", True),
            ("*", "anything:at-all", True),
            ("HTTPS://m.example", "https://m.example", False),
        ],
    )  # fmt: skip
    def test_patterns(self, pattern, iri, takes):
        assert Pattern.of(pattern).takes(iri) is takes

    @pytest.mark.parametrize(
        ("value", "wanted", "takes"),
        [("42", "42", True), (42, "42", True), (True, "true", True), (False, "false", True), ("", "42", False), (None, "None", False), ({"a": 1}, "{'a': 1}", False), ([42], "42", False), ("CSE", "cse", False)],
    )  # fmt: skip
    def test_an_extension_is_compared_as_text(self, value, wanted, takes):
        about = About((), extension={"urn:x": (wanted,)})
        sent = statement(definition={"extensions": {"urn:x": value}})
        matches, _ = outcome(sent, Rule("r", about, Accept((COMPLETED,)), ("c",)))
        assert bool(matches) is takes

    def test_a_member_of_an_extension(self):
        about = About((), extension={"urn:x idnumber": ("42",)})
        the_rule = Rule("r", about, Accept((COMPLETED,)), ("c",))
        for value, takes in (({"idnumber": 42}, True), ({"id": 42}, False), ("42", False), (None, False)):
            assert bool(outcome(statement(definition={"extensions": {"urn:x": value}}), the_rule)[0]) is takes

    @pytest.mark.parametrize("place", ["grouping", "parent"])
    def test_the_company_an_activity_is_in(self, place):
        the_rule = Rule("r", About(**{place: (Pattern.of("urn:course:*"),)}), Accept((COMPLETED,)), ("c",))
        inside = statement(
            context={"contextActivities": {place: [{"id": "urn:other"}, {"id": "urn:course:1"}]}}
        )
        single = statement(context={"contextActivities": {place: {"id": "urn:course:1"}}})  # allowed by 1.0.x
        elsewhere = statement(context={"contextActivities": {"category": [{"id": "urn:course:1"}]}})
        assert [bool(outcome(sent, the_rule)[0]) for sent in (inside, single, elsewhere, statement())] == [
            True,
            True,
            False,
            False,
        ]

    def test_all_conditions_must_hold(self):
        the_rule = Rule("r", About((Pattern.of(MODULE),), ("urn:type",)), Accept((COMPLETED,)), ("c",))
        assert outcome(statement(definition={"type": "urn:type"}), the_rule)[0]
        assert not outcome(statement(definition={"type": "urn:other"}), the_rule)[0]
        assert not outcome(statement(what=MODULE + "/1", definition={"type": "urn:type"}), the_rule)[0]

    @pytest.mark.parametrize(
        "target",
        [
            {"objectType": "Agent", "mbox": "mailto:a@example.org"},
            {"objectType": "StatementRef", "id": "6ab48e8f-4f6d-5db0-8a10-da56b88e955f"},
            {"objectType": "SubStatement", "actor": {}, "verb": {"id": COMPLETED}, "object": {"id": MODULE}},
        ],
    )
    def test_only_an_activity_is_anything(self, target):
        sent = {**statement(), "object": target}
        assert outcome(sent, Rule("all", About((Pattern.of("*"),)), Accept((COMPLETED,)), ("c",))) == (
            (),
            None,
        )


class TestUnmapped:
    def test_the_nearest_rule_is_the_one_of_which_the_smaller_share_fails(self):
        far = Rule("far", About((Pattern.of("urn:a"),), ("urn:t",)), Accept((COMPLETED,)), ("c",))
        near = Rule("near", About((Pattern.of("urn:b"),), ("urn:course",)), Accept((COMPLETED,)), ("c",))
        sent = statement(
            what="urn:x", definition={"type": "urn:course", "name": {"cy": "Cwrs", "en-GB": "Course"}}
        )
        matches, missed = outcome(sent, far, near)
        assert not matches
        assert missed is not None
        assert (missed.nearest_rule, missed.failed) == ("near", "activity is urn:x, not urn:b")
        assert (missed.activity, missed.name, missed.activity_type, missed.verb) == (
            "urn:x",
            "Course",
            "urn:course",
            COMPLETED,
        )

    @pytest.mark.parametrize(
        ("about", "failed"),
        [
            (About(activity_type=("urn:t",)), "activity type is not given, not urn:t"),
            (About(extension={"urn:e": ("a",)}), "extension urn:e is not given, not a"),
            (About(grouping=(Pattern.of("urn:g"),)), "grouping holds none of urn:g"),
            (About(parent=(Pattern.of("urn:p"),)), "parent holds none of urn:p"),
            (About(tuple(map(Pattern.of, ("urn:1", "urn:2", "urn:3", "urn:4", "urn:5")))), f"activity is {MODULE}, not urn:1 or urn:2 or urn:3 or 2 more"),
        ],
    )  # fmt: skip
    def test_it_says_which_condition_failed(self, about, failed):
        _, missed = outcome(statement(), Rule("r", about, Accept((COMPLETED,)), ("c",)))
        assert missed is not None
        assert missed.failed == failed

    def test_an_extension_with_another_value(self):
        the_rule = Rule("r", About(extension={EXTERNAL_ID: ("a",)}), Accept((COMPLETED,)), ("c",))
        _, missed = outcome(statement(definition={"extensions": {EXTERNAL_ID: "b"}}), the_rule)
        assert missed is not None
        assert missed.failed == f"extension {EXTERNAL_ID} is “b”, not a"

    def test_without_any_rule(self):
        assert outcome(statement())[1].failed == "the source has no rules"
        _, missed = match_statement(statement(), None, NOW)
        assert missed is not None
        assert (missed.nearest_rule, missed.failed) == ("", "the credential names no source")

    @pytest.mark.parametrize(
        ("sent", "looks"),
        [
            (statement(), True),
            (statement("http://id.tincanapi.com/verb/completed"), True),
            (statement("http://adlnet.gov/expapi/verbs/experienced"), False),
            (statement("http://adlnet.gov/expapi/verbs/experienced", result={"completion": True}), True),
            (statement("http://adlnet.gov/expapi/verbs/answered", result={"success": True}), True),
            (
                statement(
                    "http://adlnet.gov/expapi/verbs/answered",
                    result={"success": True},
                    definition={"type": "http://adlnet.gov/expapi/activities/cmi.interaction"},
                ),
                False,
            ),
            (statement("http://adlnet.gov/expapi/verbs/experienced", result={"completion": False}), False),
        ],
    )
    def test_what_looks_like_a_completion(self, sent, looks):
        assert looks_like_completion(sent) is looks
        assert (outcome(sent)[1] is not None) is looks

    @pytest.mark.parametrize(
        ("activity_type", "looks"),
        [("http://adlnet.gov/expapi/activities/course", True), ("http://id.tincanapi.com/activitytype/lms/course", True), ("http://adlnet.gov/expapi/activities/module", False), ("", False)],
    )  # fmt: skip
    def test_courses_are_shown_first(self, activity_type, looks):
        assert looks_like_course(activity_type) is looks

    @pytest.mark.parametrize(
        ("names", "shown"),
        [({"fr": "Cours", "en": "Course"}, "Course"), ({"fr": "Cours", "EN-us": "Course"}, "Course"), ({"fr": "Cours", "de": "Kurs"}, "Cours"), ({}, "")],
    )  # fmt: skip
    def test_names_in_english_where_there_are(self, names, shown):
        assert in_english(names) == shown

    @pytest.mark.parametrize("stem", FILES)
    def test_the_rule_to_paste_works_when_pasted(self, stem):
        """For every completion that no shipped rule takes, whatever its source's defaults ask for."""
        key = "moodle" if stem in MOODLE_FILES else "nwg"
        shipped_source = parse(shipped(), LONDON).mappings.sources[key]
        for case in FILES[stem]["cases"]:
            sent = case["statement"]
            _, missed = match_statement(sent, shipped_source, NOW)
            if missed is None or not case["finishes_module"]:
                continue
            pasted = rule_to_paste(
                missed.activity, missed.activity_type, missed.name, [missed.verb], shipped_source
            )
            text = pasted.replace("PUT_THE_COURSE_HERE", "escb_basic")

            def paste(written: dict[str, Any], text: str = text) -> None:
                written["rules"] += yaml.safe_load(text)

            assert credited(sent, source_of(key, paste)) == ["escb_basic"]


class TestSpeaker:
    ACCOUNT = {"account": {"homePage": "https://moodle.example.org", "name": "3"}}  # noqa: RUF012  # never changed
    MAIL = {"mbox": "mailto:Asha@Council.GOV.UK"}  # noqa: RUF012  # never changed

    @pytest.mark.parametrize(
        "actor", [ACCOUNT, MAIL, {"mbox_sha1sum": "0" * 40}, {"openid": "https://a.example/"}]
    )
    def test_without_limits_it_may_speak_for_anybody(self, actor):
        assert Speaker().objection(actor) is None

    @pytest.mark.parametrize("actor", [ACCOUNT, MAIL])
    def test_a_test_credential_credits_nobody(self, actor):
        limits = {"home_pages": ("https://moodle.example.org",), "mail_domains": ("council.gov.uk",)}
        assert Speaker(test=True, **limits).objection(actor) == "sent with a test credential"

    @pytest.mark.parametrize(
        ("home_page", "allowed", "may"),
        [
            ("https://moodle.example.org", "https://moodle.example.org", True),
            ("https://moodle.example.org/", "https://moodle.example.org", True),
            ("https://moodle.example.org", "https://moodle.example.org/", True),
            ("https://Moodle.Example.ORG", "https://moodle.example.org", True),
            ("http://moodle.example.org", "https://moodle.example.org", False),
            ("https://moodle.example.org.evil.example", "https://moodle.example.org", False),
            ("https://moodle.example.org/other", "https://moodle.example.org", False),
            ("https://evil.example/https://moodle.example.org", "https://moodle.example.org", False),
        ],
    )
    def test_home_pages_are_compared_whole(self, home_page, allowed, may):
        objection = Speaker(home_pages=(allowed,)).objection(
            {"account": {"homePage": home_page, "name": "3"}}
        )
        said = f"outside what this credential may speak for: {home_page}"
        assert objection == (None if may else said)

    @pytest.mark.parametrize(
        ("mbox", "may"),
        [
            ("mailto:asha@council.gov.uk", True),
            ("mailto:Asha@COUNCIL.gov.UK", True),
            ("mailto:asha@schools.council.gov.uk", False),
            ("mailto:asha@notcouncil.gov.uk", False),
            ("mailto:council.gov.uk@evil.example", False),
            ("mailto:a@council.gov.uk@evil.example", False),
        ],
    )
    @pytest.mark.parametrize("domain", ["council.gov.uk", "Council.GOV.uk", "@council.gov.uk"])
    def test_mail_domains_are_compared_whole(self, mbox, may, domain):
        objection = Speaker(mail_domains=(domain,)).objection({"mbox": mbox})
        assert objection == (None if may else f"outside what this credential may speak for: {mbox}")

    @pytest.mark.parametrize("actor", [{"mbox_sha1sum": "0" * 40}, {"openid": "https://council.gov.uk/a"}])
    def test_with_limits_what_shows_no_domain_is_outside(self, actor):
        speaker = Speaker(home_pages=("https://council.gov.uk",), mail_domains=("council.gov.uk",))
        said = "outside what this credential may speak for: an identifier that shows no domain"
        assert speaker.objection(actor) == said

    def test_a_limit_of_one_kind_allows_nothing_of_the_other(self):
        assert Speaker(home_pages=("https://moodle.example.org",)).objection(self.MAIL) is not None
        assert Speaker(mail_domains=("council.gov.uk",)).objection(self.ACCOUNT) is not None
