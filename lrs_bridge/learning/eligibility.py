"""Champion eligibility: which standards are met in each area where a role is exercised, by what, and since when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lrs_bridge.learning.champions import ChampionState, Place, acts_in, same_place, state_in
from lrs_bridge.learning.history import (
    Evidence,
    History,
    Post,
    Use,
    attestation_uses,
    course_uses,
    evidence_period,
    over,
    plain,
)
from lrs_bridge.learning.mappings import Champions, Mappings, Need
from lrs_bridge.learning.periods import NEVER, Periods, intersection, union

Status = Literal["not_eligible", "eligible", "requested", "returned", "champion", "left", "legacy_unverified"]
"""The states of the champion flow. Evidence alone reaches the first two; the others are decisions."""


POST = "post"
"""In the place of a standard: there is no current post in the area, so nothing can be judged."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """One learner in one area.

    since     from when all standards have been met without a gap; None if they are not
    wanting   standard not met → the courses, attestations and memberships that would meet it
    champion  where the person stands in the champion flow; None where nothing was asked or decided
    lapses_at until when all standards stay met that are met now; None where none is
    """

    area: str
    status: Status
    organisation: str
    since: datetime | None
    met: dict[str, tuple[Evidence, ...]]
    wanting: dict[str, tuple[str, ...]]
    uses: tuple[Use, ...]
    service_area: str = ""
    champion: ChampionState | None = None
    lapses_at: datetime | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(self.wanting)

    @property
    def standards_met(self) -> bool:
        return not self.wanting

    @property
    def is_flagged(self) -> bool:
        """A champion whose standards are not all met: stays champion until the Board ends it."""
        return self.status in ("champion", "legacy_unverified") and not self.standards_met


def eligibility_in(
    history: History,
    area: str,
    champions: Champions,
    mappings: Mappings,
    now: datetime,
    place: Place | None = None,
) -> Eligibility:
    """Standards are judged per post, since support is given for one; the post that the Board has heard of speaks for the
    area, else the one that comes furthest. `place`: only posts there."""
    posts = [
        post
        for post in history.current_posts(now)
        if post.area == area and (place is None or same_place(place, (post.organisation, post.service_area)))
    ]
    judged = [_Judge(history, post, champions, mappings).judge(now) for post in posts]
    uses = tuple(use for one in judged for use in one.uses)
    uses += tuple(Use(act, Periods.between(act.happened, None)) for act in acts_in(history, area))
    state = state_in(history, area, now)
    if not judged:
        return _without_post(area, state, uses)
    best = max(judged, key=lambda one: (_is_of(state, one), one.standards_met, len(one.met)))
    status: Status = "eligible" if best.standards_met else "not_eligible"
    if state and (state.state != "left" or _is_of(state, best)):
        status = state.state
    return replace(best, status=status, champion=state, uses=uses)


def _is_of(state: ChampionState | None, judged: Eligibility) -> bool:
    return state is not None and same_place(state.place, (judged.organisation, judged.service_area))


def _without_post(area: str, state: ChampionState | None, uses: tuple[Use, ...]) -> Eligibility:
    return Eligibility(
        area=area,
        status=state.state if state else "not_eligible",
        organisation=state.organisation if state else "",
        since=None,
        met={},
        wanting={POST: ()},
        uses=uses,
        service_area=state.service_area if state else "",
        champion=state,
    )


class _Judge:
    """Judges one learner in one post."""

    def __init__(self, history: History, post: Post, champions: Champions, mappings: Mappings) -> None:
        self.history, self.post, self.champions = history, post, champions
        self.calendar = mappings.calendar
        self.stand_ins = mappings.stand_ins_of(post.area)
        self.equivalences = [*champions.equivalences, *history.equivalences_for_area(post.area)]

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
            service_area=self.post.service_area,
            lapses_at=min((now_met[1] for one in held.values() if (now_met := one.at(now))), default=None),
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
                self.history, need.key, self._posts_here, self.calendar, need.valid_for, self._is_meant
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
        return course_uses(self.history, need.key, self.equivalences, self.calendar, need.valid_for)

    @property
    def _posts_here(self) -> list[Post]:
        """The posts that follow each other in this place, roles apart."""
        here = (plain(self.post.organisation), self.post.area, plain(self.post.service_area))
        return [
            post
            for post in self.history.posts
            if (plain(post.organisation), post.area, plain(post.service_area)) == here
        ]

    def _is_meant(self, word: Evidence) -> bool:
        by = word.detail.get("by", ())
        return self.post.is_named_by(word.detail) and self.post.has_as_manager(by, self.stand_ins)

    def _wanting(self, need: Need, now: datetime) -> tuple[str, ...]:
        """What would meet an unmet need: of any_of every choice, of all_of what is not yet there."""
        if not need.needs:
            return (need.key,)
        missing = [one for one in need.needs if not self._met_over(one)[0].at(now)]
        return tuple(dict.fromkeys(key for one in missing for key in self._wanting(one, now)))
