"""SQL given to the driver itself, for the few statements whose rate matters: writing statements and reading them back.

Building and compiling such a statement anew costs SQLAlchemy more than the database needs to run it. It runs in the
transaction of the session it is given, so the two can be mixed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from lrs_bridge.store.database import Session


def is_postgres(session: Session) -> bool:
    return session.dialect.name == "postgresql"


def rows(session: Session, sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """Runs one statement that gives rows, its places written as ?, and fetches them all as tuples. Raises as SQLAlchemy
    would."""
    driver: Any = session.connection.driver_connection
    try:
        if is_postgres(session):
            return list(driver.execute(sql.replace("?", "%s"), values, prepare=True).fetchall())
        return list(driver.execute(sql, values).fetchall())
    except _errors(session) as wrong:
        raise _as_told(session, sql, wrong) from wrong


def rows_together(session: Session, *questions: tuple[str, Sequence[Any]]) -> list[list[Any]]:
    """What `rows` gives for each, in one round trip to PostgreSQL, the beginning of the transaction included."""
    if not is_postgres(session):
        return [rows(session, *question) for question in questions]
    driver: Any = session.connection.driver_connection
    try:
        with driver.pipeline():
            asked = [
                driver.execute(sql.replace("?", "%s"), values, prepare=True) for sql, values in questions
            ]
        return [found.fetchall() for found in asked]
    except _errors(session) as wrong:
        raise _as_told(session, questions[0][0], wrong) from wrong


def rows_and_commit(session: Session, sql: str, values: Sequence[Any]) -> list[Any]:
    """What `rows` gives, in one round trip with the end of the transaction, on PostgreSQL. Nothing is kept where it raises."""
    driver: Any = session.connection.driver_connection
    try:
        with driver.pipeline():
            asked = driver.execute(sql.replace("?", "%s"), values, prepare=True)
            driver.commit()
        return list(asked.fetchall())
    except _errors(session) as wrong:
        raise _as_told(session, sql, wrong) from wrong


def many(session: Session, sql: str, values: Iterable[Sequence[Any]]) -> None:
    """On SQLite: one statement once for each row of values."""
    driver: Any = session.connection.driver_connection
    try:
        driver.executemany(sql, values)
    except _errors(session) as wrong:
        raise _as_told(session, sql, wrong) from wrong


def _errors(session: Session) -> type[Exception]:
    found: type[Exception] = session.dialect.loaded_dbapi.Error
    return found


def _as_told(session: Session, sql: str, wrong: Exception) -> BaseException:
    """The driver's error as SQLAlchemy's, by which `Database` tells what passes; a lost connection is given up."""
    lost = session.dialect.is_disconnect(wrong, session.connection, None)  # type: ignore[arg-type]  # the pool's proxy will do
    if lost:
        session.invalidate(wrong)
    return DBAPIError.instance(
        sql,
        None,
        wrong,
        _errors(session),
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=session.dialect,
    )


def instant(session: Session, value: datetime) -> Any:
    """As the driver takes it: SQLite keeps text without zone, whose order is time order."""
    return (
        value
        if is_postgres(session)
        else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    )


def read_instant(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    found: datetime = value.astimezone(UTC)
    return found


def identity(session: Session, value: uuid.UUID) -> Any:
    """As the driver takes it: SQLite keeps 32 hex digits."""
    return value if is_postgres(session) else value.hex


def read_identity(value: Any) -> uuid.UUID:
    return uuid.UUID(value) if isinstance(value, str) else value


def array(values: Iterable[object]) -> str:
    """A PostgreSQL array of values whose text holds nothing to escape."""
    return "{" + ",".join(map(str, values)) + "}"


def text_array(values: Iterable[str]) -> str:
    """A PostgreSQL array of any texts, but for U+0000, which it can't hold."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + '","'.join(escaped) + '"}'


def in_list(session: Session, values: Sequence[Any]) -> tuple[str, Any]:
    """`column IN …` of a list of any length, and its one value."""
    if is_postgres(session):
        return "= ANY(?)", list(values)
    return "IN (SELECT value FROM json_each(?))", json.dumps(values)
