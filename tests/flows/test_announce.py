"""News settles, masses are held, and what a Board is told it is told once, whatever happens meanwhile."""

import dataclasses
import json
import threading
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flows.test_deliver import mailing, rows, send_out, tell
from flows.test_recompute import make_eligible, told
from flows.worlds import SITE, START, World, completion, shipped_files, voiding

from lrs_bridge.errors import BadInput, Conflict, NotFound
from lrs_bridge.flows import alerts as deciding
from lrs_bridge.flows import announce as announcing
from lrs_bridge.flows import by_hand, champion
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import recompute as recomputing
from lrs_bridge.flows.announce import announce
from lrs_bridge.flows.status import status
from lrs_bridge.store import projections, timetable
from lrs_bridge.store.alert_tables import alert_decisions, alerts, announced, deliveries, news

MINUTE = timedelta(minutes=1)
BEFORE = START - timedelta(days=9)
COURSES = ("escb_basic", "set_toolbox", "safeguarding_l2")


def setting(world, **changed):
    world.settings = dataclasses.replace(world.settings, **changed)


def crowd(world, number, first=0):
    """So many people who want nothing but NWG membership, then get it by one import. Returns its cause."""
    names = [f"person{place}" for place in range(first, first + number)]
    world.take_in(
        "people",
        "person,identifiers,organisation,area,required_tier\n"
        + "".join(f"{name},{name}@example.org; {SITE}|{name},School,essex,T1\n" for name in names),
    )
    world.take_in(
        "attestations",
        "person,attestation,organisation,area,by,date\n"
        + "".join(
            f"{name}@example.org,{key},School,essex,head@example.org,2026-02-01\n"
            for name in names
            for key in ("manager_support", "working_knowledge")
        ),
    )
    world.send(*(completion(f"{SITE}|{name}", course, BEFORE) for name in names for course in COURSES))
    world.recompute()
    world.take_in(
        "memberships",
        "person,membership,checked,source\n"
        + "".join(f"{name}@example.org,nwg,2026-02-01,list\n" for name in names),
    )
    last = sa.select(sa.func.max(sa.table("imports", sa.column("id")).c.id))
    return f"import-{world.database.read(lambda session: session.scalar(last))}"


def lose(world, *names):
    """Voids the Toolbox of these, as the sender of all."""
    world.send(*(voiding(completion(f"{SITE}|{name}", "set_toolbox", BEFORE)["id"]) for name in names))


def ask(world, word, name="asha", **more):
    mappings = world.database.read(lambda session: mapping_flow.in_force(session, world.settings.calendar))
    asked = champion.Asked(word, f"{name}@example.org", "essex", world.now, **more)
    keeping = by_hand.Keeping(world.settings.public_url, "test", world.now)
    world.database.write(lambda session: champion.act(session, asked, mappings, keeping))


def announce_now(world):
    return announce(world.database, world.settings, world.clock)


def decide(world, verdict, area, cause, reason="checked"):
    return world.database.write(
        lambda session: deciding.decide(
            session, area, cause, verdict, reason=reason, who="Ann", now=world.now
        )
    )


def waiting(world):
    return world.database.read(lambda session: deciding.waiting(session, world.settings, world.now))


def told_of(world):
    """Learner → how many alerts."""
    found = sa.select(alerts.c.learner_id, sa.func.count()).group_by(alerts.c.learner_id)
    return world.database.read(lambda session: dict(map(tuple, session.execute(found))))


# --- settling --------------------------------------------------------------------------------------------------------


def test_news_is_told_when_it_has_settled_and_not_before(world):
    setting(world, alert_settling_minutes=10)
    make_eligible(world)
    world.recompute()
    world.advance(10 * MINUTE - timedelta(seconds=1))
    world.recompute()
    assert told(world) == []
    assert waiting(world)[0]["why"].startswith("settles until 2 Mar 2026 at 09:10")
    world.advance(timedelta(seconds=1))
    world.recompute()
    assert told(world) == ["became_eligible"]
    assert rows(world, news) == []


