"""Sessions that attendees enter themselves for, and who entered, until the list is confirmed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.metadata import number_of_its_own
from lrs_bridge.store.recording_tables import check_in_entries, check_ins


@dataclass(frozen=True, slots=True)
class CheckIn:
    """`session`: column of an import of sessions → text; `recorded`: of one that was confirmed, how many were there."""

    number: int
    organisation: int
    token: str
    session: Mapping[str, str]
    closes_at: datetime
    recorded_at: datetime | None
    recorded: int

    def is_open(self, now: datetime) -> bool:
        return self.recorded_at is None and now < self.closes_at


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    identifier: str
    name: str
    at: datetime


def add(
    session: Session,
    *,
    organisation: int,
    token: str,
    columns: Mapping[str, str],
    who: str,
    now: datetime,
    closes_at: datetime,
) -> int:
    """Its number, which no other ever has."""
    row = {
        "id": number_of_its_own(),
        "organisation_id": organisation,
        "token": token,
        "session": json.dumps(dict(columns)),
        "who": who,
        "opened_at": now,
        "closes_at": closes_at,
    }
    number: int = session.execute(sa.insert(check_ins).returning(check_ins.c.id), row).scalar_one()
    return number


def get(session: Session, number: int, organisation: int) -> CheckIn | None:
    """The one of this organisation; locked until a writing transaction ends."""
    found = sa.select(check_ins)
    return _one(session, found.where(check_ins.c.id == number, check_ins.c.organisation_id == organisation))


def by_token(session: Session, token: str) -> CheckIn | None:
    """Locked until a writing transaction ends: entries are counted one by one."""
    return _one(session, sa.select(check_ins).where(check_ins.c.token == token))


def _one(session: Session, found: sa.Select[Any]) -> CheckIn | None:
    if session.get_execution_options().get("lrs_writing"):
        found = found.with_for_update()
    row = session.execute(found).one_or_none()
    return _read(row) if row else None


def _read(row: sa.Row[Any]) -> CheckIn:
    return CheckIn(
        row.id,
        row.organisation_id,
        row.token,
        json.loads(row.session),
        row.closes_at,
        row.recorded_at,
        row.recorded,
    )


def unconfirmed(session: Session, organisation: int) -> list[CheckIn]:
    """Those of this organisation whose list nobody has confirmed, the newest first."""
    found = sa.select(check_ins).where(
        check_ins.c.organisation_id == organisation, check_ins.c.recorded_at.is_(None)
    )
    return [
        _read(row)
        for row in session.execute(found.order_by(check_ins.c.opened_at.desc(), check_ins.c.id).limit(50))
    ]


def close(session: Session, number: int, now: datetime) -> None:
    open_ = sa.update(check_ins).where(check_ins.c.id == number, check_ins.c.closes_at > now)
    session.execute(open_.values(closes_at=now))


def enter(
    session: Session, number: int, *, identifier: str, name: str, browser: bytes, now: datetime
) -> None:
    """Once under each identifier."""
    row = {"check_in_id": number, "identifier": identifier, "name": name, "browser": browser, "at": now}
    session.execute(insert_new(session, check_in_entries), row)


def count(session: Session, number: int, browser: bytes | None = None) -> int:
    """How many entered; by this browser alone, where one is given."""
    found = sa.select(sa.func.count()).select_from(check_in_entries)
    found = found.where(check_in_entries.c.check_in_id == number)
    if browser is not None:
        found = found.where(check_in_entries.c.browser == browser)
    return session.scalar(found) or 0


def entries(session: Session, number: int) -> list[Entry]:
    """In the order in which they entered."""
    found = sa.select(check_in_entries).where(check_in_entries.c.check_in_id == number)
    return [
        Entry(row.id, row.identifier, row.name, row.at)
        for row in session.execute(found.order_by(check_in_entries.c.id))
    ]


def entered(session: Session, identifiers: Iterable[str]) -> list[tuple[str, str, datetime]]:
    """Of lists that wait to be confirmed: what the session is called, under which name one of these entered, and when."""
    found = (
        sa.select(check_ins.c.session, check_in_entries.c.name, check_in_entries.c.at)
        .join(check_ins, check_ins.c.id == check_in_entries.c.check_in_id)
        .where(check_in_entries.c.identifier.in_(sorted(identifiers)))
        .order_by(check_in_entries.c.id)
    )
    return [(json.loads(row.session)["title"], row.name, row.at) for row in session.execute(found)]


def finish(session: Session, number: int, recorded: int, now: datetime) -> None:
    """The list is confirmed, and forgotten here."""
    session.execute(sa.delete(check_in_entries).where(check_in_entries.c.check_in_id == number))
    done = {"recorded_at": now, "recorded": recorded, "closes_at": now}
    session.execute(sa.update(check_ins).where(check_ins.c.id == number).values(done))


def forget(session: Session, number: int) -> None:
    _forget(session, check_ins.c.id == number)


def forget_closed_before(session: Session, before: datetime) -> None:
    _forget(session, check_ins.c.closes_at < before)


def _forget(session: Session, which: sa.ColumnElement[bool]) -> None:
    those = sa.select(check_ins.c.id).where(which)
    session.execute(sa.delete(check_in_entries).where(check_in_entries.c.check_in_id.in_(those)))
    session.execute(sa.delete(check_ins).where(which))
