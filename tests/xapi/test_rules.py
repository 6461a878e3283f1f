"""Every rule of the table is one that something is refused for, and nothing is refused for any other."""

from __future__ import annotations

import pytest
from xapi.broken_statements import BROKEN
from xapi.examples import REFERENCE, SMALL
from xapi.test_documents import REFUSED
from xapi.test_queries import BROKEN_QUERIES

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi.agents import parse_identifier
from lrs_bridge.xapi.documents import parse
from lrs_bridge.xapi.queries import parse_query
from lrs_bridge.xapi.rules import RULES
from lrs_bridge.xapi.validity import problems_of, problems_of_batch
from lrs_bridge.xapi.versions import negotiate


def _refusals():
    for _, versions, _, statement in BROKEN:
        for version in versions:
            yield from problems_of(statement, version)
    yield from problems_of_batch([{**SMALL, "id": REFERENCE["id"]}] * 2, "1.0.3")
    calls = [
        *((parse, (body,)) for body, _, _ in REFUSED),
        *((parse_query, (args, "1.0.3")) for _, _, args in BROKEN_QUERIES),
        (negotiate, (None,)),
        (negotiate, ("9",)),
        (parse_identifier, ("",)),
    ]
    for call, args in calls:
        with pytest.raises(BadInput) as caught:
            call(*args)
        yield from caught.value.problems


REFUSED_FOR = {problem.rule for problem in _refusals()}


@pytest.mark.parametrize("key", RULES)
def test_a_rule_is_exercised_and_told(key):
    assert key in REFUSED_FOR
    rule = RULES[key]
    assert rule.key == key
    assert rule.text
    assert rule.clause_1_0_3 or rule.clause_2_0_0


def test_nothing_is_refused_for_a_rule_that_is_not_in_the_table():
    assert set(RULES) >= REFUSED_FOR
