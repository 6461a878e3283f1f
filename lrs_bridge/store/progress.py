"""How many of an organisation's posts have the tier that they require: by team, by role, and day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.schema import posts
from lrs_bridge.store.standing_tables import post_standings, progress_counts

_held = post_standings.c
_EACH_DAY_FOR = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Share:
    """Of current posts that require a tier, how many have it. `of`: a team or role as recorded, "" where it is open."""

    of: str
    required: int
    reached: int


def _how_many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


_REQUIRED = _how_many(_held.required != "")
_REACHED = _how_many(sa.and_(_held.required != "", sa.not_(_held.is_below)))


def _current(found: sa.Select[Any], now: datetime) -> sa.Select[Any]:
    begun = sa.or_(posts.c.starts.is_(None), posts.c.starts <= now)
    return found.join(posts, posts.c.id == _held.post_id).where(_held.ends > now, begun)


def shares(session: Session, organisation: int, by: Literal["team", "role"], now: datetime) -> list[Share]:
    """By name; those of which none requires a tier are left out."""
    folded, told = {
        "team": (_held.service_area, posts.c.service_area),
        "role": (_held.role, posts.c.role),
    }[by]
    found = _current(
        sa.select(sa.func.min(told), _REQUIRED, _REACHED).select_from(post_standings), now
    ).where(_held.organisation_id == organisation)
    rows = session.execute(found.group_by(folded).having(_REQUIRED > 0).order_by(folded))
    return [Share(*row) for row in rows]


def count_day(session: Session, day: date, now: datetime) -> int:
    """Keeps how many there are today, unless that is kept; of days long past one of each month stays. Returns how many
    rows that makes."""
    counted = _current(
        sa.select(
            _held.organisation_id,
            sa.literal(day, type_=sa.Date),
            _held.service_area,
            _REQUIRED,
            _REACHED,
        ).select_from(post_standings),
        now,
    ).group_by(_held.organisation_id, _held.service_area)
    names = ["organisation_id", "day", "service_area", "required", "reached"]
    kept = sa.select(sa.func.count()).where(progress_counts.c.day == day)
    before = session.scalar(kept) or 0
    session.execute(insert_new(session, progress_counts).from_select(names, counted))
    _thin(session, day - _EACH_DAY_FOR)
    return (session.scalar(kept) or 0) - before


def _thin(session: Session, before: date) -> None:
    """Of each month, the newest of the days before this one is kept."""
    counted = sa.select(progress_counts.c.day).where(progress_counts.c.day < before).distinct()
    past = sorted(session.scalars(counted))
    newest = {(day.year, day.month): day for day in past}
    others = [day for day in past if newest[day.year, day.month] != day]
    if others:
        session.execute(sa.delete(progress_counts).where(progress_counts.c.day.in_(others)))


def days(session: Session, organisation: int, since: date) -> dict[date, Share]:
    """Day → the whole organisation, in order of days."""
    counts = progress_counts.c
    found = (
        sa.select(counts.day, sa.func.sum(counts.required), sa.func.sum(counts.reached))
        .where(counts.organisation_id == organisation, counts.day >= since)
        .group_by(counts.day)
        .order_by(counts.day)
    )
    return {row[0]: Share("", int(row[1]), int(row[2])) for row in session.execute(found)}
