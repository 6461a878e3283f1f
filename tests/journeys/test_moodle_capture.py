"""The traffic of a real Moodle 5.1 with logstore_xapi 5.0.1 (tests/data/moodle), request by request: who is credited."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import COMPLETED, COURSE_TYPE, EXTERNAL_ID, Bridge, actor_of

from lrs_bridge.errors import NotFound
from lrs_bridge.flows import explain as explaining
from lrs_bridge.mapping_files import read_folder
from lrs_bridge.settings import SHIPPED_MAPPINGS

DATA = Path(__file__).parents[1] / "data"
SITE = "http://127.0.0.1:8505"
COURSE = f"{SITE}/course/view.php?id=2"
AFTERWARDS = datetime(2026, 11, 22, 9, tzinfo=UTC)

ADMIN, KELECHI, MAJA, JURGEN = (f"{SITE}|{row}" for row in (2, 3, 4, 5))
MAJA_BY_MAIL = "mailto:maja.lindqvist@example.org"
JURGEN_BY_NAME = f"{SITE}|j.okafor-brandt"
COMPLETERS = {KELECHI: "by address", MAJA_BY_MAIL: "by idnumber", JURGEN_BY_NAME: "by idnumber"}
OTHERS = (ADMIN, MAJA, JURGEN)

# escb_basic covers 1.1–1.3, 2.1–2.9, 3.1–3.3, 3.7 and 3.9: all of T1 and T2, and five of T3's nine (domain.md)
CREDITED = {"T1": [3, 3], "T2": [12, 12], "T3": [17, 21]}
NOT_CREDITED = {"T1": [0, 3], "T2": [0, 12], "T3": [0, 21]}


@dataclass(frozen=True)
class Captured:
    """A request as it came."""

    method: str
    part: str
    headers: dict[str, str]
    body: bytes

    @property
    def statements(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.body)
        return found


def captured() -> list[Captured]:
    requests = []
    for line in (DATA / "moodle" / "moodle-5.1.requests.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        headers = {name: value for name, value in told["headers"] if name != "Authorization"}
        part = told["path"].strip("/").split("/")[0]
        requests.append(Captured(told["method"], part, headers, told["body"].encode()))
    return requests


REQUESTS = captured()
STATEMENTS = [one for request in REQUESTS for one in request.statements]


def replay(bridge: Bridge) -> list[str]:
    """Sends them all; the ids that they got, in order."""
    ids = []
    for request in REQUESTS:
        answer = bridge.request(request.method, request.body, headers=request.headers)
        assert answer.status_code == 200, answer.text
        ids += answer.get_json()
    return ids


@pytest.fixture
def bridge(make_bridge, clock) -> Bridge:
    clock.set(AFTERWARDS)
    rules = (DATA / "mappings" / "captured_moodle.yaml").read_text(encoding="utf-8")
    return make_bridge(mappings=read_folder(SHIPPED_MAPPINGS) | {"sources/moodle.yaml": rules})


@pytest.fixture
def ids(bridge) -> list[str]:
    found = replay(bridge)
    bridge.recompute()
    return found


def progress(body: dict[str, Any]) -> dict[str, list[int]]:
    return {tier: body["tier"]["progress"][tier] for tier in ("T1", "T2", "T3")}


def about_the_course(ids: list[str], who: str) -> dict[str, str]:
    """Of this person's statements, those about the mapped activity itself: id → verb."""
    actor = actor_of(who)
    return {
        id_: one["verb"]["id"]
        for id_, one in zip(ids, STATEMENTS, strict=True)
        if one["object"]["id"] == COURSE
        and all(one["actor"].get(name) == value for name, value in actor.items())
    }


def test_the_capture_is_what_its_readme_says():
    assert (len(REQUESTS), len(STATEMENTS)) == (8, 91)
    assert {request.part for request in REQUESTS} == {"default", "mbox", "username"}
    assert [request.body for request in REQUESTS].count(b"[]") == 3
    assert not any("id" in one for one in STATEMENTS)
    # a course's completion is one of many things that are “completed”
    completed = Counter(
        one["object"]["definition"]["type"] for one in STATEMENTS if one["verb"]["id"] == COMPLETED
    )
    assert completed[COURSE_TYPE] == len(COMPLETERS)
    assert completed.total() > 5 * len(COMPLETERS)


def test_every_statement_is_stored_once_and_as_it_came(bridge, ids):
    assert len(set(ids)) == bridge.count() == 91
    for id_, sent in zip(ids[:1] + ids[-1:], STATEMENTS[:1] + STATEMENTS[-1:], strict=True):
        kept = bridge.get(statementId=id_)
        assert {name: kept.get_json()[name] for name in sent} == sent
        assert "http:\\/\\/" in kept.text


@pytest.mark.parametrize("who", COMPLETERS)
def test_who_completed_the_course_is_credited(bridge, ids, who):
    body = bridge.explain(who)
    assert progress(body) == CREDITED
    assert body["tier"]["attained"] == "T2"
    [credited] = [one for one in body["evidence"] if one["counts"]]
    assert about_the_course(ids, who)[credited["statement_id"]] == COMPLETED
    assert (credited["course"], credited["source"]) == ("escb_basic", "moodle")
    assert COMPLETERS[who] in credited["because"]


