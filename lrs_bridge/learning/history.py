"""Everything known of one learner: evidence and posts, and over which stretch of time each holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from lrs_bridge.learning.identity import names_of
from lrs_bridge.learning.mappings import Equivalence
from lrs_bridge.learning.matching import Kind
from lrs_bridge.learning.periods import ALWAYS, NEVER, Interval, Periods, union
from lrs_bridge.moments import Calendar, Duration, format_instant


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing one statement is evidence of.

    key      a course ("item:2.8" for an item that a session declares), attestation ("manager_support", "item:4.1"),
             membership, or the area of an act of the champion flow
    counts   as the matching found it; `voided_by` is the voiding statement's id
    detail   what else was recorded (`learning.by_hand`); "by": the identifiers of who vouched or decided
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
        return {"statement_id": self.statement_id, self.kind: self.key, "when": format_instant(self.happened)}


NO_MANAGER = "none"
"""In the place of a line manager: there is none, as with the self-employed and heads."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where a person exercises a role, from when to when (None: unbounded).

    required_tier  as recorded for the post, or the organisation's default for the role
    manager        an identifier; NO_MANAGER for the self-employed and heads; "" where none is recorded
    number         of its record; 0 where it has none
    """

    organisation: str
    area: str
    role: str = ""
    required_tier: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    manager: str = ""
    service_area: str = ""
    number: int = field(default=0, compare=False)

    @property
    def periods(self) -> Periods:
        return Periods.between(self.starts, self.ends)

    def is_named_by(self, detail: Mapping[str, Any]) -> bool:
        """Whether evidence with this detail was given for this post. What it leaves out, it leaves open."""
        named = (
            (detail.get("organisation"), self.organisation),
            (detail.get("area"), self.area),
            (self.service_area and detail.get("service_area"), self.service_area),
        )
        return all(not said or plain(said) == plain(own) for said, own in named)

    def has_as_manager(self, identifiers: Iterable[str], stand_ins: Iterable[str] = ()) -> bool:
        """Whether one of these is the line manager, as far as one is recorded; where there is none, one of `stand_ins`."""
        if not self.manager:
            return True
        managers = stand_ins if self.manager == NO_MANAGER else [self.manager]
        return not names_of(managers).isdisjoint(names_of(identifiers))


def plain(name: str) -> str:
    """By what names of organisations and service areas are compared."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True)
class History:
    """What `standing_of` judges. `identifiers` are the learner's own: nobody attests for themselves. `equivalences`: the
    recorded ones that stand, everybody's."""

    posts: tuple[Post, ...]
    evidence: tuple[Evidence, ...]
    identifiers: frozenset[str] = frozenset()
    equivalences: tuple[Equivalence, ...] = ()

    def current_posts(self, now: datetime) -> tuple[Post, ...]:
        return tuple(post for post in self.posts if post.periods.at(now))

    def standing_evidence(self, kind: Kind, key: str) -> Iterable[Evidence]:
        """Evidence of this that is neither refused, nor voided, nor the learner's own word."""
        return self._standing.get((kind, key), ())

    @cached_property
    def _standing(self) -> dict[tuple[Kind, str], list[Evidence]]:
        found: dict[tuple[Kind, str], list[Evidence]] = {}
        for evidence in self.evidence:
            if evidence.stands and not self.own_word(evidence):
                found.setdefault((evidence.kind, evidence.key), []).append(evidence)
        return found

    def said_no(self, key: str) -> list[Evidence]:
        """Answers "no" to what an attestation of this key would say, that nobody took back."""
        return [
            evidence
            for evidence in self.evidence
            if evidence.kind == "attestation"
            and evidence.key == key
            and evidence.voided_by is None
            and evidence.detail.get("answer") == "no"
        ]

    def equivalences_for_area(self, area: str) -> list[Equivalence]:
        """What the Board of this area decided, for its champion standards."""
        return [one for one in self.equivalences if one.area == area]

    def equivalences_for_tiers(self) -> list[tuple[Equivalence, Periods]]:
        """What organisations decided, for the tiers of their people: each while a post there is held."""
        return [
            (
                one,
                union(
                    post.periods for post in self.posts if plain(post.organisation) == plain(one.organisation)
                ),
            )
            for one in self.equivalences
            if one.organisation
        ]

    @cached_property
    def _own_names(self) -> frozenset[str]:
        return names_of(self.identifiers)

    def own_word(self, evidence: Evidence) -> bool:
        """Whether the learner vouched for themselves, under whichever spelling of their address."""
        if evidence.kind != "attestation":
            return False
        return not self._own_names.isdisjoint(names_of(evidence.detail.get("by", ())))


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
    equivalences: Iterable[Equivalence | tuple[Equivalence, Periods]],
    calendar: Calendar,
    valid_for: Duration | None = None,
) -> list[Use]:
    """The evidence of a course, and of courses that a decision counts as it, each while the decision holds (and, where
    given, within these periods)."""
    uses = [
        Use(evidence, evidence_period(evidence, calendar, valid_for))
        for evidence in history.standing_evidence("course", course)
    ]
    for one in equivalences:
        equal, within = one if isinstance(one, tuple) else (one, ALWAYS)
        if equal.counts_as == course:
            in_force = Periods.between(equal.since, equal.until) & within
            uses += [
                Use(evidence, evidence_period(evidence, calendar, valid_for) & in_force)
                for evidence in history.standing_evidence("course", equal.course)
            ]
    return uses


