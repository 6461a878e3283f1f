"""A learner's standing: tiers, eligibility per area and every piece of evidence, judged together at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lrs_bridge.learning.champions import ChampionState
from lrs_bridge.learning.eligibility import Eligibility, eligibility_in
from lrs_bridge.learning.history import NO_MANAGER, Evidence, History, Use
from lrs_bridge.learning.mappings import Framework, Mappings
from lrs_bridge.learning.post_standings import PostStanding, post_standings
from lrs_bridge.learning.tiers import TierStanding, tier_of
from lrs_bridge.moments import LATEST, Calendar, format_instant, in_words


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece of evidence and whether it counts now; `because` names the first condition that fails, or what accepted it."""

    evidence: Evidence
    counts: bool
    because: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`tier`: under the framework of the first post's area; None where its Board has adopted none. `changes_at`: the next
    instant when the clock alone may alter any of this; None if it can't. `posts`: each post that has not ended."""

    tier: TierStanding | None
    tiers: tuple[TierStanding, ...]
    eligibility: dict[str, Eligibility]
    evidence: tuple[Judged, ...]
    changes_at: datetime | None
    posts: tuple[PostStanding, ...]


def standing_of(history: History, mappings: Mappings, now: datetime) -> Standing:
    """A pure function of what is recorded, the mappings in force and the moment. The order of evidence plays no part."""
    ordered = tuple(
        sorted(history.evidence, key=lambda one: (one.happened, one.statement_id, one.kind, one.key))
    )
    history = replace(history, evidence=ordered)
    areas = list(dict.fromkeys(post.area for post in history.current_posts(now)))
    frameworks = _frameworks(history, areas, mappings)
    tiers = {one.key: tier_of(history, one, mappings, now) for one in frameworks if one is not None}
    eligibility = {}
    acts = {one.key for one in ordered if one.kind == "champion" and one.stands}
    for area in (*areas, *sorted(acts.difference(areas))):
        champions = mappings.champions_of(area)
        if champions is not None:
            eligibility[area] = eligibility_in(history, area, champions, mappings, now)
    uses = [use for tier in tiers.values() for use in tier.uses]
    uses += [use for one in eligibility.values() for use in one.uses]
    by_evidence: dict[int, list[Use]] = {}
    for use in uses:
        by_evidence.setdefault(id(use.evidence), []).append(use)
    first = frameworks[0] if frameworks else None
    coming = _coming(history, tiers, mappings, now)
    return Standing(
        tier=tiers[first.key] if first else None,
        tiers=tuple(tiers.values()),
        eligibility=eligibility,
        evidence=tuple(_judge(one, history, by_evidence.get(id(one), []), mappings, now) for one in ordered),
        changes_at=_changes_at(
            history, [*uses, *(use for tier in coming.values() for use in tier.uses)], now
        ),
        posts=post_standings(history, {**tiers, **coming}, eligibility, mappings, now),
    )


def _coming(
    history: History, shown: Mapping[str, TierStanding], mappings: Mappings, now: datetime
) -> dict[str, TierStanding]:
    """By framework, of posts to come: those that none of the current posts is judged by."""
    areas = {post.area for post in history.posts if post.ends is None or post.ends > now}
    found = (mappings.framework_of(area) for area in sorted(areas))
    return {one.key: tier_of(history, one, mappings, now) for one in found if one and one.key not in shown}


def _frameworks(history: History, areas: list[str], mappings: Mappings) -> list[Framework | None]:
    """Those adopted where the learner has posts, the first post's first (None where there is none). Without any current
    post those of all posts, and without any post all there are: progress is never hidden."""
    if not history.posts:
        return list(mappings.frameworks.values())
    return [
        mappings.framework_of(area) for area in areas or dict.fromkeys(post.area for post in history.posts)
    ]


def _judge(
    evidence: Evidence, history: History, uses: list[Use], mappings: Mappings, now: datetime
) -> Judged:
    refusal = _refusal(evidence, history, uses, mappings, now)
    if refusal:
        return Judged(evidence, counts=False, because=refusal)
    said = evidence.because if uses else f"{evidence.because}; no item or standard asks for it here"
    return Judged(evidence, counts=True, because=said + _lapses(evidence, uses, mappings.calendar, now))


def _lapses(evidence: Evidence, uses: list[Use], calendar: Calendar, now: datetime) -> str:
    """Until when it counts, for all that it serves or some of it; "" where no day is set. Somebody's word ends with its post."""
    if evidence.kind == "attestation":
        return ""
    ends = {period[1] for use in uses if (period := use.periods.at(now))}
    first = min(ends, default=LATEST)
    if first == LATEST:
        return ""
    counts = "until" if len(ends) == 1 else "for some of it until"
    return f"; counts {counts} {in_words(calendar.last_day_before(first))}"


