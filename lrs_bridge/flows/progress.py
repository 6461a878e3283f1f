"""How far an organisation is: the share of posts at or above the tier that they require, per team and role, and over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lrs_bridge.flows.organisation_people import name_of
from lrs_bridge.moments import Calendar, in_words
from lrs_bridge.store import progress
from lrs_bridge.store.database import Session

_A_YEAR = timedelta(days=366)
_WEEKS_UNTIL = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Part:
    """`name`: of a team, a role or a day, in words; `reached` of `required` posts."""

    name: str
    required: int
    reached: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 is everybody."""
        return 100 * self.reached // self.required if self.required else 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Of current posts that require a tier. `over_time`: the last day counted of each week, or each month once there is a quarter
    of a year of them; today's is counted now."""

    organisation: str
    whole: Part
    teams: tuple[Part, ...]
    roles: tuple[Part, ...]
    over_time: tuple[Part, ...]


def progress_of(session: Session, organisation: int, calendar: Calendar, now: datetime) -> Progress:
    """Raises NotFound for an organisation that is not known."""
    teams = progress.shares(session, organisation, "team", now)
    today = calendar.day_of(now)
    whole = progress.Share("", sum(one.required for one in teams), sum(one.reached for one in teams))
    counted = progress.days(session, organisation, today - _A_YEAR)
    if whole.required:
        counted[today] = whole
    return Progress(
        organisation=name_of(session, organisation),
        whole=_part(whole, in_words(today)),
        teams=tuple(_part(one, one.of or "No team recorded") for one in teams),
        roles=tuple(
            _part(one, one.of or "No role recorded")
            for one in progress.shares(session, organisation, "role", now)
        ),
        over_time=tuple(_part(counted[day], in_words(day)) for day in _shown_days(counted)),
    )


def _part(one: progress.Share, name: str) -> Part:
    return Part(name, one.required, one.reached)


def _shown_days(counted: Mapping[date, progress.Share]) -> Iterable[date]:
    """The newest of each week or month: few enough to be read."""
    if not counted:
        return []
    by_week = max(counted) - min(counted) < _WEEKS_UNTIL
    newest: dict[tuple[int, int], date] = {}
    for day in sorted(counted):
        newest[day.isocalendar()[:2] if by_week else (day.year, day.month)] = day
    return newest.values()


def count_today(session: Session, calendar: Calendar, now: datetime) -> int:
    """Keeps today's counts, of every organisation and team, for later. Returns how many there are; 0 if they were kept already."""
    return progress.count_day(session, calendar.day_of(now), now)
