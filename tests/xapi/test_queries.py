from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from xapi.examples import AGENT, BOTH, GROUP

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi.agents import Ifi
from lrs_bridge.xapi.queries import StatementQuery, parse_query

ID = "6690E6C9-3ef0-4ed3-8b37-7f3964730bee"

# Each: the rule it breaks, where that is told, the parameters.
BROKEN_QUERIES = [
    ("XAPI-00324", "colour", {"colour": ["red"]}),
    ("XAPI-00325", "StatementId", {"StatementId": [ID]}),
    ("XAPI-00325", "Limit", {"Limit": ["1"]}),
    ("XAPI-00012", "statementId", {"statementId": ["wrong"]}),
    ("XAPI-00012", "voidedStatementId", {"voidedStatementId": [""]}),
    ("XAPI-00012", "registration", {"registration": ["x"]}),
    ("XAPI-00012", "verb", {"verb": ["did"]}),
    ("XAPI-00012", "activity", {"activity": ["not.an.iri/x"]}),
    ("XAPI-00012", "since", {"since": ["yesterday"]}),
    ("XAPI-00012", "until", {"until": ["2024-03-01T09:30:00 01:00"]}),
    ("XAPI-00012", "limit", {"limit": ["-1"]}),
    ("XAPI-00012", "limit", {"limit": ["1.5"]}),
    ("XAPI-00012", "limit", {"limit": ["١"]}),
    ("XAPI-00012", "ascending", {"ascending": ["True"]}),
    ("XAPI-00012", "related_agents", {"related_agents": ["1"]}),
    ("XAPI-00012", "format", {"format": ["EXACT"]}),
    ("XAPI-00012", "attachments", {"attachments": [""]}),
    ("XAPI-00012", "agent", {"agent": [json.dumps(GROUP)]}),
    ("XAPI-00034", "agent", {"agent": ["{}"]}),
    ("XAPI-00031", "agent", {"agent": ["5"]}),
    ("XAPI-00038", "agent.mbox", {"agent": ['{"mbox":"x"}']}),
    ("JSON", "agent", {"agent": ["wrong"]}),
    ("JSON", "agent", {"agent": ["\ud800"]}),
    ("Communication 2.1.3", "limit", {"limit": ["1", "2"]}),
    ("Communication 2.1.3", "statementId", {"statementId": [ID], "voidedStatementId": [ID]}),
    ("XAPI-00151", "verb", {"statementId": [ID], "verb": ["urn:x:y"]}),
    ("XAPI-00151", "cursor", {"statementId": [ID], "cursor": ["1"]}),
    ("XAPI-00150", "limit", {"voidedStatementId": [ID], "limit": ["1"], "format": ["ids"]}),
]


@pytest.mark.requirement(*sorted({rule for rule, *_ in BROKEN_QUERIES}))
@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("rule", "where", "args"), BROKEN_QUERIES)
def test_a_query_that_breaks_one_rule(rule, where, args, version):
    with pytest.raises(BadInput) as caught:
        parse_query(args, version)
    assert [(problem.rule, problem.where) for problem in caught.value.problems] == [(rule, where)]
    assert str(caught.value).encode()


def test_all_parameters():
    query = parse_query(
        {
            "agent": [json.dumps(AGENT)],
            "verb": ["urn:x:did"],
            "activity": ["https://example.org/a"],
            "registration": [ID],
            "since": ["2024-03-01T09:30:00+01:00"],
            "until": ["2024-03-02T00:00:00Z"],
            "limit": ["007"],
            "ascending": ["true"],
            "related_agents": ["true"],
            "related_activities": ["false"],
            "format": ["canonical"],
            "attachments": ["true"],
            "cursor": ["anything"],
        },
        "2.0.0",
    )
    assert query == StatementQuery(
        agent=Ifi("mbox", "mailto:anna@example.org"),
        verb="urn:x:did",
        activity="https://example.org/a",
        registration=ID.lower(),
        since=datetime(2024, 3, 1, 8, 30, tzinfo=UTC),
        until=datetime(2024, 3, 2, tzinfo=UTC),
        limit=7,
        ascending=True,
        related_agents=True,
        format="canonical",
        attachments=True,
        cursor="anything",
    )


def test_no_parameters_ask_for_everything():
    assert parse_query({}, "1.0.3") == StatementQuery()


@pytest.mark.parametrize(
    ("name", "field"), [("statementId", "statement_id"), ("voidedStatementId", "voided_statement_id")]
)
def test_an_id_goes_with_format_and_attachments(name, field):
    query = parse_query({name: [ID], "format": ["ids"], "attachments": ["false"]}, "1.0.3")
    assert getattr(query, field) == ID.lower()


def test_an_identified_group_and_an_enormous_limit():
    group = json.dumps({**GROUP, "openid": "https://team.example.org/"})
    query = parse_query({"agent": [group], "limit": ["9" * 10_000]}, "1.0.3")
    assert query.agent == Ifi("openid", "https://team.example.org/")
    assert query.limit >= 10**9


def test_timestamps_follow_the_edition():
    assert parse_query({"since": ["2024-03-01T09:30:00"]}, "1.0.3").since == datetime(
        2024, 3, 1, 9, 30, tzinfo=UTC
    )
    with pytest.raises(BadInput):
        parse_query({"since": ["2024-03-01T09:30:00"]}, "2.0.0")


def test_all_problems_are_told_and_a_plus_lost_on_the_way_is_recognised():
    with pytest.raises(BadInput) as caught:
        parse_query({"x": ["1"], "limit": ["x"], "until": ["2024-03-01T09:30:00 01:00"]}, "1.0.3")
    assert [problem.where for problem in caught.value.problems] == ["x", "limit", "until"]
    assert "%2B" in caught.value.problems[2].mend