def _refusal(
    evidence: Evidence, history: History, uses: list[Use], mappings: Mappings, now: datetime
) -> str | None:
    """Why this counts for nothing now, by the first condition that fails."""
    if evidence.voided_by:
        return f"voided by statement {evidence.voided_by}"
    if not evidence.counts:
        return evidence.because
    if history.own_word(evidence):
        return "given by the learner, and nobody attests for themselves"
    calendar = mappings.calendar
    if evidence.happened > now:
        return f"dated in the future: {in_words(calendar.day_of(evidence.happened))}"
    if evidence.kind == "champion":
        return None
    until = evidence.detail.get("until")
    if until and until <= now:
        return f"it held until {in_words(calendar.last_day_before(until))}"
    if any(use.periods.at(now) for use in uses):
        return None
    if evidence.kind == "attestation":
        reason = _taken_back(evidence, history, calendar, now) or _why_not_this_post(
            evidence, history, mappings, now
        )
        if reason or not uses:
            return reason or "no item or standard asks for it in that post"
    if not uses:
        return None
    ended = max((end for use in uses for _, end in use.periods if end <= now), default=None)
    if ended is None:
        return "what it gives needs a post, or another course beside it, that is not recorded"
    return f"no longer valid since {in_words(calendar.day_of(ended))}"


def _taken_back(evidence: Evidence, history: History, calendar: Calendar, now: datetime) -> str | None:
    meant = [post for post in history.posts if post.is_named_by(evidence.detail)]
    later = [
        answer.happened
        for answer in history.said_no(evidence.key)
        if evidence.happened <= answer.happened <= now
        and any(post.is_named_by(answer.detail) for post in meant)
    ]
    return f"the answer was no on {in_words(calendar.day_of(later[0]))}" if later else None


def _why_not_this_post(evidence: Evidence, history: History, mappings: Mappings, now: datetime) -> str | None:
    """None where a post that it was given for is held, and by whom it may be given."""
    said = f"{evidence.detail.get('organisation') or 'any organisation'} in {evidence.detail.get('area') or 'any area'}"
    named = [post for post in history.posts if post.is_named_by(evidence.detail)]
    if not named:
        return f"no post at {said} is recorded"
    calendar = mappings.calendar
    current = [post for post in named if post.periods.at(now)]
    if any(post.starts and evidence.happened < post.starts for post in current):
        return f"given before the present post at {said} began"
    if current:
        by = evidence.detail.get("by", ())
        if any(post.has_as_manager(by, mappings.stand_ins_of(post.area)) for post in current):
            return None
        if all(post.manager == NO_MANAGER for post in current):
            return "that post has no line manager, and whoever gave it is nobody whom the Board names instead"
        return "given by somebody who is not the line manager recorded for that post"
    begins = min((post.starts for post in named if post.starts and post.starts > now), default=None)
    if begins:
        return f"the post at {said} begins on {in_words(calendar.day_of(begins))}"
    ended = max(post.ends for post in named if post.ends)
    return f"the post at {said} ended on {in_words(calendar.last_day_before(ended))}"


def _changes_at(history: History, uses: list[Use], now: datetime) -> datetime | None:
    edges = [use.periods.next_change(now) for use in uses]
    edges += [post.periods.next_change(now) for post in history.posts]
    for evidence in history.evidence:
        edges += [
            moment for moment in (evidence.happened, evidence.detail.get("until")) if moment and moment > now
        ]
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
        "flagged": one.is_flagged,
        "organisation": one.organisation,
        "service_area": one.service_area,
        "since": format_instant(one.since) if one.since else None,
        "met": {key: [evidence.reference() for evidence in found] for key, found in one.met.items()},
        "missing": list(one.missing),
        "wanting": {key: list(keys) for key, keys in one.wanting.items()},
        "champion": _champion_as_json(one.champion) if one.champion else None,
    }


def _champion_as_json(state: ChampionState) -> dict[str, Any]:
    """`by`: who decided, as recorded with the act that led to the state."""
    detail = state.act.detail
    return {
        "state": state.state,
        "since": format_instant(state.since),
        "organisation": state.organisation,
        "service_area": state.service_area,
        "act": detail["act"],
        "statement_id": state.act.statement_id,
        "by": detail.get("by_name")
        or ", ".join(name.removeprefix("mailto:") for name in detail.get("by", ())),
        "note": detail.get("note") or "",
        "standards_then": {name: list(detail.get(name) or ()) for name in ("met", "missing")},
        "because_post_ended": state.because_post_ended,
        "asked": state.asked.detail["act"] if state.asked else None,
        "last_update": format_instant(state.last_update) if state.last_update else None,
    }


def standing_as_json(standing: Standing) -> dict[str, Any]:
    """What is kept of a standing: the members of `explain --json` that are computed."""
    return {
        "tier": tier_as_json(standing.tier),
        "tiers": [tier_as_json(tier) for tier in standing.tiers],
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
