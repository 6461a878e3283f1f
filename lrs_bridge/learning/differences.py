"""How one person's standing differs under other mappings, as far as anybody would act on it: tiers, eligibility, and why.

Standings are compared as they are kept (`standing.standing_as_json`). No standing, a framework that is not adopted and an
area that is not judged are as good as nothing attained, nothing required and not eligible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NOT_ELIGIBLE = "not_eligible"

_NO_TIER: Mapping[str, Any] = {"attained": None, "required": None, "progress": {}, "missing": []}
_NOT_JUDGED: Mapping[str, Any] = {
    "status": NOT_ELIGIBLE,
    "standards_met": False,
    "flagged": False,
    "organisation": "",
    "met": {},
    "missing": [],
}


@dataclass(frozen=True, slots=True)
class TierChange:
    """Each (before, after); None: no whole tier attained, none required."""

    framework: str
    attained: tuple[str | None, str | None]
    required: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class AreaChange:
    """`status`, `standards_met` and `flagged` are (before, after); `lost` and `gained`: standards that are missing only
    afterwards, or only before."""

    area: str
    status: tuple[str, str]
    standards_met: tuple[bool, bool]
    flagged: tuple[bool, bool]
    lost: tuple[str, ...]
    gained: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """`why`: the courses, items and standards that differ, in words."""

    tiers: tuple[TierChange, ...]
    areas: tuple[AreaChange, ...]
    why: tuple[str, ...]


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference | None:
    """What differs between two kept standings of one person ({}: none); None where nobody would act on it."""
    frameworks, areas = _tiers(before, after), _areas(before, after)
    tiers = {key: change for key, pair in frameworks.items() if (change := _tier_change(key, *pair))}
    judged = {key: differs for key, pair in areas.items() if (differs := _area_change(key, *pair))}
    if not tiers and not judged:
        return None
    why = [*_evidence_in_words(before, after)]
    for key in tiers:
        why += _items_in_words(*frameworks[key])
    for one in judged.values():
        why += _standards_in_words(one, *areas[one.area])
    return Difference(tuple(tiers.values()), tuple(judged.values()), tuple(dict.fromkeys(why)))


_Pair = tuple[Mapping[str, Any], Mapping[str, Any]]


def _tiers(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, _Pair]:
    old, new = ({tier["framework"]: tier for tier in body.get("tiers", ())} for body in (before, after))
    return {key: (old.get(key, _NO_TIER), new.get(key, _NO_TIER)) for key in sorted({*old, *new})}


def _areas(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, _Pair]:
    old, new = (body.get("eligibility", {}) for body in (before, after))
    return {key: (old.get(key, _NOT_JUDGED), new.get(key, _NOT_JUDGED)) for key in sorted({*old, *new})}


def _tier_change(framework: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> TierChange | None:
    attained, required = ((old[name], new[name]) for name in ("attained", "required"))
    if attained[0] == attained[1] and required[0] == required[1]:
        return None
    return TierChange(framework, attained, required)


def _area_change(area: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> AreaChange | None:
    status, met, flagged = ((old[name], new[name]) for name in ("status", "standards_met", "flagged"))
    if status[0] == status[1] and met[0] == met[1] and flagged[0] == flagged[1]:
        return None
    lost = tuple(key for key in new["missing"] if key not in old["missing"])
    gained = tuple(key for key in old["missing"] if key not in new["missing"])
    return AreaChange(area, status, met, flagged, lost, gained)


def _evidence_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = (
        {(one["kind"], one["course"]) for one in body.get("evidence", ()) if one["counts"]}
        for body in (before, after)
    )
    for kind, key in sorted(old - new):
        yield f"{kind} {key} no longer counts"
    for kind, key in sorted(new - old):
        yield f"{kind} {key} counts"


def _items_in_words(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What is missing is told for the tier that is aimed at, which differs with the tier attained: so only what holds
    somebody back is told of who falls, and only what no longer does of who rises."""
    falls = _rank(new) < _rank(old)
    more, less = (new, old) if falls else (old, new)
    held = {(one["item"], one["part"]) for one in less["missing"]}
    items = [
        f"the word on {one['item']}" if one["part"] == "word" else one["item"]
        for one in more["missing"]
        if (one["item"], one["part"]) not in held
    ]
    if _rank(old) == _rank(new):
        return
    if items:
        yield f"{'missing' if falls else 'no longer missing'}: {', '.join(items)}"
    else:
        yield "the tiers ask for other items, or for another safeguarding level"


