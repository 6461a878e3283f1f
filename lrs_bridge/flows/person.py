"""One person, as somebody may see them: where they stand, what is missing and where to do it, what counts and why, and their posts.

The learner sees everything. A coordinator sees the posts at the own organisation, what these require and the champion standards
as judged there; a Board officer the posts in the area and the standards of that area, and no tier, since eligibility needs none.
What somebody vouched for, asked or decided elsewhere is hidden from either; courses are the person's, and everybody's to see.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lrs_bridge.errors import NotFound
from lrs_bridge.flows import kept_records, named, standings
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.area_register import ACTS_IN_WORDS
from lrs_bridge.flows.explain import NOT_PROVEN, is_outdated
from lrs_bridge.learning.by_hand import SOURCE as BRIDGE
from lrs_bridge.learning.history import Evidence, History, Post, plain
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.learning.narrowed import narrowed
from lrs_bridge.learning.sight import Sight
from lrs_bridge.moments import Calendar, in_words, parse_instant
from lrs_bridge.store import evidence, organisations, people, posts, projections, roles, timetable
from lrs_bridge.store.database import Session
from lrs_bridge.store.people import Person
from lrs_bridge.store.roles import Viewer


@dataclass(frozen=True, slots=True)
class PostSeen:
    """In words: where and as what, the tier it requires ("" where none is known), from and until which day, who recorded it when."""

    words: str
    required: str
    starts: str
    ends: str
    recorded: str


@dataclass(frozen=True, slots=True)
class EvidenceSeen:
    """One record. `day`, `what` and `source` in words; `because`: why it counts, or why not. `by_hand`: kept by somebody, and so to
    be taken back while it isn't (`is_voided`); `is_ours`: by a coordinator of the organisation, or an officer of the Board, that it
    is seen from."""

    day: str
    what: str
    source: str
    counts: bool
    because: str
    statement: str
    by_hand: bool
    is_voided: bool
    is_ours: bool


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """`identifiers` in words; `tiers` and `champion` as the Read API's standing has them, with the days of the latter in words;
    `untiered`: areas of posts whose Board has set no tiers; `as_at`: the day it was computed, or None; `is_stale`: something newer
    waits."""

    learner: int
    name: str
    posts: tuple[PostSeen, ...]
    identifiers: tuple[str, ...]
    tiers: tuple[dict[str, Any], ...]
    untiered: tuple[str, ...]
    champion: tuple[dict[str, Any], ...]
    evidence: tuple[EvidenceSeen, ...]
    as_at: str | None
    is_stale: bool
    not_proven: str = NOT_PROVEN


def person_seen(session: Session, viewer: Viewer, learner: int, calendar: Calendar) -> PersonSeen:
    """In a fixed number of queries. Of a learner who was joined into another, that other. Raises NotFound for anybody whom the
    viewer may not see."""
    learner = people.heirs(session, [learner]).get(learner, learner)
    if not roles.sees(session, viewer, learner):
        raise NotFound("There is no such person, or they are not yours to see.")
    mappings = mapping_flow.in_force(session, calendar)
    whole = _Known.load(session, learner)
    names = [one.name for one in organisations.named(session, viewer.organisations)]
    own = [
        post
        for post in whole.person.posts
        if whole.recorded[post.number].organisation in viewer.organisations or post.area in viewer.areas
    ]
    sight = Sight(tuple(own), frozenset(names), viewer.areas)
    history = History(
        whole.person.posts,
        tuple(whole.evidence),
        frozenset(whole.person.identifiers),
        evidence.standing_equivalences(session),
    )
    if whole.kept:
        body = narrowed(whole.kept.body, history, sight, mappings, viewer.now)
        body["evidence"] = _without_names_elsewhere(body["evidence"], whole.evidence, sight)
        whole = replace(whole, kept=replace(whole.kept, body=body))
    known_by = {whole.recorded[post.number].identifier for post in own}
    identifiers = [text for text in whole.person.identifiers if text in known_by]
    ours = whole.kept_at(names) if names else set()
    if viewer.areas:
        memberships = [uuid.UUID(one.statement_id) for one in whole.by_hand if one.kind == "membership"]
        ours |= {str(one) for one in kept_records.of_boards(session, viewer.areas, memberships)}
    told_here = {
        one.statement_id
        for one in whole.by_hand
        if one.kind != "champion"
        and (one.detail.get("organisation") or one.detail.get("area"))
        and sight.is_here(one.detail.get("organisation"), one.detail.get("area"))
    }
    return whole.seen(own, identifiers, mappings, ours, told_here, is_theirs=False)


def _without_names_elsewhere(
    shown: Sequence[dict[str, Any]], known: Sequence[Evidence], sight: Sight
) -> list[dict[str, Any]]:
    """Training that was recorded for a post that they don't see is told without who saw, gave or delivered it there."""
    elsewhere = {
        one.statement_id
        for one in known
        if one.source == BRIDGE
        and one.kind == "course"
        and not sight.is_here(one.detail.get("organisation"), one.detail.get("area"))
    }
    return [
        {**one, "because": "recorded by hand"} if one["counts"] and one["statement_id"] in elsewhere else one
        for one in shown
    ]


