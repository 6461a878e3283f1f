"""The plugin's golden statements: what its PHP has to make of each event is what the bridge takes and credits."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest

from lrs_bridge.learning.matching import looks_like_course
from lrs_bridge.xapi import agent_profiles
from lrs_bridge.xapi.agents import identifier_of
from lrs_bridge.xapi.validity import problems_of
from lrs_bridge.xapi.versions import SUPPORTED

PLUGIN = Path(__file__).parents[2] / "plugins/moodle/local_lrsbridge"
FIXTURES = PLUGIN / "tests/fixtures"
CASES = sorted(FIXTURES.glob("*/statement.json"))
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def name_of(path):
    return path.parent.name


golden = pytest.mark.parametrize("path", CASES, ids=name_of)


def idnumber(statement):
    return statement["object"].get("definition", {}).get("extensions", {}).get(EXTERNAL_ID)


def event(path):
    return read(path.with_name("event.json"))


def test_every_kind_has_a_case():
    kinds = {event(path)["kind"] for path in CASES}
    assert kinds >= {"course_completed", "activity_completed", "quiz_result", "scorm_result", "h5p_result"}


@golden
@pytest.mark.parametrize("version", SUPPORTED)
def test_is_valid(path, version):
    assert problems_of(read(path), version) == []


@golden
def test_its_id_follows_from_the_event(path):
    """By the recipe that docs/moodle.md gives: the site's address, kind, course, learner, time, and what else tells it apart."""
    told = event(path)
    is_timed = told["kind"] in ("course_completed", "activity_completed")
    parts = [told["kind"], told["course"]["id"], told["userid"], told["time"] if is_timed else 0]
    parts += [told["key"]] if told.get("key") else []
    name = f"{told['siteurl'].rstrip('/')}#local_lrsbridge/{'/'.join(map(str, parts))}"
    assert read(path)["id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@golden
def test_its_learner_is_an_account_with_nothing_else(path):
    """Neither name nor e-mail: those go by agent profile, where the admin turns them on."""
    assert set(read(path)["actor"]) == {"objectType", "account"}


@golden
@pytest.mark.parametrize("version", SUPPORTED)
def test_is_stored_once_however_often_it_is_sent(bridge, path, version):
    statement = read(path)
    headers = {"X-Experience-API-Version": version}
    for _ in range(2):
        assert bridge.stored(statement, headers=headers) == [statement["id"]]
    assert bridge.count() == 1


@golden
def test_credits_the_course_if_it_is_of_one_and_else_nobody(bridge, path):
    statement = read(path)
    bridge.stored(statement)
    bridge.recompute()
    if event(path)["kind"] != "course_completed":
        assert credited(bridge, statement) == set()
    elif idnumber(statement):
        assert credited(bridge, statement) == {idnumber(statement)}


def credited(bridge, statement):
    learner = str(identifier_of(statement["actor"]))
    known = bridge.database.read(
        lambda session: session.exec_driver_sql("SELECT text FROM identifiers").scalars().all()
    )
    if learner not in known:
        return set()
    return {one["course"] for one in bridge.explain(learner)["evidence"] if one["counts"]}


def test_the_induction_is_among_the_courses():
    completed = [read(path) for path in CASES if event(path)["kind"] == "course_completed"]
    assert "induction" in {idnumber(one) for one in completed}
    assert all(looks_like_course(one["object"]["definition"]["type"]) for one in completed)


def test_all_of_them_go_in_one_request(bridge):
    statements = {one["id"]: one for one in map(read, CASES)}
    assert bridge.stored(*statements.values()) == [*statements]


class TestAgentProfile:
    FOLDER = FIXTURES / "agent_profile"

    def test_is_read_whole(self):
        document = self.FOLDER / "document.json"
        person = read(self.FOLDER / "person.json")
        told = agent_profiles.read("application/json", document.read_bytes())
        assert told.name == person["name"]
        assert told.mbox.casefold() == f"mailto:{person['email']}".casefold()
        assert set(read(document)) <= set(agent_profiles.MEMBERS)

    def test_php_and_python_call_it_the_same(self):
        text = (PLUGIN / "classes/local/agent_profile.php").read_text(encoding="utf-8")
        [said] = re.findall(r"const\s+(?:string\s+)?ID\s*=\s*'([^']+)'", text)
        assert said == agent_profiles.ID
