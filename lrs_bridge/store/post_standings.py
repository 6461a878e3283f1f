"""Where people stand in their posts, kept for the lists of an organisation's people; and those lists, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from lrs_bridge.learning.history import plain
from lrs_bridge.learning.post_standings import PostStanding, name_key
from lrs_bridge.moments import LATEST
from lrs_bridge.store import people
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many
from lrs_bridge.store.identity import in_parts
from lrs_bridge.store.register import CHAMPIONS
from lrs_bridge.store.roles import Viewer, may_see
from lrs_bridge.store.schema import learners, posts
from lrs_bridge.store.standing_tables import post_standings

Row = dict[str, Any]


def rows(session: Session, found: Mapping[int, Iterable[PostStanding]]) -> dict[int, list[Row]]:
    """Learner → the rows that these standings make, by post."""
    names = people.names_of_learners(session, found)
    wanted = {one.post.number: one for standings in found.values() for one in standings}
    places: dict[int, int] = {}
    for part in in_parts(sorted(wanted)):
        recorded = sa.select(posts.c.id, posts.c.organisation_id).where(posts.c.id.in_(part))
        places |= {row.id: row.organisation_id for row in session.execute(recorded)}
    return {
        learner: [
            _row(learner, names[learner], places[one.post.number], one)
            for one in sorted(standings, key=lambda one: one.post.number)
            if one.post.number in places
        ]
        for learner, standings in found.items()
    }


def _row(learner: int, name: str, organisation: int, one: PostStanding) -> Row:
    return {
        "learner_id": learner,
        "post_id": one.post.number,
        "organisation_id": organisation,
        "area": one.post.area,
        "service_area": plain(one.post.service_area),
        "role": plain(one.post.role),
        "name": name_key(name),
        "required": one.required or "",
        "attained": one.attained or "",
        "is_below": one.is_below,
        "goal": one.goal or "",
        "covered": one.covered,
        "total": one.total,
        "gap": one.gap,
        "lapses_at": one.lapses_at or LATEST,
        "champion": one.champion,
        "ends": one.post.ends or LATEST,
    }


def keep(session: Session, found: Mapping[int, Iterable[PostStanding]]) -> None:
    """Replaces the rows of these learners."""
    session.execute(sa.delete(post_standings).where(post_standings.c.learner_id.in_(list(found))))
    fresh = [row for own in rows(session, found).values() for row in own]
    if fresh:
        insert_many(session, post_standings, fresh)


def kept(session: Session, numbers: Sequence[int]) -> dict[int, list[Row]]:
    """Learner → their rows, by post."""
    held: dict[int, list[Row]] = {number: [] for number in numbers}
    found = sa.select(post_standings).where(post_standings.c.learner_id.in_(numbers))
    for row in session.execute(found.order_by(post_standings.c.post_id)).mappings():
        held[row["learner_id"]].append(dict(row))
    return held


# --- lists ------------------------------------------------------------------------------------------------------------

Order = Literal["name", "gap", "expiry"]
EXPIRING = timedelta(days=90)
CHAMPION_CHOICES: Mapping[str, tuple[str, ...]] = {
    "champion": CHAMPIONS,
    "asked": ("requested", "returned"),
    "eligible": ("eligible",),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of an organisation's people. `name`: part of it; `team` and `role`: folded names; `champion`: a key of
    CHAMPION_CHOICES; "" or False leaves each open."""

    name: str = ""
    team: str = ""
    role: str = ""
    required: str = ""
    below: bool = False
    expiring: bool = False
    champion: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A person in a post, `as_at` the moment of asking. `lapses_at`: None for never; `role` and `service_area` as recorded."""

    learner: int
    post: int
    name: str
    role: str
    service_area: str
    area: str
    required: str
    attained: str
    is_below: bool
    goal: str
    covered: int
    total: int
    lapses_at: datetime | None
    champion: str
    starts: datetime | None
    as_at: datetime


def lines(
    session: Session,
    viewer: Viewer,
    organisation: int,
    choice: Choice,
    order: Order,
    *,
    after: int = 0,
    limit: int,
) -> list[Line]:
    """After the line of the post `after`, at most `limit`; from the first one where that line is there no longer."""
    found = (
        sa.select(post_standings, learners.c.name.label("called"), posts.c.role.label("as_role"))
        .add_columns(posts.c.service_area.label("as_team"), posts.c.starts)
        .join(learners, learners.c.id == post_standings.c.learner_id)
        .join(posts, posts.c.id == post_standings.c.post_id)
        .where(*_chosen(organisation, choice, viewer.now), may_see(viewer))
    )
    columns = [getattr(post_standings.c, name) for name in _ORDERS[order]]
    beyond = _beyond(session, organisation, columns, order, after) if after else None
    if beyond is not None:
        found = found.where(beyond)
    first = columns[0].desc() if order == "gap" else columns[0]
    return [
        Line(
            learner=row.learner_id,
            post=row.post_id,
            name=row.called,
            role=row.as_role,
            service_area=row.as_team,
            area=row.area,
            required=row.required,
            attained=row.attained,
            is_below=row.is_below,
            goal=row.goal,
            covered=row.covered,
            total=row.total,
            lapses_at=None if row.lapses_at == LATEST else row.lapses_at,
            champion=row.champion,
            starts=row.starts,
            as_at=viewer.now,
        )
        for row in session.execute(found.order_by(first, columns[1]).limit(limit))
    ]


_ORDERS: Mapping[Order, tuple[str, str]] = {
    "name": ("name", "post_id"),
    "gap": ("gap", "post_id"),
    "expiry": ("lapses_at", "post_id"),
}


def _beyond(
    session: Session, organisation: int, columns: Sequence[sa.Column[Any]], order: Order, after: int
) -> sa.ColumnElement[bool] | None:
    last = session.execute(
        sa.select(*columns).where(
            post_standings.c.post_id == after, post_standings.c.organisation_id == organisation
        )
    ).first()
    if last is None:
        return None
    first, tie = columns
    further = first < last[0] if order == "gap" else first > last[0]
    return sa.or_(further, sa.and_(first == last[0], tie > last[1]))


def _chosen(organisation: int, choice: Choice, now: datetime) -> list[sa.ColumnElement[bool]]:
    held = post_standings.c
    found = [held.organisation_id == organisation, held.ends > now]
    if choice.name:
        found.append(held.name.contains(name_key(choice.name), autoescape=True))
    for column, value in (
        (held.service_area, choice.team),
        (held.role, choice.role),
        (held.required, choice.required),
    ):
        if value:
            found.append(column == value)
    if choice.below:
        found.append(held.is_below)
    if choice.expiring:
        found.append(held.lapses_at <= now + EXPIRING)
    if choice.champion:
        found.append(held.champion.in_(CHAMPION_CHOICES[choice.champion]))
    return found


def count(session: Session, organisation: int, choice: Choice, now: datetime) -> int:
    """How many lines there are in all."""
    found = sa.select(sa.func.count()).select_from(post_standings)
    return session.scalar(found.where(*_chosen(organisation, choice, now))) or 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Posts of an organisation; `unsaid`: those in an area with tiers, of which nobody has said what they require."""

    posts: int
    below: int
    expiring: int
    champions: int
    unsaid: int


