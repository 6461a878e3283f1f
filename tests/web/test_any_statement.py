"""Any valid statement over HTTP comes back as it was sent and is computed; what breaks a rule is refused and not kept."""

from __future__ import annotations

import itertools

import pytest
from builders import VERSION_HEADER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xapi.examples import BOTH, as_body
from xapi.mutations import mutations_of
from xapi.strategies import statements
from xapi.test_any_statement import MANY, given_back, in_escapes

from lrs_bridge.moments import format_instant


def some(bridge):
    """Fewer on PostgreSQL: what differs between the two is the text they keep."""
    fewer = 8 if bridge.settings.database_url.startswith("postgresql") else 25
    return settings(
        max_examples=MANY // 5 or fewer,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )


@pytest.mark.parametrize("version", BOTH)
def test_it_comes_back_as_it_was_sent(bridge, version):
    numbers = itertools.count()
    now = format_instant(bridge.clock())
    name = f"client:{bridge.credentials['moodle'].key}"

    @some(bridge)
    @given(statements(version), st.sampled_from([as_body, lambda one: in_escapes(one).encode()]))
    def sent_and_fetched(statement, write):
        if "id" in statement:  # each its own
            end = f"{next(numbers):012x}"
            is_upper = statement["id"].isupper()
            statement["id"] = statement["id"][:-12] + (end.upper() if is_upper else end)
        answer = bridge.post(write(statement), headers={VERSION_HEADER: version})
        assert answer.status_code == 200, answer.text
        [id_] = answer.get_json()
        is_there = bridge.get(statementId=id_).status_code == 200
        by = "statementId" if is_there else "voidedStatementId"  # another example has voided it
        body = bridge.get(**{by: id_}, headers={VERSION_HEADER: version}).get_json()
        authority = body["authority"]
        assert authority["account"] == {"homePage": bridge.settings.public_url, "name": name}
        set_by_lrs = {"id": id_, "stored": now, "timestamp": now, "authority": authority, "version": version}
        assert body == given_back(statement, **set_by_lrs)
        for form in ("ids", "canonical"):
            told = bridge.get(**{by: id_}, format=form).get_json()
            assert told["verb"]["id"] == statement["verb"]["id"]

    sent_and_fetched()
    bridge.recompute()
    assert bridge.differences() == []


@pytest.mark.parametrize("version", BOTH)
def test_what_breaks_a_rule_is_refused(bridge, version):
    @some(bridge)
    @given(statements(version), st.data())
    def refused(statement, data):
        mutation = data.draw(st.sampled_from(mutations_of(statement, version)))
        answer = bridge.post(as_body([mutation.of(statement)]), headers={VERSION_HEADER: version})
        assert answer.status_code == 400, mutation
        told = [(problem["rule"], problem["where"]) for problem in answer.get_json()["problems"]]
        assert (mutation.rule, f"$[0]{mutation.where[1:]}") in told

    refused()
    assert bridge.count() == 0
