"""What the mapping files say, as types. `mapping_files` reads them; everything else in `learning` is computed by them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain, product
from typing import Literal

from lrs_bridge.moments import Calendar, Duration

Part = Literal["knowledge", "word"]

MANAGER_SUPPORT = "manager_support"
WORKING_KNOWLEDGE = "working_knowledge"


@dataclass(frozen=True, slots=True)
class Pattern:
    """An IRI, exact, or with `*` for any run of characters."""

    text: str
    _glob: re.Pattern[str] | None = None

    @classmethod
    def of(cls, text: str) -> Pattern:
        glob = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL) if "*" in text else None
        return cls(text, glob)

    def takes(self, iri: str) -> bool:
        return self._glob.fullmatch(iri) is not None if self._glob else iri == self.text


@dataclass(frozen=True, slots=True)
class About:
    """Which activity a rule is about: every condition given must hold, each by any one of its values."""

    activity: tuple[Pattern, ...] = ()
    activity_type: tuple[str, ...] = ()
    extension: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grouping: tuple[Pattern, ...] = ()
    parent: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Accept:
    """When a statement about that activity is evidence. `success` and `completion`: what result may say of them:
    "not_false" (absent will do), "true", or "any"."""

    verbs: tuple[str, ...]
    success: Literal["not_false", "true", "any"] = "not_false"
    completion: Literal["not_false", "true", "any"] = "not_false"
    min_scaled_score: float | None = None
    happened_from: datetime | None = None
    happened_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    about: About
    accept: Accept
    courses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vouching:
    """That agent profiles of accounts on this home page vouch for e-mail addresses of these domains."""

    home_page: str
    mail_domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of sender. Its rules are tried in file order; the first that matches wins. `profiles`: whose agent profiles
    vouch for e-mail; `expect_within`: after which time without a statement something is amiss."""

    key: str
    name: str
    rules: tuple[Rule, ...]
    profiles: tuple[Vouching, ...] = ()
    expect_within: Duration | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A thing to know. `practice`: somebody must also vouch for it (the part "word"). `course_only`: an attestation
    may not stand in for its knowledge. `of_post`: known for one post, and ends with it."""

    key: str
    tier: str
    text: str
    local: str | None = None
    practice: bool = False
    course_only: bool = False
    of_post: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        return ("knowledge", "word") if self.practice else ("knowledge",)

    @property
    def attestable(self) -> tuple[Part, ...]:
        """The parts that somebody may attest: all of what is local or practice, less a knowledge that only a course gives."""
        if not (self.local or self.practice):
            return ()
        return tuple(part for part in self.parts if not (part == "knowledge" and self.course_only))


@dataclass(frozen=True, slots=True)
class Tier:
    key: str
    name: str
    who: str
    inherits: str | None = None
    companion: str | None = None
    companion_for_roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A way to learn: all of `courses` give the knowledge of the items in `covers`."""

    key: str
    name: str
    courses: tuple[str, ...]
    covers: tuple[str, ...]
    national: bool = False
    valid_for: Duration | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """A recorded decision that one course counts as another.

    Of the mapping files it holds for all whom the file concerns. Of the records, the Board of an area decides for its
    champion standards, and an organisation for the tiers of its people: one of `area` and `organisation` is given.
    """

    course: str
    counts_as: str
    decided_by: str
    basis: str
    until: datetime | None = None
    since: datetime | None = None
    area: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Framework:
    """One Board's tiers. `companion_levels` ascend; a level implies those before it."""

    key: str
    name: str
    areas: tuple[str, ...]
    tiers: Mapping[str, Tier]
    items: Mapping[str, Item]
    routes: Mapping[str, Route]
    companion_levels: tuple[str, ...] = ()
    companion_courses: Mapping[str, str] = field(default_factory=dict)
    companion_required: bool = False
    companion_valid_for: Duration | None = None
    course_names: Mapping[str, str] = field(default_factory=dict)
    equivalences: tuple[Equivalence, ...] = ()

    def lineage(self, tier: str) -> tuple[str, ...]:
        """The tier and those that it inherits from, lowest first."""
        chain: list[str] = []
        step: str | None = tier
        while step is not None:
            chain.insert(0, step)
            step = self.tiers[step].inherits
        return tuple(chain)

    def items_up_to(self, tier: str) -> tuple[Item, ...]:
        """Own and inherited items, in the file's order."""
        chain = self.lineage(tier)
        return tuple(item for item in self.items.values() if item.tier in chain)


