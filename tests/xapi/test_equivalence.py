"""The exceptions of Data 2.3.1 change nothing; anything else does."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi.broken_statements import VOIDING
from xapi.examples import (
    ACCOUNT,
    ACTIVITY,
    AGENT,
    CONTEXT_2_0,
    FULL,
    GONE,
    GROUP,
    REFERENCE,
    SMALL,
    WITH_SUBSTATEMENT,
    changed,
)

from lrs_bridge.xapi.documents import parse
from lrs_bridge.xapi.equivalence import equivalent, fingerprint, voided_statement

SAME = [
    ("id", FULL["id"].upper()),
    ("id", GONE),
    ("stored", GONE),
    ("stored", "2030-01-01T00:00:00Z"),
    ("authority", AGENT),
    ("version", "1.0.0"),
    ("timestamp", "2024-03-01T10:30:00.0000+01:00"),
    ("timestamp", "2024-03-01T09:30:00.0004Z"),
    ("verb.display", {"fr": "terminé"}),
    ("object.definition", GONE),
    ("object.definition.name", {"en": "Physics"}),
    ("attachments", GONE),
    ("actor.mbox", "mailto:anna@EXAMPLE.org"),
    ("context.registration", FULL["context"]["registration"].upper()),
    ("context.statement.id", REFERENCE["id"].upper()),
    ("context.language", "EN-gb"),
    ("context.team.member", GROUP["member"][::-1]),
    ("context.instructor.member", GROUP["member"][::-1]),
    ("context.contextActivities.parent", ACTIVITY),
    ("context.contextActivities.grouping", [{**ACTIVITY, "definition": {"name": {"en": "x"}}}]),
    ("result.score.raw", 80.0),
    ("result.score.max", 1e2),
]
OTHER = [
    ("timestamp", "2024-03-01T09:30:00.001Z"),
    ("timestamp", GONE),
    ("actor.mbox", "mailto:Anna@example.org"),
    ("actor.name", "Anne"),
    ("actor", ACCOUNT),
    ("verb.id", "urn:example:other"),
    ("object.id", "urn:example:other"),
    ("object", AGENT),
    ("result.success", False),
    ("result.score.raw", 80.5),
    ("result.score.raw", "80"),
    ("result.score.raw", True),
    ("result.duration", "PT90M"),
    ("result.response", "Golf"),
    ("result.extensions", {}),
    ("context", GONE),
    ("context.registration", REFERENCE["id"]),
    ("context.language", "en"),
    ("context.team.member", GROUP["member"][:1]),
    ("context.contextActivities.parent", []),
    ("context.contextActivities.other", FULL["context"]["contextActivities"]["other"][::-1]),
    ("context.extensions", {"tag:example.org,2024:x": None}),
]


@pytest.mark.parametrize(("path", "value"), SAME)
def test_what_the_standard_excepts_changes_nothing(path, value):
    assert fingerprint(changed(FULL, (path, value))) == fingerprint(FULL)


@pytest.mark.parametrize(("path", "value"), OTHER)
def test_anything_else_makes_it_another_statement(path, value):
    assert fingerprint(changed(FULL, (path, value))) != fingerprint(FULL)
    assert len(fingerprint(FULL)) == 16


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("object.timestamp", "2034-03-01T10:30:00+01:00"),
        ("object.object.definition", {}),
        ("object.verb.display", {"en": "did"}),
    ],
)
def test_a_substatement_is_compared_alike(path, value):
    assert fingerprint(changed(WITH_SUBSTATEMENT, (path, value))) == fingerprint(WITH_SUBSTATEMENT)
    other = changed(WITH_SUBSTATEMENT, ("object.timestamp", GONE))
    assert fingerprint(other) != fingerprint(WITH_SUBSTATEMENT)


def test_people_in_the_context_of_2_0():
    reordered = changed(CONTEXT_2_0, ("context.contextGroups.0.group.member", GROUP["member"][::-1]))
    assert fingerprint(reordered) == fingerprint(CONTEXT_2_0)
    other = changed(CONTEXT_2_0, ("context.contextAgents.0.agent.mbox", "mailto:other@example.org"))
    assert fingerprint(other) != fingerprint(CONTEXT_2_0)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("P1DT12H36M0.1237S", "P1DT12H36M0.12S", True),
        ("PT0.125S", "PT0.129S", True),
        ("PT0.12S", "PT0.13S", False),
        ("PT0.1S", "PT0.10S", False),
        ("PT60S", "PT1M", False),
    ],
)
def test_durations_are_texts_down_to_a_hundredth(one, other, is_same):
    first, second = ({**SMALL, "result": {"duration": duration}} for duration in (one, other))
    assert (fingerprint(first) == fingerprint(second)) is is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("1", "1.0", True),
        ("10", "1e1", True),
        ("0", "-0.0", True),
        ("1e400", "10e399", True),
        ("1e400", "1" + "0" * 400, True),
        ("1e400", "1e401", False),
        ("1e400", "-1e400", False),
        ("9007199254740993", "9007199254740992", False),
        ("1" + "0" * 5000, "1e5000", True),
        ("1" + "0" * 4999 + "1", "1e5000", False),
        ("1", '"1"', False),
        ("1", "true", False),
        ("1e5000", '"1e5000"', False),
        ("1e9999999999999999999999", "-1e9999999999999999999999", False),
        ("0.1", "0.10", True),
        ("[1,2]", "[2,1]", False),
    ],
)
def test_numbers_are_compared_by_value(one, other, is_same):
    first, second = (
        {**SMALL, "result": {"extensions": {"urn:x:y": parse(text.encode())}}} for text in (one, other)
    )
    assert (fingerprint(first) == fingerprint(second)) is is_same


def _shuffled(value, chance):
    if isinstance(value, dict):
        items = [(name, _shuffled(content, chance)) for name, content in value.items()]
        chance.shuffle(items)
        return dict(items)
    return [_shuffled(content, chance) for content in value] if isinstance(value, list) else value


@given(st.randoms(use_true_random=False), st.sampled_from([FULL, WITH_SUBSTATEMENT, CONTEXT_2_0]))
def test_the_order_of_members_changes_nothing(chance: random.Random, statement):
    assert fingerprint(_shuffled(statement, chance)) == fingerprint(statement)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 (the strategy adds the zone)
    st.integers(-14 * 60, 14 * 60),
)
def test_one_instant_in_any_zone_is_one_timestamp(moment, minutes):
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    zone = timezone(timedelta(minutes=minutes))
    here, there = ({**SMALL, "timestamp": at.isoformat()} for at in (instant, instant.astimezone(zone)))
    later = {**SMALL, "timestamp": (instant + timedelta(seconds=1)).isoformat()}
    assert fingerprint(here) == fingerprint(there) != fingerprint(later)


def test_a_timestamp_that_the_lrs_had_to_assign_is_no_difference():
    bare = changed(FULL, ("timestamp", GONE))
    assert equivalent(bare, FULL)
    assert equivalent(FULL, bare)
    assert equivalent(FULL, FULL)
    assert not equivalent(FULL, changed(FULL, ("timestamp", "2025-01-01T00:00:00Z")))
    assert not equivalent(FULL, changed(bare, ("result", {})))


@pytest.mark.requirement("XAPI-00019", "XAPI-00020")
def test_the_statement_that_is_voided():
    voiding = {**VOIDING, "object": {**REFERENCE, "id": REFERENCE["id"].upper()}}
    assert voided_statement(voiding) == REFERENCE["id"]
    assert voided_statement(FULL) is None
    assert voided_statement({**SMALL, "object": REFERENCE}) is None
