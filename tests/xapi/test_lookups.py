"""Requests for agents and activities, and what they are answered with."""

from __future__ import annotations

import json

import pytest
from xapi.examples import AGENT, BOTH, GROUP

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi.lookups import (
    activity,
    parse_activity_query,
    parse_agent_query,
    person,
    refuse_parameters,
)

WHO = json.dumps(AGENT)
IDENTIFIED_GROUP = json.dumps({**GROUP, "openid": "https://team.example.org/"})
BROKEN_LOOKUPS = [
    ("XAPI-00243", parse_agent_query, {}),
    ("XAPI-00249", parse_agent_query, {"agent": ["wrong"]}),
    ("XAPI-00249", parse_agent_query, {"agent": ['{"objectType":"Agent"}']}),
    ("XAPI-00249", parse_agent_query, {"agent": [IDENTIFIED_GROUP]}),
    ("XAPI-00324", parse_agent_query, {"agent": [WHO], "since": ["1"]}),
    ("XAPI-00250", parse_activity_query, {}),
    ("XAPI-00012", parse_activity_query, {"activityId": ["one"]}),
    ("XAPI-00325", parse_activity_query, {"activityId": ["urn:a:b"], "activityid": ["urn:a:b"]}),
    ("Communication 2.4", parse_activity_query, {"activityId": ["urn:a:b", "urn:a:b"]}),
    ("XAPI-00324", refuse_parameters, {"x": ["1"]}),
]


@pytest.mark.requirement(*sorted({rule for rule, *_ in BROKEN_LOOKUPS}))
@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("rule", "parse", "args"), BROKEN_LOOKUPS)
def test_a_request_that_breaks_one_rule(rule, parse, args, version):
    with pytest.raises(BadInput) as caught:
        parse(args, version)
    assert [problem.rule for problem in caught.value.problems] == [rule]


def test_what_is_asked_for():
    assert parse_agent_query({"agent": [WHO]}, "1.0.3") == AGENT
    assert parse_activity_query({"activityId": ["urn:a:b"]}, "2.0.0") == "urn:a:b"
    refuse_parameters({}, "1.0.3")


def test_a_person_holds_lists():
    account = {"homePage": "https://example.org", "name": "7"}
    assert person({"name": "Anna", "account": account}, ["Anna", "Dr Anna"]) == {
        "objectType": "Person",
        "name": ["Anna", "Dr Anna"],
        "account": [account],
    }
    assert person({"openid": "https://a.example/"}, []) == {
        "objectType": "Person",
        "openid": ["https://a.example/"],
    }


def test_an_activity_without_definition_is_bare():
    assert activity("urn:a:b", None) == {"objectType": "Activity", "id": "urn:a:b"}
    assert activity("urn:a:b", {})["definition"] == {}
