"""The champion register as a Board keeps it: who, where, since when; who asks; and which organisations have nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from lrs_bridge.learning.history import plain
from lrs_bridge.learning.identity import folded
from lrs_bridge.store.database import Instant, Session
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
    """One learner in one area. `contact`: an e-mail, "" where none is known; `sector`: of the organisation, as recorded;
    `asked`: what a champion asks beside it ("request", or "return" of one)."""

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
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which people of an area: of these states, and champions who ask for something else beside it (`asking`: "request", or
    "return" of one). `sector`: of their organisation, None: any; `lapsed`: whose standards are not all met;
    `last_before`: whose last update, or registration, lies before then."""

    statuses: Sequence[str]
    asking: Sequence[str] = ()
    sector: str | None = None
    lapsed: bool = False
    last_before: datetime | None = None


def entries(session: Session, area: str, chosen: Chosen) -> list[Entry]:
    """All of them, by organisation and name."""
    return sorted(
        _entries(session, _rows(area, chosen)),
        key=lambda one: (one.organisation.casefold(), one.service_area.casefold(), one.name.casefold()),
    )


def page(session: Session, area: str, chosen: Chosen, *, after: int, limit: int) -> list[Entry]:
    """So many of them by organisation, from behind the learner `after` on; from the first where that is 0, or somebody who is
    no longer among them."""
    order = (champion_states.c.organisation_folded, champion_states.c.service_area_folded, learners.c.id)
    found = _rows(area, chosen).order_by(*order)
    if after:
        place = _rows(area, chosen).with_only_columns(*order).where(learners.c.id == after)
        last = session.execute(place.limit(1)).one_or_none()
        if last is not None:
            found = found.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, last)))
    return _entries(session, found.limit(limit))


def of_learner(session: Session, area: str, learner: int) -> Entry | None:
    """Where one learner stands in the area; of several states the one that is not over."""
    chosen = Chosen(("requested", "returned", "eligible", "left", *CHAMPIONS))
    found = _entries(session, _rows(area, chosen).where(champion_states.c.learner_id == learner))
    return min(found, key=lambda one: one.status == "left", default=None)


def among(session: Session, area: str, statuses: Sequence[str], numbers: Sequence[int]) -> set[int]:
    """Of these learners, those with one of these states in the area."""
    found = sa.select(champion_states.c.learner_id).where(
        champion_states.c.area == area,
        champion_states.c.status.in_(list(statuses)),
        champion_states.c.learner_id.in_(list(numbers)),
    )
    return set(session.scalars(found))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people of an area: ask to be registered, are eligible, are champion, of these no longer meet every standard,
    and are due for the annual update. Each at most MOST_COUNTED."""

    requests: int
    eligible: int
    champions: int
    lapsed: int
    updates_due: int


def counts(session: Session, area: str, last_before: datetime | None) -> Counts:
    def number(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        some = sa.select(champion_states.c.learner_id).where(champion_states.c.area == area, *conditions)
        return _counted(some)

    is_champion = champion_states.c.status.in_(CHAMPIONS)
    asks = sa.and_(is_champion, champion_states.c.asked == "request")
    found = sa.select(
        number(sa.or_(champion_states.c.status == "requested", asks)),
        number(champion_states.c.status == "eligible"),
        number(is_champion),
        number(is_champion, sa.not_(champion_states.c.standards_met)),
        number(is_champion, _last() < last_before) if last_before else sa.literal(0),
    )
    return Counts(*session.execute(found).one())


MOST_COUNTED = 1_000


def _counted(found: sa.Select[Any]) -> sa.ScalarSelect[int]:
    """How many, at most MOST_COUNTED: so that a page does not take longer with each more."""
    return sa.select(sa.func.count()).select_from(found.limit(MOST_COUNTED).subquery()).scalar_subquery()


def _last() -> sa.ColumnElement[Any]:
    return sa.func.coalesce(champion_states.c.last_update, champion_states.c.since, type_=Instant())


def _rows(area: str, chosen: Chosen) -> sa.Select[Any]:
    is_meant = champion_states.c.status.in_(list(chosen.statuses))
    asks = sa.and_(champion_states.c.status.in_(CHAMPIONS), champion_states.c.asked.in_(list(chosen.asking)))
    found = (
        sa.select(champion_states, learners.c.name, organisations.c.sector)
        .join(learners, learners.c.id == champion_states.c.learner_id)
        .outerjoin(organisations, organisations.c.folded == champion_states.c.organisation_folded)
        .where(champion_states.c.area == area, sa.or_(is_meant, asks) if chosen.asking else is_meant)
    )
    if chosen.sector is not None:
        found = found.where(sa.func.coalesce(organisations.c.sector, "") == chosen.sector)
    if chosen.lapsed:
        found = found.where(sa.not_(champion_states.c.standards_met))
    if chosen.last_before is not None:
        found = found.where(_last() < chosen.last_before)
    return found


def _entries(session: Session, found: sa.Select[Any]) -> list[Entry]:
    rows = session.execute(found).all()
    contacts = _contacts(session, [row.learner_id for row in rows])
    return [
        Entry(
            learner=row.learner_id,
            area=row.area,
            name=row.name,
            status=row.status,
            organisation=row.organisation,
            service_area=row.service_area,
            sector=row.sector or "",
            contact=contacts.get(row.learner_id, ""),
            since=row.since,
            last_update=row.last_update,
            standards_met=row.standards_met,
            asked=row.asked,
        )
        for row in rows
    ]


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


Known = Literal["lead", "manager", "post"]


def known_at(session: Session, organisation: str, texts: Iterable[str], now: datetime) -> set[Known]:
    """How an organisation knows somebody by these identifiers: as its CSE lead, as somebody's line manager, by a current post
    of their own."""
    wanted = sorted(set(texts))
    place = organisations.c.folded == plain(organisation)
    keys = sorted({folded(text) or text for text in wanted})
    is_lead = sa.select(organisations.c.id).where(place, organisations.c.lead.in_(wanted))
    here = sa.select(posts.c.id).join(organisations, organisations.c.id == posts.c.organisation_id)
    here = here.where(place, sa.or_(posts.c.ends.is_(None), posts.c.ends > now))
    own = here.join(identifiers, identifiers.c.id == posts.c.identifier_id).where(
        sa.or_(identifiers.c.text.in_(wanted), identifiers.c.folded.in_(keys))
    )
    asked = sa.select(is_lead.exists(), here.where(posts.c.manager.in_(wanted)).exists(), own.exists())
    names: tuple[Known, ...] = ("lead", "manager", "post")
    return {name for name, so in zip(names, session.execute(asked).one(), strict=True) if so}


@dataclass(frozen=True, slots=True)
class Gap:
    """An organisation, or one of its service areas, without a champion. `number`: the organisation's, 0 where there is none."""

    organisation: str
    service_area: str
    sector: str
    number: int = 0


