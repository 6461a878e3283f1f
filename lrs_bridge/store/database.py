"""The database: engines for SQLite and PostgreSQL, and transactions that retry.

A *session* is a SQLAlchemy Core connection inside one transaction. The outermost caller opens it by `Database.write` or
`Database.read`; journeys call journeys with the session they were given, and nobody else commits.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator

from lrs_bridge.errors import Unavailable

Session = sa.Connection
Answer = TypeVar("Answer")

_TRIES = 8
_CONNECTIONS = {"pool_size": 20, "max_overflow": 10}
_MOST_RESTING = 8
_BUSY_SECONDS = 5  # of waiting for another writer, at each try
_RETRIED_STATES = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC. SQLite keeps it as text without zone, whose order is time order."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Database:
    def __init__(self, url: str) -> None:
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgres(url)
        self._writing = self.engine.execution_options(lrs_writing=True)
        self._reading = self._glancing = self.engine.execution_options(lrs_writing=False)
        self._resting: list[Session] = []
        self._kept: list[Session] = []
        if self.engine.dialect.name == "postgresql":
            self._reading = self._reading.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._glancing = self._glancing.execution_options(isolation_level="AUTOCOMMIT")

    def write(self, journey: Callable[[Session], Answer]) -> Answer:
        """Runs `journey` in one transaction and commits it durably; runs it anew after a deadlock or a busy database, so
        it must have no effect outside the session. Raises Unavailable when the database stays out of reach."""
        return self._run(self._writing, journey)

    def read(self, journey: Callable[[Session], Answer]) -> Answer:
        """Runs `journey` on one consistent snapshot that it can't change."""
        return self._run(self._reading, journey)

    def glance(self, journey: Callable[[Session], Answer]) -> Answer:
        """Runs `journey`, which only reads, each of its questions seeing what is committed at that moment: for one question,
        or several whose answers nothing can change, it saves opening and ending a transaction."""
        return self._tried(lambda: self._glance(journey))

    def rehearse(self, journey: Callable[[Session], Answer]) -> Answer:
        """Runs a writing journey as `write` does and takes everything back: what a dry run shows is what a real one would
        do."""
        return self._run(self._writing, journey, kept=False)

    def keep(self) -> Session:
        """A connection as `glance` lends them, for its taker to keep. Raises Unavailable."""
        session = self._tried(self._glancing.connect)
        self._kept.append(session)
        return session

    def drop(self, kept: Session) -> None:
        """One that is no longer good."""
        self._kept.remove(kept)
        kept.invalidate()
        kept.close()

    def _run(self, engine: sa.Engine, journey: Callable[[Session], Answer], *, kept: bool = True) -> Answer:
        def once() -> Answer:
            with engine.connect() as session, session.begin() as transaction:
                answer = journey(session)
                if not kept:
                    transaction.rollback()
                return answer

        return self._tried(once)

    def _glance(self, journey: Callable[[Session], Answer]) -> Answer:
        """Taking a connection out of SQLAlchemy's pool and putting it back takes longer than many a question, so those that
        were lent rest here."""
        try:
            session = self._resting.pop()
        except IndexError:
            session = self._glancing.connect()
        try:
            return journey(session)
        except DBAPIError:
            session.invalidate()
            while self._resting:  # the database may have been away, and then none of them is any good
                self._resting.pop().close()
            raise
        finally:
            self._let_rest(session)

    def _let_rest(self, session: Session) -> None:
        if session.in_transaction() and not session.invalidated:
            session.rollback()
        if session.invalidated or len(self._resting) >= _MOST_RESTING:
            session.close()
        else:
            self._resting.append(session)

    def _tried(self, once: Callable[[], Answer]) -> Answer:
        for attempt in range(1, _TRIES + 1):
            try:
                return once()
            except PoolTimeout as wrong:
                raise Unavailable("All connections to the database are taken.") from wrong
            except DBAPIError as wrong:
                if not _is_passing(wrong) or attempt == _TRIES:
                    if _is_out_of_reach(wrong):
                        raise Unavailable(f"The database can't be reached: {wrong.orig}") from wrong
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311  # jitter, not a secret
        raise AssertionError("the loop returns or raises")

    def quiet(self, clock: Callable[[], datetime]) -> datetime | None:
        """On SQLite: a moment, by this clock, at which no transaction was writing; None if one is. Raises Unavailable."""
        try:
            with self.engine.connect() as session:
                return _quiet(session, clock)
        except DBAPIError as wrong:
            raise Unavailable(f"The database can't be reached: {wrong.orig}") from wrong

    def close(self) -> None:
        for session in (*self._resting, *self._kept):
            session.close()
        self.engine.dispose()


def _quiet(session: Session, clock: Callable[[], datetime]) -> datetime | None:
    driver: Any = session.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        driver.execute("BEGIN IMMEDIATE")
        now = clock()
        driver.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return None
    finally:
        driver.execute(f"PRAGMA busy_timeout = {1000 * _BUSY_SECONDS}")
    return now


def _is_passing(wrong: DBAPIError) -> bool:
    """Whether the same transaction may well succeed if run again."""
    if wrong.connection_invalidated:
        return True
    if isinstance(wrong.orig, sqlite3.OperationalError):
        return "locked" in str(wrong.orig) or "busy" in str(wrong.orig)
    return getattr(wrong.orig, "sqlstate", None) in _RETRIED_STATES


def _is_out_of_reach(wrong: DBAPIError) -> bool:
    if isinstance(wrong.orig, sqlite3.OperationalError):
        told = str(wrong.orig)
        return _is_passing(wrong) or any(sign in told for sign in ("unable to open", "disk", "readonly"))
    if wrong.connection_invalidated:
        return True
    state = getattr(wrong.orig, "sqlstate", None)
    return isinstance(wrong, OperationalError) and (state is None or state[:2] in ("08", "53", "57"))


def _sqlite(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True, **_CONNECTIONS
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # the driver's own transaction handling off: BEGIN is ours, below
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(session: Session) -> None:
        writing = session.get_execution_options().get("lrs_writing", True)
        session.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgres(url: str) -> sa.Engine:
    try:
        import lrs_bridge.store.packed  # noqa: F401, PLC0415  # makes it known to the driver before the first connection

        return sa.create_engine(
            url,
            pool_pre_ping=False,
            **_CONNECTIONS,
            hide_parameters=True,  # errors are logged and kept, and values are of people
            connect_args={"options": "-c timezone=UTC -c datestyle=ISO"},
        )
    except ModuleNotFoundError as missing:
        raise Unavailable(
            "PostgreSQL needs its driver, the extra “postgres”: pip install '.[postgres]'"
        ) from missing
