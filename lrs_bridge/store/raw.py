"""SQL given to the driver itself, for the few statements whose rate matters: writing statements and reading them back.

Building and compiling such a statement anew costs SQLAlchemy more than the database needs to run it. It runs in the
transaction of the session it is given, so the two can be mixed."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import count
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
        if not is_postgres(session):
            return list(driver.execute(sql, values).fetchall())
        if driver.autocommit and (found := _rows_at_once(session, driver, sql, values)) is not None:
            return found
        return list(driver.execute(sql.replace("?", "%s"), values, prepare=True).fetchall())
    except _errors(session) as wrong:
        raise _as_told(session, sql, wrong) from wrong


def _rows_at_once(session: Session, driver: Any, sql: str, values: Sequence[Any]) -> list[Any] | None:
    """Where no transaction has to be opened, by one call of libpq; None where it failed. The driver's own way takes four times
    the computing, and has to wait for the interpreter at each of its steps while other threads want it too."""
    found = at_once(session, sql, values)
    if found is None:
        return None
    from psycopg.adapt import Transformer  # noqa: PLC0415  # an extra: whoever comes here has it

    reader = Transformer(driver)
    reader.set_pgresult(found)
    return reader.load_rows(0, found.ntuples, tuple)


def at_once(session: Session, sql: str, values: Sequence[Any] = ()) -> Any:
    """libpq's result of one statement, a transaction of its own, on PostgreSQL in a session of `Database.glance` or `keep`; None
    where it failed, of which it doesn't say why. Lists hold what needs no escaping; bytes are `packed`."""
    driver: Any = session.connection.driver_connection
    connection = driver.pgconn
    if connection.status != _CONNECTION_OK:
        return None
    try:
        return _by_name(session, connection, sql, values)
    except MemoryError:  # what libpq gives where there was nothing to send by
        return None


def _by_name(session: Session, connection: Any, sql: str, values: Sequence[Any]) -> Any:
    names: dict[str, bytes] = session.info.setdefault("lrs_prepared", {})
    name = names.get(sql)
    if name is None:
        name = b"lrs_%d" % len(names)
        numbers = count(1)
        numbered = _PLACE.sub(lambda _: f"${next(numbers)}", sql)
        if connection.prepare(name, numbered.encode()).status != _COMMAND_OK:
            return None
        names[sql] = name
    found = connection.exec_prepared(name, *_sent(values))
    return found if found.status == _TUPLES_OK else None


_PLACE = re.compile(r"\?")
_CONNECTION_OK, _COMMAND_OK, _TUPLES_OK = 0, 1, 2


def _sent(values: Sequence[Any]) -> tuple[list[bytes | None], list[int]]:
    """As PostgreSQL reads them, and of each whether that is binary, as bytes are, or text."""
    return (
        [
            value if value is None or isinstance(value, bytes) else _as_text(value).encode()
            for value in values
        ],
        [isinstance(value, bytes) for value in values],
    )


def _as_text(value: Any) -> str:
    return "{" + ",".join(map(str, value)) + "}" if isinstance(value, list) else str(value)


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


def instant_text(kept: str) -> str:
    """Of an instant that was asked for AS text, what `format_instant` writes: reading it and writing it anew takes three times
    as long. PostgreSQL leaves out zeros at the end and names the zone, which is UTC for every connection."""
    bare = kept.removesuffix("+00")
    if len(bare) == _WHOLE_SECONDS:
        bare += "."
    return f"{bare[:10]}T{bare[11:]:0<15}Z"


_WHOLE_SECONDS = len("2017-03-01 09:30:00")


def identity(session: Session, value: uuid.UUID) -> Any:
    """As the driver takes it: SQLite keeps 32 hex digits."""
    return value if is_postgres(session) else value.hex


def read_identity(value: Any) -> uuid.UUID:
    return uuid.UUID(value) if isinstance(value, str) else value


def in_list(session: Session, values: Sequence[Any]) -> tuple[str, Any]:
    """`column IN …` of a list of any length, and its one value."""
    if is_postgres(session):
        return "= ANY(?)", list(values)
    return "IN (SELECT value FROM json_each(?))", json.dumps(values)
