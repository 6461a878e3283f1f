"""A Board's lists to take away, whole and as filtered. That somebody did is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lrs_bridge.flows import area_gaps, area_register, bulletin
from lrs_bridge.flows.area_register import Filter, Place
from lrs_bridge.flows.champion import Registered
from lrs_bridge.store import audit
from lrs_bridge.store.database import Session

STATUS_IN_WORDS = {
    "champion": "CSE Champion",
    "legacy_unverified": "On the earlier list, not registered anew",
    "left": "Left",
    "eligible": "Meets every standard",
    "requested": "Asks to be registered",
    "returned": "Request returned",
}
_REGISTER = (
    "Name",
    "Organisation",
    "Service area",
    "Sector",
    "Contact",
    "Status",
    "Since",
    "Every standard met",
    "To be registered by",
    "Last annual update",
    "Annual update due",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of texts; days as 2026-03-27. `title` names the file and the sheet."""

    title: str
    headings: Sequence[str]
    rows: Sequence[tuple[str, ...]]


def people(session: Session, place: Place, wanted: Filter, *, who: str, now: datetime) -> Sheet:
    lines = area_register.everybody(session, place, wanted, now)
    sheet = Sheet(wanted.which.capitalize(), _REGISTER, [_row(line, place) for line in lines])
    narrowed = [part for part in (wanted.sector, wanted.flag) if part]
    return _noted(session, place, sheet, narrowed, who=who, now=now)


def gaps(session: Session, place: Place, sector: str | None, *, who: str, now: datetime) -> Sheet:
    rows = [
        (
            one.organisation,
            place.champions.sectors.get(one.sector, one.sector),
            "yes" if one.has_none else "no",
            "; ".join(one.service_areas),
        )
        for one in area_gaps.everything(session, place, sector, now)
    ]
    headings = ("Organisation", "Sector", "No champion at all", "Service areas without a champion")
    return _noted(session, place, Sheet("Gaps", headings, rows), [sector] if sector else [], who=who, now=now)


def mailing_list(session: Session, place: Place, *, who: str, now: datetime) -> Sheet:
    """Of whoever gets the bulletin, names and addresses alone."""
    readers = bulletin.everybody(session, place, now)
    rows = [(one.line.entry.name, one.line.entry.contact) for one in readers]
    return _noted(session, place, Sheet("Bulletin", ("Name", "Contact"), rows), [], who=who, now=now)


def _noted(
    session: Session, place: Place, sheet: Sheet, narrowed: Sequence[str], *, who: str, now: datetime
) -> Sheet:
    about = ", ".join([f"{place.name}: {len(sheet.rows)} lines of {sheet.title.lower()}", *narrowed])
    audit.note(session, who=who, act="list exported", about=about, now=now)
    return sheet


def _row(line: Registered, place: Place) -> tuple[str, ...]:
    entry = line.entry
    return (
        entry.name,
        entry.organisation,
        entry.service_area,
        place.champions.sectors.get(entry.sector, entry.sector),
        entry.contact,
        STATUS_IN_WORDS[entry.status],
        line.since.isoformat(),
        "yes" if entry.standards_met else "no",
        _day(line.register_by),
        _day(line.last_update),
        _day(line.update_due),
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
