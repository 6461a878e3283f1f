"""What a Board's officer sees of the alerts of their area, and decides: what waits or is held, and which messages went out."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import alerts
from lrs_bridge.flows.alerts import Verdict
from lrs_bridge.flows.area_register import PAGE, Place
from lrs_bridge.flows.wording import WORDS
from lrs_bridge.moments import Calendar
from lrs_bridge.settings import Settings
from lrs_bridge.store import outbox, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.roles import Viewer

_NAMED = 3
"""Of how many people a message that carries many alerts tells."""
_STATES = {"waiting": "Waiting to be sent", "sent": "Sent", "failed": "Failed, not tried again"}


@dataclass(frozen=True, slots=True)
class Message:
    """`about`: how many alerts of which kind, in words; `whom`: of whom and at which organisation, the first of them; without a name
    where the viewer may not see them; `moment`: when it was sent, or is due."""

    id: uuid.UUID
    to: str
    about: tuple[str, ...]
    whom: tuple[str, ...]
    state: str
    moment: str
    trouble: str
    may_be_sent_again: bool


@dataclass(frozen=True, slots=True)
class Alerts:
    """`waiting`: as `alerts.waiting` says it; `after`: by which the next page of messages is asked for, or None."""

    waiting: tuple[dict[str, Any], ...]
    messages: tuple[Message, ...]
    after: uuid.UUID | None


def page(
    session: Session,
    place: Place,
    viewer: Viewer,
    settings: Settings,
    now: datetime,
    after: uuid.UUID | None = None,
) -> Alerts:
    """In a fixed number of queries."""
    found = outbox.messages_page(session, area=place.key, after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    carried = outbox.carried(session, [one.id for one in shown], _NAMED)
    seen = roles.seen_among(session, viewer, {one.learner for each in carried.values() for one in each})
    return Alerts(
        tuple(alerts.waiting(session, settings, now, [place.key])),
        tuple(_message(one, carried.get(one.id, ()), seen, place.calendar) for one in shown),
        shown[-1].id if len(found) > PAGE else None,
    )


def held_group(
    session: Session, place: Place, settings: Settings, cause: str, now: datetime
) -> dict[str, Any]:
    """What one cause would tell this Board. Raises NotFound where nothing of it waits undecided."""
    for one in alerts.waiting(session, settings, now, [place.key]):
        if one["cause"] == cause and one["state"] in ("held", "waiting"):
            return one
    raise NotFound("Nothing waits to be decided there any longer.")


def decide(
    session: Session, place: Place, cause: str, verdict: Verdict, *, reason: str, who: str, now: datetime
) -> int:
    """As `alerts.decide`, of this area alone. Raises Conflict where nothing of it waits any longer."""
    if not reason.strip():
        raise BadInput("Nothing was decided.", [Problem("reason", "Say why; it is kept")])
    try:
        return alerts.decide(session, place.key, cause, verdict, reason=reason, who=who, now=now)
    except NotFound as gone:  # whose words name what waits in other areas
        raise Conflict("Nothing waits to be decided there any longer.") from gone


def send_again(session: Session, place: Place, message: uuid.UUID, *, who: str, now: datetime) -> None:
    """Raises NotFound for what is no message of this area, Conflict while it waits to be sent."""
    own = [one for one in outbox.messages_of(session, message) if one.id == message]
    if not own or own[0].area != place.key:
        raise NotFound("There is no such message.")
    if own[0].state == "waiting":
        raise Conflict("That message waits to be sent already.")
    alerts.resend(session, message, reason="asked for on the Board's page", who=who, now=now)


def _message(
    one: outbox.Listed, carried: Sequence[outbox.Carried], seen: Collection[int], calendar: Calendar
) -> Message:
    more = sum(one.kinds.values()) - len(carried)
    about = tuple(
        f"{number} × {WORDS[kind].subject}" if number > 1 else WORDS[kind].subject
        for kind, number in one.kinds.items()
    )
    return Message(
        id=one.id,
        to=one.address,
        about=about or ("How many there were before the start",),
        whom=(*(_whom(each, seen) for each in carried), *([f"and {more} more"] if more else [])),
        state=_STATES[one.state],
        moment=calendar.in_words(one.sent_at or one.due_at),
        trouble=one.last_error if one.state != "sent" else "",
        may_be_sent_again=one.state != "waiting",
    )


def _whom(one: outbox.Carried, seen: Collection[int]) -> str:
    name = (one.name or "Somebody whose name is not recorded") if one.learner in seen else ""
    return ", ".join(part for part in (name, one.organisation) if part) or "Somebody of no organisation"