def test_what_is_taken_back_in_time_is_never_told(world):
    setting(world, alert_settling_minutes=10)
    make_eligible(world)
    world.recompute()
    world.advance(9 * MINUTE)
    lose(world, "asha")
    world.recompute()
    assert rows(world, news) == []
    world.advance(timedelta(days=1))
    world.recompute()
    assert told(world) == []


def test_what_is_taken_back_and_not_computed_yet_is_not_told(world):
    """The void has arrived; nothing has computed it."""
    setting(world, alert_settling_minutes=10)
    make_eligible(world)
    world.recompute()
    world.advance(10 * MINUTE)
    lose(world, "asha")
    recomputing.match_apart(
        world.database,
        world.database.read(lambda session: mapping_flow.in_force(session, world.settings.calendar)),
        world.clock,
    )
    assert str(announce_now(world)) == ""
    world.recompute()
    assert told(world) == []


def test_what_the_clock_takes_back_is_not_told_though_nothing_is_pending(world):
    setting(world, alert_settling_minutes=10)
    make_eligible(world)
    world.now = START - timedelta(days=20)
    world.take_in(
        "memberships",
        "person,membership,checked,source,until\nasha@example.org,nwg,2026-02-01,list,2026-03-02\n",
    )
    world.now = START.replace(hour=23, minute=55)  # the membership ends in five minutes
    world.recompute()
    assert len(rows(world, news)) == 1
    world.advance(15 * MINUTE)
    assert str(announce_now(world)) == ""
    world.recompute()
    assert told(world) == []


def test_the_same_news_goes_on_settling_and_other_news_begins_anew(world):
    setting(world, alert_settling_minutes=10)
    make_eligible(world)
    world.recompute()
    world.advance(6 * MINUTE)
    world.send(completion(f"{SITE}|asha", "induction", world.now))
    world.recompute()
    assert [row.since for row in rows(world, news)] == [START]
    ask(world, "request")
    world.recompute()
    world.advance(9 * MINUTE)
    world.recompute()
    assert told(world) == []
    world.advance(MINUTE)
    world.recompute()
    assert told(world) == ["requested"]


def test_what_the_board_did_is_known_at_once_and_never_told(world):
    make_eligible(world)
    ask(world, "request")
    world.recompute()
    ask(world, "register", by="ann@board.example")
    world.recompute()
    assert told(world) == ["requested"]
    (row,) = rows(world, announced)
    assert (row.state, row.eligible) == ("champion", True)
    lose(world, "asha")
    world.recompute()
    assert sorted(told(world)) == ["champion_standard_lost", "requested"]


# --- held ------------------------------------------------------------------------------------------------------------


def test_more_than_so_many_by_one_cause_are_held_and_released(world):
    setting(world, alerts_held_above=3)
    cause = crowd(world, 4)
    world.recompute()
    assert told(world) == []
    body = world.database.read(lambda session: status(session, world.settings, world.now))
    assert [(one["area"], one["cause"], one["number"]) for one in body["alerts"]["held"]] == [
        ("essex", cause, 4)
    ]
    assert any("4 alerts to essex are held" in said for said in body["trouble"])
    (group,) = waiting(world)
    assert (group["state"], group["number"], group["kinds"]) == ("held", 4, {"became_eligible": 4})
    assert group["caused_by"].startswith(f"import {cause[7:]} of memberships")
    assert group["caused_by"].endswith("by test on 2 Mar 2026 at 09:00")
    assert group["example"] == "person0 of School now meets every standard to be a CSE Champion in Essex."
    assert decide(world, "release", "essex", cause) == 4
    assert announce_now(world).announced == 4
    assert told_of(world) == dict.fromkeys(range(1, 5), 1)
    assert len(rows(world, deliveries)) == 4
    (decision,) = rows(world, alert_decisions)
    assert (decision.decision, decision.who, decision.reason, decision.number) == (
        "release",
        "Ann",
        "checked",
        4,
    )
    assert {row.decision_id for row in rows(world, alerts)} == {decision.id}


