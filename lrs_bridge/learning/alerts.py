"""What a Board is told: decided against what was last announced to it, never against an earlier projection.

The Board hears of what others did and of what evidence became. What it did itself (registered, returned, listed) it knows:
then only what is announced moves on, and no alert is made. Several changes in a row are one difference, told once:

    requested                    the person asks to be registered
    request_withdrawn            the request no longer stands, and the Board has not decided it
    champion_left                a champion has left the role, or the post it belonged to has ended
    champion_standard_lost       a champion no longer meets every standard, and stays champion
    champion_standard_restored   a champion who did not meet every standard does now
    became_eligible, standard_lost   the same of everybody else
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lrs_bridge.learning.champions import ChampionState
from lrs_bridge.learning.eligibility import POST, Eligibility

AlertKind = Literal[
    "became_eligible",
    "standard_lost",
    "requested",
    "request_withdrawn",
    "champion_left",
    "champion_standard_lost",
    "champion_standard_restored",
]

OF_EVIDENCE: tuple[AlertKind, ...] = (
    "became_eligible",
    "standard_lost",
    "champion_standard_lost",
    "champion_standard_restored",
)
"""What a change of evidence or rules can bring; the others are acts of a person."""

_ALERTS = uuid.UUID("0b6d6bfa-5d0e-5f0c-9b57-2f3b5a0f2d11")
_CHAMPION = ("champion", "legacy_unverified")


@dataclass(frozen=True, slots=True)
class Announced:
    """What the Board of an area last heard of a learner, or knows because it did it.

    eligible  whether every standard is met; False of somebody who has left the role
    state     of the champion flow ("" for none); a champion of before who asks anew is "legacy_unverified+request"
    revision  counts the alerts
    """

    eligible: bool = False
    revision: int = 0
    state: str = ""

    @property
    def is_champion(self) -> bool:
        return self._words[0] in _CHAMPION

    @property
    def has_asked(self) -> bool:
        return self.state == "requested" or self._words[-1] == "request"

    @property
    def is_returned(self) -> bool:
        return self.state == "returned" or self._words[-1] == "return"

    @property
    def _words(self) -> list[str]:
        return self.state.split("+")


@dataclass(frozen=True, slots=True)
class Alert:
    """`id` is the same however often the same news is decided; `since`: from when it is so, None where no moment tells;
    `lost`: standards not met; `post_ended`: a champion left because the post ended."""

    id: uuid.UUID
    learner: int
    area: str
    kind: AlertKind
    organisation: str
    since: datetime | None
    met: tuple[str, ...]
    lost: tuple[str, ...]
    post_ended: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`alert`: None where the Board knows by its own act, so that only `told` is kept."""

    alert: Alert | None
    told: Announced


def decide(learner: int, area: str, announced: Announced, eligibility: Eligibility | None) -> Decision | None:
    """What this standing calls for, and what is announced with it; None where nothing differs.

    `eligibility` is None where the learner has no current post in the area and was never in its champion flow.
    """
    now = replace(_seen(eligibility), revision=announced.revision)
    if now == announced:
        return None
    kind = _kind(announced, now, has_left=eligibility is not None and eligibility.status == "left")
    if kind is None:
        return Decision(None, now)
    told = replace(now, revision=announced.revision + 1)
    champion = eligibility.champion if eligibility else None
    alert = Alert(
        id=uuid.uuid5(_ALERTS, f"{learner}/{area}/{told.revision}"),
        learner=learner,
        area=area,
        kind=kind,
        organisation=eligibility.organisation if eligibility else "",
        since=_since(kind, eligibility, champion),
        met=tuple(eligibility.met) if eligibility else (),
        lost=eligibility.missing if eligibility else (POST,),
        post_ended=kind == "champion_left" and champion is not None and champion.because_post_ended,
    )
    return Decision(alert, told)


def _seen(eligibility: Eligibility | None) -> Announced:
    """This standing as a Board would hear of it."""
    if eligibility is None:
        return Announced()
    champion = eligibility.champion
    asked = f"+{champion.asked.detail['act']}" if champion and champion.asked else ""
    return Announced(
        eligible=eligibility.standards_met and eligibility.status != "left",
        state=f"{champion.state}{asked}" if champion else "",
    )


def _kind(before: Announced, now: Announced, *, has_left: bool) -> AlertKind | None:
    """The one thing that this difference is told as; an act of the person outranks what evidence became."""
    if now.has_asked and not before.has_asked:
        return "requested"
    if before.is_champion and not now.is_champion:
        return "champion_left"
    if before.has_asked and not now.has_asked and not _has_decided(before, now):
        return "request_withdrawn"
    if now.is_champion:
        if before.eligible and not now.eligible:
            return "champion_standard_lost"
        is_registered_now = now.state == "champion" != before.state  # on standards that the Board has seen
        is_restored = now.eligible and not before.eligible and not is_registered_now
        return "champion_standard_restored" if is_restored else None
    if now.eligible != before.eligible and not has_left:  # evidence of who has left is no news
        return "became_eligible" if now.eligible else "standard_lost"
    return None


def _has_decided(before: Announced, now: Announced) -> bool:
    """Whether the Board itself ended the request: it returned it, or made the person a champion."""
    return now.is_returned or now.state == "champion" or (now.is_champion and not before.is_champion)


def _since(
    kind: AlertKind, eligibility: Eligibility | None, champion: ChampionState | None
) -> datetime | None:
    if kind == "requested" and champion:
        return champion.asked.happened if champion.asked else champion.since
    if kind == "champion_left":
        return champion.since if champion else None
    return eligibility.since if eligibility and kind in OF_EVIDENCE else None
