"""A database as that of a large service: one that a population lived through by the doors that people use, copied many times over.

Copies are other people at other organisations with other statements of their own; what the service has once (credentials, mappings,
verbs, activities) is not copied. Every table is copied unless it is named here as kept once, so that a new one grows with the rest.
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.alert_tables import alerts, deliveries, delivery_alerts
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.schema import metadata, statement_index

ONCE = {
    "activities",
    "alert_decisions",
    "area_summaries",
    "authorities",
    "clients",
    "content_parts",
    "contents",
    "attachments",
    "documents",
    "equivalences",
    "import_headings",
    "imports",
    "job_runs",
    "leases",
    "link_codes",
    "mailbox_decisions",
    "mappings_in_force",
    "pending_learners",
    "pending_profiles",
    "pending_statements",
    "refused_requests",
    "role_grants",
    "sessions",
    "set_aside",
    "sign_ins",
}
ALSO_REFERS = {("identifiers", "founded"): "learners", ("statement_index", "seq"): "statements"}
"""Columns that number rows of another table without saying so."""
OWN_NAMES = {
    ("organisations", "folded"),
    ("organisations", "name"),
    ("champion_states", "organisation"),
    ("champion_states", "organisation_folded"),
    ("identifiers", "text"),
    ("identifiers", "folded"),
    ("identifiers", "as_sent"),
    ("learners", "name"),
}
"""What copies are told apart by."""
SHARED_BY = 0.005
"""A term that a larger share of the statements has is a verb or an activity, and every copy's."""


def multiply(database: Database, times: int, say: Any = lambda _: None) -> None:
    """Makes the database `times` as large."""
    copied = [table for table in metadata.sorted_tables if table.name not in ONCE]
    stride = database.read(lambda session: {table.name: _highest(session, table) for table in copied})
    shared = database.read(_shared_terms)
    for number in range(1, times):
        database.write(lambda session, number=number: _copy(session, copied, stride, shared, number))
        if number % 10 == 0:
            say(f"    {number} of {times} copies")
    database.write(_tidy)


def _highest(session: Session, table: sa.Table) -> int:
    key = _number(table)
    return (session.scalar(sa.select(sa.func.max(key))) or 0) if key is not None else 0


def _number(table: sa.Table) -> sa.Column[Any] | None:
    """The column by which rows are numbered, where they are."""
    keys = list(table.primary_key)
    return (
        keys[0]
        if len(keys) == 1 and not keys[0].foreign_keys and isinstance(keys[0].type, sa.Integer)
        else None
    )


def _shared_terms(session: Session) -> list[int]:
    many = SHARED_BY * (session.scalar(sa.text("SELECT count(*) FROM statements")) or 0)
    found = sa.select(statement_index.c.key).group_by(statement_index.c.key).having(sa.func.count() > many)
    return list(session.scalars(found))


def _copy(
    session: Session, tables: list[sa.Table], stride: dict[str, int], shared: list[int], number: int
) -> None:
    if session.dialect.name == "sqlite":
        driver: Any = session.connection.dbapi_connection
        driver.create_function("another", 2, _another, deterministic=True)
    for table in tables:
        columns = [_copied(column, stride, shared, number, session.dialect.name) for column in table.c]
        lowest = _number(table)
        rows = sa.select(*columns)
        rows = rows.where(lowest <= stride[table.name]) if lowest is not None else _first(table, rows, stride)
        session.execute(sa.insert(table).from_select([column.name for column in table.c], rows))


def _first(table: sa.Table, rows: Any, stride: dict[str, int]) -> Any:
    """Of tables whose rows aren't numbered: the rows that there were before any copy."""
    first_alerts = sa.select(alerts.c.id).where(alerts.c.learner_id <= stride["learners"])
    if table is delivery_alerts:
        return rows.where(table.c.alert_id.in_(first_alerts))
    if table is deliveries:
        told = sa.select(delivery_alerts.c.delivery_id).where(delivery_alerts.c.alert_id.in_(first_alerts))
        return rows.where(table.c.id.in_(told))
    numbered = next(
        (column for column in table.c if _refers(column) in stride and isinstance(column.type, sa.Integer)),
        None,
    )
    return rows.where(sa.false() if numbered is None else numbered <= stride[_refers(numbered)])


def _refers(column: sa.Column[Any]) -> str:
    foreign = next(iter(column.foreign_keys), None)
    return foreign.column.table.name if foreign else ALSO_REFERS.get((column.table.name, column.name), "")


def _copied(
    column: sa.Column[Any], stride: dict[str, int], shared: list[int], number: int, dialect: str
) -> Any:
    table, refers = column.table.name, _refers(column)
    if (table, column.name) == ("statement_index", "key"):
        return sa.case((column.in_(shared), column), else_=column + number).label(column.name)
    if isinstance(column.type, sa.Integer) and (refers in stride or column is _number(column.table)):
        return (column + number * stride[refers or table]).label(column.name)
    if (table, column.name) in OWN_NAMES:
        return (column + f" {number}").label(column.name)
    if isinstance(column.type, sa.Uuid):
        if dialect == "sqlite":
            copied = sa.func.another(sa.type_coerce(column, sa.Text), number)
            return sa.func.lower(sa.func.hex(copied)).label(column.name)
        return sa.cast(sa.func.md5(sa.cast(column, sa.Text) + f" {number}"), sa.Uuid).label(column.name)
    if isinstance(column.type, sa.LargeBinary) and column.unique:
        if dialect == "sqlite":
            return sa.func.another(sa.type_coerce(column, sa.Text), number).label(column.name)
        return sa.func.decode(sa.func.md5(sa.func.encode(column, "hex") + f" {number}"), "hex").label(
            column.name
        )
    return column


def _another(value: Any, number: int) -> bytes:
    given = value if isinstance(value, bytes) else str(value).encode()
    return hashlib.md5(given + b" %d" % number, usedforsecurity=False).digest()


def _tidy(session: Session) -> None:
    if session.dialect.name == "postgresql":
        for table in metadata.sorted_tables:
            key = _number(table)
            if key is not None:
                session.execute(
                    sa.text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), (SELECT coalesce(max({key.name}), 1) FROM {table.name}))"
                    )
                )