def test_so_many_are_not_held_however_small_the_chunks(world, monkeypatch):
    monkeypatch.setattr(announcing, "ALERTS_AT_ONCE", 2)
    setting(world, alerts_held_above=5)
    crowd(world, 5)
    world.recompute()
    assert told_of(world) == dict.fromkeys(range(1, 6), 1)


@pytest.mark.parametrize(("hours", "is_held"), [(23, True), (25, False)])
def test_what_the_cause_sent_in_the_last_day_counts(world, hours, is_held):
    crowd(world, 5)
    world.recompute()
    setting(world, alerts_held_above=3)
    lose(world, "person0", "person1")
    world.recompute()
    assert len(told(world)) == 7
    world.advance(timedelta(hours=hours))
    lose(world, "person2", "person3")
    world.recompute()
    assert len(told(world)) == (7 if is_held else 9)
    assert [row.held for row in rows(world, news)] == ([True, True] if is_held else [])
    lose(world, "person4")
    world.recompute()
    assert len(rows(world, news)) == (3 if is_held else 0), "what joins a held group is held with it"


def test_what_somebody_released_does_not_count_again(world):
    crowd(world, 6)
    world.recompute()
    setting(world, alerts_held_above=3)
    lose(world, "person0", "person1", "person2", "person3")
    world.recompute()
    (group,) = waiting(world)
    assert group["caused_by"] == "statements that “moodle” voided"
    decide(world, "release", "essex", group["cause"])
    announce_now(world)
    lose(world, "person4")
    world.recompute()
    assert told(world).count("standard_lost") == 5


def test_single_changes_are_never_held(world):
    setting(world, alerts_held_above=0)
    fresh = completion(f"{SITE}|person9", "set_toolbox", world.now)
    crowd(world, 1, first=9)
    world.recompute()
    assert [row.held for row in rows(world, news)] == [True]
    lose(world, "person9")
    world.recompute()
    world.send(fresh)
    world.recompute()
    assert told(world) == ["became_eligible"]


def test_nothing_of_a_cause_is_told_before_all_of_it_is_computed(world, monkeypatch):
    monkeypatch.setattr(recomputing, "LEARNERS_AT_ONCE", 1)
    setting(world, alerts_held_above=2)
    cause = crowd(world, 3)
    steps = []
    recomputing.recompute(
        world.database, world.settings, world.clock, stop=lambda: len(steps) > 1, progress=steps.append
    )
    assert 0 < len(rows(world, news)) < 3
    assert str(announce_now(world)) == ""
    assert waiting(world)[0]["why"] == "not all of it is computed yet"
    with pytest.raises(Conflict, match="is computed yet"):
        decide(world, "release", "essex", cause)
    world.recompute()
    assert told(world) == []
    assert [row.held for row in rows(world, news)] == [True] * 3


def lost_by_mappings():
    files = shipped_files()
    path = "champions/set.yaml"
    files[path] = files[path].replace("      course: set_toolbox", "      course: a_course_nobody_has")
    files["sources/moodle.yaml"] = files["sources/moodle.yaml"].replace(
        "    course: escb_missing", "    course: [escb_missing, a_course_nobody_has]"
    )
    return files


def test_a_mistake_in_the_mapping_files_is_held_and_mending_it_tells_nobody(world):
    setting(world, alerts_held_above=2)
    cause = crowd(world, 3)
    world.recompute()
    decide(world, "release", "essex", cause)
    announce_now(world)
    assert len(told(world)) == 3
    world.put_mappings(lost_by_mappings())
    world.recompute()
    (group,) = waiting(world)
    assert (group["state"], group["kinds"]) == ("held", {"standard_lost": 3})
    assert group["caused_by"] == "mappings put in force by test on 2 Mar 2026 at 09:00"
    world.put_mappings(shipped_files())
    world.recompute()
    assert waiting(world) == []
    assert len(told(world)) == 3


