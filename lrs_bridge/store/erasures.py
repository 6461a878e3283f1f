"""Requests for erasure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from lrs_bridge.learning.identity import folded
from lrs_bridge.store.database import Session
from lrs_bridge.store.erasure_tables import erasure_requests
from lrs_bridge.store.schema import identifiers

State = Literal["open", "done", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Request:
    """`learner`: whose it is now; `reason`: what they were answered, once it is closed."""

    number: int
    learner: int
    mbox: str
    what: str
    at: datetime
    due_at: datetime
    state: State
    closed_at: datetime | None
    closed_by: str
    reason: str

    @property
    def address(self) -> str:
        return self.mbox.removeprefix("mailto:")


def add(session: Session, learner: int, mbox: str, what: str, at: datetime, due_at: datetime) -> int:
    """Returns the number of a new request of this learner, who is known by the mailbox too."""
    own = (
        sa.select(identifiers.c.id)
        .where(identifiers.c.learner_id == learner, identifiers.c.folded == folded(mbox))
        .order_by(identifiers.c.id)
        .limit(1)
    )
    row = {
        "identifier_id": own.scalar_subquery(),
        "mbox": mbox,
        "what": what,
        "at": at,
        "due_at": due_at,
        "state": "open",
    }
    made = sa.insert(erasure_requests).values(row).returning(erasure_requests.c.id)
    number: int = session.execute(made).scalar_one()
    return number


def numbered(session: Session, number: int) -> Request | None:
    return next(iter(_requests(session, erasure_requests.c.id == number)), None)


def of_learner(session: Session, learner: int) -> list[Request]:
    """The newest first."""
    return _requests(session, identifiers.c.learner_id == learner)[::-1]


def open_ones(session: Session) -> list[Request]:
    """The oldest first."""
    return _requests(session, erasure_requests.c.state == "open")


def closed_ones(session: Session, limit: int) -> list[Request]:
    """The latest ones, the newest first."""
    chosen = sa.select(erasure_requests.c.id).where(erasure_requests.c.state != "open")
    chosen = chosen.order_by(erasure_requests.c.id.desc()).limit(limit)
    return _requests(session, erasure_requests.c.id.in_(chosen))[::-1]


def close(session: Session, number: int, state: State, *, by: str, reason: str, now: datetime) -> bool:
    """False where somebody else has closed it."""
    change = sa.update(erasure_requests).where(
        erasure_requests.c.id == number, erasure_requests.c.state == "open"
    )
    values = {"state": state, "closed_at": now, "closed_by": by, "reason": reason}
    return session.execute(change.values(values)).rowcount > 0


def _requests(session: Session, which: sa.ColumnElement[bool]) -> list[Request]:
    found: sa.Select[Any] = (
        sa.select(erasure_requests, identifiers.c.learner_id.label("learner"))
        .join(identifiers, identifiers.c.id == erasure_requests.c.identifier_id)
        .where(which)
        .order_by(erasure_requests.c.id)
    )
    return [
        Request(
            row.id,
            row.learner,
            row.mbox,
            row.what,
            row.at,
            row.due_at,
            row.state,
            row.closed_at,
            row.closed_by,
            row.reason,
        )
        for row in session.execute(found)
    ]
