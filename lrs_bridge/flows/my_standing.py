"""What a learner sees of themselves: where they stand, what is missing and where to do it, what counts and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import standings
from lrs_bridge.flows.explain import NOT_PROVEN, is_outdated
from lrs_bridge.learning.by_hand import SOURCE as BRIDGE
from lrs_bridge.learning.history import Post
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar, in_words, parse_instant
from lrs_bridge.store import people, projections, timetable
from lrs_bridge.store.database import Session


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record. `day`, `what` and `source` in words; `because`: why it counts, or why not."""

    day: str
    what: str
    source: str
    counts: bool
    because: str


@dataclass(frozen=True, slots=True)
class MyStanding:
    """`posts` and `identifiers` in words; `tiers` and `champion` as the Read API's standing has them, with the days of the latter
    in words; `untiered`: areas of posts whose Board has set no tiers; `as_at`: the day it was computed, or None; `is_stale`:
    something newer waits."""

    name: str
    posts: tuple[str, ...]
    identifiers: tuple[str, ...]
    tiers: tuple[dict[str, Any], ...]
    untiered: tuple[str, ...]
    champion: tuple[dict[str, Any], ...]
    evidence: tuple[Evidence, ...]
    as_at: str | None
    is_stale: bool
    not_proven: str = NOT_PROVEN


def my_standing(session: Session, learner: int, calendar: Calendar) -> MyStanding:
    """Of one learner, in a fixed number of queries."""
    mappings = mapping_flow.in_force(session, calendar)
    person = people.load(session, [learner])[learner]
    kept = projections.load_standings(session, [learner]).get(learner)
    waits = bool(projections.pending_among(session, [learner]))
    shown = standings.shown(kept, mappings)
    tiered = {area for framework in mappings.frameworks.values() for area in framework.areas}
    areas = dict.fromkeys(post.area for post in person.posts if post.area not in tiered)
    return MyStanding(
        name=person.name,
        posts=tuple(_post(post, mappings, calendar) for post in person.posts),
        identifiers=tuple(_identifier(text) for text in person.identifiers),
        tiers=tuple(_tier(tier) for tier in shown["tiers"]),
        untiered=tuple(_area(key, mappings) for key in areas),
        champion=tuple(_champion(one, calendar) for one in shown["champion"]),
        evidence=tuple(_evidence(one, mappings, calendar) for one in (kept.body["evidence"] if kept else [])),
        as_at=in_words(calendar.day_of(kept.computed_at)) if kept else None,
        is_stale=waits or is_outdated(kept, timetable.in_force(session)),
    )


def _post(post: Post, mappings: Mappings, calendar: Calendar) -> str:
    place = ", ".join(
        part for part in (post.organisation, post.service_area, _area(post.area, mappings)) if part
    )
    until = f", until {in_words(calendar.last_day_before(post.ends))}" if post.ends else ""
    return f"{post.role or 'Post'} at {place}{until}"


def _area(key: str, mappings: Mappings) -> str:
    known = mappings.areas.get(key)
    return known.name if known else key


def _identifier(text: str) -> str:
    """As people know it: an address, or an account and where."""
    if text.startswith("mailto:"):
        return text.removeprefix("mailto:")
    home_page, mark, name = text.rpartition("|")
    return f"{name} at {home_page}" if mark else text


def _tier(tier: dict[str, Any]) -> dict[str, Any]:
    """With the tiers' names beside their keys, which tier `missing` is of, and what is missing gathered by the ways that give it."""
    names = {one["tier"]: f"{one['tier']} {one['name']}" for one in tier["progress"]}
    goal = tier["required"] if tier["required"] != tier["attained"] else None
    done = {one["tier"]: (one["covered"], one["total"]) for one in tier["progress"]}
    first = next(
        (one["tier"] for one in tier["progress"] if done[one["tier"]][0] < done[one["tier"]][1]), None
    )
    gathered: dict[tuple[str, ...], dict[str, Any]] = {}
    for item in tier["missing"]:
        same = (item["part"], *(way["key"] for way in item["ways"]))
        group = gathered.setdefault(same, {"part": item["part"], "texts": [], "ways": item["ways"]})
        group["texts"].append(item["text"])
    return {
        **tier,
        "names": names,
        "gathered": list(gathered.values()),
        "goal": goal if goal and tier["missing"] else tier["next"],
        "first": {"tier": names[first], "covered": done[first][0], "total": done[first][1]}
        if first
        else None,
    }


STATUS_WORDS = {
    "not_eligible": "You do not meet every standard yet",
    "eligible": "You meet every standard",
    "requested": "You have asked the Board to register you",
    "returned": "The Board has returned your request",
    "champion": "You are a CSE Champion",
    "left": "You have told the Board that you are no longer a CSE Champion",
    "legacy_unverified": "You are on the Board's earlier list of CSE Champions, and not registered anew yet",
}


def _champion(one: dict[str, Any], calendar: Calendar) -> dict[str, Any]:
    since = in_words(calendar.day_of(parse_instant(one["since"]))) if one["since"] else None
    return {**one, "words": STATUS_WORDS[one["status"]], "since": since}


_ADDRESS = re.compile(r"[^\s,“”]+@[^\s,“”]+")
"""Whose word it was is told by name where there is one, never by address."""
_KINDS = {
    "attestation": "Somebody's word: {}",
    "membership": "Membership: {}",
    "champion": "CSE Champion, {}",
}


def _evidence(one: dict[str, Any], mappings: Mappings, calendar: Calendar) -> Evidence:
    key = one["course"].removeprefix("item:")
    name = mappings.courses.get(key) if one["kind"] not in _KINDS else None
    if one["kind"] == "champion":
        name = _area(key, mappings)
    source = mappings.sources.get(one["source"])
    day: date = calendar.day_of(parse_instant(one["when"]))
    return Evidence(
        day=in_words(day),
        what=_KINDS.get(one["kind"], "{}").format(name or key.replace("_", " ")),
        source="recorded by hand" if one["source"] == BRIDGE else source.name if source else one["source"],
        counts=one["counts"],
        because=_ADDRESS.sub("somebody", one["because"]),
    )