def seen_by_themselves(session: Session, learner: int, calendar: Calendar) -> PersonSeen:
    """Everything that is known of a learner, in a fixed number of queries."""
    mappings = mapping_flow.in_force(session, calendar)
    whole = _Known.load(session, learner)
    return whole.seen(whole.person.posts, whole.person.identifiers, mappings, is_theirs=True)


def seen_as_told(told: dict[str, Any], mappings: Mappings) -> PersonSeen:
    """What a site is told of somebody (a standing of `flows.standings`), said to themselves: no name, posts, identifiers or
    evidence."""
    computed, calendar = told["computed_at"], mappings.calendar
    return PersonSeen(
        learner=0,
        name="",
        posts=(),
        identifiers=(),
        tiers=tuple(_tier(tier) for tier in told["tiers"]),
        untiered=(),
        champion=tuple(_champion(one, mappings, is_theirs=True) for one in told["champion"]),
        evidence=(),
        as_at=in_words(calendar.day_of(parse_instant(computed))) if computed else None,
        is_stale=told["is_stale"],
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is recorded of one learner."""

    person: Person
    recorded: Mapping[int, posts.Recorded]
    kept: projections.KeptStanding | None
    evidence: Sequence[Evidence]
    is_stale: bool

    @classmethod
    def load(cls, session: Session, learner: int) -> _Known:
        kept = projections.standing(session, learner)
        waits = bool(projections.pending_among(session, [learner]))
        return cls(
            person=people.load(session, [learner])[learner],
            recorded=posts.recorded(session, learner),
            kept=kept,
            evidence=evidence.evidence_of(session, [learner])[learner],
            is_stale=waits or is_outdated(kept, timetable.in_force(session)),
        )

    @property
    def by_hand(self) -> list[Evidence]:
        return [one for one in self.evidence if one.source == BRIDGE]

    def kept_at(self, organisations: Collection[str]) -> set[str]:
        """The statements that were kept by hand for a post at these organisations, or for none in particular."""
        places = {plain(name) for name in organisations}
        return {
            one.statement_id
            for one in self.by_hand
            if one.kind != "champion"
            if not (said := one.detail.get("organisation")) or plain(said) in places
        }

    def seen(
        self,
        own: Sequence[Post],
        identifiers: Sequence[str],
        mappings: Mappings,
        ours: Collection[str] = (),
        told_here: Collection[str] = (),
        *,
        is_theirs: bool,
    ) -> PersonSeen:
        """`is_theirs`: said to the person; `ours`: the statements that may be taken back from here; `told_here`: those that somebody here gave, whose address may be
        told where there is no name."""
        shown = standings.shown(self.kept, mappings)
        tiered = {area for framework in mappings.frameworks.values() for area in framework.areas}
        areas = dict.fromkeys(post.area for post in own if post.area not in tiered)
        voided = {one.statement_id for one in self.evidence if one.voided_by}
        return PersonSeen(
            learner=self.person.learner,
            name=self.person.name,
            posts=tuple(_post(post, self.recorded[post.number], mappings) for post in own),
            identifiers=tuple(_identifier(text) for text in identifiers),
            tiers=tuple(_tier(tier) for tier in shown["tiers"]),
            untiered=tuple(_area(key, mappings) for key in areas),
            champion=tuple(_champion(one, mappings, is_theirs=is_theirs) for one in shown["champion"]),
            evidence=tuple(
                _evidence(one, voided, ours, told_here, mappings)
                for one in (self.kept.body["evidence"] if self.kept else [])
            ),
            as_at=in_words(mappings.calendar.day_of(self.kept.computed_at)) if self.kept else None,
            is_stale=self.is_stale,
        )


def _post(post: Post, record: posts.Recorded, mappings: Mappings) -> PostSeen:
    place = ", ".join(
        part for part in (post.organisation, post.service_area, _area(post.area, mappings)) if part
    )
    calendar = mappings.calendar
    framework = mappings.framework_of(post.area)
    required = framework.tiers.get(post.required_tier or "") if framework else None
    return PostSeen(
        words=f"{post.role or 'Post'} at {place}",
        required=f"{required.key} {required.name}" if required else "",
        starts=in_words(calendar.day_of(post.starts)) if post.starts else "",
        ends=in_words(calendar.last_day_before(post.ends)) if post.ends else "",
        recorded=f"by {record.by} on {in_words(calendar.day_of(record.at))}",
    )


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
    """With the tiers' names beside their keys, which tier `missing` is of, whether the required one is reached, and what is missing
    gathered by the ways that give it."""
    names = {one["tier"]: f"{one['tier']} {one['name']}" for one in tier["progress"]}
    order = list(names)
    required, attained = tier["required"], tier["attained"]
    has_required = bool(required and attained and order.index(required) <= order.index(attained))
    done = {one["tier"]: (one["covered"], one["total"]) for one in tier["progress"]}
    first = next((key for key, (covered, total) in done.items() if covered < total), None)
    gathered: dict[tuple[str, ...], dict[str, Any]] = {}
    for item in tier["missing"]:
        same = (item["part"], *(way["key"] for way in item["ways"]))
        group = gathered.setdefault(same, {"part": item["part"], "texts": [], "ways": item["ways"]})
        group["texts"].append(item["text"])
    return {
        **tier,
        "names": names,
        "gathered": list(gathered.values()),
        "has_required": has_required,
        "goal": required if required and tier["missing"] and not has_required else tier["next"],
        "first": {"tier": names[first], "covered": done[first][0], "total": done[first][1]}
        if first
        else None,
    }


YOUR_STATUS = {
    "not_eligible": "You do not meet every standard yet",
    "eligible": "You meet every standard",
    "requested": "You have asked the Board to register you",
    "returned": "The Board has returned your request",
    "champion": "You are a CSE Champion",
    "left": "You have told the Board that you are no longer a CSE Champion",
    "legacy_unverified": "You are on the Board's earlier list of CSE Champions, and not registered anew yet",
}
_STATUS_OF_SOMEBODY = {
    "not_eligible": "Does not meet every standard yet",
    "eligible": "Meets every standard",
    "requested": "Has asked the Board to be registered",
    "returned": "The Board has returned the request",
    "champion": "Is a CSE Champion",
    "left": "Is no longer a CSE Champion",
    "legacy_unverified": "Is on the Board's earlier list of CSE Champions, and not registered anew yet",
}


def _champion(one: dict[str, Any], mappings: Mappings, *, is_theirs: bool) -> dict[str, Any]:
    """With the status, the day and what would meet each missing standard (`needed`) in words."""
    since = in_words(mappings.calendar.day_of(parse_instant(one["since"]))) if one["since"] else None
    words = YOUR_STATUS if is_theirs else _STATUS_OF_SOMEBODY
    missing = missing_in_words(one, mappings, is_theirs=is_theirs)
    return {**one, "words": words[one["status"]], "since": since, "missing": missing}


def missing_in_words(one: dict[str, Any], mappings: Mappings, *, is_theirs: bool) -> list[dict[str, Any]]:
    """The standards that are missing in an area, as the Read API shows them, each with what is `needed`: all of it."""
    champions = mappings.champions_of(one["area"]["key"])
    known = champions.standards if champions else {}
    return [
        {
            **standard,
            "needed": named.needed(
                known[standard["key"]].need,
                {way["key"] for way in standard["ways"]},
                mappings,
                is_theirs=is_theirs,
            )
            if standard["key"] in known
            else (),
        }
        for standard in one["missing"]
    ]


_ADDRESS = re.compile(r"[^\s,“”]+@[^\s,“”]+")
"""Whose word it was is told by name where there is one; by address to nobody but those for whose post it was given."""
_RULE = re.compile(r"^rule “.*?”(?=$|; )")
"""By which rule of a mapping file it counts: for those who write these files."""


def _evidence(
    one: dict[str, Any],
    voided: Collection[str],
    ours: Collection[str],
    told_here: Collection[str],
    mappings: Mappings,
) -> EvidenceSeen:
    source = mappings.sources.get(one["source"])
    by_hand = one["source"] == BRIDGE
    return EvidenceSeen(
        day=in_words(mappings.calendar.day_of(parse_instant(one["when"]))),
        what=_what(one["kind"], one["course"], mappings),
        source="recorded by hand" if by_hand else source.name if source else one["source"],
        counts=one["counts"],
        because=_because(one, is_addressed=one["statement_id"] in told_here),
        statement=one["statement_id"],
        by_hand=by_hand,
        is_voided=one["statement_id"] in voided,
        is_ours=one["statement_id"] in ours,
    )


def _what(kind: str, subject: str, mappings: Mappings) -> str:
    if kind == "champion":
        return f"CSE Champion, {_area(subject, mappings)}"
    key = subject.removeprefix("item:")
    items = (framework.items.get(key) for framework in mappings.frameworks.values())
    item = next((item.text for item in items if item and subject.startswith("item:")), None)
    name = item or named.of(kind, key, mappings)
    return f"Somebody's word: {name}" if kind == "attestation" else name


def _because(one: dict[str, Any], *, is_addressed: bool) -> str:
    said = one["because"] if is_addressed else _ADDRESS.sub("somebody", one["because"])
    if said.startswith("voided by statement "):
        return "it was taken back"
    act, _, rest = said.partition(" ")
    known = one["kind"] == "champion" and act in ACTS_IN_WORDS
    return f"{ACTS_IN_WORDS[act]} {rest}".strip() if known else _RULE.sub("reported as completed", said)