@dataclass(frozen=True, slots=True)
class Need:
    """How a champion standard is met: a leaf (one of course, attestation, membership) or any_of / all_of."""

    kind: Literal["course", "attestation", "membership", "any_of", "all_of"]
    key: str = ""
    needs: tuple[Need, ...] = ()
    valid_for: Duration | None = None

    def leaves(self) -> tuple[Need, ...]:
        return tuple(leaf for need in self.needs for leaf in need.leaves()) if self.needs else (self,)

    def parts(self, wanted: Collection[str]) -> tuple[tuple[Way, ...], ...]:
        """Of what is `wanted` (keys of leaves), everything that is needed; of each part any one way will do."""
        if self.kind == "all_of":
            return tuple(part for need in self.needs for part in need.parts(wanted))
        ways = self.ways(wanted)
        return (ways,) if ways else ()

    def ways(self, wanted: Collection[str]) -> tuple[Way, ...]:
        """Of what is `wanted`, every way to have the whole."""
        if not self.needs:
            return ((self,),) if self.key in wanted else ()
        each = [ways for need in self.needs if (ways := need.ways(wanted))]
        if self.kind == "any_of":
            return tuple(way for ways in each for way in ways)
        return tuple(tuple(chain(*ways)) for ways in product(*each)) if each else ()


Way = tuple[Need, ...]
"""Leaves that are needed together."""


@dataclass(frozen=True, slots=True)
class Standard:
    key: str
    name: str
    areas: tuple[str, ...]
    need: Need


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who at a Board is told. `digest`: "at_once" or "daily"; a webhook's secret comes from the environment."""

    channel: Literal["email", "webhook"]
    address: str
    digest: Literal["at_once", "daily"] = "at_once"
    secret_variable: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """`start`: from when the Board is told of each; what was true before comes as one number. `stand_ins`: whose word takes
    the place of a line manager's where a post has none. `child_contact`: whom to call when worried about a child."""

    key: str
    name: str
    board: str
    recipients: tuple[Recipient, ...] = ()
    start: datetime | None = None
    stand_ins: tuple[str, ...] = ()
    child_contact: str = ""


@dataclass(frozen=True, slots=True)
class Champions:
    """The champion standards of the Boards that share them. `sectors`: key → name, of organisations that should have a
    champion; `annual_update`: how long after the last update a champion is due for the next; `remind_every`: how long nobody is
    reminded again of what is missing, None where the Boards don't say."""

    key: str
    name: str
    areas: Mapping[str, Area]
    standards: Mapping[str, Standard]
    transition_deadline: datetime | None = None
    equivalences: tuple[Equivalence, ...] = ()
    sectors: Mapping[str, str] = field(default_factory=dict)
    annual_update: Duration | None = None
    remind_every: Duration | None = None

    def standards_of(self, area: str) -> tuple[Standard, ...]:
        return tuple(standard for standard in self.standards.values() if area in standard.areas)


@dataclass(frozen=True)
class Mappings:
    """Everything in force together. `digest` names it: equal digest, equal rules."""

    digest: str
    calendar: Calendar
    sources: Mapping[str, Source]
    frameworks: Mapping[str, Framework]
    champions: Mapping[str, Champions]

    @cached_property
    def areas(self) -> dict[str, Area]:
        return {key: area for champions in self.champions.values() for key, area in champions.areas.items()}

    @cached_property
    def courses(self) -> dict[str, str]:
        """Every course that a rule gives, or that a route, a standard or the companion asks for → its name."""
        found: dict[str, str] = {}
        for framework in self.frameworks.values():
            for route in framework.routes.values():
                found |= {course: course.replace("_", " ") for course in route.courses if course not in found}
                if route.courses == (route.key,):
                    found[route.key] = route.name
            found |= {
                course: course.replace("_", " ")
                for course in framework.companion_courses
                if course not in found
            }
        given = [
            course for source in self.sources.values() for rule in source.rules for course in rule.courses
        ]
        asked = [
            leaf.key
            for champions in self.champions.values()
            for standard in champions.standards.values()
            for leaf in standard.need.leaves()
            if leaf.kind == "course"
        ]
        decided = [one.course for framework in self.frameworks.values() for one in framework.equivalences]
        decided += [one.course for champions in self.champions.values() for one in champions.equivalences]
        found = {**{course: course.replace("_", " ") for course in (*given, *asked, *decided)}, **found}
        named = [framework.course_names for framework in self.frameworks.values()]
        return found | {course: name for names in named for course, name in names.items() if course in found}

    def champions_of(self, area: str) -> Champions | None:
        return next((one for one in self.champions.values() if area in one.areas), None)

    def stand_ins_of(self, area: str) -> tuple[str, ...]:
        """Whose word takes a line manager's place there."""
        return self.areas[area].stand_ins if area in self.areas else ()

    def framework_of(self, area: str) -> Framework | None:
        return next((one for one in self.frameworks.values() if area in one.areas), None)
