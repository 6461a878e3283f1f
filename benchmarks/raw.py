"""How fast the database alone takes the rows that the bridge writes for a statement, and gives those it reads for a page.

    python benchmarks/raw.py write DATABASE_URL BATCH SECONDS
    python benchmarks/raw.py read DATABASE_URL agent|verb SECONDS

One process, one connection, the driver itself, one transaction for each batch; prints statements, or pages, a second. Started
as many times over as there are web processes.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
from service import COMPLETED, HOME, statement

from lrs_bridge.flows import receive
from lrs_bridge.store import packed, receiving  # noqa: F401  # packed makes its arrays known to the driver
from lrs_bridge.store.statements import term_key

PAGE = """
SELECT s.seq, s.id, s.stored, s.happened, s.version, s.shape, s.body,
  (SELECT body FROM authorities a WHERE a.id = s.authority_id)
FROM statement_index t CROSS JOIN {statement}
WHERE t.key = ? {more} ORDER BY t.stored DESC, t.seq DESC LIMIT 51
"""


def sample() -> receiving.NewStatement:
    """The rows of one statement as the bridge makes them, but for its id and moment."""
    body = json.dumps({**statement("bench"), "id": str(uuid.uuid4())}).encode()
    [one] = receive.examine(body, "1.0.3")
    return receiving.NewStatement(
        id=one.id,
        stored=datetime.now(UTC),
        happened=one.happened,
        client_id=1,
        authority_id=1,
        version=one.version,
        voids=None,
        refers_to=None,
        may_void_any=False,
        fingerprint=one.fingerprint,
        shape=one.shape,
        body=one.text,
        terms=one.terms,
    )


def batches(size: int):
    one = sample()
    keys = [term_key(*term) for term in one.terms]
    while True:
        now = datetime.now(UTC)
        yield (
            sorted((one._replace(id=uuid.uuid4(), stored=now) for _ in range(size)), key=lambda new: new.id),
            keys,
        )


def write_postgres(url: str, size: int) -> Callable[[], None]:
    connection = psycopg.connect(url.replace("+psycopg", ""))
    sql, more = receiving.POSTGRES.replace("?", "%s"), batches(size)

    def write() -> None:
        new, _ = next(more)
        connection.execute(sql, receiving.columns(new), prepare=True)
        connection.commit()

    return write


def write_sqlite(url: str, size: int) -> Callable[[], None]:
    connection = open_sqlite(url)
    more = batches(size)

    def write() -> None:
        new, keys = next(more)
        connection.execute("BEGIN IMMEDIATE")
        [(last,)] = connection.execute("SELECT coalesce(max(seq), 0) FROM statements").fetchall()
        rows = [
            (seq, one, one.stored.replace(tzinfo=None).isoformat(" ", "microseconds"))
            for seq, one in enumerate(new, last + 1)
        ]
        connection.executemany(
            receiving.SQLITE,
            [
                (
                    seq,
                    one.id.hex,
                    stored,
                    stored,
                    1,
                    1,
                    one.version,
                    False,
                    one.fingerprint,
                    one.shape,
                    one.body,
                )
                for seq, one, stored in rows
            ],
        )
        connection.executemany(
            "INSERT INTO statement_index VALUES (?, ?, ?)",
            [(key, stored, seq) for seq, _, stored in rows for key in keys],
        )
        connection.executemany(
            "INSERT INTO pending_statements VALUES (?, ?, '')", [(seq, stored) for seq, _, stored in rows]
        )
        connection.execute("COMMIT")

    return write


def open_sqlite(url: str) -> sqlite3.Connection:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def read(url: str, what: str) -> Callable[[], None]:
    key = term_key("agent", f"{HOME}|bench") if what == "agent" else term_key("verb", COMPLETED)
    more, values = (
        ("", [key]) if what == "agent" else ("AND t.stored > ?", [key, "2020-01-01 00:00:00.000000"])
    )
    if url.startswith("sqlite"):
        connection = open_sqlite(url)
        sql = PAGE.format(statement="statements s ON s.seq = t.seq", more=more)
        return lambda: connection.execute(sql, values).fetchall()
    opened = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    each = "LATERAL (SELECT * FROM statements WHERE seq = t.seq OFFSET 0) s"
    question = PAGE.format(statement=each, more=more.replace("?", "?::timestamptz")).replace("?", "%s")
    return lambda: opened.execute(question, values, prepare=True).fetchall()


def main() -> None:
    what, url, argument, seconds = sys.argv[1:]
    if what == "write":
        size = int(argument)
        step = (write_sqlite if url.startswith("sqlite") else write_postgres)(url, size)
    else:
        size, step = 1, read(url, argument)
    until, number = time.monotonic() + float(seconds), 0
    began = time.monotonic()
    while time.monotonic() < until:
        step()
        number += size
    print(number / (time.monotonic() - began))


if __name__ == "__main__":
    main()
