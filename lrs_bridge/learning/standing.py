"""A learner's standing: tiers, eligibility per area and every piece of evidence, judged together at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.learning.eligibility import Eligibility, eligibility_in
from lrs_bridge.learning.history import Evidence, History, Use
from lrs_bridge.learning.mappings import Framework, Mappings
from lrs_bridge.learning.tiers import TierStanding, tier_of
from lrs_bridge.moments import format_instant


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece of evidence and whether it counts now; `because` names the first condition that fails, or what accepted it."""

    evidence: Evidence
    counts: bool
    because: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`changes_at`: the next instant when the clock alone may alter any of this; None if it can't."""

    tiers: tuple[TierStanding, ...]
    eligibility: dict[str, Eligibility]
    evidence: tuple[Judged, ...]
    changes_at: datetime | None


def standing_of(history: History, mappings: Mappings, now: datetime) -> Standing:
    """A pure function of what is recorded, the mappings in force and the moment. The order of evidence plays no part."""
    ordered = tuple(
        sorted(history.evidence, key=lambda one: (one.happened, one.statement_id, one.kind, one.key))
    )
    history = History(history.posts, ordered, history.identifiers)
    areas = list(dict.fromkeys(post.area for post in history.current_posts(now)))
    tiers = tuple(tier_of(history, one, mappings, now) for one in _frameworks(history, areas, mappings))
    eligibility = {}
    for area in areas:
        champions = mappings.champions_of(area)
        if champions is not None:
            eligibility[area] = eligibility_in(history, area, champions, mappings, now)
    uses = [use for tier in tiers for use in tier.uses]
    uses += [use for one in eligibility.values() for use in one.uses]
    return Standing(
        tiers=tiers,
        eligibility=eligibility,
        evidence=tuple(_judge(one, history, uses, now) for one in ordered),
        changes_at=_changes_at(history, uses, now),
    )


def _frameworks(history: History, areas: list[str], mappings: Mappings) -> list[Framework]:
    """Those adopted where the learner has posts, the first post's first; all of them for somebody without any post,
    whose progress would otherwise be hidden."""
    if not history.posts:
        return list(mappings.frameworks.values())
    found = [mappings.framework_of(area) for area in areas]
    return list({one.key: one for one in found if one is not None}.values())


def _judge(evidence: Evidence, history: History, uses: list[Use], now: datetime) -> Judged:
    if evidence.voided_by:
        return Judged(evidence, counts=False, because=f"voided by statement {evidence.voided_by}")
    if not evidence.counts:
        return Judged(evidence, counts=False, because=evidence.because)
    if history.own_word(evidence):
        return Judged(
            evidence, counts=False, because="given by the learner, and nobody attests for themselves"
        )
    if evidence.happened > now:
        return Judged(
            evidence, counts=False, because=f"dated in the future: {format_instant(evidence.happened)}"
        )
    put_to_use = [use for use in uses if use.evidence is evidence]
    if put_to_use and not any(use.periods.at(now) for use in put_to_use):
        over = max((end for use in put_to_use for _, end in use.periods if end <= now), default=None)
        if over is None:
            return Judged(
                evidence,
                counts=False,
                because="it needs a post, or another course beside it, that is not recorded",
            )
        return Judged(evidence, counts=False, because=f"no longer valid since {format_instant(over)}")
    if evidence.kind == "attestation" and not put_to_use:
        return Judged(
            evidence, counts=False, because="no current post, or no item or standard there, asks for it"
        )
    return Judged(evidence, counts=True, because=evidence.because)


def _changes_at(history: History, uses: list[Use], now: datetime) -> datetime | None:
    edges = [use.periods.next_change(now) for use in uses]
    edges += [post.periods.next_change(now) for post in history.posts]
    edges += [one.happened for one in history.evidence if one.happened > now]
    return min((edge for edge in edges if edge is not None), default=None)


def tier_as_json(tier: TierStanding | None) -> dict[str, Any]:
    """The `tier` member of `explain --json`; None where the Board has adopted no framework."""
    if tier is None:
        companion = {"level": None, "required": None, "status": "not_recorded"}
        empty: dict[str, Any] = {"framework": None, "required": None, "attained": None, "next": None}
        return {**empty, "progress": {}, "missing": [], "companion": companion}
    return {
        "framework": tier.framework,
        "required": tier.required,
        "attained": tier.attained,
        "next": tier.next,
        "progress": {key: list(done) for key, done in tier.progress.items()},
        "missing": [
            {"item": one.item, "part": one.part, "text": one.text, "ways": list(one.ways)}
            for one in tier.missing
        ],
        "companion": {
            "level": tier.companion.level,
            "required": tier.companion.required,
            "status": tier.companion.status,
        },
    }


def eligibility_as_json(one: Eligibility) -> dict[str, Any]:
    return {
        "status": one.status,
        "standards_met": one.standards_met,
        "organisation": one.organisation,
        "since": format_instant(one.since) if one.since else None,
        "met": {key: [evidence.reference() for evidence in found] for key, found in one.met.items()},
        "missing": list(one.missing),
    }


def standing_as_json(standing: Standing) -> dict[str, Any]:
    """What is kept of a standing: the members of `explain --json` that are computed."""
    tiers = [tier_as_json(tier) for tier in standing.tiers]
    return {
        "tier": tiers[0] if tiers else tier_as_json(None),
        "tiers": tiers,
        "eligibility": {area: eligibility_as_json(one) for area, one in standing.eligibility.items()},
        "evidence": [
            {
                "statement_id": judged.evidence.statement_id,
                "course": judged.evidence.key,
                "kind": judged.evidence.kind,
                "source": judged.evidence.source,
                "when": format_instant(judged.evidence.happened),
                "counts": judged.counts,
                "because": judged.because,
            }
            for judged in standing.evidence
        ],
    }
