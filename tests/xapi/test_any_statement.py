"""Properties of any valid statement of either version, and of any that breaks one rule.

LRS_TEST_EXAMPLES=5000 runs more examples than the ordinary run does.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xapi.broken_statements import BROKEN
from xapi.examples import BOTH, CONTEXT_2_0, as_body
from xapi.mutations import mutations_of
from xapi.strategies import statements, written_otherwise
from xapi.test_validity import VALID

from lrs_bridge.xapi import documents, formats
from lrs_bridge.xapi.equivalence import equivalent, fingerprint
from lrs_bridge.xapi.validity import problems_of

ID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
SET = {
    "id": ID,
    "timestamp": "2026-03-02T09:00:00.000000Z",
    "stored": "2026-03-02T09:00:00.000000Z",
    "authority": {"account": {"homePage": "https://lrs.example", "name": "client:1"}},
}
MANY = int(os.environ.get("LRS_TEST_EXAMPLES", "0"))
thorough = settings(
    max_examples=MANY or 60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def of_any(version: str):
    return st.tuples(st.just(version), statements(version))


any_statement = st.sampled_from(BOTH).flatmap(of_any)


def given_back(sent: dict, **set_by_lrs) -> dict:
    """What GET gives of a statement that was sent: with all that the LRS sets, context activities in arrays."""
    told = json.loads(as_body(sent))
    for holder in (told, told["object"]):
        by_kind = holder.get("context", {}).get("contextActivities", {})
        for kind, found in by_kind.items():
            by_kind[kind] = found if isinstance(found, list) else [found]
    lower = {"id": told["id"].lower()} if "id" in told else {}
    kept = {name: set_by_lrs[name] for name in ("stored", "authority")}
    return {**set_by_lrs, **told, **lower, **kept}


def in_escapes(value: Any) -> str:
    """The same JSON, each character of its texts and names written as an escape."""
    if isinstance(value, str):
        units = value.encode("utf-16-be")
        return '"' + "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)) + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{in_escapes(key)} : {in_escapes(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " ,".join(map(in_escapes, value)) + "]"
    return json.dumps(value)


@thorough
@given(any_statement)
def test_it_has_no_problem(drawn):
    version, statement = drawn
    assert problems_of(statement, version) == []
    assert problems_of(documents.parse(as_body(statement)), version) == []


@thorough
@given(any_statement)
def test_it_is_given_out_as_it_came(drawn):
    version, statement = drawn
    set_ = {**SET, "id": statement.get("id", ID).lower()}
    shape = formats.shape_of(statement)
    ways = [(as_body(statement).decode(), shape), (in_escapes(statement), shape)]
    for written, known in [*ways, (in_escapes(statement), formats.UNKNOWN_SHAPE)]:
        text = formats.exact(
            written,
            known,
            id_=set_["id"],
            timestamp=set_["timestamp"],
            stored=set_["stored"],
            authority=json.dumps(set_["authority"]),
            version=version,
        )
        assert json.loads(text) == given_back(statement, **set_, version=version)
        for changed in (formats.ids, lambda one: formats.canonical(one, {}, ["en", "fr"])):
            told = documents.parse(formats.write(changed(formats.parse(text))).encode())
            assert problems_of(told, version) == []
            assert formats.activity_ids(told) == formats.activity_ids(formats.parse(text))


@thorough
@given(any_statement, st.randoms(use_true_random=False))
def test_it_is_the_same_however_it_is_written(drawn, chance):
    version, statement = drawn
    otherwise = written_otherwise(statement, chance)
    assert problems_of(otherwise, version) == []
    assert fingerprint(otherwise) == fingerprint(statement)
    without_time = {name: value for name, value in statement.items() if name != "timestamp"}
    assert equivalent(without_time, {**otherwise, "timestamp": SET["timestamp"]})
    assert equivalent(statement, {**otherwise, "id": ID, "version": "1.0.0", "stored": SET["stored"]})


@thorough
@given(any_statement)
def test_another_actor_verb_or_object_makes_it_another(drawn):
    _, statement = drawn
    for name, other in (
        ("actor", {"mbox": "mailto:nobody-else@example.org"}),
        ("verb", {"id": "urn:x:never-drawn"}),
        ("object", {"id": "urn:x:never-drawn"}),
        ("result", {"response": "never drawn, being too long"}),
        (
            "context",
            {"registration": "12345678-1234-4234-8234-123456789012", "platform": "never drawn either"},
        ),
    ):
        assert fingerprint({**statement, name: other}) != fingerprint(statement)


def told(statement: dict, version: str) -> list[tuple[str, str]]:
    return [(problem.rule, problem.where) for problem in problems_of(statement, version)]


@thorough
@given(any_statement, st.data())
def test_what_breaks_one_rule_is_refused_for_it_there(drawn, data):
    version, statement = drawn
    mutations = mutations_of(statement, version)
    for mutation in data.draw(st.lists(st.sampled_from(mutations), min_size=1, max_size=20)):
        found = told(mutation.of(statement), version)
        assert (mutation.rule, mutation.where) in found, mutation
        # What is wrong may be wrong for what stands beside it too, but nothing else is told.
        assert len(found) <= 3, mutation


@pytest.mark.parametrize("version", BOTH)
def test_each_mutation_of_the_examples(version):
    seen = set()
    for statement in [*VALID, *[CONTEXT_2_0] * (version == "2.0.0")]:
        for mutation in mutations_of(statement, version):
            assert (mutation.rule, mutation.where) in told(mutation.of(statement), version), mutation
            seen.add(mutation.rule)
    # What is no object at all has no place to be broken.
    assert {rule for rule, versions, *_ in BROKEN if version in versions} - seen == {"XAPI-00014"}
