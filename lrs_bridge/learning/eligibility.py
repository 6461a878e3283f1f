"""Champion eligibility: which standards are met in each area where a role is exercised, by what, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lrs_bridge.learning.history import (
    Evidence,
    History,
    Post,
    Use,
    attestation_uses,
    course_uses,
    evidence_period,
    over,
)
from lrs_bridge.learning.mappings import Champions, Mappings, Need
from lrs_bridge.learning.periods import NEVER, Periods, intersection, union

Status = Literal["not_eligible", "eligible", "requested", "returned", "champion", "left", "legacy_unverified"]
"""The states of the champion flow. Evidence alone reaches the first two; the others are decisions."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """One learner in one area. `since`: from when all standards have been met without a gap; None if they are not."""

    area: str
    status: Status
    organisation: str
    since: datetime | None
    met: dict[str, tuple[Evidence, ...]]
    missing: tuple[str, ...]
    uses: tuple[Use, ...]

    @property
    def standards_met(self) -> bool:
        return not self.missing


def eligibility_in(
    history: History, area: str, champions: Champions, mappings: Mappings, now: datetime
) -> Eligibility:
    """Standards are judged per post, since support is given for one; the post that comes furthest speaks for the area."""
    posts = [post for post in history.current_posts(now) if post.area == area]
    judged = [_for_post(history, post, area, champions, mappings, now) for post in posts]
    return max(judged, key=lambda one: (one.standards_met, len(one.met)))


def _for_post(
    history: History, post: Post, area: str, champions: Champions, mappings: Mappings, now: datetime
) -> Eligibility:
    held: dict[str, Periods] = {}
    met: dict[str, tuple[Evidence, ...]] = {}
    all_uses: list[Use] = []
    for standard in champions.standards_of(area):
        periods, uses = _met_over(history, standard.need, post, mappings)
        all_uses += uses
        held[standard.key] = periods & post.periods
        if held[standard.key].at(now):
            met[standard.key] = tuple(use.evidence for use in uses if use.periods.at(now))
    since = intersection(held.values()).at(now) if held else None
    return Eligibility(
        area=area,
        status="eligible" if since else "not_eligible",
        organisation=post.organisation,
        since=since[0] if since else None,
        met=met,
        missing=tuple(key for key in held if key not in met),
        uses=tuple(all_uses),
    )


def _met_over(history: History, need: Need, post: Post, mappings: Mappings) -> tuple[Periods, list[Use]]:
    if need.needs:
        each = [_met_over(history, one, post, mappings) for one in need.needs]
        join = union if need.kind == "any_of" else intersection
        return join(periods for periods, _ in each), [use for _, uses in each for use in uses]
    uses = _leaf_uses(history, need, post, mappings)
    return over(uses) if uses else NEVER, uses


def _leaf_uses(history: History, need: Need, post: Post, mappings: Mappings) -> list[Use]:
    if need.kind == "attestation":
        return attestation_uses(history, need.key, [post], mappings.calendar)
    if need.kind == "membership":
        return [
            Use(evidence, evidence_period(evidence, mappings.calendar, need.valid_for))
            for evidence in history.standing_evidence("membership", need.key)
        ]
    return course_uses(history, need.key, mappings.equivalences, mappings.calendar, need.valid_for)
