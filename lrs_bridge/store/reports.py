"""What learners say is missing or wrong in what is recorded of them, and who deals with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.letter_tables import reports
from lrs_bridge.store.roles import Viewer, may_see
from lrs_bridge.store.schema import identifiers, learners, organisations

ReportKind = Literal["missing", "not_mine", "post", "other"]


@dataclass(frozen=True, slots=True)
class Place:
    """Who deals with it: the coordinators of an organisation (by number), a Board (`area`), else the operators."""

    organisation: int | None = None
    area: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`organisation`: the name, where it goes to that one's coordinators; `name`: the learner's; `sent_by`: their address, canonical;
    `note`: what was done, once it is closed."""

    number: int
    learner: int
    name: str
    place: Place
    organisation: str
    kind: ReportKind
    text: str
    sent_by: str
    sent_at: datetime
    closed_at: datetime | None
    closed_by: str
    note: str


def add(
    session: Session,
    places: Sequence[Place],
    *,
    identifier: int,
    kind: ReportKind,
    text: str,
    sent_by: str,
    now: datetime,
) -> None:
    """One for each place, of the learner with this identifier (by number)."""
    rows = [
        {
            "identifier_id": identifier,
            "organisation_id": place.organisation,
            "area": place.area,
            "kind": kind,
            "text": text,
            "sent_by": sent_by,
            "sent_at": now,
        }
        for place in places
    ]
    session.execute(sa.insert(reports), rows)


def times_since(session: Session, learner: int, since: datetime) -> list[datetime]:
    """When this learner reported something, the latest first."""
    found = sa.select(reports.c.sent_at).join(identifiers, identifiers.c.id == reports.c.identifier_id)
    found = found.where(identifiers.c.learner_id == learner, reports.c.sent_at > since).distinct()
    return list(session.scalars(found.order_by(reports.c.sent_at.desc())))


def of(session: Session, learner: int, limit: int | None = None) -> list[Report]:
    """What this learner reported, the newest first."""
    found = _reports().where(identifiers.c.learner_id == learner)
    return _all(session, found.order_by(reports.c.id.desc()).limit(limit))


def at(
    session: Session, place: Place, viewer: Viewer | None, *, closed: bool, after: int, limit: int
) -> list[Report]:
    """What a place deals with, of people whom the viewer may see (None: of everybody): open ones from the oldest on, closed ones from
    the newest on. The next page begins after the number of the last one shown."""
    found = _reports().where(_at(place))
    if viewer is not None:
        found = found.where(may_see(viewer))
    if closed:
        found = found.where(reports.c.closed_at.is_not(None)).order_by(reports.c.id.desc())
        found = found.where(reports.c.id < after) if after else found
    else:
        found = found.where(reports.c.closed_at.is_(None), reports.c.id > after).order_by(reports.c.id)
    return _all(session, found.limit(limit))


def numbered(session: Session, place: Place, viewer: Viewer | None, number: int) -> Report | None:
    """One of `at`, to be closed: locked until the transaction ends."""
    found = _reports().where(_at(place), reports.c.id == number)
    if viewer is not None:
        found = found.where(may_see(viewer))
    return next(iter(_all(session, found.with_for_update(of=reports))), None)


def close(session: Session, number: int, note: str, who: str, now: datetime) -> None:
    change = sa.update(reports).where(reports.c.id == number)
    session.execute(change.values(closed_at=now, closed_by=who, note=note))


def forget_closed(session: Session, before: datetime) -> int:
    """Forgets those closed before then. Returns how many."""
    return session.execute(sa.delete(reports).where(reports.c.closed_at < before)).rowcount


def _at(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(reports.c.organisation_id == place.organisation, reports.c.area == place.area)


def _reports() -> sa.Select[Any]:
    return (
        sa.select(reports, learners.c.id.label("learner"), learners.c.name, organisations.c.name.label("at"))
        .join(identifiers, identifiers.c.id == reports.c.identifier_id)
        .join(learners, learners.c.id == identifiers.c.learner_id)
        .outerjoin(organisations, organisations.c.id == reports.c.organisation_id)
    )


def _all(session: Session, found: sa.Select[Any]) -> list[Report]:
    return [
        Report(
            number=row.id,
            learner=row.learner,
            name=row.name,
            place=Place(row.organisation_id, row.area),
            organisation=row.at or "",
            kind=row.kind,
            text=row.text,
            sent_by=row.sent_by,
            sent_at=row.sent_at,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            note=row.note,
        )
        for row in session.execute(found)
    ]
