"""Whether a page costs more, the more people there are.

    python benchmarks/people_pages.py [TIMES] [sqlite|postgres]

Makes a bridge that 1,000 people with 50,000 statements at 40 organisations lived through by the doors that people use, and one that is
TIMES as large (100 unless said otherwise: 100,000 learners, 5,000,000 statements, 4,000 organisations), as crowd.py says. Then every
page is asked for by somebody whose page it is, of the one and the other in turn, in this process: medians of the wall clock, their
ratios, of which none should be more than 2, and the number of questions to the database, which should be the same. Exit 1 otherwise.
“postgres” starts a server of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import sqlalchemy as sa
from crowd import multiply
from flask.testing import FlaskClient
from flows.populations import Population
from flows.worlds import SITE, World
from postgres_cluster import PostgresCluster

from lrs_bridge.app import create_app
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import roles
from lrs_bridge.flows.roles import Wanted
from lrs_bridge.store import organisations, people, sessions
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.schema import identifiers, learners, posts, statements
from lrs_bridge.store.schema import organisations as organisation_table

PEOPLE, STATEMENTS, ORGANISATIONS = 1_000, 50_000, 40
GOAL = 2.0
ROUNDS = 15
ORGANISATION, AREA = "Organisation 3", "essex"
COORDINATOR, OFFICER, OPERATOR = "cora@colne.example", "ann@essex.example", "op@bridge.example"


def say(words: str) -> None:
    print(words, flush=True)


@contextlib.contextmanager
def two_databases(kind: str) -> Iterator[tuple[str, str]]:
    if kind == "postgres":
        cluster = PostgresCluster()
        try:
            yield cluster.url(cluster.create_database()), cluster.url(cluster.create_database())
        finally:
            cluster.remove()
    else:
        with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-") as folder:
            yield f"sqlite:///{folder}/few.sqlite", f"sqlite:///{folder}/many.sqlite"


def live(url: str) -> World:
    """The smaller bridge."""
    world = World(url)
    for words, phase in Population(world, PEOPLE, organisations=ORGANISATIONS).phases:
        started = time.perf_counter()
        phase()
        say(f"  {time.perf_counter() - started:7.1f} s  {words}")
    held = world.database.read(
        lambda session: session.scalar(sa.select(sa.func.count()).select_from(statements))
    )
    for number in range(held, STATEMENTS, 400):
        world.send(*(viewed(world, n) for n in range(number, min(number + 400, STATEMENTS))))
    world.recompute()
    for address, wanted in (
        (COORDINATOR, Wanted("coordinator", ORGANISATION)),
        (OFFICER, Wanted("board", AREA)),
        (OPERATOR, Wanted("operator")),
    ):
        world.database.write(lambda session, a=address, w=wanted: _give(session, world, a, w))
    return world


def _give(session: Session, world: World, address: str, wanted: Wanted) -> None:
    mappings = mapping_flow.in_force(session, world.settings.calendar)
    roles.give(session, address, [wanted], mappings, who="the benchmark", now=world.now)


def viewed(world: World, number: int) -> dict[str, Any]:
    """What a Moodle sends most of: somebody looked at a page."""
    return {
        "actor": {"account": {"homePage": SITE, "name": f"person{number % PEOPLE}"}},
        "verb": {"id": "http://id.tincanapi.com/verb/viewed"},
        "object": {"id": f"{SITE}/mod/page/view.php?id={number % 50}"},
        "timestamp": (world.now - timedelta(minutes=number)).isoformat(),
    }


class Visitors:
    """Those who ask for pages of one bridge."""

    def __init__(self, world: World, url: str) -> None:
        self.database = Database(url)
        self.app = create_app(world.settings, self.database, clock=world.clock)
        self.now = world.now
        self.questions = 0
        sa.event.listen(self.database.engine, "before_cursor_execute", self._count)
        self.learner, self.mail = self.database.read(self._somebody)
        self.organisation = self.database.read(
            lambda session: organisations.load(session, [ORGANISATION])[ORGANISATION.casefold()].number
        )

    def _count(self, *_: Any) -> None:
        self.questions += 1

    def _somebody(self, session: Session) -> tuple[int, str]:
        """A learner of the organisation, the same in both bridges."""
        found = (
            sa.select(identifiers.c.learner_id, identifiers.c.text)
            .join(posts, posts.c.identifier_id == identifiers.c.id)
            .join(learners, learners.c.id == identifiers.c.learner_id)
            .where(identifiers.c.text.startswith("mailto:"), learners.c.joined_into.is_(None))
            .where(posts.c.area == AREA, posts.c.ends.is_(None))
            .join(organisation_table, organisation_table.c.id == posts.c.organisation_id)
            .where(organisation_table.c.name == ORGANISATION)
            .order_by(identifiers.c.id)
        )
        row = session.execute(found).first()
        assert row is not None
        return people.heirs(session, [row.learner_id]).get(
            row.learner_id, row.learner_id
        ), row.text.removeprefix("mailto:")

    def browser(self, address: str) -> FlaskClient:
        token = f"visit of {address}"
        digest = hashlib.sha256(token.encode()).digest()

        def enter(session: Session) -> None:
            sessions.end(session, digest)
            sessions.begin(session, digest, f"mailto:{address.casefold()}", self.now)

        self.database.write(enter)
        client = self.app.test_client()
        client.set_cookie("lrs_visit", token)
        return client

    def pages(self) -> list[tuple[str, str]]:
        """Who asks, and for what: every page whose address needs no more than an organisation, an area and a learner."""
        known = {
            "organisation": self.organisation,
            "area": AREA,
            "learner": self.learner,
            "kind": "completion",
        }
        whose = {"mine": self.mail, "coordinator": COORDINATOR, "board": OFFICER, "operator": OPERATOR}
        adapter = self.app.url_map.bind("localhost")
        found = [
            (whose[blueprint], adapter.build(rule.endpoint, {name: known[name] for name in rule.arguments}))
            for rule in self.app.url_map.iter_rules()
            if (blueprint := rule.endpoint.partition(".")[0]) in whose
            if "GET" in rule.methods and rule.arguments <= known.keys()
        ]
        return sorted(found, key=lambda one: one[1])

    def ask(self, client: FlaskClient, path: str) -> tuple[float, int, int]:
        """Milliseconds, questions to the database, and the status."""
        self.questions = 0
        started = time.perf_counter()
        answer = client.get(path)
        passed = time.perf_counter() - started
        if answer.status_code >= 500:
            raise SystemExit(f"{path}: {answer.status_code}")
        return passed * 1000, self.questions, answer.status_code


def measure(few: Visitors, many: Visitors) -> bool:
    say(f"\n  {'page':46} {'few':>9} {'many':>9} {'ratio':>6}  questions")
    is_good = True
    for (who, path), (same, other) in zip(few.pages(), many.pages(), strict=True):
        status = 0
        clients = few.browser(who), many.browser(same)
        took: tuple[list[float], list[float]] = [], []
        asked = [0, 0]
        for turn in range(ROUNDS + 2):
            for which, (visitors, client, page) in enumerate(
                zip((few, many), clients, (path, other), strict=True)
            ):
                passed, asked[which], status = visitors.ask(client, page)
                if turn > 1:
                    took[which].append(passed)
        medians = [statistics.median(one) for one in took]
        ratio = medians[1] / medians[0]
        is_good = is_good and ratio <= GOAL and asked[0] == asked[1]
        say(
            f"  {path:46} {medians[0]:6.1f} ms {medians[1]:6.1f} ms {ratio:6.2f}  {asked[0]} and {asked[1]}{f' ({status})' if status != 200 else ''}"
        )
    return is_good


def main() -> int:
    logging.disable()  # pages that there is nobody for say so
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with two_databases(sys.argv[2] if len(sys.argv) > 2 else "sqlite") as (small, large):
        say(f"{PEOPLE:,} people, {STATEMENTS:,} statements, {ORGANISATIONS} organisations")
        world = live(small)
        say(f"{times} times as many of each")
        copy_of(small, large)
        grown = Database(large)
        multiply(grown, times, say)
        grown.close()
        is_good = measure(Visitors(world, small), Visitors(world, large))
    return 0 if is_good else 1


def copy_of(small: str, large: str) -> None:
    """The smaller bridge once more, to be made larger."""
    if small.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(small.removeprefix("sqlite:///"))) as source:
            source.execute("VACUUM INTO ?", (large.removeprefix("sqlite:///"),))
        return
    live(large).close()


if __name__ == "__main__":
    sys.exit(main())
