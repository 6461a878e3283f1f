"""Two transactions at once on PostgreSQL, step by step: what one does while the other has not committed yet. On SQLite a
writing transaction is alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flows.worlds import LONDON, SITE, START, World, completion

from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.flows import imports
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import recompute as recomputing
from lrs_bridge.flows.recompute import recompute
from lrs_bridge.store.database import Session

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


def mappings_of(world: World):
    return world.database.read(lambda session: mapping_flow.in_force(session, LONDON))


def take_in(world: World, session: Session, kind: str, text: str) -> imports.Report:
    mappings, table = mappings_of(world), read_csv(text.encode())
    taking = imports.Taking(mappings, world.settings.public_url, "test", world.now)
    return imports.take_in(
        session, imports.prepare(session, imports.kind_named(kind), table, mappings), taking
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