def without_champion(
    session: Session, area: str, now: datetime, *, among: Sequence[int] | None = None
) -> list[Gap]:
    """Organisations that work in the area and have no champion there; and service areas of larger ones without one of their
    own. By organisation: of these (by number), or of all."""
    wanted = () if among is None else (organisations.c.id.in_(list(among)),)
    found = sa.select(organisations.c.id, organisations.c.name, organisations.c.sector)
    none = found.where(_at_work(area, now), sa.not_(_has_champion(area)), *wanted)
    parts = (
        found.add_columns(service_areas.c.name.label("service_area"))
        .join(service_areas, service_areas.c.organisation_id == organisations.c.id)
        .where(_at_work(area, now), _is_uncovered(area), *wanted)
    )
    gaps = [Gap(row.name, "", row.sector, row.id) for row in session.execute(none)]
    gaps += [Gap(row.name, row.service_area, row.sector, row.id) for row in session.execute(parts)]
    return sorted(gaps, key=lambda one: (one.organisation.casefold(), one.service_area.casefold()))


def gaps_page(
    session: Session, area: str, now: datetime, *, sector: str | None, after: int, limit: int
) -> list[Gap]:
    """The gaps of so many organisations, from behind the one `after` on (by its number; 0: from the first). `sector` None:
    of any."""
    found = _with_gap(area, now).order_by(organisations.c.folded)
    if sector is not None:
        found = found.where(organisations.c.sector == sector)
    if after:
        last = sa.select(organisations.c.folded).where(organisations.c.id == after).scalar_subquery()
        found = found.where(organisations.c.folded > last)
    numbers = list(session.scalars(found.limit(limit)))
    return without_champion(session, area, now, among=numbers)


def count_with_gap(session: Session, area: str, now: datetime) -> int:
    """How many organisations have a gap, at most MOST_COUNTED."""
    return session.scalar(sa.select(_counted(_with_gap(area, now)))) or 0


def _with_gap(area: str, now: datetime) -> sa.Select[Any]:
    parts = sa.exists().where(service_areas.c.organisation_id == organisations.c.id, _is_uncovered(area))
    return sa.select(organisations.c.id).where(
        _at_work(area, now), sa.or_(sa.not_(_has_champion(area)), parts)
    )


def sectors_at_work(session: Session, area: str, now: datetime) -> set[str]:
    """The sectors of the organisations that work in the area."""
    return set(session.scalars(sa.select(organisations.c.sector).where(_at_work(area, now)).distinct()))


def sectors_with_champion(session: Session, area: str) -> set[str]:
    found = sa.select(organisations.c.sector).join(champion_states, _champion_at(area))
    return set(session.scalars(found.distinct()))


def _at_work(area: str, now: datetime) -> sa.ColumnElement[bool]:
    """Organisations that work in the area, by record or by a current post."""
    held = sa.exists().where(
        posts.c.organisation_id == organisations.c.id,
        posts.c.area == area,
        sa.or_(posts.c.starts.is_(None), posts.c.starts <= now),
        sa.or_(posts.c.ends.is_(None), posts.c.ends > now),
    )
    recorded = sa.exists().where(
        organisation_areas.c.organisation_id == organisations.c.id, organisation_areas.c.area == area
    )
    return sa.or_(recorded, held)


def _has_champion(area: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(_champion_at(area))


def _is_uncovered(area: str) -> sa.ColumnElement[bool]:
    """Of a service area: that no champion is its own."""
    own = sa.and_(_champion_at(area), champion_states.c.service_area_folded == service_areas.c.folded)
    return sa.not_(sa.exists().where(own).correlate(organisations, service_areas))


def _champion_at(area: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        champion_states.c.area == area,
        champion_states.c.status.in_(CHAMPIONS),
        champion_states.c.organisation_folded == organisations.c.folded,
    )
