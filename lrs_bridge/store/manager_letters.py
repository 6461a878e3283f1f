"""Letters by which learners ask for the word of their line manager, one for each post."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.letter_tables import manager_letters
from lrs_bridge.store.schema import identifiers

Known = Literal["on_record", "stand_in", "named"]
Closed = Literal["", "cancelled", "not_theirs", "taken_back"]

_NOT_ANSWERED = sa.and_(manager_letters.c.answered_at.is_(None), manager_letters.c.closed == "")


@dataclass(frozen=True, slots=True)
class NewLetter:
    """For a post of the learner with this identifier (by number), to whoever reads `mbox`: canonical, in lower case. `asked_by`: the
    learner's address, likewise; `stranger`: nobody is known by `mbox`; `link`: a digest."""

    identifier: int
    organisation: str
    area: str
    service_area: str
    asked_by: str
    mbox: str
    name: str
    known: Known
    stranger: bool
    link: bytes
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was sent. `answers`: support and knowledge, yes or no, once it is answered; `statements`: those that say so."""

    number: int
    learner: int
    organisation: str
    area: str
    service_area: str
    asked_by: str
    mbox: str
    name: str
    known: Known
    asked_at: datetime
    expires_at: datetime
    reminded_at: datetime | None
    answered_at: datetime | None
    answers: dict[str, bool]
    statements: tuple[uuid.UUID, ...]
    closed: Closed
    closed_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can be answered."""
        return not self.closed and self.answered_at is None and now < self.expires_at

    @property
    def address(self) -> str:
        return self.mbox.removeprefix("mailto:")


def add(session: Session, one: NewLetter) -> Letter:
    row = {
        "identifier_id": one.identifier,
        "organisation": one.organisation,
        "area": one.area,
        "service_area": one.service_area,
        "asked_by": one.asked_by,
        "mbox": one.mbox,
        "name": one.name,
        "known": one.known,
        "stranger": one.stranger,
        "link": one.link,
        "asked_at": one.asked_at,
        "expires_at": one.expires_at,
    }
    number = session.execute(sa.insert(manager_letters).returning(manager_letters.c.id), row).scalar_one()
    return _letter(session.execute(_letters().where(manager_letters.c.id == number)).one())


def of(session: Session, learner: int) -> list[Letter]:
    """All that this learner has sent, the newest first."""
    found = _letters().where(identifiers.c.learner_id == learner)
    return [_letter(row) for row in session.execute(found.order_by(manager_letters.c.id.desc()))]


def by_link(session: Session, link: bytes) -> Letter | None:
    """The letter with this link; locked until a writing transaction ends."""
    return _one(session, sa.or_(manager_letters.c.link == link, manager_letters.c.second_link == link))


def numbered(session: Session, number: int) -> Letter | None:
    """Locked until a writing transaction ends."""
    return _one(session, manager_letters.c.id == number)


def strangers_since(session: Session, since: datetime) -> int:
    """How many were sent to addresses that nobody was known by."""
    found = sa.select(sa.func.count()).select_from(manager_letters)
    return session.scalar(found.where(manager_letters.c.asked_at > since, manager_letters.c.stranger)) or 0


def answered(
    session: Session,
    number: int,
    answers: dict[str, bool],
    statements: Sequence[uuid.UUID],
    now: datetime,
) -> None:
    values = {
        "answered_at": now,
        "answers": json.dumps(answers),
        "statements": json.dumps([str(one) for one in statements]),
    }
    session.execute(sa.update(manager_letters).where(manager_letters.c.id == number).values(values))


def close(session: Session, number: int, why: Closed, now: datetime) -> None:
    change = sa.update(manager_letters).where(manager_letters.c.id == number)
    session.execute(change.values(closed=why, closed_at=now))


def claim_reminder(
    session: Session, *, asked_before: datetime, link: bytes, now: datetime, but: Sequence[int] = ()
) -> Letter | None:
    """The letter that has waited longest for an answer, since before then, and that nobody was reminded of; from now on somebody
    is, by this link. None where there is none, `but` those. Whoever claims at the same time gets another."""
    waits = sa.and_(
        _NOT_ANSWERED, manager_letters.c.reminded_at.is_(None), manager_letters.c.expires_at > now
    )
    found = sa.select(manager_letters.c.id).where(
        waits, manager_letters.c.asked_at <= asked_before, manager_letters.c.id.not_in(list(but))
    )
    number = session.scalar(
        found.order_by(manager_letters.c.asked_at).limit(1).with_for_update(skip_locked=True)
    )
    if number is None:
        return None
    change = sa.update(manager_letters).where(manager_letters.c.id == number)
    session.execute(change.values(reminded_at=now, second_link=link))
    return numbered(session, number)


def not_reminded(session: Session, number: int) -> None:
    """Gives a claim back."""
    change = sa.update(manager_letters).where(manager_letters.c.id == number)
    session.execute(change.values(reminded_at=None, second_link=None))


def forget(session: Session, number: int) -> None:
    session.execute(sa.delete(manager_letters).where(manager_letters.c.id == number))


def forget_unanswered(session: Session, before: datetime) -> int:
    """Forgets letters of before then that nobody gave a word on. Returns how many."""
    old = sa.and_(manager_letters.c.asked_at < before, manager_letters.c.answered_at.is_(None))
    return session.execute(sa.delete(manager_letters).where(old)).rowcount


def _letters() -> sa.Select[Any]:
    return sa.select(manager_letters, identifiers.c.learner_id).join(
        identifiers, identifiers.c.id == manager_letters.c.identifier_id
    )


def _one(session: Session, which: sa.ColumnElement[bool]) -> Letter | None:
    found = _letters().where(which)
    if session.get_execution_options().get("lrs_writing"):
        found = found.with_for_update(of=manager_letters)
    row = session.execute(found).one_or_none()
    return _letter(row) if row else None


def _letter(row: Any) -> Letter:
    return Letter(
        number=row.id,
        learner=row.learner_id,
        organisation=row.organisation,
        area=row.area,
        service_area=row.service_area,
        asked_by=row.asked_by,
        mbox=row.mbox,
        name=row.name,
        known=row.known,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        reminded_at=row.reminded_at,
        answered_at=row.answered_at,
        answers=json.loads(row.answers) if row.answers else {},
        statements=tuple(uuid.UUID(one) for one in json.loads(row.statements or "[]")),
        closed=row.closed,
        closed_at=row.closed_at,
    )
