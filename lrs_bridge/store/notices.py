"""Notices to people, from the transaction of what they tell until they are sent."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.letter_tables import notices


@dataclass(frozen=True, slots=True)
class Notice:
    """`id` was minted once and is the same at every try; `about`: for the template."""

    id: uuid.UUID
    address: str
    subject: str
    template: str
    about: dict[str, Any]
    tries: int = 0


def add(session: Session, one: Notice, now: datetime) -> None:
    row = {
        "id": one.id,
        "address": one.address,
        "subject": one.subject,
        "template": one.template,
        "about": json.dumps(one.about),
        "state": "waiting",
        "due_at": now,
        "tries": 0,
        "last_error": "",
    }
    session.execute(sa.insert(notices), row)


def claim_next(session: Session, *, now: datetime, for_seconds: int) -> Notice | None:
    """The notice that is due longest and that nobody holds. A claim lapses, so a killed sender loses nothing."""
    claim = timedelta(seconds=for_seconds)
    free = sa.or_(
        notices.c.claimed_until.is_(None),
        notices.c.claimed_until <= now,
        notices.c.claimed_until > now + 2 * claim,  # made before the clock went backwards
    )
    found = sa.select(notices).where(notices.c.state == "waiting", notices.c.due_at <= now, free)
    row = session.execute(
        found.order_by(notices.c.due_at).limit(1).with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    session.execute(sa.update(notices).where(notices.c.id == row.id).values(claimed_until=now + claim))
    return Notice(row.id, row.address, row.subject, row.template, json.loads(row.about), row.tries)


def sent(session: Session, number: uuid.UUID) -> None:
    session.execute(sa.delete(notices).where(notices.c.id == number))


def failed(
    session: Session, number: uuid.UUID, reason: str, *, retry_at: datetime | None, counts: bool = True
) -> None:
    """After a failed try: waiting again until `retry_at`, or failed for good where that is None."""
    values: dict[str, Any] = {"claimed_until": None, "last_error": reason[:2000]}
    if counts:
        values["tries"] = notices.c.tries + 1
    values |= {"due_at": retry_at} if retry_at else {"state": "failed"}
    session.execute(sa.update(notices).where(notices.c.id == number).values(values))


def counts(session: Session) -> dict[str, int]:
    """How many wait, and how many were given up."""
    found = session.execute(sa.select(notices.c.state, sa.func.count()).group_by(notices.c.state))
    states = {row[0]: row[1] for row in found}
    return {"waiting": states.get("waiting", 0), "failed": states.get("failed", 0)}


def reasons(session: Session, limit: int) -> list[tuple[str, int]]:
    """Why those that were given up, or wait to be tried again, were not sent, and how many each; the most frequent first."""
    number = sa.func.count().label("number")
    found = sa.select(notices.c.last_error, number).where(notices.c.last_error != "")
    found = found.group_by(notices.c.last_error).order_by(number.desc(), notices.c.last_error).limit(limit)
    return [(row[0], row[1]) for row in session.execute(found)]


def again(session: Session, now: datetime) -> int:
    """Makes those that were given up due, with all their tries. Returns how many."""
    values = {"state": "waiting", "due_at": now, "claimed_until": None, "tries": 0}
    return session.execute(sa.update(notices).where(notices.c.state == "failed").values(values)).rowcount


def forget_failed(session: Session, before: datetime) -> int:
    """Forgets those that were given up and were due before then. Returns how many."""
    old = sa.and_(notices.c.state == "failed", notices.c.due_at < before)
    return session.execute(sa.delete(notices).where(old)).rowcount
