"""How many people and champions an area has, by sector: counted now, and as kept of each day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.board_tables import area_counts
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.register import CHAMPIONS
from lrs_bridge.store.schema import champion_states, learners, organisations, posts
from lrs_bridge.store.standing_tables import post_standings

ALL = "*"
"""In the place of a sector: everybody once, whatever sectors they work in."""


@dataclass(frozen=True, slots=True)
class Count:
    """`people`: with a current post there; `at_required`: of these, who have the tier of every post that requires one, and have
    such a post; `champions`: on the register there."""

    sector: str
    people: int = 0
    at_required: int = 0
    champions: int = 0


def counted(session: Session, area: str, now: datetime) -> list[Count]:
    """Of each sector where there is anybody, and of all together; in four queries."""
    found: dict[str, dict[str, int]] = {ALL: {}}
    for by_sector in (True, False):
        for row in session.execute(_people(area, now, by_sector=by_sector)):
            found.setdefault(row.sector, {}).update(people=row.people, at_required=row.at_required)
        for row in session.execute(_champions(area, by_sector=by_sector)):
            found.setdefault(row.sector, {}).update(champions=row.champions)
    return [Count(sector, **numbers) for sector, numbers in sorted(found.items())]


def _people(area: str, now: datetime, *, by_sector: bool) -> sa.Select[Any]:
    sector = organisations.c.sector if by_sector else sa.literal(ALL)
    requires = sa.case((post_standings.c.required != "", 1), else_=0)
    below = sa.case((post_standings.c.is_below, 1), else_=0)
    each = (
        sa.select(
            sector.label("sector"),
            sa.func.max(requires).label("requires"),
            sa.func.max(below).label("below"),
        )
        .select_from(post_standings)
        .join(posts, posts.c.id == post_standings.c.post_id)
        .join(organisations, organisations.c.id == post_standings.c.organisation_id)
        .where(
            post_standings.c.area == area,
            post_standings.c.ends > now,
            sa.or_(posts.c.starts.is_(None), posts.c.starts <= now),
        )
        .group_by(post_standings.c.learner_id, *([organisations.c.sector] if by_sector else []))
        .subquery()
    )
    is_there = sa.case((sa.and_(each.c.requires == 1, each.c.below == 0), 1), else_=0)
    return sa.select(
        each.c.sector, sa.func.count().label("people"), sa.func.sum(is_there).label("at_required")
    ).group_by(each.c.sector)


def _champions(area: str, *, by_sector: bool) -> sa.Select[Any]:
    sector = sa.func.coalesce(organisations.c.sector, "") if by_sector else sa.literal(ALL)
    each = (
        sa.select(champion_states.c.learner_id, sector.label("sector"))
        .join(learners, learners.c.id == champion_states.c.learner_id)
        .outerjoin(organisations, organisations.c.folded == champion_states.c.organisation_folded)
        .where(champion_states.c.area == area, champion_states.c.status.in_(CHAMPIONS))
        .subquery()
    )
    number = sa.func.count(each.c.learner_id.distinct()).label("champions")
    return sa.select(each.c.sector, number).group_by(each.c.sector)


def keep(session: Session, day: date, area: str, counts: Sequence[Count]) -> None:
    """In the place of what was kept of that day; right when two do it at once."""
    of_day = (area_counts.c.day == day, area_counts.c.area == area)
    sectors = [one.sector for one in counts]
    session.execute(sa.delete(area_counts).where(*of_day, area_counts.c.sector.not_in(sectors)))
    rows = [
        {
            "day": day,
            "area": area,
            "sector": one.sector,
            "people": one.people,
            "at_required": one.at_required,
            "champions": one.champions,
        }
        for one in sorted(counts, key=lambda count: count.sector)
    ]
    session.execute(upsert(session, area_counts, key=("day", "area", "sector")), rows)


def days(session: Session, area: str, since: date) -> list[date]:
    """The days of which counts are kept, from that one on."""
    found = sa.select(area_counts.c.day).where(area_counts.c.area == area, area_counts.c.day >= since)
    return list(session.scalars(found.distinct().order_by(area_counts.c.day)))


def kept(session: Session, area: str, among: Collection[date]) -> dict[date, list[Count]]:
    """Day → the counts of that day."""
    found = sa.select(area_counts).where(area_counts.c.area == area, area_counts.c.day.in_(list(among)))
    held: dict[date, list[Count]] = {day: [] for day in among}
    for row in session.execute(found.order_by(area_counts.c.sector)):
        held[row.day].append(Count(row.sector, row.people, row.at_required, row.champions))
    return held
