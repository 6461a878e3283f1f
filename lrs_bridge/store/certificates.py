"""Certificates that learners made of the tier they had reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.identity import folded
from lrs_bridge.store.certificate_tables import certificates
from lrs_bridge.store.database import Session
from lrs_bridge.store.schema import identifiers


@dataclass(frozen=True, slots=True)
class New:
    """`digest`: of the link's token; `tier`, `framework`: keys, beside their names on that day."""

    digest: bytes
    name: str
    framework: str
    framework_name: str
    board: str
    tier: str
    tier_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """`learner`: whose it is now."""

    number: int
    learner: int
    made: New
    revoked_at: datetime | None


def add(session: Session, learner: int, mbox: str, new: New) -> None:
    """Hangs it on the learner's identifier that is this e-mail address, however written."""
    own = (
        sa.select(identifiers.c.id)
        .where(identifiers.c.learner_id == learner, identifiers.c.folded == folded(mbox))
        .order_by(identifiers.c.id)
        .limit(1)
    )
    values = {name: getattr(new, name) for name in New.__dataclass_fields__}
    session.execute(sa.insert(certificates).values(identifier_id=own.scalar_subquery(), **values))


def by_digest(session: Session, digest: bytes) -> Kept | None:
    row = session.execute(_kept().where(certificates.c.digest == digest)).one_or_none()
    return _read(row) if row else None


def of_learner(session: Session, learner: int) -> list[Kept]:
    """The newest first."""
    found = _kept().where(identifiers.c.learner_id == learner).order_by(certificates.c.id.desc())
    return [_read(row) for row in session.execute(found)]


def revoke(session: Session, number: int, now: datetime) -> None:
    change = sa.update(certificates).where(certificates.c.id == number)
    session.execute(change.values(revoked_at=now))


def _kept() -> sa.Select[Any]:
    return sa.select(certificates, identifiers.c.learner_id).join(
        identifiers, identifiers.c.id == certificates.c.identifier_id
    )


def _read(row: sa.Row[Any]) -> Kept:
    made = New(**{name: getattr(row, name) for name in New.__dataclass_fields__})
    return Kept(row.id, row.learner_id, made, row.revoked_at)
