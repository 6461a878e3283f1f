"""Two transactions at once on PostgreSQL, step by step: what one does while the other has not committed yet. On SQLite a
writing transaction is alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flows.test_announce import announce_now, crowd, rows, setting, waiting
from flows.test_champion import ASHA, join_nwg, learn, post, standing, support
from flows.worlds import LONDON, SITE, START, World, actor_of, completion, shipped_files, voiding

from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.flows import alerts as deciding
from lrs_bridge.flows import imports, receive
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import recompute as recomputing
from lrs_bridge.flows.recompute import compute, compute_apart, history_now, match_pending, recompute
from lrs_bridge.store import people, projections
from lrs_bridge.store import statements as records
from lrs_bridge.store.alert_tables import deliveries
from lrs_bridge.store.database import Session
from lrs_bridge.store.schema import posts

DAY = timedelta(days=1)
A, B, Z = (f"mailto:{name}@example.org" for name in "abz")


@pytest.fixture
def world(fresh_world_on_server) -> Iterator[World]:
    made = fresh_world_on_server()
    yield made
    made.close()


@contextmanager
def transaction(world: World) -> Iterator[Session]:
    """One that stays open as long as the test likes."""
    with world.database.engine.connect() as session, session.begin():
        yield session


@contextmanager
def recomputing_beside(world: World) -> Iterator[Callable[[], None]]:
    """Calling it starts a recompute beside the test and gives it a moment; at the end it is stopped and waited for."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        started: list[Future[Any]] = []

        def start() -> None:
            run = pool.submit(recompute, world.database, world.settings, world.clock, stop=stop.is_set)
            started.append(run)
            wait([run], timeout=1.5)

        try:
            yield start
        finally:
            stop.set()
    for run in started:
        run.result()


@contextmanager
def meanwhile(journey: Callable[[], Any]) -> Iterator[Callable[[], None]]:
    """Calling it starts the journey beside the test and gives it a moment; at the end its failure is the test's."""
    with ThreadPoolExecutor(1) as pool:
        started: list[Future[Any]] = []

        def start() -> None:
            started.append(pool.submit(journey))
            wait(started, timeout=1)

        yield start
    for run in started:
        run.result()


def learner_of(world: World, identifier: str) -> int:
    number = world.database.read(lambda session: people.learner_with(session, identifier))
    assert number is not None
    return number


def mappings_of(world: World):
    return world.database.read(lambda session: mapping_flow.in_force(session, LONDON))


def take_in(world: World, session: Session, kind: str, text: str) -> imports.Report:
    mappings, table = mappings_of(world), read_csv(text.encode())
    taking = imports.Taking(mappings, world.settings.public_url, "test", world.now)
    return imports.take_in(
        session, imports.prepare(session, imports.kind_named(kind), table, mappings, taking.now), taking
    )


def people_file(*rows: str) -> str:
    return "\n".join(["person,identifiers,organisation,area", *rows, ""])


def courses_of(world: World, identifier: str) -> set[str]:
    (body,) = [body for person, body in world.standings().items() if identifier in person]
    return {one["course"] for one in body["evidence"]}


def learnt(world: World, *identifiers: str, course: str = "escb_basic") -> None:
    world.send(*(completion(one, course, START - DAY) for one in identifiers))


# --- an import that takes its time ------------------------------------------------------------------------------------


def test_an_import_under_way_holds_up_nobody_else(world, monkeypatch):
    """Those whom it concerns wait for it, though they be first in line; everybody else is computed."""
    monkeypatch.setattr(recomputing, "LEARNERS_AT_ONCE", 1)
    learnt(world, A, B, Z)
    world.recompute()
    with recomputing_beside(world) as start, transaction(world) as importing:
        take_in(world, importing, "people", people_file(f"A,a@example.org; {SITE}|a,School,essex"))
        take_in(world, importing, "people", people_file(f"B,b@example.org; {SITE}|b,School,essex"))
        learnt(world, A, B, Z, course="set_toolbox")
        start()
        assert courses_of(world, Z) == {"escb_basic", "set_toolbox"}
        assert courses_of(world, A) == courses_of(world, B) == {"escb_basic"}
    world.recompute()
    assert courses_of(world, A) == courses_of(world, f"{SITE}|b") == {"escb_basic", "set_toolbox"}
    assert world.verify().differences == []


