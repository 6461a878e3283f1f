"""The champion register as a Board keeps it: who, where, since when; who asks; and which organisations have nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.identity import folded
from lrs_bridge.store.database import Session
from lrs_bridge.store.identity import in_parts
from lrs_bridge.store.schema import (
    champion_states,
    identifiers,
    learners,
    organisation_areas,
    organisations,
    posts,
    service_areas,
)

CHAMPIONS = ("champion", "legacy_unverified")


@dataclass(frozen=True, slots=True)
class Entry:
    """One learner in one area. `contact`: an e-mail, "" where none is known; `sector`: of the organisation, as recorded."""

    learner: int
    area: str
    name: str
    status: str
    organisation: str
    service_area: str
    sector: str
    contact: str
    since: datetime
    last_update: datetime | None
    standards_met: bool


def entries(session: Session, area: str, statuses: Sequence[str], *, asking: bool = False) -> list[Entry]:
    """Everybody with one of these states in the area, by organisation and name. `asking`: champions from before who ask to
    be registered anew too."""
    found = (
        sa.select(champion_states, learners.c.name, organisations.c.sector)
        .join(learners, learners.c.id == champion_states.c.learner_id)
        .outerjoin(organisations, organisations.c.folded == champion_states.c.organisation_folded)
        .where(champion_states.c.area == area)
        .where(
            sa.or_(
                champion_states.c.status.in_(list(statuses)),
                sa.and_(sa.literal(asking), champion_states.c.asked != ""),
            )
        )
    )
    rows = session.execute(found).all()
    contacts = _contacts(session, [row.learner_id for row in rows])
    made = [
        Entry(
            learner=row.learner_id,
            area=area,
            name=row.name,
            status=row.status,
            organisation=row.organisation,
            service_area=row.service_area,
            sector=row.sector or "",
            contact=contacts.get(row.learner_id, ""),
            since=row.since,
            last_update=row.last_update,
            standards_met=row.standards_met,
        )
        for row in rows
    ]
    return sorted(
        made, key=lambda one: (one.organisation.casefold(), one.service_area.casefold(), one.name.casefold())
    )


def _contacts(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    """Learner → the first e-mail they were known by."""
    found: dict[int, str] = {}
    for part in in_parts(numbers):
        rows = sa.select(identifiers.c.learner_id, identifiers.c.text).where(
            identifiers.c.learner_id.in_(part), identifiers.c.text.startswith("mailto:")
        )
        for row in session.execute(rows.order_by(identifiers.c.id.desc())):
            found[row.learner_id] = row.text.removeprefix("mailto:")
    return found


def may_deliver(session: Session, texts: Iterable[str]) -> set[str]:
    """Of these identifiers, those of a registered champion or a recorded CSE lead."""
    wanted = sorted(texts)
    able: set[str] = set()
    keys = {text: folded(text) or text for text in wanted}
    for part in in_parts(wanted):
        leads = sa.select(organisations.c.lead).where(organisations.c.lead.in_(part))
        able |= set(session.scalars(leads))
        same = sa.or_(identifiers.c.text.in_(part), identifiers.c.folded.in_([keys[text] for text in part]))
        champions = (
            sa.select(identifiers.c.text, identifiers.c.folded)
            .join(champion_states, champion_states.c.learner_id == identifiers.c.learner_id)
            .where(same, champion_states.c.status.in_(CHAMPIONS))
        )
        known = {name for row in session.execute(champions) for name in (row.text, row.folded)}
        able |= {text for text in part if known & {text, keys[text]}}
    return able


@dataclass(frozen=True, slots=True)
class Gap:
    """An organisation, or one of its service areas, without a champion."""

    organisation: str
    service_area: str
    sector: str


def without_champion(session: Session, area: str, now: datetime) -> list[Gap]:
    """Organisations that work in the area and have no champion there; and service areas of larger ones without one of their
    own. By organisation."""
    working = _at_work(area, now)
    has_one = sa.exists().where(_champion_at(area))
    none = sa.select(organisations.c.name, organisations.c.sector).where(working, sa.not_(has_one))
    gaps = [Gap(row.name, "", row.sector) for row in session.execute(none)]
    covered = sa.exists().where(
        _champion_at(area), champion_states.c.service_area_folded == service_areas.c.folded
    )
    parts = (
        sa.select(organisations.c.name, organisations.c.sector, service_areas.c.name.label("service_area"))
        .join(service_areas, service_areas.c.organisation_id == organisations.c.id)
        .where(working, sa.not_(covered))
    )
    gaps += [Gap(row.name, row.service_area, row.sector) for row in session.execute(parts)]
    return sorted(gaps, key=lambda one: (one.organisation.casefold(), one.service_area.casefold()))


def sectors_at_work(session: Session, area: str, now: datetime) -> set[str]:
    """The sectors of the organisations that work in the area."""
    return set(session.scalars(sa.select(organisations.c.sector).where(_at_work(area, now)).distinct()))


def _at_work(area: str, now: datetime) -> Any:
    """Organisations that work in the area, by record or by a current post."""
    held = (
        sa.select(posts.c.organisation_id)
        .where(
            posts.c.area == area,
            sa.or_(posts.c.starts.is_(None), posts.c.starts <= now),
            sa.or_(posts.c.ends.is_(None), posts.c.ends > now),
        )
        .distinct()
    )
    recorded = sa.select(organisation_areas.c.organisation_id).where(organisation_areas.c.area == area)
    return sa.or_(organisations.c.id.in_(recorded), organisations.c.id.in_(held))


def _champion_at(area: str) -> Any:
    return sa.and_(
        champion_states.c.area == area,
        champion_states.c.status.in_(CHAMPIONS),
        champion_states.c.organisation_folded == organisations.c.folded,
    )
