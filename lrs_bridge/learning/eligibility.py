"""Champion eligibility: which standards are met in each area where a role is exercised, by what, and since when."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from lrs_bridge.moments import Calendar

Status = Literal["not_eligible", "eligible", "requested", "returned", "champion", "left", "legacy_unverified"]
"""The states of the champion flow. Evidence alone reaches the first two; the others are decisions."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """One learner in one area.

    since    from when all standards have been met without a gap; None if they are not
    wanting  standard not met → the courses, attestations and memberships that would meet it
    """

    area: str
    status: Status
    organisation: str
    since: datetime | None
    met: dict[str, tuple[Evidence, ...]]
    wanting: dict[str, tuple[str, ...]]
    uses: tuple[Use, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(self.wanting)

    @property
    def standards_met(self) -> bool:
        return not self.wanting


def eligibility_in(
    history: History, area: str, champions: Champions, mappings: Mappings, now: datetime
) -> Eligibility:
    """Standards are judged per post, since support is given for one; the post that comes furthest speaks for the area."""
    posts = [post for post in history.current_posts(now) if post.area == area]
    judged = [_Judge(history, post, champions, mappings.calendar).judge(now) for post in posts]
    best = max(judged, key=lambda one: (one.standards_met, len(one.met)))
    return replace(best, uses=tuple(use for one in judged for use in one.uses))


class _Judge:
    """Judges one learner in one post."""

    def __init__(self, history: History, post: Post, champions: Champions, calendar: Calendar) -> None:
        self.history, self.post, self.champions, self.calendar = history, post, champions, calendar

    def judge(self, now: datetime) -> Eligibility:
        held: dict[str, Periods] = {}
        met: dict[str, tuple[Evidence, ...]] = {}
        wanting: dict[str, tuple[str, ...]] = {}
        every_use: list[Use] = []
        for standard in self.champions.standards_of(self.post.area):
            periods, uses = self._met_over(standard.need)
            every_use += uses
            held[standard.key] = periods & self.post.periods
            if held[standard.key].at(now):
                found = {use.evidence.statement_id: use.evidence for use in uses if use.periods.at(now)}
                met[standard.key] = tuple(found.values())
            else:
                wanting[standard.key] = self._wanting(standard.need, now)
        since = intersection(held.values()).at(now) if held else None
        return Eligibility(
            area=self.post.area,
            status="eligible" if since else "not_eligible",
            organisation=self.post.organisation,
            since=since[0] if since else None,
            met=met,
            wanting=wanting,
            uses=tuple(every_use),
        )

    def _met_over(self, need: Need) -> tuple[Periods, list[Use]]:
        if need.needs:
            each = [self._met_over(one) for one in need.needs]
            join = union if need.kind == "any_of" else intersection
            return join(periods for periods, _ in each), [use for _, uses in each for use in uses]
        uses = self._leaf_uses(need)
        return over(uses), uses

    def _leaf_uses(self, need: Need) -> list[Use]:
        if need.kind == "attestation":
            # given for a stretch of posts by the line manager; it serves this one if it was given for it
            found = attestation_uses(
                self.history, need.key, self.history.posts, self.calendar, need.valid_for
            )
            return [
                Use(use.evidence, use.periods & self.post.periods if self._is_meant(use.evidence) else NEVER)
                for use in found
            ]
        if need.kind == "membership":
            return [
                Use(evidence, evidence_period(evidence, self.calendar, need.valid_for))
                for evidence in self.history.standing_evidence("membership", need.key)
            ]
        return course_uses(self.history, need.key, self.champions.equivalences, self.calendar, need.valid_for)

    def _is_meant(self, word: Evidence) -> bool:
        return self.post.is_named_by(word.detail) and self.post.has_as_manager(word.detail.get("by", ()))

    def _wanting(self, need: Need, now: datetime) -> tuple[str, ...]:
        """What would meet an unmet need: of any_of every choice, of all_of what is not yet there."""
        if not need.needs:
            return (need.key,)
        missing = [one for one in need.needs if not self._met_over(one)[0].at(now)]
        return tuple(dict.fromkeys(key for one in missing for key in self._wanting(one, now)))
