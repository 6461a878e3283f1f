"""The operator's first question, on a database: what looks like a completion, and no rule takes it?"""

from datetime import timedelta

import yaml
from flows.worlds import EXTERNAL_ID, SITE, START, completion, shipped_files

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.unmapped import unmapped

ASHA = f"{SITE}|asha"


def listed(world, source=None):
    def journey(session):
        return unmapped(session, mapping_flow.in_force(session, world.settings.calendar), source)

    return world.database.read(journey)


def other_course(number=9, name="Local workshop", **more):
    sent = completion(ASHA, "not_yet_mapped", START - timedelta(days=number), **more)
    sent["object"]["id"] = f"{SITE}/course/view.php?id={number}"
    sent["object"]["definition"]["name"] = {"de": "Kurs", "en-GB": name}
    return sent


def test_what_no_rule_takes_is_listed_with_counts_dates_and_the_nearest_rule(world):
    world.send(
        other_course(), *(other_course() | {"id": f"00000000-0000-4000-8000-{n:012d}"} for n in range(3))
    )
    world.send(completion(ASHA, "induction", START))
    world.recompute()
    (one,) = listed(world)
    assert (one.source, one.activity, one.name, one.count) == (
        "moodle",
        f"{SITE}/course/view.php?id=9",
        "Local workshop",
        4,
    )
    assert one.first == one.last == START - timedelta(days=9)
    assert one.verbs == {"http://adlnet.gov/expapi/verbs/completed": 4}
    assert one.nearest_rule == "induction"
    assert one.failed == f"extension {EXTERNAL_ID} is “not_yet_mapped”, not induction"
    assert listed(world, "nwg") == []


def test_what_looks_like_a_course_comes_first(world):
    module = other_course(5, "A quiz")
    module["object"]["definition"]["type"] = "http://adlnet.gov/expapi/activities/assessment"
    world.send(*(module | {"id": f"00000000-0000-4000-8000-{n:012d}"} for n in range(5)), other_course())
    world.recompute()
    assert [(one.name, one.count) for one in listed(world)] == [("Local workshop", 1), ("A quiz", 5)]


def test_the_offered_rule_credits_what_was_there_already(world):
    world.send(other_course())
    world.recompute()
    (one,) = listed(world)
    files = shipped_files()
    rule = one.rule.replace("PUT_THE_COURSE_HERE", "induction")
    assert yaml.safe_load(rule)
    moodle = files["sources/moodle.yaml"]
    files["sources/moodle.yaml"] = moodle.replace(
        "rules:\n", "rules:\n" + "".join(f"  {line}\n" for line in rule.splitlines()), 1
    )
    world.put_mappings(files)
    world.recompute()
    assert listed(world) == []
    assert world.standings()[frozenset({ASHA})]["tier"]["attained"] == "T1"


def test_what_only_looks_on_is_not_listed(world):
    viewed = other_course() | {"verb": {"id": "http://id.tincanapi.com/verb/viewed"}}
    answered = other_course(4) | {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "result": {"success": True},
    }
    answered["object"]["definition"]["type"] = "http://adlnet.gov/expapi/activities/cmi.interaction"
    world.send(viewed, answered)
    world.recompute()
    assert listed(world) == []
