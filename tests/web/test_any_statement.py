"""Any valid statement over HTTP comes back as it was sent and is computed; what breaks a rule is refused and not kept."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from builders import VERSION_HEADER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xapi.examples import BOTH, as_body
from xapi.mutations import mutations_of, places_of
from xapi.strategies import statements
from xapi.test_any_statement import MANY, given_back, in_escapes

from lrs_bridge.moments import format_instant
from lrs_bridge.xapi.agents import IFI_MEMBERS
from lrs_bridge.xapi.validity import VOIDED


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


def queries_that_find(statement) -> Iterator[dict[str, Any]]:
    """Each alone finds it, among others."""
    yield {"verb": statement["verb"]["id"]}
    if "registration" in statement.get("context", {}):
        yield {"registration": statement["context"]["registration"].swapcase()}
    for place in places_of("statement", statement, (), "$", ""):
        # The authority is not as it was sent.
        if place.kind in ("agent", "group") and place.way[0] != "authority":
            identified = {name: place.value[name] for name in IFI_MEMBERS if name in place.value}
            if identified:
                kind = {"objectType": "Group"} if place.kind == "group" else {}
                is_direct = place.way in (("actor",), ("object",))
                yield {"agent": {**kind, **identified}, "related_agents": "false" if is_direct else "true"}
        elif place.kind == "activity":
            is_direct = place.way == ("object",)
            yield {"activity": place.value["id"], "related_activities": "false" if is_direct else "true"}


@pytest.mark.requirement(
    "XAPI-00164", "XAPI-00176", "XAPI-00177", "XAPI-00178", "XAPI-00179", "XAPI-00180", "XAPI-00181"
)
@pytest.mark.parametrize("version", BOTH)
def test_it_is_found_by_all_that_it_says(bridge, version):
    @some(bridge)
    @given(statements(version).filter(lambda one: one["verb"]["id"] != VOIDED))
    def sent_and_found(statement):
        statement.pop("id", None)
        [id_] = bridge.stored(statement, headers={VERSION_HEADER: version})
        for query in queries_that_find(statement):
            page = bridge.get(headers={VERSION_HEADER: version}, **query)
            assert page.status_code == 200, page.text
            assert id_ in [one["id"] for one in page.get_json()["statements"]], query

    sent_and_found()


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