def test_an_equal_mail_that_an_import_holds_holds_up_nobody_else(world):
    """Neither the statement that first names it, nor who has it, nor anybody behind them."""
    learnt(world, A, Z)
    world.recompute()
    upper = "mailto:A@example.org"
    with recomputing_beside(world) as start, transaction(world) as importing:
        take_in(world, importing, "people", people_file(f"A,a@example.org; {SITE}|a,School,essex"))
        learnt(world, upper, Z, course="set_toolbox")
        start()
        assert courses_of(world, Z) == {"escb_basic", "set_toolbox"}
    world.recompute()
    assert courses_of(world, upper) == courses_of(world, f"{SITE}|a") == {"escb_basic", "set_toolbox"}
    assert world.verify().differences == []


def test_recomputing_does_not_end_an_import(world):
    """The next part of an import wants somebody who is being computed: neither waits for the other in a circle."""
    learnt(world, A, B)
    world.recompute()
    learnt(world, A, B, course="set_toolbox")
    tries = []
    with recomputing_beside(world) as start:

        def journey(session: Session) -> None:
            tries.append(1)
            take_in(world, session, "people", people_file(f"B,b@example.org; {SITE}|b,School,essex"))
            if len(tries) == 1:
                start()
            take_in(world, session, "people", people_file(f"A,a@example.org; {SITE}|a,School,essex"))

        world.database.write(journey)
    assert tries == [1]
    world.recompute()
    assert courses_of(world, f"{SITE}|a") == courses_of(world, f"{SITE}|b") == {"escb_basic", "set_toolbox"}


# --- the same statement matched by two --------------------------------------------------------------------------------


def test_an_act_waits_for_those_who_match_its_evidence(world):
    post(world)
    support(world)
    join_nwg(world)
    world.recompute()
    learn(world)
    mappings = mappings_of(world)
    request = lambda: world.champion("request", ASHA, "essex")  # noqa: E731
    with meanwhile(request) as start, transaction(world) as matching:
        assert match_pending(matching, mappings, world.now) == 3
        start()
    assert standing(world)["status"] == "requested"
    assert world.verify().differences == []


def test_an_act_keeps_the_evidence_it_judges_by_from_being_matched_beside_it(world):
    post(world)
    world.recompute()
    learn(world)
    mappings, asha = mappings_of(world), learner_of(world, f"mailto:{ASHA}")

    def matching() -> int:
        return world.database.write(lambda session: match_pending(session, mappings, world.now))

    with meanwhile(matching) as start, transaction(world) as acting:
        history = history_now(acting, asha, mappings, world.now)
        assert len(history.evidence) == 3
        start()
    world.recompute()
    assert courses_of(world, f"mailto:{ASHA}") == {"escb_basic", "set_toolbox", "safeguarding_l2"}
    assert world.verify().differences == []


def test_two_members_of_a_group_are_brought_up_to_date_at_once(world):
    """While statements are matched anew, each has the same one matched ahead of the rest."""
    one = completion(A, "escb_basic", START - DAY)
    one["actor"] = {"objectType": "Group", "member": [actor_of(A), actor_of(B)]}
    world.send(one)
    world.recompute()
    files = shipped_files()
    files["champions/set.yaml"] += "\n# not another word\n"
    world.put_mappings(files)
    mappings, numbers = mappings_of(world), [learner_of(world, who) for who in (A, B)]
    world.database.write(lambda session: people.mark_pending(session, numbers, world.now))

    def computing() -> int:
        return compute_apart(world.database, numbers[1:], mappings, world.settings, world.clock)

    with meanwhile(computing) as start, transaction(world) as session:
        assert compute(session, numbers[:1], mappings, world.settings, world.now) == 1
        start()
    assert world.database.read(projections.aside) == []
    world.recompute()
    assert world.verify().differences == []


# --- what somebody decides of an alert --------------------------------------------------------------------------------


def test_a_computing_keeps_what_is_decided_beside_it(world):
    setting(world, alerts_held_above=1)
    cause = crowd(world, 2)
    world.recompute()
    mappings, number = mappings_of(world), learner_of(world, f"{SITE}|person0")
    world.database.write(lambda session: people.mark_pending(session, [number], world.now))

    def computing() -> int:
        return compute_apart(world.database, [number], mappings, world.settings, world.clock)

    with meanwhile(computing) as start, transaction(world) as deciding_:
        drop(deciding_, world, cause)
        start()
    assert [(one["state"], one["number"]) for one in waiting(world)] == [("drop", 2)]


