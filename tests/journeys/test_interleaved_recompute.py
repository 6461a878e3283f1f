"""Two recomputers, each with connections of its own, while statements, voids and joins of people are written: afterwards
what is kept is what a rebuild would give, and nothing is left pending."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest
from builders import Bridge, completion, day, new_id, void_of

from lrs_bridge.flows.mappings import in_force
from lrs_bridge.flows.recompute import compute_apart, match_pending, recompute
from lrs_bridge.moments import system_clock
from lrs_bridge.store import identity, people, projections
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.people import Sighting

SITE = "https://moodle.council.example"
COURSES = ("induction", "escb_basic", "escb_missing", "safeguarding_l1", "safeguarding_l2")
PEOPLE = 14
BATCHES = 60


# SQLite lets one transaction write at a time, so that nothing comes between two.
on_postgresql = pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)


def identifiers(person: int) -> list[str]:
    return [
        f"{SITE}|{person}",
        f"mailto:person{person}@council.example",
        f"mailto:Person{person}@Council.example",
    ]


def write_statements(bridge: Bridge, seed: int) -> None:
    """Completions of a few people under all their identifiers, sent twice here and there, some voided, some before they come."""
    chance = random.Random(seed)
    ids: list[str] = []
    for number in range(BATCHES):
        batch = []
        for _ in range(chance.randint(1, 6)):
            who = chance.choice(identifiers(chance.randrange(PEOPLE)))
            ids.append(new_id())
            batch.append(completion(who, chance.choice(COURSES), day(number), id=ids[-1]))
            if chance.random() < 0.15:
                batch.append(void_of(chance.choice(ids), id=new_id()))
        if chance.random() < 0.2:
            late = completion(f"{SITE}|{chance.randrange(PEOPLE)}", "induction", day(number), id=new_id())
            bridge.stored(void_of(late["id"]))
            batch.append(late)
        bridge.stored(*batch)
        if chance.random() < 0.2:
            bridge.stored(*batch)


def write_people(bridge: Bridge, seed: int) -> None:
    """Joins the identifiers of one person after the other, in another order in each run."""
    chance = random.Random(seed)
    for person in chance.sample(range(PEOPLE), PEOPLE):
        area, tier = chance.choice([("essex", "T3"), ("southend", ""), ("thurrock", "")])
        known = identifiers(person)
        chance.shuffle(known)
        bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,role,required_tier,manager\n"
            f"Person {person},{'; '.join(known)},School,{area},teacher,{tier},\n",
        )


def together(bridge: Bridge, writers: list[Callable[[], None]], recomputers: int) -> None:
    """Runs them; raises what any of them raised."""
    written = threading.Event()
    databases = [Database(bridge.settings.database_url) for _ in range(recomputers)]

    def keep_computing(database: Database) -> None:
        while not written.is_set():
            recompute(database, bridge.settings, bridge.clock)

    try:
        with ThreadPoolExecutor(len(writers) + recomputers) as pool:
            computing = [pool.submit(keep_computing, database) for database in databases]
            writing = [pool.submit(writer) for writer in writers]
            try:
                for one in writing:
                    one.result(timeout=120)
            finally:
                written.set()
            for one in computing:
                one.result(timeout=120)
    finally:
        for database in databases:
            database.close()


@contextmanager
def transaction(bridge: Bridge) -> Iterator[Session]:
    """One that stays open as long as the test likes."""
    with bridge.database.engine.connect() as session, session.begin():
        yield session


@on_postgresql
def test_a_join_between_matching_and_its_commit(make_bridge):
    """The new evidence belongs to the learner who survives, although it was matched for the other one."""
    bridge = make_bridge()
    elder, younger = f"{SITE}|elder", f"{SITE}|younger"
    bridge.stored(completion(elder, "induction", day(1)), completion(younger, "induction", day(1)))
    bridge.recompute()
    bridge.stored(completion(younger, "escb_basic", day(2)))
    mappings = bridge.database.read(lambda session: in_force(session, bridge.settings.calendar))
    now = bridge.clock()
    with ThreadPoolExecutor(1) as pool, transaction(bridge) as matching:
        with transaction(bridge) as joining:
            numbers = people.learn(joining, [Sighting(elder), Sighting(younger)], now)
            identity.prove(joining, [tuple(numbers.values())], kind="people_file", source="a test", now=now)
            matched = pool.submit(match_pending, matching, mappings, now)
            wait([matched], timeout=0.5)
        assert matched.result(timeout=30) == 1
        waiting = bridge.database.read(lambda session: projections.next_pending_learners(session, 50))
        compute_apart(bridge.database, waiting, mappings, bridge.settings, bridge.clock)
    bridge.recompute()
    assert bridge.pending() == (0, 0)
    assert bridge.differences() == []
    assert {one["course"] for one in bridge.explain(elder)["evidence"]} == {"induction", "escb_basic"}


@on_postgresql
def test_one_address_written_in_two_ways_first_seen_by_two_at_once(make_bridge):
    """Neither transaction sees what the other wrote."""
    bridge = make_bridge()
    ways = ["mailto:Ann@example.org", "mailto:ann@example.org"]
    bridge.stored(*(completion(who, "induction", day(number)) for number, who in enumerate(ways)))
    mappings = bridge.database.read(lambda session: in_force(session, bridge.settings.calendar))
    with ThreadPoolExecutor(1) as pool, transaction(bridge) as first:
        assert match_pending(first, mappings, bridge.clock(), limit=1) == 1
        second = pool.submit(
            bridge.database.write, lambda session: match_pending(session, mappings, bridge.clock())
        )
        wait([second], timeout=0.5)
    assert second.result(timeout=30) == 1
    bridge.recompute()
    one, other = (bridge.explain(who) for who in ways)
    assert one == other
    assert len(one["evidence"]) == 2
    assert bridge.differences() == []


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_kept_is_what_a_rebuild_gives(make_bridge, monkeypatch, seed):
    bridge = make_bridge()
    bridge.clock = system_clock
    monkeypatch.setattr("lrs_bridge.flows.recompute.STATEMENTS_AT_ONCE", 7)
    monkeypatch.setattr("lrs_bridge.flows.recompute.LEARNERS_AT_ONCE", 3)
    together(
        bridge,
        [
            lambda: write_statements(bridge, seed),
            lambda: write_statements(bridge, seed + 100),
            lambda: write_people(bridge, seed),
        ],
        recomputers=2,
    )
    bridge.recompute()
    assert bridge.pending() == (0, 0)
    assert bridge.database.read(projections.aside) == []
    assert bridge.differences() == []
    for person in range(PEOPLE):
        bodies = [bridge.explain(who) for who in identifiers(person)]
        assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize("seed", [3])
def test_two_imports_of_the_same_people_at_once(make_bridge, seed):
    """Each joins the same identifiers in another order, while the statements that name them come in."""
    bridge = make_bridge()
    bridge.clock = system_clock
    together(
        bridge,
        [
            lambda: write_people(bridge, seed),
            lambda: write_people(bridge, seed + 1),
            lambda: write_statements(bridge, seed),
        ],
        recomputers=1,
    )
    bridge.recompute()
    assert bridge.pending() == (0, 0)
    assert bridge.differences() == []
    for person in range(PEOPLE):
        bodies = [bridge.explain(who) for who in identifiers(person)]
        assert bodies[0] == bodies[1] == bodies[2]
