"""The quick way finds the same as the thorough one, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi.broken_statements import BROKEN
from xapi.examples import BOTH, as_body
from xapi.mutations import mutations_of
from xapi.test_any_statement import any_statement, in_escapes, thorough

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi import documents, quick
from lrs_bridge.xapi.formats import definitions_in, shape_of
from lrs_bridge.xapi.strict_json import DEEPEST
from lrs_bridge.xapi.terms import terms_of
from lrs_bridge.xapi.validity import problems_of, problems_of_batch

PLAIN = {
    "actor": {"mbox": "mailto:asha.rao@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}},
    "object": {"id": "https://example.org/course/1", "definition": {"name": {"en": "One"}}},
    "context": {"platform": "Moodle"},
    "timestamp": "2026-03-02T09:00:00Z",
}
ID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
COMPACT = json.dumps(PLAIN, separators=(",", ":")).encode()


def thoroughly(body, version):
    """What the thorough way gives, or None where it finds anything wrong."""
    try:
        batch = documents.split(body)
    except BadInput:
        return None
    values = [sent.value for sent in batch]
    found = problems_of_batch(values, version) if batch.was_array else problems_of(values[0], version)
    return (
        None
        if found
        else [
            quick.Valid(
                sent.text, sent.value, shape_of(sent.value), terms_of(sent.value), definitions_in(sent.value)
            )
            for sent in batch
        ]
    )


def agree(body, version):
    found = quick.valid(body, version)
    assert found is None or found == thoroughly(body, version), body
    assert quick.valid(body, version) == found, "a second time, when it is remembered"
    return found


@thorough
@given(st.lists(any_statement, min_size=1, max_size=4), st.sampled_from(BOTH))
def test_of_any_statements_both_give_the_same(drawn, version):
    values = [statement for _, statement in drawn]
    agree(as_body(values), version)
    agree(json.dumps(values, separators=(",", ":")).encode(), version)
    agree(in_escapes(values).encode(), version)
    agree(as_body(values[0]), version)


@thorough
@given(any_statement, st.data())
def test_what_is_wrong_is_never_found_valid(drawn, data):
    version, statement = drawn
    mutation = data.draw(st.sampled_from(mutations_of(statement, version)))
    broken = mutation.of(statement)
    for body in (broken, [broken], [statement, broken]):
        assert agree(as_body(body), version) is None


@pytest.mark.parametrize("version", BOTH)
def test_no_broken_example_is_found_valid(version):
    for rule, versions, _, statement in BROKEN:
        if version in versions:
            assert quick.valid(as_body(statement), version) is None, rule


@thorough
@given(st.data(), st.sampled_from(BOTH))
def test_text_that_is_damaged_is_found_valid_by_neither_or_by_both(data, version):
    body = bytearray(COMPACT)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b" ", b'"', b"{", b"}", b",", b":", b"\\", b"\xff", b"\xef\xbb\xbf", b"0"])
        )
    agree(bytes(body), version)


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    "body",
    [COMPACT, as_body(PLAIN), b"\n" + COMPACT + b"\n", b"[" + COMPACT + b" , " + COMPACT + b"]", b"[]"],
)
def test_what_is_usual_goes_by_it(body, version):
    assert agree(body, version) is not None


@pytest.mark.parametrize(
    "body",
    [
        COMPACT[:-1] + b',"timestamp":"2026-03-02T09:00:00Z"}',
        COMPACT.replace(b'"verb":', b'"verb":{"id":"urn:x:y"},"verb":'),
        COMPACT.replace(b'"platform":"Moodle"', b'"platform":"Moodle","platform":"Moodle"'),
        b"[" + b",".join([COMPACT[:-1] + b',"id":"%b"}' % one.encode() for one in (ID, ID.upper())]) + b"]",
        COMPACT[:-1] + b',"id":""}',
        b'{"verb":1,' + COMPACT[1:],  # as long as if it were written with blanks
        COMPACT.replace(b'"verb"', b'"\\u0076erb"'),
        COMPACT + b"{}",
        b"\xef\xbb\xbf" + COMPACT,
        COMPACT.replace(b"Moodle", b"\xff"),
        COMPACT.replace(b"Moodle", b"\\ud800"),
        COMPACT.replace(
            b'"context":{', b'"context":{"extensions":{"urn:x:y":' + b"[" * 97 + b"]" * 97 + b"},"
        ),
    ],
)
def test_what_is_no_json_as_xapi_needs_it_is_left_to_the_thorough_way(body):
    assert agree(body, "1.0.3") is None


@pytest.mark.parametrize("levels", range(DEEPEST - 8, DEEPEST + 2))
@pytest.mark.parametrize("in_array", [False, True])
def test_however_deep_it_is_nested(levels, in_array):
    deep = b"[" * levels + b"]" * levels
    body = COMPACT.replace(b'"context":{', b'"context":{"extensions":{"urn:x:y":' + deep + b"},")
    agree(b"[" + body + b"]" if in_array else body, "1.0.3")


@pytest.mark.parametrize("order", [("object", "context"), ("context", "object")])
def test_of_an_activity_that_is_defined_twice_the_same_definition_holds_in_any_order(order):
    twice = "https://example.org/course/1"
    parts = {
        "object": {"id": twice, "definition": {"name": {"en": "of the object"}}},
        "context": {
            "contextActivities": {"parent": [{"id": twice, "definition": {"name": {"en": "of the context"}}}]}
        },
    }
    statement = {"actor": PLAIN["actor"], "verb": PLAIN["verb"], **{name: parts[name] for name in order}}
    [found] = agree(as_body(statement), "1.0.3")
    assert found.definitions == {twice: {"name": {"en": "of the context"}}}


def test_an_object_of_another_kind_or_a_void_is_left_to_the_thorough_way():
    for changed in (
        {"object": {"objectType": "StatementRef", "id": ID}},
        {"object": {"objectType": "Agent", "mbox": "mailto:ben@example.org"}},
        {"verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}},
    ):
        assert agree(as_body({**PLAIN, **changed}), "1.0.3") is None
