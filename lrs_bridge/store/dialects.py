"""Where SQLite and PostgreSQL say the same thing in different words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from lrs_bridge.store.database import Session

_MAPPINGS_LOCK = 7295114


def _insert(session: Session, table: sa.Table) -> Any:
    return (postgresql if session.dialect.name == "postgresql" else sqlite).insert(table)


def insert_new(session: Session, table: sa.Table) -> Any:
    """INSERT that passes over rows whose key is held already."""
    return _insert(session, table).on_conflict_do_nothing()


def lock_mappings(session: Session, *, to_change: bool) -> None:
    """Until the transaction ends: those who compute by the mappings in force share the lock, who changes them waits for it
    alone. On SQLite a writing transaction is alone anyway."""
    if session.dialect.name == "postgresql":
        shared = "" if to_change else "_shared"
        session.execute(sa.text(f"SELECT pg_advisory_xact_lock{shared}({_MAPPINGS_LOCK})"))


def lock_digest(session: Session, digest: bytes) -> None:
    """Until the transaction ends, whoever locks the same digest waits; for what may have no row yet. On SQLite a writing
    transaction is alone anyway."""
    if session.dialect.name == "postgresql":
        number = int.from_bytes(digest[:8], "big", signed=True)
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def insert_many(session: Session, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows together. On PostgreSQL psycopg would send a statement for each; RETURNING makes SQLAlchemy write many
    rows in one."""
    statement = sa.insert(table)
    if session.dialect.name == "postgresql":
        statement = statement.returning(next(iter(table.primary_key)))
    session.execute(statement, rows)


def upsert(
    session: Session,
    table: sa.Table,
    *,
    key: tuple[str, ...],
    kept: tuple[str, ...] = (),
    added_up: tuple[str, ...] = (),
) -> Any:
    """INSERT that replaces the other columns of a row with the same key: those `kept` stay as they are, those `added_up` are
    added to what is there."""
    statement = _insert(session, table)
    others = {
        column.name: column + statement.excluded[column.name]
        if column.name in added_up
        else statement.excluded[column.name]
        for column in table.columns
        if column.name not in (*key, *kept)
    }
    return statement.on_conflict_do_update(index_elements=list(key), set_=others)
