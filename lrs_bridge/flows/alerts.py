"""What an operator sees and decides of alerts: what waits or is held and why, to release or drop it, to send again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.wording import counted, sentence
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar, format_instant, in_words
from lrs_bridge.settings import Settings
from lrs_bridge.store import audit, batches, clients, news, outbox, timetable
from lrs_bridge.store.database import Session

SINGLE = "single"
"""In the place of a cause: what came by itself, each for one person."""

_KINDS = re.compile(r"(mappings|import|voids-by|backfill-by|profiles-by)-(\d+)")


def causes_in_words(session: Session, causes: Iterable[str], calendar: Calendar) -> dict[str, str]:
    """Cause → who did what, and when."""
    found = {cause: _KINDS.fullmatch(cause) for cause in causes}
    numbers: dict[str, set[int]] = {}
    for one in found.values():
        if one:
            numbers.setdefault(one[1], set()).add(int(one[2]))
    mappings = timetable.put_in_force_as(session, numbers.get("mappings", set()))
    tables = batches.named(session, numbers.get("import", set()))
    by_sender = ("voids-by", "backfill-by", "profiles-by")
    senders = clients.names(session, {number for kind in by_sender for number in numbers.get(kind, ())})
    words: dict[str, str] = {}
    for cause, one in found.items():
        if one is None:
            words[cause] = "single changes, each of one person" if cause == "" else cause
            continue
        kind, number = one[1], int(one[2])
        if kind == "mappings" and number in mappings:
            row = mappings[number]
            words[cause] = f"mappings put in force by {row.put_by} on {calendar.in_words(row.since)}"
        elif kind == "import" and number in tables:
            words[cause] = (
                f"import {number} of {tables[number].kind} {tables[number].file}".rstrip()
                + f" by {tables[number].who} on {calendar.in_words(tables[number].at)}"
            )
        elif kind == "voids-by":
            words[cause] = f"statements that “{senders.get(number, number)}” voided"
        elif kind == "backfill-by":
            words[cause] = f"statements that “{senders.get(number, number)}” sent days after they happened"
        elif kind == "profiles-by":
            words[cause] = f"agent profiles that “{senders.get(number, number)}” wrote"
        else:
            words[cause] = cause
    return words


def waiting(
    session: Session, settings: Settings, now: datetime, areas: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """What waits to be told, by area (of these, or of all) and cause, as `lrs-bridge alerts list --json` says it: held first.

    `state`: held, waiting, or what was decided (release, drop) and is about to be done; `why`: what it waits for.
    """
    groups = news.groups(session, areas)
    if not groups:
        return []
    mappings = mapping_flow.in_force(session, settings.calendar)
    words = causes_in_words(session, {one.cause for one in groups}, settings.calendar)
    row = timetable.in_force(session)
    rematching = row.cause if row and row.is_rematching else ""
    busy = {
        cause for cause in words if cause and (cause == rematching or news.is_being_computed(session, cause))
    }
    return [
        {
            "area": one.area,
            "cause": one.cause or SINGLE,
            "caused_by": words[one.cause],
            "state": one.decision or ("held" if one.held else "waiting"),
            "why": _why(one, mappings, settings, busy, now),
            "number": one.number,
            "kinds": one.kinds,
            "in_words": counted(one.kinds),
            "since": format_instant(one.since),
            "example": _example(one, mappings),
        }
        for one in groups
    ]


def _example(one: news.Waiting, mappings: Mappings) -> str:
    area = mappings.areas.get(one.area)
    alert = one.example.alert
    return sentence(alert.kind, one.name, news.body_of(alert), area.name if area else one.area)


def _why(one: news.Waiting, mappings: Mappings, settings: Settings, busy: set[str], now: datetime) -> str:
    area = mappings.areas.get(one.area)
    if one.cause in busy:
        return "not all of it is computed yet"
    if one.decision:
        return "done within seconds, when the timetable runs"
    if one.held:
        return f"more than {settings.alerts_held_above} alerts by one cause; somebody has to decide"
    if area and area.start and area.start > now:
        return f"the Board is told from {in_words(settings.calendar.day_of(area.start))} on"
    settled = one.since + timedelta(minutes=settings.alert_settling_minutes)
    if settled > now:
        return f"settles until {settings.calendar.in_words(settled)}"
    return "due, when the timetable runs and nothing of these people is left to compute"


def held(session: Session, settings: Settings) -> tuple[int, list[dict[str, Any]]]:
    """How many alerts wait without being held, and each area's held ones by cause, for `status`."""
    number, groups = news.counts(session)
    words = causes_in_words(session, {cause for _, cause in groups}, settings.calendar)
    return number, [
        {
            "area": area,
            "cause": cause,
            "caused_by": words[cause],
            "number": count,
            "since": format_instant(since),
        }
        for (area, cause), (count, since) in groups.items()
    ]


