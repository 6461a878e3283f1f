"""What was refused, for the operator to see: one row for the same refusal of the same sender, so many rows at most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Instant, Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.lrs_tables import refused_requests
from lrs_bridge.store.schema import clients


@dataclass(frozen=True, slots=True)
class Refusal:
    """`digest`: equal for what counts as the same; `times`: how often it came since it was last written; `client_id`: None for
    whoever showed no good credential."""

    digest: bytes
    at: datetime
    client_id: int | None
    method: str
    path: str
    status: int
    reason: str
    excerpt: str
    times: int = 1


def keep(session: Session, refusals: Iterable[Refusal], most: int) -> None:
    """Adds them; of more than `most` rows those go whose last time is longest ago. Rows go in order of digest, so crossing
    writers can't deadlock."""
    rows = [
        {
            "digest": one.digest,
            "first_at": one.at,
            "last_at": one.at,
            "times": one.times,
            "client_id": one.client_id,
            "method": one.method,
            "path": one.path,
            "status": one.status,
            "reason": one.reason,
            "excerpt": one.excerpt,
        }
        for one in sorted(refusals, key=lambda one: one.digest)
    ]
    known = upsert(session, refused_requests, key=("digest",), kept=("id", "first_at"), added_up=("times",))
    session.execute(known, rows)
    newest = sa.select(refused_requests.c.id).order_by(
        refused_requests.c.last_at.desc(), refused_requests.c.id.desc()
    )
    beyond = list(session.scalars(newest.offset(most)))
    if beyond:
        session.execute(sa.delete(refused_requests).where(refused_requests.c.id.in_(beyond)))


def purge(session: Session, before: datetime) -> int:
    return session.execute(sa.delete(refused_requests).where(refused_requests.c.last_at < before)).rowcount


@dataclass(frozen=True, slots=True)
class Kept:
    """`sender` and `source`: of the credential, "" where there was none."""

    number: int
    first_at: datetime
    last_at: datetime
    times: int
    sender: str
    source: str
    method: str
    path: str
    status: int
    reason: str
    excerpt: str


def recent(
    session: Session,
    since: datetime,
    source: str | None,
    limit: int,
    *,
    after: tuple[datetime, int] | None = None,
) -> list[Kept]:
    """Those whose last time is after `since`, the newest first; of one source, of whoever had no good credential (""), or of all
    (None). `after`: last time and number of the one that the list goes on behind."""
    table = refused_requests.c
    found = (
        sa.select(*(column for column in table if column.name not in ("digest", "client_id")))
        .add_columns(clients.c.name.label("sender"), clients.c.source)
        .outerjoin_from(refused_requests, clients, clients.c.id == table.client_id)
        .where(table.last_at > since)
        .order_by(table.last_at.desc(), table.id.desc())
        .limit(limit)
    )
    if source is not None:
        found = found.where(clients.c.source == source if source else table.client_id.is_(None))
    if after is not None:
        found = found.where(
            sa.tuple_(table.last_at, table.id) < sa.tuple_(sa.literal(after[0], Instant), after[1])
        )
    return [
        Kept(
            row.id,
            row.first_at,
            row.last_at,
            row.times,
            row.sender or "",
            row.source or "",
            row.method,
            row.path,
            row.status,
            row.reason,
            row.excerpt,
        )
        for row in session.execute(found)
    ]


def count(session: Session, since: datetime) -> int:
    """How many different refusals came again, or for the first time, after `since`."""
    found = sa.select(sa.func.count()).where(refused_requests.c.last_at > since)
    return session.scalar(found) or 0
