"""When whom was last heard of: by the index of statements, so that sending costs nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.operating_tables import source_outages
from lrs_bridge.store.schema import clients, statements

_LAUNCHES_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Sender:
    """A credential, the source that it speaks for or "", and when its last statement was stored."""

    key: str
    name: str
    source: str
    test: bool
    is_launch: bool
    is_live: bool
    created_at: datetime
    last_at: datetime | None


def senders(session: Session, now: datetime) -> list[Sender]:
    """All credentials, revoked ones too, and the newest of launches, in order of their making: one seek each."""
    columns = [
        clients.c[name]
        for name in ("key", "name", "source", "test", "created_at", "revoked_at", "expires_at", "id")
    ]
    last_at = (
        sa.select(statements.c.stored)
        .where(statements.c.authority_id == clients.c.authority_id)
        .order_by(statements.c.stored.desc(), statements.c.seq.desc())
        .limit(1)
        .correlate(clients)
        .scalar_subquery()
        .label("last_at")
    )
    of_all = sa.select(*columns, last_at).where(clients.c.key != "bridge")
    newest = of_all.where(clients.c.expires_at.is_not(None)).order_by(clients.c.id.desc())
    lasting = of_all.where(clients.c.expires_at.is_(None))
    both = sa.union_all(lasting, sa.select(newest.limit(_LAUNCHES_LOOKED_AT).subquery()))
    return [
        Sender(
            row.key,
            row.name,
            row.source or "",
            row.test,
            row.expires_at is not None,
            row.revoked_at is None and (row.expires_at is None or row.expires_at > now),
            row.created_at,
            row.last_at,
        )
        for row in session.execute(both.order_by("id"))
    ]


@dataclass(frozen=True, slots=True)
class Outage:
    """`last_at`: of the last statement before it, None where there never was one."""

    number: int
    source: str
    last_at: datetime | None


def open_outages(session: Session) -> dict[str, Outage]:
    """Source → its silence that has not ended."""
    found = sa.select(source_outages).where(source_outages.c.ended_at.is_(None))
    return {row.source: Outage(row.id, row.source, row.last_at) for row in session.execute(found)}


def begin_outage(session: Session, source: str, last_at: datetime | None, now: datetime) -> int | None:
    """The number of a new one; None where somebody else has noticed it."""
    noticed = insert_new(session, source_outages).returning(source_outages.c.id)
    row = {"source": source, "last_at": last_at, "noticed_at": now, "ended_at": None}
    number: int | None = session.scalar(noticed, row)
    return number


def end_outage(session: Session, number: int, now: datetime) -> bool:
    """False where somebody else has ended it."""
    ended = sa.update(source_outages).where(
        source_outages.c.id == number, source_outages.c.ended_at.is_(None)
    )
    return session.execute(ended.values(ended_at=now)).rowcount > 0


def forget_outages(session: Session, before: datetime) -> int:
    """Those that ended before then."""
    old = sa.delete(source_outages).where(source_outages.c.ended_at < before)
    return session.execute(old).rowcount
