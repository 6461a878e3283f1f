"""Whether a page of statements costs more, the more statements are stored.

    python benchmarks/pages.py [STATEMENTS] [sqlite|postgres|DATABASE_URL]

Fills one database with 10,000 statements and one with STATEMENTS (1,000,000 unless said otherwise), by the same writer as the
service and as if all had been matched: 5,000 learners, 50 activities, 10 verbs, one in a hundred a void. Then pages of 100 are
asked for, of the one and the other in turn, in this process: medians of wall-clock and processor time, and their ratios, of which
none should be more than 2. Exit 1 where one of the wall clock's is. “postgres” starts a server of its own; a DATABASE_URL must be of
an empty PostgreSQL database, beside which one for the 10,000 is made, and dropped at the end.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import sqlalchemy as sa
from flask.testing import FlaskClient
from postgres_cluster import PostgresCluster
from service import HOME

from lrs_bridge import settings as setting_table
from lrs_bridge.app import create_app
from lrs_bridge.flows import credentials
from lrs_bridge.moments import format_instant
from lrs_bridge.store import receiving
from lrs_bridge.store.clients import NewClient
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.migrations import migrate
from lrs_bridge.xapi.formats import shape_of
from lrs_bridge.xapi.terms import terms_of

FEW = 10_000
GOAL = 2.0
AT_ONCE = 5_000
ROUNDS = 60
LEARNERS, ACTIVITIES, VERBS, VOIDS = 5_000, 50, 10, 100
BUSY = 600
"""Statements of one learner, as many in both databases, so that both have the same page to give."""
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
STEP = timedelta(seconds=10)
END = datetime(2026, 3, 2, 9, tzinfo=UTC)


def activity(number: int) -> str:
    return f"{HOME}/course/view.php?id={number}"


def verb(number: int) -> str:
    return f"http://adlnet.gov/expapi/verbs/verb{number}"


def made(chance: random.Random, learner: str, target: uuid.UUID | None) -> dict:
    """A statement, or where there is a target the void of it."""
    where = {"objectType": "Activity", "id": activity(chance.randrange(ACTIVITIES))}
    return {
        "actor": {"name": "A learner", "account": {"homePage": HOME, "name": learner}},
        "verb": {"id": VOIDED if target else verb(chance.randrange(VERBS)), "display": {"en": "did"}},
        "object": {"objectType": "StatementRef", "id": str(target)}
        if target
        else {**where, "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"}},
        "result": {"completion": True, "score": {"scaled": chance.randrange(101) / 100}},
        "context": {
            "platform": "Moodle",
            "registration": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "extensions": {"http://lrs.learninglocker.net/define/extensions/info": {"event": "x" * 200}},
            "contextActivities": {"category": [{"id": HOME}]},
        },
    }


@dataclass
class Filled:
    """A database with so many statements, and a client of the application on it."""

    database: Database
    size: int
    client: FlaskClient
    headers: dict[str, str]

    @property
    def middle(self) -> datetime:
        return END - STEP * (self.size // 2)

    def get(self, address: str) -> dict:
        answer = self.client.get(address, headers=self.headers)
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
        return answer.get_json()


def filled(url: str, size: int) -> Filled:
    database = Database(url)
    migrate(database)
    loaded = setting_table.load({"LRS_BRIDGE_DATABASE_URL": url})

    def client(session: Session) -> NewClient:
        return credentials.add_client(
            session,
            name="bench",
            source=None,
            scopes=("statements/write", "statements/read"),
            known_sources=(),
            public_url=loaded.public_url,
            now=END,
            who="the benchmark",
            test=False,
            home_pages=(),
            mail_domains=(),
        )

    credential = database.write(client)
    chance, ids = random.Random(size), []
    started = time.perf_counter()
    for first in range(0, size, AT_ONCE):
        batch = statements(chance, ids, first, size)
        database.write(lambda session: store(session, batch))  # noqa: B023  # runs at once
        done = first + len(batch)
        if done % max(FEW, size // 20) == 0:
            say(f"  {done:>9,} of {size:,} stored, {done / (time.perf_counter() - started):,.0f}/s")
    settle(database)
    pair = base64.b64encode(f"{credential.key}:{credential.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "X-Experience-API-Version": "1.0.3"}
    return Filled(database, size, create_app(loaded, database).test_client(), headers)


def statements(
    chance: random.Random, ids: list[uuid.UUID], first: int, size: int
) -> Sequence[receiving.NewStatement]:
    batch = []
    for number in range(first, min(first + AT_ONCE, size)):
        learner = "busy" if number % (size // BUSY) == 0 else str(chance.randrange(LEARNERS))
        target = chance.choice(ids) if ids and number % VOIDS == 1 else None
        statement = made(chance, learner, target)
        ids.append(uuid.UUID(int=chance.getrandbits(128), version=4))
        stored = END - STEP * (size - number)
        batch.append(
            receiving.NewStatement(
                id=ids[-1],
                stored=stored,
                happened=stored,
                client_id=1,
                authority_id=1,
                version="1.0.3",
                voids=target,
                refers_to=target,
                may_void_any=False,
                fingerprint=ids[-1].bytes,
                shape=shape_of(statement),
                body=json.dumps(statement, separators=(",", ":")),
                terms=terms_of(statement),
            )
        )
    return batch


def store(session: Session, batch: Sequence[receiving.NewStatement]) -> None:
    if session.dialect.name == "sqlite":  # or filling would take ten times as long; gone with the connection
        session.exec_driver_sql("PRAGMA cache_size = -1000000")
    receiving.add(session, batch)


def settle(database: Database) -> None:
    """As after matching, and after the housekeeping that PostgreSQL does by itself in time."""
    database.write(lambda session: session.execute(sa.text("DELETE FROM pending_statements")))
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            session.execute(sa.text("VACUUM ANALYZE"))
    database.engine.dispose()


def requests_of(one: Filled) -> dict[str, str]:
    """What is asked for → the address, by which every answer is a page of 100."""
    busy = json.dumps({"account": {"homePage": HOME, "name": "busy"}})
    middle = format_instant(one.middle)

    def asked(**query: str) -> str:
        return f"/xapi/statements?{urlencode({'limit': '100', **query})}"

    return {
        "the newest": asked(),
        "by agent": asked(agent=busy),
        "by verb and since": asked(verb=verb(3), since=middle),
        "deep in, by more": one.get(asked(until=middle))["more"],
        "deep in by verb, by more": one.get(asked(verb=verb(3), until=middle))["more"],
        "deep in by agent, by more": one.get(asked(agent=busy, until=middle))["more"],
    }


def measured(few: Filled, many: Filled) -> float:
    """Prints, and returns the largest ratio of wall-clock times."""
    addresses = {one.size: requests_of(one) for one in (few, many)}
    worst = 0.0
    say(f"{'':28}{few.size:>12,}{many.size:>12,}   ratio    processor's alone")
    for what in addresses[few.size]:
        times: dict[int, list[tuple[float, float]]] = {few.size: [], many.size: []}
        for _ in range(ROUNDS):
            for one in (few, many):
                started = time.perf_counter(), time.process_time()
                found = one.get(addresses[one.size][what])["statements"]
                times[one.size].append((time.perf_counter() - started[0], time.process_time() - started[1]))
                if len(found) != 100:
                    raise RuntimeError(f"{what}: {len(found)} statements")
        (wall, busy), (more_wall, more_busy) = (
            [1000 * statistics.median(column) for column in zip(*times[one.size], strict=True)]
            for one in (few, many)
        )
        worst = max(worst, more_wall / wall)
        say(
            f"  {what:26}{wall:9.2f} ms{more_wall:9.2f} ms{more_wall / wall:8.2f}"
            f"    {busy:6.2f}, {more_busy:6.2f} ms: {more_busy / busy:.2f}"
        )
    return worst


@contextlib.contextmanager
def databases(asked: str) -> Iterator[tuple[str, str]]:
    """URLs of two empty databases of one kind."""
    if asked == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/few.sqlite", f"sqlite:///{folder}/many.sqlite"
    elif asked == "postgres":
        cluster = PostgresCluster(durable=True)
        try:
            yield cluster.url(cluster.create_database()), cluster.url(cluster.create_database())
        finally:
            cluster.remove()
    else:
        given = sa.make_url(asked).set(drivername="postgresql+psycopg")
        few = f"{given.database}_few"
        engine = sa.create_engine(given, isolation_level="AUTOCOMMIT")
        with engine.connect() as session:
            session.execute(sa.text(f'CREATE DATABASE "{few}"'))
            try:
                yield tuple(
                    one.render_as_string(hide_password=False) for one in (given.set(database=few), given)
                )
            finally:
                session.execute(sa.text(f'DROP DATABASE "{few}"'))
        engine.dispose()


def say(words: str) -> None:
    print(words, flush=True)


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    asked = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with databases(asked) as (few_url, many_url):
        few, many = filled(few_url, FEW), filled(many_url, size)
        say(f"A page of 100 on {few.database.engine.dialect.name}, medians of {ROUNDS}, asked in turn")
        worst = measured(few, many)
        for one in (few, many):
            one.database.close()
    say(f"The goal, at most {GOAL:g} times: {'met' if worst <= GOAL else 'MISSED'}, {worst:.2f} at most")
    sys.exit(worst > GOAL)


if __name__ == "__main__":
    main()