def test_while_statements_are_matched_anew_only_acts_of_people_are_told(world, monkeypatch):
    """Fresh work is computed by the new files before the rest; what they brought it is told when all is known."""
    monkeypatch.setattr(recomputing, "STATEMENTS_AT_ONCE", 4)
    crowd(world, 3)
    world.recompute()
    world.put_mappings(lost_by_mappings())
    world.send(completion(f"{SITE}|person0", "induction", world.now))
    ask(world, "request", "person1")
    steps = []
    recomputing.recompute(
        world.database, world.settings, world.clock, stop=lambda: len(steps) > 4, progress=steps.append
    )
    row = world.database.read(timetable.in_force)
    assert row.is_rematching
    assert {one.cause for one in rows(world, news)} == {row.cause, ""}
    announce_now(world)
    assert sorted(told(world)) == ["became_eligible"] * 3 + ["requested"]
    world.recompute()
    assert sorted(told(world))[3:] == ["requested", "standard_lost", "standard_lost"]


def test_who_is_named_later_is_not_flooded(world):
    """Naming whom to tell is a change of mappings like any other."""
    setting(world, mail_folder="", alerts_held_above=2)
    crowd(world, 3)
    world.recompute()
    assert rows(world, news) == []
    tell(world, "{email: board@example.org}")
    world.recompute()
    assert told(world) == []
    assert waiting(world)[0]["cause"].startswith("mappings-")


# --- deciding --------------------------------------------------------------------------------------------------------


def test_what_is_dropped_is_not_sent_and_the_next_change_is(world):
    setting(world, alerts_held_above=1)
    cause = crowd(world, 2)
    world.recompute()
    assert decide(world, "drop", "essex", cause, "they know") == 2
    done = announce_now(world)
    assert (done.dropped, done.announced) == (2, 0)
    assert rows(world, deliveries) == []
    assert {(row.eligible, row.revision) for row in rows(world, announced)} == {(True, 1)}
    (decision,) = rows(world, alert_decisions)
    assert (decision.decision, decision.reason) == ("drop", "they know")
    assert {row.decision_id for row in rows(world, alerts)} == {decision.id}
    lose(world, "person0")
    world.recompute()
    assert sorted(told(world)) == ["became_eligible", "became_eligible", "standard_lost"]
    assert len(rows(world, deliveries)) == 1


def test_what_reversed_after_it_was_released_is_not_sent(world):
    setting(world, alerts_held_above=1)
    cause = crowd(world, 2)
    world.recompute()
    decide(world, "release", "essex", cause)
    lose(world, "person0")
    recomputing.recompute(world.database, world.settings, world.clock)
    announce_now(world)
    assert len(told(world)) == 1


def test_what_there_is_not_can_not_be_decided(world):
    setting(world, alert_settling_minutes=10)
    cause = crowd(world, 2)
    world.recompute()
    with pytest.raises(NotFound, match=rf"What waits: essex {cause} \(2\)"):
        decide(world, "drop", "southend", cause)
    with pytest.raises(BadInput, match="--reason"):
        decide(world, "drop", "essex", cause, " ")
    decide(world, "drop", "essex", cause)
    with pytest.raises(NotFound, match="Nothing waits at all"):
        decide(world, "release", "essex", cause)


def again(world, which=None):
    return world.database.write(
        lambda session: deciding.resend(session, which, reason="", who="Ann", now=world.now)
    )


