"""The tables that were taken in: who, when, what came of it; and what their headings mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.recording_tables import organisation_headings
from lrs_bridge.store.schema import import_headings, imports


def begin(session: Session, kind: str, file: str, rows: int, *, who: str, now: datetime) -> int:
    """The number of a new import; what it causes is put down to "import-<number>"."""
    row = {"kind": kind, "file": file, "who": who, "at": now, "rows": rows, "counts": "{}"}
    number: int = session.execute(sa.insert(imports).values(row).returning(imports.c.id)).scalar_one()
    return number


def end(session: Session, number: int, counts: Mapping[str, int]) -> None:
    session.execute(sa.update(imports).where(imports.c.id == number).values(counts=json.dumps(dict(counts))))


def forget(session: Session, number: int) -> None:
    """An import that changed nothing leaves no trace."""
    session.execute(sa.delete(imports).where(imports.c.id == number))


@dataclass(frozen=True, slots=True)
class Batch:
    """A table that was taken in. `file`: its name, where it was one."""

    kind: str
    file: str
    who: str
    at: datetime


def named(session: Session, numbers: Iterable[int]) -> dict[int, Batch]:
    found = sa.select(imports).where(imports.c.id.in_(list(numbers)))
    return {row.id: Batch(row.kind, row.file, row.who, row.at) for row in session.execute(found)}


def headings(session: Session, kind: str, organisation: int | None = None) -> dict[str, str]:
    """Folded heading → what it was once said to mean: by operators for every table, and in those of an organisation (by number)
    what its own coordinators said before that."""
    found = sa.select(import_headings.c.heading, import_headings.c.column)
    known = {row.heading: row.column for row in session.execute(found.where(import_headings.c.kind == kind))}
    if organisation is not None:
        own = organisation_headings.c
        theirs = sa.select(own.heading, own.column)
        rows = session.execute(theirs.where(own.organisation_id == organisation, own.kind == kind))
        known |= {row.heading: row.column for row in rows}
    return known


def remember(
    session: Session,
    kind: str,
    said: Mapping[str, str],
    *,
    organisation: int | None = None,
    who: str,
    now: datetime,
) -> None:
    """For the tables of that organisation alone, where it is one's coordinator who said it."""
    known = headings(session, kind, organisation)
    place = {} if organisation is None else {"organisation_id": organisation}
    table = import_headings if organisation is None else organisation_headings
    rows = [
        {**place, "kind": kind, "heading": heading, "column": column, "who": who, "at": now}
        for heading, column in said.items()
        if known.get(heading) != column
    ]
    if rows:
        session.execute(upsert(session, table, key=(*place, "kind", "heading")), rows)
