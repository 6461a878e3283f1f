"""Who is below the tier that a post requires, and was not reminded of it for a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many, lock_digest
from lrs_bridge.store.people import digest_of
from lrs_bridge.store.recording_tables import reminders
from lrs_bridge.store.roles import Viewer, may_see
from lrs_bridge.store.schema import identifiers, learners, organisations
from lrs_bridge.store.standing_tables import post_standings


@dataclass(frozen=True, slots=True)
class Below:
    """Somebody in a post below the tier that it requires; `covered` of `total` items of `goal`, the next tier on the way there."""

    learner: int
    name: str
    area: str
    required: str
    goal: str
    covered: int
    total: int


def due(
    session: Session, viewer: Viewer, organisation: int, since: Mapping[str, datetime], limit: int
) -> list[Below]:
    """By name, those first who have an e-mail address, at most `limit`, each once; without whoever was reminded after the instant
    that `since` has for the post's area."""
    held, sent, known = post_standings.c, reminders.alias("sent"), identifiers.alias("known")
    has_mail = sa.exists().where(known.c.learner_id == held.learner_id, known.c.text.startswith("mailto:"))
    later = (
        sa.select(sent.c.id)
        .join(identifiers, identifiers.c.id == sent.c.identifier_id)
        .where(identifiers.c.learner_id == held.learner_id)
    )
    found = (
        sa.select(post_standings, learners.c.name.label("called"))
        .join(learners, learners.c.id == held.learner_id)
        .where(held.organisation_id == organisation, held.ends > viewer.now, held.is_below, may_see(viewer))
        .where(
            sa.or_(
                *(
                    sa.and_(held.area == area, ~later.where(sent.c.at > at).exists())
                    for area, at in since.items()
                )
            )
        )
        .order_by(sa.case((has_mail, 0), else_=1), held.name, held.post_id)
        .limit(limit)
    )
    lines: dict[int, Below] = {}
    for row in session.execute(found):
        one = Below(row.learner_id, row.called, row.area, row.required, row.goal, row.covered, row.total)
        lines.setdefault(row.learner_id, one)
    return list(lines.values())


def sent_to(session: Session, learner: int) -> list[tuple[str, datetime]]:
    """Which organisation reminded this learner, and when."""
    found = (
        sa.select(organisations.c.name, reminders.c.at)
        .join(organisations, organisations.c.id == reminders.c.organisation_id)
        .join(identifiers, identifiers.c.id == reminders.c.identifier_id)
        .where(identifiers.c.learner_id == learner)
        .order_by(reminders.c.id)
    )
    return [(row.name, row.at) for row in session.execute(found)]


def lock(session: Session) -> None:
    """Until the transaction ends, whoever else reminds anybody waits: organisations may share people."""
    lock_digest(session, digest_of("reminders"))


def note(session: Session, sent_to: Iterable[int], *, organisation: int, who: str, now: datetime) -> None:
    """`sent_to`: numbers of identifiers."""
    rows = [
        {"identifier_id": number, "organisation_id": organisation, "who": who, "at": now}
        for number in sent_to
    ]
    if rows:
        insert_many(session, reminders, rows)
