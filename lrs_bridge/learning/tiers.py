"""Tiers: which items are covered, which tier that attains, what is missing for the next, and the ways to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lrs_bridge.learning.history import (
    History,
    Post,
    Use,
    attestation_uses,
    course_uses,
    evidence_period,
    in_posts_meant,
    over,
)
from lrs_bridge.learning.mappings import Equivalence, Framework, Item, Mappings, Part, Route
from lrs_bridge.learning.periods import Periods, intersection
from lrs_bridge.moments import Calendar

ATTESTATION = "attestation"

CompanionStatus = Literal["met", "not_met", "not_recorded"]


@dataclass(frozen=True, slots=True)
class Missing:
    """One part of one item that nothing covers now. `ways`: route keys, or "attestation"."""

    item: str
    part: Part
    text: str
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Companion:
    """The safeguarding level beside the tier: reached, required, and how they compare."""

    level: str | None
    required: str | None
    status: CompanionStatus


@dataclass(frozen=True, slots=True)
class TierStanding:
    """`progress`: tier → (items covered, items in all), cumulative. `uses`: every piece of evidence put to use. `held_until`: item →
    until when it is covered, of those that are; `levels_until`: likewise of safeguarding levels; LATEST where the clock takes it
    from nobody."""

    framework: str
    required: str | None
    attained: str | None
    next: str | None
    progress: dict[str, tuple[int, int]]
    missing: tuple[Missing, ...]
    companion: Companion
    uses: tuple[Use, ...]
    held_until: Mapping[str, datetime] = field(default_factory=dict)
    levels_until: Mapping[str, datetime] = field(default_factory=dict)


def tier_of(history: History, framework: Framework, mappings: Mappings, now: datetime) -> TierStanding:
    """The learner's tier under one framework at `now` (domain readings 1–8, 12, 16, 18, 21)."""
    cover = _Cover(history, framework, mappings.calendar)
    put_to_use = {
        (item.key, part): cover.uses(item, part) for item in framework.items.values() for part in item.parts
    }
    covered = {place: over(uses) for place, uses in put_to_use.items()}
    whole = {
        item.key: intersection(covered[item.key, part] for part in item.parts)
        for item in framework.items.values()
    }
    companion_uses = _companion_uses(history, framework, cover.equivalences, mappings.calendar)
    current = [post for post in history.current_posts(now) if post.area in framework.areas]
    required = highest(framework, [post.required_tier for post in current])

    progress, reached = {}, []
    for tier in framework.tiers.values():
        items = framework.items_up_to(tier.key)
        done = sum(1 for item in items if whole[item.key].at(now))
        progress[tier.key] = (done, len(items))
        asked = companion_asked(framework, tier.key, current)
        companion = _companion(framework, companion_uses, asked, now)
        if done == len(items) and (companion.status == "met" or not framework.companion_required):
            reached.append(tier.key)
    attained = highest(framework, reached)
    following = _next(framework, attained)
    target = required if required and required not in reached else following
    return TierStanding(
        framework=framework.key,
        required=required,
        attained=attained,
        next=following,
        progress=progress,
        missing=_missing(framework, target, covered, now),
        companion=_companion(
            framework,
            companion_uses,
            companion_asked(framework, required or following or attained, current),
            now,
        ),
        uses=tuple(use for uses in (*put_to_use.values(), *companion_uses.values()) for use in uses),
        held_until=_until(whole, now),
        levels_until=_until({level: over(uses) for level, uses in companion_uses.items()}, now),
    )


def _until(held: Mapping[str, Periods], now: datetime) -> dict[str, datetime]:
    return {key: stretch[1] for key, periods in held.items() if (stretch := periods.at(now))}


