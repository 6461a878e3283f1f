"""Everything known of one learner: evidence and posts, and over which stretch of time each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lrs_bridge.learning.mappings import Equivalence
from lrs_bridge.learning.matching import Kind
from lrs_bridge.learning.periods import ALWAYS, NEVER, Periods, union
from lrs_bridge.moments import Calendar, Duration


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing one statement is evidence of.

    key      a course, attestation ("manager_support", "item:4.1") or membership key
    counts   as the matching found it; `voided_by` is the voiding statement's id
    detail   attestation: {"parts": [...], "organisation", "area", "by": [identifiers], "until"?}; membership: {"until"?}
    """

    statement_id: str
    kind: Kind
    key: str
    source: str
    happened: datetime
    counts: bool
    because: str
    voided_by: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stands(self) -> bool:
        return self.counts and self.voided_by is None

    def reference(self) -> dict[str, str]:
        return {"statement_id": self.statement_id, self.kind: self.key, "when": self.happened.isoformat()}


@dataclass(frozen=True, slots=True)
class Post:
    """Where a person exercises a role, from when to when (None: unbounded)."""

    organisation: str
    area: str
    role: str = ""
    required_tier: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None

    @property
    def periods(self) -> Periods:
        return Periods.between(self.starts, self.ends)

    def is_named_by(self, detail: Mapping[str, Any]) -> bool:
        """Whether evidence with this detail was given for this post. What it leaves out, it leaves open."""
        return all(
            not detail.get(name) or detail[name].casefold() == getattr(self, name).casefold()
            for name in ("organisation", "area")
        )


@dataclass(frozen=True)
class History:
    """What `standing_of` judges. `identifiers` are the learner's own: nobody attests for themselves."""

    posts: tuple[Post, ...]
    evidence: tuple[Evidence, ...]
    identifiers: frozenset[str] = frozenset()

    def current_posts(self, now: datetime) -> tuple[Post, ...]:
        return tuple(post for post in self.posts if post.periods.at(now))

    def standing_evidence(self, kind: Kind, key: str) -> Iterable[Evidence]:
        for evidence in self.evidence:
            if (
                evidence.kind == kind
                and evidence.key == key
                and evidence.stands
                and not self.own_word(evidence)
            ):
                yield evidence

    def own_word(self, evidence: Evidence) -> bool:
        return evidence.kind == "attestation" and not self.identifiers.isdisjoint(
            evidence.detail.get("by", ())
        )


@dataclass(frozen=True, slots=True)
class Use:
    """Evidence put to a use: over which periods it serves there."""

    evidence: Evidence
    periods: Periods


def evidence_period(evidence: Evidence, calendar: Calendar, valid_for: Duration | None = None) -> Periods:
    """From when it happened, until `valid_for` later or the end it names itself, whichever comes first."""
    ends = [evidence.detail.get("until"), valid_for and calendar.after(evidence.happened, valid_for)]
    return Periods.between(evidence.happened, min((end for end in ends if end), default=None))


def course_uses(
    history: History,
    course: str,
    equivalences: Iterable[Equivalence],
    calendar: Calendar,
    valid_for: Duration | None = None,
) -> list[Use]:
    """The evidence of a course, and of courses that a recorded decision counts as it."""
    uses = [
        Use(evidence, evidence_period(evidence, calendar, valid_for))
        for evidence in history.standing_evidence("course", course)
    ]
    for equal in equivalences:
        if equal.counts_as == course:
            in_force = Periods.between(None, equal.until)
            uses += [
                Use(evidence, evidence_period(evidence, calendar, valid_for) & in_force)
                for evidence in history.standing_evidence("course", equal.course)
            ]
    return uses


def attestation_uses(history: History, key: str, posts: Iterable[Post], calendar: Calendar) -> list[Use]:
    """Attestations hold for the posts they were given for, and end with them."""
    uses = []
    for evidence in history.standing_evidence("attestation", key):
        over = union(post.periods for post in posts if post.is_named_by(evidence.detail))
        uses.append(Use(evidence, evidence_period(evidence, calendar) & over))
    return uses


def in_posts_held_then(use: Use, posts: tuple[Post, ...]) -> Use:
    """Narrows a course's use to the posts held when it happened: what belongs to a post ends with it. A person without
    any post has nothing for it to end with."""
    held = [
        post
        for post in posts
        if post.periods.at(use.evidence.happened) and post.is_named_by(use.evidence.detail)
    ]
    over = union(post.periods for post in held) if posts else ALWAYS
    return Use(use.evidence, use.periods & over)


def over(uses: Iterable[Use]) -> Periods:
    return union(use.periods for use in uses) or NEVER
