"""The people of an organisation for whoever coordinates its training: who still needs what, and who lapses soon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.errors import NotFound
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar, in_words
from lrs_bridge.store import audit, organisations, post_standings, posts
from lrs_bridge.store.database import Session
from lrs_bridge.store.post_standings import Choice, Order
from lrs_bridge.store.roles import Viewer

A_PAGE = 50
ORDERS: Mapping[Order, str] = {"name": "Name", "gap": "Most missing first", "expiry": "Lapses soonest"}
CHAMPIONS: Mapping[str, str] = {
    "champion": "CSE Champions",
    "asked": "have asked the Board",
    "eligible": "meet every standard and have not asked",
}
_STATUS = {
    "": "not judged by a Board",
    "not_eligible": "not every standard yet",
    "eligible": "meets every standard",
    "requested": "has asked the Board",
    "returned": "request returned",
    "champion": "CSE Champion",
    "left": "CSE Champion no longer",
    "legacy_unverified": "on the earlier list of CSE Champions",
}
HEADINGS = ("Name", "Role", "Team", "Area", "From", "Requires", "Reached", "Below", "Lapses", "CSE Champion")


@dataclass(frozen=True, slots=True)
class Shown:
    """A person in a post, in words. `begins`: the day, "" where none is recorded; `starts`: the same of a post that is yet to begin,
    else ""; `lapses`: "" for never."""

    learner: int
    post: int
    name: str
    role: str
    team: str
    area: str
    begins: str
    starts: str
    requires: str
    reached: str
    is_below: bool
    lapses: str
    champion: str

    @property
    def cells(self) -> tuple[str, ...]:
        """As `HEADINGS` has them."""
        return (
            self.name,
            self.role,
            self.team,
            self.area,
            self.begins,
            self.requires,
            self.reached,
            "below" if self.is_below else "",
            self.lapses,
            self.champion,
        )


@dataclass(frozen=True, slots=True)
class People:
    """A page of an organisation's people. `count`: of all pages; `more`: the post after which the next page begins, or None;
    `teams`, `roles` and `tiers`: what there is to choose from, key → in words; `is_stale`: somebody's newest is being worked out."""

    organisation: str
    lines: tuple[Shown, ...]
    count: int
    more: int | None
    teams: Mapping[str, str]
    roles: Mapping[str, str]
    tiers: Mapping[str, str]
    is_stale: bool


def people_of(
    session: Session,
    viewer: Viewer,
    organisation: int,
    choice: Choice,
    order: Order,
    calendar: Calendar,
    *,
    after: int = 0,
) -> People:
    """The page after the post `after` (0: the first), in a fixed number of queries. Raises NotFound for an organisation that is not
    known."""
    mappings = mapping_flow.in_force(session, calendar)
    lines = post_standings.lines(session, viewer, organisation, choice, order, after=after, limit=A_PAGE + 1)
    teams, roles, required = post_standings.offered(session, organisation, viewer.now)
    return People(
        organisation=name_of(session, organisation),
        lines=tuple(_shown(one, mappings) for one in lines[:A_PAGE]),
        count=post_standings.count(session, organisation, choice, viewer.now),
        more=lines[A_PAGE - 1].post if len(lines) > A_PAGE else None,
        teams=teams,
        roles=roles,
        tiers={key: name for key, name in _tiers(mappings).items() if key in required},
        is_stale=posts.any_pending_at(session, organisation),
    )


def exported(
    session: Session,
    viewer: Viewer,
    organisation: int,
    choice: Choice,
    order: Order,
    calendar: Calendar,
    *,
    who: str,
) -> list[tuple[str, ...]]:
    """All pages of the same list as rows of cells (`HEADINGS`), which is noted in the audit log. Raises NotFound for an organisation
    that is not known."""
    mappings = mapping_flow.in_force(session, calendar)
    rows: list[tuple[str, ...]] = []
    after, full = 0, True
    while full:
        lines = post_standings.lines(
            session, viewer, organisation, choice, order, after=after, limit=_AT_ONCE
        )
        rows += [_shown(one, mappings).cells for one in lines]
        full = len(lines) == _AT_ONCE
        after = lines[-1].post if lines else 0
    about = f"{name_of(session, organisation)}: {len(rows)} posts, {_in_words(choice)}"
    audit.note(session, who=who, act="people exported", about=about, now=viewer.now)
    return rows


_AT_ONCE = 1000


def _in_words(choice: Choice) -> str:
    """Which they are, without the name that was searched for: the log need not hold it."""
    said = [
        "found by a name" if choice.name else "",
        f"team {choice.team}" if choice.team else "",
        f"role {choice.role}" if choice.role else "",
        f"required tier {choice.required}" if choice.required else "",
        "below the required tier" if choice.below else "",
        "lapsing within 90 days" if choice.expiring else "",
        CHAMPIONS[choice.champion] if choice.champion else "",
    ]
    return ", ".join(part for part in said if part) or "all there are"


@dataclass(frozen=True, slots=True)
class Glance:
    """An organisation by numbers."""

    name: str
    counts: post_standings.Counts
    is_stale: bool


def at_a_glance(session: Session, organisation: int, now: datetime) -> Glance:
    """Raises NotFound for an organisation that is not known."""
    return Glance(
        name=name_of(session, organisation),
        counts=post_standings.counts(session, organisation, now),
        is_stale=posts.any_pending_at(session, organisation),
    )


def name_of(session: Session, organisation: int) -> str:
    """Raises NotFound for an organisation that is not known."""
    found = organisations.named(session, [organisation])
    if not found:
        raise NotFound("There is no such organisation.")
    return found[0].name


def _tiers(mappings: Mappings) -> dict[str, str]:
    return {
        key: f"{key} {tier.name}"
        for framework in mappings.frameworks.values()
        for key, tier in framework.tiers.items()
    }


def _shown(one: post_standings.Line, mappings: Mappings) -> Shown:
    calendar, area = mappings.calendar, mappings.areas.get(one.area)
    begins = in_words(calendar.day_of(one.starts)) if one.starts else ""
    return Shown(
        learner=one.learner,
        post=one.post,
        name=one.name,
        role=one.role,
        team=one.service_area,
        area=area.name if area else one.area,
        begins=begins,
        starts=begins if one.starts and one.starts > one.as_at else "",
        requires=one.required,
        reached=_reached(one),
        is_below=one.is_below,
        lapses=in_words(calendar.day_of(one.lapses_at)) if one.lapses_at else "",
        champion=_STATUS[one.champion],
    )


def _reached(one: post_standings.Line) -> str:
    """What is attained, and how much is done of what is not: never nothing of somebody who has learned much."""
    if not one.total:
        return "no tiers are set"
    progress = f"{one.covered} of {one.total} of {one.goal}"
    if one.attained and not one.is_below:
        return one.attained
    return f"{one.attained}; {progress}" if one.attained else progress
