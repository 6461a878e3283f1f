"""What a Board is told: decided once, against the standing last announced to it, never against an earlier projection."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lrs_bridge.learning.eligibility import Eligibility

AlertKind = Literal["became_eligible", "standard_lost"]

_ALERTS = uuid.UUID("0b6d6bfa-5d0e-5f0c-9b57-2f3b5a0f2d11")


@dataclass(frozen=True, slots=True)
class Announced:
    """What the Board of an area last heard of a learner. `revision` counts what it heard."""

    eligible: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """`id` is the same however often the same news is decided; `lost`: standards no longer met."""

    id: uuid.UUID
    learner: int
    area: str
    kind: AlertKind
    organisation: str
    since: datetime | None
    met: tuple[str, ...]
    lost: tuple[str, ...]


def decide(
    learner: int, area: str, announced: Announced, eligibility: Eligibility | None
) -> tuple[Alert, Announced] | None:
    """The alert that this standing calls for, and what is announced with it; None where the Board knows already.

    `eligibility` is None where the learner has no current post in the area.
    """
    eligible = eligibility is not None and eligibility.standards_met
    if eligible == announced.eligible:
        return None
    told = Announced(eligible, announced.revision + 1)
    alert = Alert(
        id=uuid.uuid5(_ALERTS, f"{learner}/{area}/{told.revision}"),
        learner=learner,
        area=area,
        kind="became_eligible" if eligible else "standard_lost",
        organisation=eligibility.organisation if eligibility else "",
        since=eligibility.since if eligibility else None,
        met=tuple(eligibility.met) if eligibility else (),
        lost=eligibility.missing if eligibility else ("post",),
    )
    return alert, told
