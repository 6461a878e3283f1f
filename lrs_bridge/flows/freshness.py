"""Which sources have fallen silent: when each sent last, when its mapping file expects it again, and telling the operators once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.flows import notices
from lrs_bridge.learning.by_hand import SOURCE as BRIDGE
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar
from lrs_bridge.store import freshness, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.freshness import Sender


@dataclass(frozen=True, slots=True)
class Freshness:
    """`last_at`: of the last statement that may count, from whichever credential, revoked ones too; `expected`: at least how
    often, in words; `due_at`: by when the next is expected, None where nothing is; `senders`: credentials in use, without those of
    launches."""

    source: str
    name: str
    last_at: datetime | None
    expected: str
    due_at: datetime | None
    is_overdue: bool
    senders: tuple[Sender, ...]


def of_sources(session: Session, mappings: Mappings, now: datetime) -> list[Freshness]:
    """Every source that a mapping file describes or a credential speaks for, by name."""
    by_source: dict[str, list[Sender]] = {key: [] for key in mappings.sources if key != BRIDGE}
    for one in freshness.senders(session, now):
        if one.source:
            by_source.setdefault(one.source, []).append(one)
    found = [_of(source, senders, mappings, now) for source, senders in by_source.items()]
    return sorted(found, key=lambda one: one.name.casefold())


def last_by_key(session: Session, now: datetime) -> dict[str, datetime | None]:
    """Key of each credential → when its last statement was stored."""
    return {one.key: one.last_at for one in freshness.senders(session, now)}


def _of(source: str, senders: Sequence[Sender], mappings: Mappings, now: datetime) -> Freshness:
    known = mappings.sources.get(source)
    last_at = max((one.last_at for one in senders if one.last_at and not one.test), default=None)
    in_use = tuple(one for one in senders if one.is_live and not one.is_launch)
    made_at = min((one.created_at for one in in_use if not one.test), default=None)
    due_at = None
    if known and known.expect_within and made_at:
        since = max(last_at, made_at) if last_at else made_at
        due_at = mappings.calendar.after(since, known.expect_within)
    return Freshness(
        source=source,
        name=known.name if known else source,
        last_at=last_at,
        expected=known.expect_within.in_words() if known and known.expect_within else "",
        due_at=due_at,
        is_overdue=due_at is not None and due_at <= now,
        senders=in_use,
    )


def in_words(one: Freshness, calendar: Calendar) -> str:
    """“nothing from the NWG since Tuesday 3 Mar 2026 at 09:30, though something is expected every 7 days”."""
    return f"nothing from {one.name}{_since(one.last_at, calendar)}, though something is expected every {one.expected}"


def _since(last_at: datetime | None, calendar: Calendar) -> str:
    if last_at is None:
        return " ever"
    return f" since {last_at.astimezone(calendar.zone):%A} {calendar.in_words(last_at)}"


def watch(session: Session, mappings: Mappings, now: datetime) -> str:
    """Tells the operators of each source that fell silent, once, and once more when something comes again. Returns in words what
    was told; right when two run at once. A silence that nobody expects to end any more ends without a word."""
    known = freshness.open_outages(session)
    told = []
    for one in of_sources(session, mappings, now):
        outage = known.pop(one.source, None)
        if one.is_overdue and outage is None:
            number = freshness.begin_outage(session, one.source, one.last_at, now)
            if number is not None:
                _write(session, "source_silent", one, mappings.calendar, now)
                told.append(in_words(one, mappings.calendar))
        if one.is_overdue or outage is None or not freshness.end_outage(session, outage.number, now):
            continue
        if one.last_at is not None and one.last_at != outage.last_at:
            _write(session, "source_back", one, mappings.calendar, now)
            told.append(f"{one.name} sends again")
    for outage in known.values():
        freshness.end_outage(session, outage.number, now)
    return "; ".join(told)


def _write(session: Session, template: str, one: Freshness, calendar: Calendar, now: datetime) -> None:
    said: dict[str, Any] = {
        "name": one.name,
        "since": _since(one.last_at, calendar).strip(),
        "expected": one.expected,
        "last": calendar.in_words(one.last_at) if one.last_at else "",
        "credentials": [f"{sender.name} ({sender.key})" for sender in one.senders],
    }
    subject = f"Nothing comes from {one.name}" if template == "source_silent" else f"{one.name} sends again"
    for grant in roles.grants(session, role="operator"):
        notices.tell(session, grant.mbox.removeprefix("mailto:"), subject, template, said, now)