def test_a_message_that_was_lost_is_sent_again_under_its_ids(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    send_out(world)
    (alert,) = rows(world, alerts)
    assert len(again(world, alert.id)) == 1
    with pytest.raises(Conflict, match="waits to be sent already"):
        again(world, alert.id)
    assert send_out(world).sent == 1
    first, second = smtp_server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()
    (decision,) = rows(world, alert_decisions)
    (message,) = rows(world, deliveries)
    assert (decision.decision, decision.message, decision.who) == ("resend", str(message.id), "Ann")


def test_all_that_failed_are_sent_again(world, smtp_server):
    mailing(world, smtp_server, delivery_tries=1)
    tell(world, "{email: board@example.org}", "{email: other@example.org}")
    make_eligible(world)
    world.recompute()
    smtp_server.answers.extend(["550 no"])
    send_out(world)
    (alert,) = rows(world, alerts)
    assert len(again(world, alert.id)) == 1, "of an alert's messages those that failed"
    assert send_out(world).sent == 1
    assert again(world) == []
    assert {message["To"] for message in smtp_server.messages} == {"board@example.org", "other@example.org"}


def test_no_digest_takes_news_into_a_message_that_is_sent_again(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org, send: daily}")
    make_eligible(world, "asha")
    world.recompute()
    world.advance(timedelta(hours=22))
    send_out(world)
    (alert,) = rows(world, alerts)
    again(world, alert.id)
    make_eligible(world, "ben")
    world.now = START + timedelta(hours=1)  # announced by a process whose clock is behind
    world.recompute()
    world.now = START + timedelta(days=2)
    assert send_out(world).sent == 2
    assert [message["Subject"][-14:] for message in smtp_server.messages].count(": asha (Essex)") == 2


def test_what_was_dropped_or_never_was_has_no_message(world):
    setting(world, alerts_held_above=0)
    cause = crowd(world, 1)
    world.recompute()
    decide(world, "drop", "essex", cause)
    announce_now(world)
    (alert,) = rows(world, alerts)
    with pytest.raises(Conflict, match="dropped the alert"):
        again(world, alert.id)
    with pytest.raises(NotFound):
        again(world, uuid.uuid4())


# --- the start of a Board --------------------------------------------------------------------------------------------


def starting(world, day):
    files = shipped_files()
    path = "champions/set.yaml"
    files[path] = files[path].replace("    name: Essex\n", f"    name: Essex\n    start: {day}\n")
    world.put_mappings(files)


def test_what_was_true_before_the_start_comes_as_one_number(world, tmp_path):
    setting(world, mail_folder=str(tmp_path), alerts_held_above=1)
    starting(world, "2026-03-03")
    crowd(world, 2)
    make_eligible(world, "asha")
    ask(world, "request")
    world.recompute()
    assert (told(world), rows(world, deliveries)) == ([], [])
    assert {one["why"] for one in waiting(world)} == {"the Board is told from 3 Mar 2026 on"}
    world.now = START.replace(day=3)
    assert announce_now(world).summaries == 1
    world.recompute()
    assert told(world) == []
    (message,) = rows(world, deliveries)
    assert message.is_summary
    send_out(world)
    (path,) = tmp_path.glob("*.eml")
    text = path.read_text()
    assert "3 people" in text
    assert "2 meet every standard, and are not champion" in text
    assert "1 asks to be registered" in text
    assert "does not prove who sat at the screen" in " ".join(text.split())
    assert "asha" not in text
    assert "person0" not in text
    # afterwards news alone, also of what was before
    lose(world, "asha")
    crowd(world, 1, first=5)
    world.recompute()
    assert sorted(told(world)) == ["became_eligible", "standard_lost"]
    assert len(rows(world, deliveries)) == 3


def test_the_summary_waits_until_everything_is_computed(world):
    starting(world, "2026-03-01")
    crowd(world, 2)
    assert str(announce_now(world)) == ""
    world.recompute()
    assert [row.is_summary for row in rows(world, deliveries)] == [True]


def test_who_could_not_be_computed_does_not_hold_up_the_summary(world):
    starting(world, "2026-03-01")
    crowd(world, 2)
    recomputing.recompute(world.database, world.settings, world.clock)
    world.database.write(lambda session: projections.put_aside(session, "learner", 1, "a test", world.now))
    assert announce_now(world).summaries == 1
    assert [row.learner_id for row in rows(world, news)] == [1]
    world.database.write(lambda session: projections.take_back(session, "learner", [1]))
    assert announce_now(world).announced == 1
    assert told_of(world) == {1: 1}


def test_what_happens_after_the_start_is_told_by_name_before_the_summary_too(world):
    starting(world, "2026-03-02")
    setting(world, alert_settling_minutes=10)
    make_eligible(world)
    lose(world, "asha")
    world.recompute()
    world.send(completion(f"{SITE}|asha", "set_toolbox", world.now, number=2))
    world.recompute()
    world.advance(10 * MINUTE)
    world.recompute()
    assert told(world) == ["became_eligible"]
    assert [row.is_summary for row in rows(world, deliveries)] == [False]


def test_a_summary_by_webhook_names_nobody(world, receiver):
    tell(world, f"{{webhook: '{receiver.url}', secret_variable: ESSEX_SECRET}}\n    start: 2026-03-01")
    crowd(world, 2)
    world.recompute()
    send_out(world)
    (request,) = receiver.requests
    body = json.loads(request.body)
    assert body["alerts"] == []
    assert body["summary"] == {
        "before": "2026-03-01T00:00:00.000000Z",
        "number": 2,
        "kinds": {"became_eligible": 2},
    }
    assert b"person" not in request.body


# --- whatever happens ------------------------------------------------------------------------------------------------


def test_a_rebuild_announces_nothing_and_what_is_held_stays_held(world):
    crowd(world, 2)
    world.recompute()
    setting(world, alerts_held_above=2)
    crowd(world, 3, first=10)
    world.recompute()
    before = rows(world, news)
    assert [row.held for row in before] == [True] * 3
    world.advance(timedelta(days=1))
    world.rebuild()
    assert rows(world, news) == before
    assert len(told(world)) == 2


def test_killed_in_the_middle_it_tells_the_rest_once(world, monkeypatch):
    monkeypatch.setattr(announcing, "ALERTS_AT_ONCE", 2)
    setting(world, alert_settling_minutes=10)
    crowd(world, 5)
    world.recompute()
    world.advance(10 * MINUTE)
    keep, calls = announcing.outbox.announce, []

    def killed(*arguments, **named):
        keep(*arguments, **named)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(announcing.outbox, "announce", killed)
    with pytest.raises(KeyboardInterrupt):
        announce_now(world)
    assert len(told(world)) == 2
    monkeypatch.setattr(announcing.outbox, "announce", keep)
    announce_now(world)
    assert told_of(world) == dict.fromkeys(range(1, 6), 1)
    assert len(rows(world, deliveries)) == 5


def test_two_at_once_tell_each_once(postgres_url, monkeypatch):
    monkeypatch.setattr(announcing, "ALERTS_AT_ONCE", 3)
    world = World(postgres_url)
    setting(world, alerts_held_above=30, alert_settling_minutes=10)
    crowd(world, 30)
    world.recompute()
    world.advance(10 * MINUTE)
    failures = []

    def run():
        try:
            announce_now(world)
        except Exception as wrong:  # noqa: BLE001  # whatever it is
            failures.append(wrong)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert told_of(world) == dict.fromkeys(range(1, 31), 1)
    assert len(rows(world, deliveries)) == 30
    assert rows(world, news) == []
    world.close()


def test_two_at_once_hold_a_mass_and_tell_none_of_it(postgres_url, monkeypatch):
    monkeypatch.setattr(announcing, "ALERTS_AT_ONCE", 3)
    world = World(postgres_url)
    setting(world, alerts_held_above=11, alert_settling_minutes=10)
    crowd(world, 12)
    world.recompute()
    world.advance(10 * MINUTE)
    threads = [threading.Thread(target=announce_now, args=[world]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert told(world) == []
    assert [row.held for row in rows(world, news)] == [True] * 12
    world.close()
