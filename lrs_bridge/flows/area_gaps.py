"""Where an area has no champion: organisations and service areas, a page at a time, and sectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.flows.area_register import PAGE, Place
from lrs_bridge.store import register
from lrs_bridge.store.database import Session


@dataclass(frozen=True, slots=True)
class Gap:
    """An organisation: without any champion, or with these of its service areas without one of their own."""

    number: int
    organisation: str
    sector: str
    has_none: bool
    service_areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """`after`: the number by which the next page is asked for, or None. `sectors`: names of those that should have a champion and
    have none; `unheard`: of these, those of which no organisation is on record here."""

    organisations: tuple[Gap, ...]
    after: int | None
    sectors: tuple[str, ...]
    unheard: tuple[str, ...]


def page(session: Session, place: Place, sector: str | None, now: datetime, after: int = 0) -> Gaps:
    """`sector`: by its key, "" where none is recorded; None: of any."""
    found = register.gaps_page(session, place.key, now, sector=sector, after=after, limit=PAGE + 1)
    organisations = _by_organisation(found)
    more = len(organisations) > PAGE
    with_champion = register.sectors_with_champion(session, place.key)
    at_work = register.sectors_at_work(session, place.key, now)
    without = {key: name for key, name in place.champions.sectors.items() if key not in with_champion}
    return Gaps(
        tuple(organisations[:PAGE]),
        organisations[PAGE - 1].number if more else None,
        tuple(without.values()),
        tuple(name for key, name in without.items() if key not in at_work),
    )


def everything(session: Session, place: Place, sector: str | None, now: datetime) -> list[Gap]:
    """All organisations with a gap, for a file."""
    found = register.without_champion(session, place.key, now)
    return [one for one in _by_organisation(found) if sector is None or one.sector == sector]


def _by_organisation(found: list[register.Gap]) -> list[Gap]:
    by_number: dict[int, list[register.Gap]] = {}
    for one in found:
        by_number.setdefault(one.number, []).append(one)
    return [
        Gap(
            number,
            gaps[0].organisation,
            gaps[0].sector,
            has_none=any(not one.service_area for one in gaps),
            service_areas=tuple(one.service_area for one in gaps if one.service_area),
        )
        for number, gaps in by_number.items()
    ]
