"""The one-page report for a Board's meeting: counts by sector and over time, of which none tells of few people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.area_register import Place
from lrs_bridge.flows.small_numbers import Cell, left_out
from lrs_bridge.moments import Calendar, in_words
from lrs_bridge.store import area_counts
from lrs_bridge.store.area_counts import ALL, Count
from lrs_bridge.store.database import Database, Session

_MONTHS_BACK = timedelta(days=366)
_QUARTER = timedelta(days=89)
"""From the first of a month to that of the third after it, at least."""


@dataclass(frozen=True, slots=True)
class Line:
    """Numbers as they may be shown; None: left out. `before`: the same as it was shown a quarter ago, None where nobody was counted."""

    name: str
    people: int | None
    at_required: int | None
    champions: int | None
    before: Line | None = None

    @property
    def share(self) -> int | None:
        """Per cent of people at their required tier."""
        if self.people is None or self.at_required is None:
            return None
        return round(100 * self.at_required / self.people)


@dataclass(frozen=True, slots=True)
class Report:
    """`as_at`: the day of the newest counts, None before the first; `before`: the day a quarter ago, or the first that was counted,
    None while there is only one; `sectors` and `total` of the newest; `trend`: of the first counted day of each month, and the
    newest; `has_tiers`: whether the Board has set any."""

    as_at: str | None
    before: str | None
    sectors: tuple[Line, ...]
    total: Line | None
    trend: tuple[Line, ...]
    has_tiers: bool


def report(session: Session, place: Place, now: datetime) -> Report:
    today = place.calendar.day_of(now)
    chosen = _monthly(area_counts.days(session, place.key, today - _MONTHS_BACK))
    by_day = area_counts.kept(session, place.key, chosen)
    has_tiers = place.mappings.framework_of(place.key) is not None
    if not chosen:
        return Report(None, None, (), None, (), has_tiers)
    names = {**place.champions.sectors, "": "Sector not recorded"}
    # As each day is shown by itself: who laid that day's report beside this one sees no more.
    tables = {day: shown(by_day[day], names) for day in chosen}
    sectors, total = tables[chosen[-1]]
    then = _a_quarter_before(chosen)
    was = {one.name: one for one in (*tables[then][0], tables[then][1])} if then else {}
    trend = tuple(replace(one, name=in_words(day)) for day, (_, one) in tables.items())
    return Report(
        in_words(chosen[-1]),
        in_words(then) if then else None,
        tuple(replace(one, before=was.get(one.name)) for one in sectors),
        replace(total, before=was.get(total.name)),
        trend,
        has_tiers,
    )


def _a_quarter_before(chosen: Sequence[date]) -> date | None:
    """Of the days up to the newest one, the last that lies so far back, or the first; None where there is no other."""
    *earlier, newest = chosen
    return max((day for day in earlier if newest - day >= _QUARTER), default=min(earlier, default=None))


def _monthly(days: Sequence[date]) -> list[date]:
    firsts = {(day.year, day.month): day for day in reversed(days)}
    return sorted({*firsts.values(), *days[-1:]})


def shown(counts: Sequence[Count], names: Mapping[str, str]) -> tuple[tuple[Line, ...], Line]:
    """The counts of one day as they may be shown: a line for each sector that has anybody, in the order of `names` and others
    after them; and of all together."""
    by_sector = {one.sector: one for one in counts}
    order = [*names, *sorted(by_sector.keys() - names.keys() - {ALL})]
    lines = [by_sector[key] for key in order if key in by_sector]
    whole = by_sector.get(ALL, Count(ALL))
    people = left_out([Cell(one.people, least=one.at_required) for one in lines], Cell(whole.people))
    at_required = left_out(
        [
            Cell(
                one.at_required,
                of=None if place in people.cells else one.people,
                hidden=place in people.cells,
            )
            for place, one in enumerate(lines)
        ],
        Cell(whole.at_required, of=None if people.total else whole.people, hidden=people.total),
    )
    champions = left_out([Cell(one.champions) for one in lines], Cell(whole.champions))
    made = tuple(
        Line(
            names.get(one.sector, one.sector),
            None if place in people.cells else one.people,
            None if place in at_required.cells else one.at_required,
            None if place in champions.cells else one.champions,
        )
        for place, one in enumerate(lines)
    )
    return made, Line(
        "All together",
        None if people.total else whole.people,
        None if at_required.total else whole.at_required,
        None if champions.total else whole.champions,
    )


def keep_counts(database: Database, calendar: Calendar, now: datetime) -> int:
    """Counts every area and keeps it as of today; nobody who writes waits while it counts. Returns how many areas."""

    def count(session: Session) -> dict[str, list[Count]]:
        areas = sorted(mapping_flow.in_force(session, calendar).areas)
        return {area: area_counts.counted(session, area, now) for area in areas}

    def keep(session: Session) -> None:
        for area, counts in counted.items():
            area_counts.keep(session, calendar.day_of(now), area, counts)

    counted = database.read(count)
    database.write(keep)
    return len(counted)
