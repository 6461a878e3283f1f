"""Tiers: which items are covered, which tier that attains, what is missing for the next, and the ways to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lrs_bridge.learning.history import (
    History,
    Post,
    Use,
    attestation_uses,
    course_uses,
    in_posts_held_then,
    over,
)
from lrs_bridge.learning.mappings import Framework, Item, Mappings, Part, Route
from lrs_bridge.learning.periods import Periods, intersection

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
    """`progress`: tier → (items covered, items in all), cumulative. `uses`: every piece of evidence put to use."""

    framework: str
    required: str | None
    attained: str | None
    next: str | None
    progress: dict[str, tuple[int, int]]
    missing: tuple[Missing, ...]
    companion: Companion
    uses: tuple[Use, ...]


def tier_of(history: History, framework: Framework, mappings: Mappings, now: datetime) -> TierStanding:
    """The learner's tier under one framework at `now` (domain readings 1–8, 12, 16, 18, 21)."""
    posts = tuple(post for post in history.posts if post.area in framework.areas)
    by_route = {route.key: _route_uses(history, route, mappings) for route in framework.routes.values()}
    uses: list[Use] = []
    covered: dict[str, dict[Part, Periods]] = {}
    for item in framework.items.values():
        covered[item.key] = {}
        for part in item.parts:
            found = _part_uses(history, item, part, framework, by_route, mappings, posts)
            uses += found
            covered[item.key][part] = over(found)
    whole = {key: intersection(parts.values()) for key, parts in covered.items()}

    companion_uses = _companion_uses(history, framework, mappings)
    uses += [use for level in companion_uses.values() for use in level]
    current = [post for post in history.current_posts(now) if post.area in framework.areas]
    required = _highest(framework, [post.required_tier for post in current])

    progress, reached = {}, []
    for tier in framework.tiers.values():
        items = framework.items_up_to(tier.key)
        done = sum(1 for item in items if whole[item.key].at(now))
        progress[tier.key] = (done, len(items))
        asked = _companion_asked(framework, tier.key, current)
        companion = _companion(framework, companion_uses, asked, now)
        if done == len(items) and (companion.status == "met" or not framework.companion_required):
            reached.append(tier.key)
    attained = _highest(framework, reached)
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
            _companion_asked(framework, required or following or attained, current),
            now,
        ),
        uses=tuple(uses),
    )


def _part_uses(
    history: History,
    item: Item,
    part: Part,
    framework: Framework,
    by_route: dict[str, list[Use]],
    mappings: Mappings,
    posts: tuple[Post, ...],
) -> list[Use]:
    uses = []
    if part == "knowledge":
        for route in framework.routes.values():
            if item.key in route.covers:
                uses += by_route[route.key]
        if item.of_post:
            uses = [in_posts_held_then(use, posts) for use in uses]
    if part in item.attestable:
        attested = attestation_uses(history, f"item:{item.key}", posts, mappings.calendar)
        uses += [use for use in attested if part in use.evidence.detail.get("parts", ())]
    return uses


def _route_uses(history: History, route: Route, mappings: Mappings) -> list[Use]:
    """Uses of a route hold only while all its courses do."""
    each = [
        course_uses(history, course, mappings.equivalences, mappings.calendar, route.valid_for)
        for course in route.courses
    ]
    together = intersection(over(uses) for uses in each)
    return [Use(use.evidence, use.periods & together) for uses in each for use in uses]


def ways_to(framework: Framework, item: Item, part: Part) -> tuple[str, ...]:
    """How this part can be met: route keys in the file's order, then "attestation"."""
    ways = [
        route.key for route in framework.routes.values() if part == "knowledge" and item.key in route.covers
    ]
    return (*ways, *((ATTESTATION,) if part in item.attestable else ()))


def _missing(
    framework: Framework, target: str | None, covered: dict[str, dict[Part, Periods]], now: datetime
) -> tuple[Missing, ...]:
    if target is None:
        return ()
    return tuple(
        Missing(item.key, part, item.text, ways_to(framework, item, part))
        for item in framework.items_up_to(target)
        for part in item.parts
        if not covered[item.key][part].at(now)
    )


def _highest(framework: Framework, tiers: list[str | None] | list[str]) -> str | None:
    order = list(framework.tiers)
    return max((tier for tier in tiers if tier in order), key=order.index, default=None)


def _next(framework: Framework, attained: str | None) -> str | None:
    order = list(framework.tiers)
    place = order.index(attained) + 1 if attained else 0
    return order[place] if place < len(order) else None


def _companion_uses(history: History, framework: Framework, mappings: Mappings) -> dict[str, list[Use]]:
    """Level → the evidence that reaches it; a higher level's evidence reaches the lower ones too."""
    uses: dict[str, list[Use]] = {level: [] for level in framework.companion_levels}
    for course, level in framework.companion_courses.items():
        found = course_uses(
            history, course, mappings.equivalences, mappings.calendar, framework.companion_valid_for
        )
        for lower in framework.companion_levels[: framework.companion_levels.index(level) + 1]:
            uses[lower] += found
    return uses


def _companion_asked(framework: Framework, tier: str | None, posts: list[Post]) -> str | None:
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
        status = "not_met" if any(uses.values()) else "not_recorded"
    return Companion(held[-1] if held else None, asked, status)