def _rank(tier: Mapping[str, Any]) -> int:
    return list(tier["progress"]).index(tier["attained"]) if tier["attained"] else -1


def _standards_in_words(change: AreaChange, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in change.lost:
        yield (
            f"{key} no longer met in {change.area}" if key in old["met"] else f"{key} asked in {change.area}"
        )
    for key in change.gained:
        yield (
            f"{key} met in {change.area}" if key in new["met"] else f"{key} no longer asked in {change.area}"
        )


# --- of everybody ----------------------------------------------------------------------------------------------------

MATCH_CHANGES = ("newly mapped", "no longer mapped", "mapped otherwise")


@dataclass(frozen=True, slots=True)
class PersonChange:
    """One person whose standing would differ. `learner` is None for somebody whom no statement has made known yet."""

    learner: int | None
    name: str
    organisations: tuple[str, ...]
    difference: Difference


@dataclass
class WhatIf:
    """What was found so far; complete when `what_if` returns it.

    in_force, digest  the digests that are compared
    statements        (what becomes of the match, source, activity) → how many; the first is one of MATCH_CHANGES
    attained          (framework, tier before, tier after) → how many people; `required` likewise
    eligible          (area, "eligible" or "not_eligible" afterwards) → how many; `flagged`: (area, whether flagged) likewise
    lost, gained      (area, standard) → how many of those whose eligibility or flag changes; (area, standard)
    alerts            (area, kind) → how many alerts the change would bring; held where an area has more than `held_above`
    people            the first of those who are concerned, `concerned` counts all
    waiting           statements and pending rows of learners that wait to be computed, so are not, or not newly, counted
    failed            statements and learners that can't be computed by these mappings
    """

    in_force: str
    digest: str
    is_rematching: bool
    waiting: tuple[int, int]
    held_above: int
    total: int = 0
    matched: int = 0
    computed: int = 0
    failed: int = 0
    concerned: int = 0
    people: list[PersonChange] = field(default_factory=list)
    statements: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    attained: Counter[tuple[str, str | None, str | None]] = field(default_factory=Counter)
    required: Counter[tuple[str, str | None, str | None]] = field(default_factory=Counter)
    eligible: Counter[tuple[str, bool]] = field(default_factory=Counter)
    flagged: Counter[tuple[str, bool]] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    gained: Counter[tuple[str, str]] = field(default_factory=Counter)
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        return self.matched + self.computed

    @property
    def held(self) -> frozenset[str]:
        """The areas whose alerts would be held until somebody decides."""
        areas = {area for area, _ in self.alerts}
        each = {area: sum(count for (own, _), count in self.alerts.items() if own == area) for area in areas}
        return frozenset(area for area, count in each.items() if count > self.held_above)

    def add(self, person: PersonChange, limit: int) -> None:
        self.concerned += 1
        if len(self.people) < limit:
            self.people.append(person)
        for tier in person.difference.tiers:
            if tier.attained[0] != tier.attained[1]:
                self.attained[tier.framework, *tier.attained] += 1
            if tier.required[0] != tier.required[1]:
                self.required[tier.framework, *tier.required] += 1
        for change in person.difference.areas:
            if change.standards_met[0] != change.standards_met[1]:
                self.eligible[change.area, change.standards_met[1]] += 1
            if change.flagged[0] != change.flagged[1]:
                self.flagged[change.area, change.flagged[1]] += 1
            self.lost.update((change.area, key) for key in change.lost)
            self.gained.update((change.area, key) for key in change.gained)
