"""Which document a request names, what may be merged, and when it may be changed."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi.examples import AGENT, BOTH, GROUP

from lrs_bridge.errors import BadInput, Conflict, PreconditionFailed
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import Ifi
from lrs_bridge.xapi.document_queries import (
    DocumentQuery,
    checked_type,
    parse_document_query,
    posted,
)
from lrs_bridge.xapi.preconditions import Preconditions, etag_of

ACTIVITY = "https://example.org/activities/1"
REGISTRATION = "6690E6C9-3ef0-4ed3-8b37-7f3964730bee"
ANNA = Ifi("mbox", "mailto:anna@example.org")
METHODS = ("GET", "PUT", "POST", "DELETE")
NEEDED = {
    "state": {"activityId": [ACTIVITY], "agent": [json.dumps(AGENT)], "stateId": ["bookmark"]},
    "activity": {"activityId": [ACTIVITY], "profileId": ["outline"]},
    "agent": {"agent": [json.dumps(AGENT)], "profileId": ["wishes"]},
}
RULES_OF_PARAMETERS = {
    "missing": {
        ("state", "activityId"): ("XAPI-00208", "XAPI-00210", "XAPI-00209", "XAPI-00207"),
        ("state", "agent"): ("XAPI-00213", "XAPI-00215", "XAPI-00214", "XAPI-00212"),
        ("state", "stateId"): (None, "XAPI-00206", "XAPI-00211", None),
        ("agent", "agent"): ("XAPI-00261", "XAPI-00264", "XAPI-00263", "XAPI-00262"),
        ("agent", "profileId"): (None, "XAPI-00267", "XAPI-00266", "XAPI-00265"),
        ("activity", "activityId"): ("XAPI-00296", "XAPI-00299", "XAPI-00298", "XAPI-00297"),
        ("activity", "profileId"): (None, "XAPI-00302", "XAPI-00301", "XAPI-00300"),
    },
    "wrong": {
        ("state", "agent"): ("XAPI-00197", "XAPI-00199", "XAPI-00198", "XAPI-00196"),
        ("state", "registration"): ("XAPI-00201", "XAPI-00203", "XAPI-00202", "XAPI-00200"),
        ("state", "since"): ("XAPI-00204", "XAPI-00324", "XAPI-00324", "XAPI-00324"),
        ("state", "activityId"): ("XAPI-00012",) * 4,
        ("agent", "agent"): ("XAPI-00258", "XAPI-00257", "XAPI-00256", "XAPI-00255"),
        ("agent", "since"): ("XAPI-00260", "XAPI-00324", "XAPI-00324", "XAPI-00324"),
        ("agent", "registration"): ("XAPI-00324",) * 4,
        ("agent", "activityId"): ("XAPI-00324",) * 4,
        ("activity", "activityId"): ("XAPI-00012",) * 4,
        ("activity", "since"): ("XAPI-00295", "XAPI-00324", "XAPI-00324", "XAPI-00324"),
        ("activity", "agent"): ("XAPI-00324",) * 4,
    },
}


def _broken():
    for fault, table in RULES_OF_PARAMETERS.items():
        for (kind, name), rules in table.items():
            for method, rule in zip(METHODS, rules, strict=True):
                args = {key: values for key, values in NEEDED[kind].items() if key != name}
                if fault == "wrong":
                    args[name] = ["wrong"]
                if rule:
                    yield rule, name, kind, method, args
    twice = {**NEEDED["activity"], "profileId": ["a", "b"]}
    yield "Communication 2.2", "profileId", "activity", "GET", twice
    yield "XAPI-00325", "ProfileId", "activity", "GET", {**NEEDED["activity"], "ProfileId": ["a"]}


BROKEN_DOCUMENT_QUERIES = list(_broken())
"""Each: the rule it breaks, where that is told, and what parse_document_query was given."""


@pytest.mark.requirement(*sorted({rule for rule, *_ in BROKEN_DOCUMENT_QUERIES}))
@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("rule", "where", "kind", "method", "args"), BROKEN_DOCUMENT_QUERIES)
def test_a_request_that_breaks_one_rule(rule, where, kind, method, args, version):
    with pytest.raises(BadInput) as caught:
        parse_document_query(kind, method, args, version)
    assert [(problem.rule, problem.where) for problem in caught.value.problems] == [(rule, where)]


@pytest.mark.parametrize("agent", ["5", "{}", '{"mbox":"x"}', json.dumps(GROUP)])
def test_an_agent_that_is_none_is_told_where_it_is_wrong(agent):
    with pytest.raises(BadInput) as caught:
        parse_document_query("agent", "GET", {"agent": [agent]}, "1.0.3")
    assert {problem.rule for problem in caught.value.problems} == {"XAPI-00258"}
    assert all(problem.where.startswith("agent") for problem in caught.value.problems)


def test_all_problems_are_told():
    args = {"agent": ["{}"], "registration": ["1"], "colour": ["red"]}
    with pytest.raises(BadInput) as caught:
        parse_document_query("state", "PUT", args, "1.0.3")
    assert [problem.where for problem in caught.value.problems] == [
        "agent", "registration", "colour", "activityId", "stateId",
    ]  # fmt: skip


def test_what_each_kind_is_named_by():
    state = {**NEEDED["state"], "registration": [REGISTRATION]}
    assert parse_document_query("state", "PUT", state, "1.0.3") == DocumentQuery(
        "state", ACTIVITY, ANNA, uuid.UUID(REGISTRATION), "bookmark"
    )
    assert parse_document_query("activity", "POST", NEEDED["activity"], "2.0.0") == DocumentQuery(
        "activity", activity=ACTIVITY, name="outline"
    )
    group = {"agent": [json.dumps({**GROUP, "openid": "https://team.example.org/"})]}
    since = {"since": ["2024-03-01T09:30:00Z"]}
    assert parse_document_query("agent", "GET", group | since, "2.0.0") == DocumentQuery(
        "agent",
        agent=Ifi("openid", "https://team.example.org/"),
        since=datetime(2024, 3, 1, 9, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, "application/octet-stream"),
        ("", "application/octet-stream"),
        ("Text/HTML; charset=utf-8", "Text/HTML; charset=utf-8"),
        ("not/json", "not/json"),
    ],
)
def test_the_type_that_is_kept(sent, kept):
    assert checked_type(sent) == kept


@pytest.mark.parametrize("sent", ["json", "text/html\r\nSet-Cookie: a=b", "text/html\x00", "text/ü"])
def test_a_type_that_is_none(sent):
    with pytest.raises(BadInput) as caught:
        checked_type(sent)
    assert [problem.rule for problem in caught.value.problems] == ["Communication 2.2"]


# --- merging ---------------------------------------------------------------------------------------------------------

HELD = ("application/json", b'{"a": 1.50, "b" :{"x":1}}')
REFUSED_POSTS = [
    ("not_json", "text/plain", b"{}", HELD),
    ("held_is_not", "application/json", b"{}", ("text/plain", b"{}")),
    ("held_is_not", "application/json", b"{}", ("application/json", b"[]")),
    ("held_is_not", "application/json", b"{}", ("application/json", b"{")),
    ("no_object", "application/json", b"[]", HELD),
    ("no_object", "application/json", b"{]", HELD),
    ("no_object", "application/json", b"\xff", HELD),
    ("no_object", "application/json", b'{"a":1,"a":2}', None),
    ("no_object", "application/json; charset=utf-8", b"1", None),
]
POST_RULES = {
    "state": {"not_json": "XAPI-00232", "held_is_not": "XAPI-00229", "no_object": "XAPI-00235"},
    "agent": {"not_json": "XAPI-00278", "held_is_not": "XAPI-00281", "no_object": "XAPI-00284"},
    "activity": {"not_json": "XAPI-00309", "held_is_not": "XAPI-00313", "no_object": "XAPI-00314"},
}


@pytest.mark.requirement(*{rule for rules in POST_RULES.values() for rule in rules.values()})
@pytest.mark.parametrize("kind", POST_RULES)
@pytest.mark.parametrize(("fault", "content_type", "body", "held"), REFUSED_POSTS)
def test_what_cannot_be_merged(kind, fault, content_type, body, held):
    with pytest.raises(BadInput) as caught:
        posted(kind, content_type, body, held)
    assert [problem.rule for problem in caught.value.problems] == [POST_RULES[kind][fault]]


def test_both_sides_are_told():
    with pytest.raises(BadInput) as caught:
        posted("state", "text/plain", b"", ("image/png", b""))
    assert [problem.rule for problem in caught.value.problems] == ["XAPI-00232", "XAPI-00229"]


def test_a_post_merges_top_level_members_and_keeps_the_bytes_of_each():
    body = b'\xef\xbb\xbf{"b": [1e999], "c": 99999999999999999999}'
    assert posted("state", "Application/JSON;charset=utf-8", body, HELD) == (
        b'{"a":1.50,"b":[1e999],"c":99999999999999999999}'
    )


@pytest.mark.requirement("XAPI-00233", "XAPI-00280", "XAPI-00310")
@pytest.mark.parametrize("content_type", ["image/png", "application/json"])
def test_the_first_post_is_kept_as_it_is(content_type):
    assert posted("state", content_type, b'{ "a" : 1 }', None) == b'{ "a" : 1 }'


_MEMBERS = st.dictionaries(
    st.text(max_size=3), st.none() | st.integers() | st.text() | st.lists(st.booleans()), max_size=4
)


@given(_MEMBERS, _MEMBERS)
def test_merging_is_a_union_in_which_the_new_wins(old, new):
    text = [json.dumps(one).encode() for one in (old, new)]
    merged = posted("agent", "application/json", text[1], ("application/json", text[0]))
    assert documents.parse(merged) == old | new


# --- preconditions ---------------------------------------------------------------------------------------------------

TAG, OTHER = etag_of(b"a"), etag_of(b"b")


def test_the_tag_is_the_sha_1_of_the_content():
    assert etag_of(b"abc") == "a9993e364706816aba3e25717850c26c9cd0d89d"


@pytest.mark.parametrize(
    "header", [f'"{TAG}"', f'W/"{TAG}"', TAG, f'"{OTHER}", "{TAG}"', f'"{OTHER}","{TAG}"', "*", " * "]
)
def test_headers_that_name_the_document(header):
    Preconditions(if_match=header).check(TAG)
    with pytest.raises(PreconditionFailed):
        Preconditions(if_none_match=header).check(TAG)


@pytest.mark.parametrize("header", [f'"{OTHER}"', f'"{TAG}x"', f'"{TAG[:-1]}"', "", '""', '"*"', ","])
def test_headers_that_do_not(header):
    Preconditions(if_none_match=header).check(TAG)
    with pytest.raises(PreconditionFailed):
        Preconditions(if_match=header).check(TAG)


@pytest.mark.parametrize("header", [f'"{TAG}"', "*"])
def test_nothing_is_there_to_be_named(header):
    Preconditions(if_none_match=header).check(None)
    with pytest.raises(PreconditionFailed):
        Preconditions(if_match=header).check(None)


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("kind", ["state", "activity", "agent"])
def test_what_a_change_must_say(kind, version):
    silent = Preconditions()
    for method in ("POST", "DELETE"):
        for etag in (None, TAG):
            silent.check_change(kind, method, version, etag)
    profile, old = kind != "state", version == "1.0.3"
    if profile and old:
        with pytest.raises(BadInput) as caught:
            silent.check_change(kind, "PUT", version, None)
        assert [problem.rule for problem in caught.value.problems] == ["XAPI-00322"]
    else:
        silent.check_change(kind, "PUT", version, None)
    if profile or not old:
        with pytest.raises(Conflict, match=f'If-Match: "{TAG}"'):
            silent.check_change(kind, "PUT", version, TAG)
    else:
        silent.check_change(kind, "PUT", version, TAG)
    Preconditions(may_be_silent=True).check_change(kind, "PUT", version, None)
    Preconditions(if_match=TAG).check_change(kind, "PUT", version, TAG)
    Preconditions(if_none_match="*").check_change(kind, "PUT", version, None)