def attestation_uses(
    history: History,
    key: str,
    posts: Iterable[Post],
    calendar: Calendar,
    valid_for: Duration | None = None,
    heeds: Callable[[Evidence], bool] = lambda _answer: True,
) -> list[Use]:
    """Attestations hold for the posts they were given for, and end with them, or with a later "no" for the same post by
    somebody whose answer is heeded."""
    refusals = [answer for answer in history.said_no(key) if heeds(answer)]
    held = list(posts)
    return [
        Use(
            evidence,
            evidence_period(evidence, calendar, valid_for)
            & period_meant(evidence, held)
            & _until_refused(evidence, refusals, held),
        )
        for evidence in history.standing_evidence("attestation", key)
    ]


def _until_refused(evidence: Evidence, refusals: Iterable[Evidence], posts: Iterable[Post]) -> Periods:
    """Until a later "no", of each post by itself: what the answer leaves out, it leaves open."""
    later = [answer for answer in refusals if answer.happened >= evidence.happened]
    if not later:
        return ALWAYS
    return union(
        post.periods & Periods.between(None, _first_naming(post, later))
        for post in posts
        if post.is_named_by(evidence.detail)
    )


def _first_naming(post: Post, answers: Iterable[Evidence]) -> datetime | None:
    return min((answer.happened for answer in answers if post.is_named_by(answer.detail)), default=None)


def stretches(posts: Iterable[Post], detail: Mapping[str, Any]) -> list[Interval]:
    """The stretches of the posts that this names. Posts in one organisation, service area and area that follow each other
    without a gap are one stretch; being hired again later is another."""
    places: dict[tuple[str, str, str], Periods] = {}
    for post in posts:
        if post.is_named_by(detail):
            place = (plain(post.organisation), plain(post.service_area), post.area)
            places[place] = places.get(place, NEVER) | post.periods
    return [stretch for periods in places.values() for stretch in periods]


def period_meant(evidence: Evidence, posts: Iterable[Post]) -> Periods:
    """The stretches of posts that evidence belongs to: those it happened in."""
    return Periods(
        stretch
        for stretch in stretches(posts, evidence.detail)
        if stretch[0] <= evidence.happened < stretch[1]
    )


def in_posts_meant(use: Use, posts: tuple[Post, ...]) -> Use:
    """Narrows a course's use to the posts it belongs to: what is known for a post ends with it. A person without any post
    has nothing for it to end with."""
    return Use(use.evidence, use.periods & (period_meant(use.evidence, posts) if posts else ALWAYS))


def over(uses: Iterable[Use]) -> Periods:
    return union(use.periods for use in uses)