def test_what_is_dropped_while_it_is_being_told_is_not_sent(world):
    cause = crowd(world, 2)
    recompute(world.database, world.settings, world.clock)
    with meanwhile(lambda: announce_now(world)) as start, transaction(world) as session:
        drop(session, world, cause)
        start()
    announce_now(world)
    assert waiting(world) == []
    assert rows(world, deliveries) == []


def drop(session: Session, world: World, cause: str) -> None:
    assert deciding.decide(session, "essex", cause, "drop", reason="known", who="Ann", now=world.now) == 2


# --- a parting, and two who record posts ------------------------------------------------------------------------------


def parted_and_computed(world: World, one: str, other: str) -> None:
    """What a parting and all that is pending then come to."""
    world.decide(one, other, same=False)
    waiting = world.database.read(lambda session: projections.next_pending_learners(session, 50))
    compute_apart(world.database, list(waiting), mappings_of(world), world.settings, world.clock)


@pytest.mark.parametrize("parted", [A, f"{SITE}|b"])
def test_a_parting_while_their_statements_are_being_matched(world, parted):
    """Whoever keeps the number: what was matched for them reaches them."""
    learnt(world, A)
    world.take_in("people", people_file(f"A,{SITE}|b; a@example.org,School,essex"))
    world.recompute()
    learnt(world, parted, course="set_toolbox")
    mappings = mappings_of(world)
    with transaction(world) as matching:
        assert match_pending(matching, mappings, world.now) == 1
        parted_and_computed(world, A, f"{SITE}|b")
    world.recompute()
    assert "set_toolbox" in courses_of(world, parted)
    assert world.verify().differences == []


@pytest.mark.parametrize("known", ["a@example.org", f"{SITE}|b"])
def test_a_parting_while_their_posts_are_being_recorded(world, known):
    learnt(world, A)
    world.take_in("people", people_file(f"A,{SITE}|b; a@example.org,School,essex"))
    world.recompute()
    with (
        meanwhile(lambda: parted_and_computed(world, A, f"{SITE}|b")) as start,
        transaction(world) as importing,
    ):
        take_in(world, importing, "people", people_file(f"A,{known},Club,essex"))
        start()
    world.recompute()
    assert world.verify().differences == []


def test_two_people_files_at_once_record_one_post(world):
    world.take_in("organisations", "organisation\nGym\n")
    world.take_in("people", people_file("A,a@example.org,School,essex"))
    gym = people_file("A,a@example.org,Gym,essex")
    second = []

    def importing() -> None:
        second.append(world.database.write(lambda session: take_in(world, session, "people", gym)))

    with meanwhile(importing) as start, transaction(world) as session:
        assert take_in(world, session, "people", gym).counts["new"] == 1
        start()
    assert dict(second[0].counts) == {"same": 1}
    assert len(rows(world, posts)) == 2


@pytest.mark.parametrize("matched_between", [False, True])
@pytest.mark.parametrize("later", [0, 1])
def test_a_statement_and_one_that_refers_to_it_are_written_at_once(world, later, matched_between):
    """Neither transaction sees the other's; whoever asks for the target finds both once they are matched."""
    target = completion(A, "induction", START)
    reply = voiding(target["id"]) | {"verb": {"id": "http://adlnet.gov/expapi/verbs/commented"}}
    of_reply = voiding(reply["id"]) | {"verb": reply["verb"]}
    world.send(of_reply)  # one that is there before: what its target takes over, it takes over too
    with transaction(world) as first, transaction(world) as second:
        one, other = (target, reply) if later else (reply, target)
        accept(world, first, one)
        accept(world, second, other)
        first.commit()
        if matched_between:
            world.recompute()
    assert found_with_agent(world, A) == {target["id"]}
    world.recompute()
    assert found_with_agent(world, A) == {target["id"], reply["id"], of_reply["id"]}


def accept(world: World, session: Session, statement: dict[str, Any]) -> None:
    incoming = receive.examine(json.dumps(statement).encode(), "1.0.3")
    receive.accept(session, incoming, world.moodle, world.now)


def found_with_agent(world: World, agent: str) -> set[str]:
    wanted = records.Filter(terms=(("agent", agent),))
    found = world.database.read(lambda session: records.find(session, wanted))
    return {json.loads(one.body)["id"] for one in found}