Verdict = Literal["release", "drop"]


def decide(
    session: Session, area: str, cause: str, verdict: Verdict, *, reason: str, who: str, now: datetime
) -> int:
    """Lets everything that waits for an area by one cause be sent, or be put away with the Board not told. The announcing
    journey does it, by what is true then. Returns how many.

    Raises BadInput without a reason, NotFound where nothing waits so, Conflict while not all of it is computed.
    """
    if not reason.strip():
        raise BadInput("Nothing was decided.", [Problem("--reason", "is empty", mend="say why; it is kept")])
    own = "" if cause == SINGLE else cause
    row = timetable.in_force(session)
    if news.is_being_computed(session, own) or (row and row.is_rematching and row.cause == own):
        raise Conflict(f"Not everything that {cause} brings is computed yet; decide when it is known whole.")
    number = news.decide(session, area, own, verdict, reason=reason.strip(), who=who, now=now)
    if not number:
        groups = [one for one in news.groups(session) if not one.decision]
        there = "; ".join(f"{one.area} {one.cause or SINGLE} ({one.number})" for one in groups)
        raise NotFound(
            f"Nothing waits to be decided for {area} by {cause}. "
            + (f"What waits: {there}." if there else "Nothing waits at all.")
        )
    return number


@dataclass(frozen=True, slots=True)
class Again:
    """A message that will be sent again."""

    id: uuid.UUID
    area: str
    address: str


def resend(session: Session, which: uuid.UUID | None, *, reason: str, who: str, now: datetime) -> list[Again]:
    """Makes messages due again under the ids that they have, so that a receiver knows a repeat: all that failed for good
    (`which` None), or those with an alert, or one by its own id. Of an alert's messages those that failed; if none did, all.

    Raises NotFound for an id that there is not, Conflict where there is nothing to send again.
    """
    found = outbox.messages_of(session, which) if which else outbox.failed_messages(session)
    if which and not found:
        _refuse_without_message(session, which)
    failed = [one for one in found if one.state == "failed"]
    chosen = failed or [one for one in found if one.state == "sent"]
    if which and not chosen:
        raise Conflict(f"The message of {which} waits to be sent already; `lrs-bridge status` says what for.")
    outbox.send_again(session, [one.id for one in chosen], now)
    for one in chosen:
        row = {"decision": "resend", "area": one.area, "cause": "", "message": str(one.id), "number": 1}
        news.record(session, row | {"reason": reason.strip(), "who": who, "at": now})
        about = f"{one.id} to {one.address}"
        audit.note(session, who=who, act="message sent again", about=about, now=now, reason=reason.strip())
    return [Again(one.id, one.area, one.address) for one in chosen]


def _refuse_without_message(session: Session, which: uuid.UUID) -> None:
    why = outbox.why_unsent(session, which)
    if why is None:
        raise NotFound(f"There is no alert and no message {which}.")
    if why == "drop":
        raise Conflict(
            f"Somebody dropped the alert {which}, so that the Board was not told; it has no message."
        )
    raise Conflict(f"The message of {which} was sent so long ago that it is forgotten.")