def counts(session: Session, organisation: int, now: datetime) -> Counts:
    held = post_standings.c

    def how_many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    row = session.execute(
        sa.select(
            sa.func.count(),
            how_many(held.is_below),
            how_many(held.lapses_at <= now + EXPIRING),
            how_many(held.champion.in_(CHAMPIONS)),
            how_many(sa.and_(held.required == "", held.total > 0)),
        ).where(*_chosen(organisation, Choice(), now))
    ).one()
    return Counts(*row)


def offered(
    session: Session, organisation: int, now: datetime
) -> tuple[dict[str, str], dict[str, str], set[str]]:
    """What there is to choose from: teams and roles (folded → as recorded), and required tiers."""
    held = post_standings.c

    def spelled(folded: sa.Column[str], as_recorded: sa.Column[str]) -> dict[str, str]:
        found = (
            sa.select(folded, sa.func.min(as_recorded))
            .join(posts, posts.c.id == held.post_id)
            .where(held.organisation_id == organisation, held.ends > now, folded != "")
            .group_by(folded)
            .order_by(folded)
        )
        return {row[0]: row[1] for row in session.execute(found)}

    tiers = sa.select(held.required).where(held.organisation_id == organisation, held.required != "")
    return (
        spelled(held.service_area, posts.c.service_area),
        spelled(held.role, posts.c.role),
        set(session.scalars(tiers.distinct())),
    )