class _Cover:
    """Which evidence covers which part of which item, for one learner under one framework."""

    def __init__(self, history: History, framework: Framework, calendar: Calendar) -> None:
        self.history, self.framework, self.calendar = history, framework, calendar
        self.posts = tuple(post for post in history.posts if post.area in framework.areas)
        self.equivalences: list[Equivalence | tuple[Equivalence, Periods]] = [
            *framework.equivalences,
            *history.equivalences_for_tiers(),
        ]
        self.by_route = {route.key: self._route_uses(route) for route in framework.routes.values()}

    def uses(self, item: Item, part: Part) -> list[Use]:
        found: list[Use] = []
        if part == "knowledge":
            for route in self.framework.routes.values():
                if item.key in route.covers:
                    found += self.by_route[route.key]
            found += self._declared(item)
            if item.of_post:
                found = [in_posts_meant(use, self.posts) for use in found]
        if part in item.attestable:
            found += self._attested(item, part)
        return found

    def _route_uses(self, route: Route) -> list[Use]:
        """Uses of a route hold only while all its courses do."""
        each = [
            course_uses(self.history, course, self.equivalences, self.calendar, route.valid_for)
            for course in route.courses
        ]
        together = intersection(over(uses) for uses in each)
        return [Use(use.evidence, use.periods & together) for uses in each for use in uses]

    def _declared(self, item: Item) -> list[Use]:
        """Sessions that declare the item itself, in the areas of the framework."""
        return [
            Use(evidence, evidence_period(evidence, self.calendar))
            for evidence in self.history.standing_evidence("course", f"item:{item.key}")
            if evidence.detail.get("area") in self.framework.areas
        ]

    def _attested(self, item: Item, part: Part) -> list[Use]:
        """Somebody's word, and what is known for a post, end with the post; other attested knowledge carries over within
        the areas of the framework."""
        key = f"item:{item.key}"
        if part == "word" or item.of_post:
            found = attestation_uses(self.history, key, self.posts, self.calendar)
        else:
            found = [
                Use(evidence, evidence_period(evidence, self.calendar))
                for evidence in self.history.standing_evidence("attestation", key)
                if evidence.detail.get("area") in self.framework.areas
            ]
        return [use for use in found if part in use.evidence.detail.get("parts", ())]


def ways_to(framework: Framework, item: Item, part: Part) -> tuple[str, ...]:
    """How this part can be met: route keys in the file's order, then "attestation"."""
    ways = [
        route.key for route in framework.routes.values() if part == "knowledge" and item.key in route.covers
    ]
    return (*ways, *((ATTESTATION,) if part in item.attestable else ()))


def _missing(
    framework: Framework, target: str | None, covered: dict[tuple[str, Part], Periods], now: datetime
) -> tuple[Missing, ...]:
    if target is None:
        return ()
    return tuple(
        Missing(item.key, part, item.text, ways_to(framework, item, part))
        for item in framework.items_up_to(target)
        for part in item.parts
        if not covered[item.key, part].at(now)
    )


def highest(framework: Framework, tiers: Iterable[str | None]) -> str | None:
    order = list(framework.tiers)
    return max((tier for tier in tiers if tier in order), key=order.index, default=None)


def _next(framework: Framework, attained: str | None) -> str | None:
    order = list(framework.tiers)
    place = order.index(attained) + 1 if attained else 0
    return order[place] if place < len(order) else None


def _companion_uses(
    history: History,
    framework: Framework,
    equivalences: list[Equivalence | tuple[Equivalence, Periods]],
    calendar: Calendar,
) -> dict[str, list[Use]]:
    """Level → the evidence that reaches it; a higher level's evidence reaches the lower ones too."""
    uses: dict[str, list[Use]] = {level: [] for level in framework.companion_levels}
    for course, level in framework.companion_courses.items():
        found = course_uses(history, course, equivalences, calendar, framework.companion_valid_for)
        for lower in framework.companion_levels[: framework.companion_levels.index(level) + 1]:
            uses[lower] += found
    return uses


def companion_asked(framework: Framework, tier: str | None, posts: Sequence[Post]) -> str | None:
    """The safeguarding level that is expected beside this tier in these posts."""
    if tier is None:
        return None
    asked = framework.tiers[tier]
    by_role = {role.casefold(): level for role, level in asked.companion_for_roles.items()}
    levels = [by_role[post.role.casefold()] for post in posts if post.role.casefold() in by_role]
    if asked.companion:
        levels.append(asked.companion)
    return max(levels, key=framework.companion_levels.index, default=None)


def _companion(
    framework: Framework, uses: dict[str, list[Use]], asked: str | None, now: datetime
) -> Companion:
    held = [level for level in framework.companion_levels if over(uses[level]).at(now)]
    status: CompanionStatus
    if asked is None:
        status = "met"
    elif asked in held:
        status = "met"
    else:
        begun = any(start <= now for level in uses.values() for use in level for start, _ in use.periods)
        status = "not_met" if begun else "not_recorded"
    return Companion(held[-1] if held else None, asked, status)