def test_nobody_else_is(bridge, ids):
    assert about_the_course(ids, ADMIN)
    for who in OTHERS:
        body = bridge.explain(who)
        assert progress(body) == NOT_CREDITED
        assert body["tier"]["attained"] is None
    everybody = {json.dumps(one["actor"].get("account") or one["actor"].get("mbox")) for one in STATEMENTS}
    assert len(everybody) == len(COMPLETERS) + len(OTHERS)


@pytest.mark.parametrize("who", [*COMPLETERS, *OTHERS])
def test_the_evidence_is_what_was_said_about_the_mapped_activity_and_why_it_fails(bridge, ids, who):
    """Enrolled, viewed, created and completed; never a page, quiz, attempt or SCORM package in it."""
    expected = about_the_course(ids, who)
    evidence = bridge.explain(who)["evidence"]
    assert {one["statement_id"] for one in evidence} == set(expected)
    assert len(evidence) == len(expected)
    for one in evidence:
        verb = expected[one["statement_id"]]
        assert one["counts"] is (verb == COMPLETED)
        if not one["counts"]:
            assert one["because"] == f"verb {verb} is not accepted as completion"


def test_what_else_was_completed_or_uncompleted_is_nobodys_evidence(bridge, ids):
    lesser = {
        id_
        for id_, one in zip(ids, STATEMENTS, strict=True)
        if one["object"]["id"] != COURSE and one["verb"]["id"].endswith("completed")
    }
    assert len(lesser) == 19
    shown = {one["statement_id"] for who in (*COMPLETERS, *OTHERS) for one in bridge.explain(who)["evidence"]}
    assert not lesser & shown


def test_sending_everything_again_changes_no_standing(bridge, ids, clock):
    """logstore_xapi sends no ids, so the LRS can't know them again: each is stored anew, and credits nothing anew."""
    before = {who: bridge.explain(who) for who in (*COMPLETERS, *OTHERS)}
    clock.advance(timedelta(hours=1))
    again = replay(bridge)
    bridge.recompute()
    assert not set(ids) & set(again)
    for who, body in before.items():
        after = bridge.explain(who)
        assert len(after["evidence"]) == 2 * len(body["evidence"])
        assert {**after, "evidence": None} == {**body, "evidence": None}
    assert bridge.differences() == []


def test_a_people_file_makes_one_person_of_three_identifiers(bridge, ids):
    evidence = [one for who in COMPLETERS for one in bridge.explain(who)["evidence"]]
    bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,required_tier,manager\n"
        f"Maja Lindqvist,{'; '.join(COMPLETERS)},Colne Primary School,essex,teacher,T3,\n",
    )
    bridge.recompute()
    bodies = [bridge.explain(who) for who in COMPLETERS]
    assert bodies[0] == bodies[1] == bodies[2]
    learner = bodies[0]["learner"]
    assert (learner["name"], set(learner["identifiers"])) == ("Maja Lindqvist", set(COMPLETERS))
    assert [post["required_tier"] for post in learner["posts"]] == ["T3"]
    assert progress(bodies[0]) == CREDITED
    key = lambda one: one["statement_id"]  # noqa: E731
    assert sorted(bodies[0]["evidence"], key=key) == sorted(evidence, key=key)
    assert progress(bridge.explain(MAJA)) == NOT_CREDITED
    assert bridge.differences() == []


def test_people_before_statements_come_to_the_same(bridge):
    bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,required_tier,manager\n"
        f"Maja Lindqvist,{'; '.join(COMPLETERS)},Colne Primary School,essex,teacher,T3,\n",
    )
    bridge.recompute()
    replay(bridge)
    bridge.recompute()
    body = bridge.explain(MAJA_BY_MAIL)
    assert progress(body) == CREDITED
    assert sum(one["counts"] for one in body["evidence"]) == 3
    assert bridge.differences() == []


def test_a_clock_behind_moodles_credits_nothing_until_the_day_comes(bridge, clock):
    clock.set(datetime(2026, 11, 20, 9, tzinfo=UTC))
    replay(bridge)
    bridge.recompute()
    body = bridge.explain(KELECHI)
    assert progress(body) == NOT_CREDITED
    assert len(body["evidence"]) == 3
    assert not any(one["counts"] for one in body["evidence"])
    clock.set(AFTERWARDS)
    bridge.recompute()
    assert progress(bridge.explain(KELECHI)) == CREDITED
    assert bridge.differences() == []


def test_under_the_shipped_rules_nothing_is_credited_by_guess(bridge):
    """Whose idnumbers and addresses nobody has named: shown as unmapped, credited to nobody."""
    bridge.put_in_force()
    replay(bridge)
    bridge.recompute()
    for who in COMPLETERS:
        with pytest.raises(NotFound):
            bridge.database.read(
                lambda session, who=who: explaining.explain(session, who, bridge.settings.calendar)
            )


def test_naming_the_course_afterwards_credits_what_had_come(bridge, ids):
    bridge.put_in_force()
    bridge.recompute()
    assert progress(bridge.explain(KELECHI)) == NOT_CREDITED
    named = read_folder(SHIPPED_MAPPINGS)
    named["sources/moodle.yaml"] = named["sources/moodle.yaml"].replace(
        f'"{EXTERNAL_ID}": escb_basic', f'"{EXTERNAL_ID}": CSE-BASIC-01'
    )
    bridge.put_in_force(named)
    bridge.recompute()
    assert progress(bridge.explain(MAJA_BY_MAIL)) == progress(bridge.explain(JURGEN_BY_NAME)) == CREDITED
    assert progress(bridge.explain(KELECHI)) == NOT_CREDITED
    assert bridge.differences() == []
