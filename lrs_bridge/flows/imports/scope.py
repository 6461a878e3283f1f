"""What a coordinator may record: of people with a post at their organisation, now or to come, and in its name alone. Nothing that
is said here tells whether somebody is known elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lrs_bridge.errors import BadInput, Forbidden, Problem
from lrs_bridge.flows.by_hand import Outcome
from lrs_bridge.learning.history import plain
from lrs_bridge.learning.identity import names_of
from lrs_bridge.store import posts, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.roles import Viewer

KINDS = ("people", "completions", "sessions", "memberships", "attestations", "equivalences")
"""Kinds of import that a coordinator may use. Organisations and the champion register are the Board's."""

_OF_PEOPLE = ("completions", "memberships", "attestations")
_NOBODY_HERE = "nobody known by this has a post at your organisation; record the post first"


@dataclass(frozen=True, slots=True)
class Scope:
    """`organisation`: its name; `viewer`: who sees its people alone; `people`: by what its people are recognised (`learning.identity.names_of`) → their learner's
    number."""

    organisation: str
    viewer: Viewer
    people: Mapping[str, int]

    def learner(self, identifier: str) -> int | None:
        """The one of its people who is known by this."""
        return next((self.people[name] for name in names_of([identifier]) if name in self.people), None)

    @property
    def number(self) -> int:
        """Of the organisation."""
        [number] = self.viewer.organisations
        return number

    @property
    def learners(self) -> frozenset[int]:
        return frozenset(self.people.values())

    def permit(self, kind: str) -> None:
        """Raises Forbidden for a kind of import that is not a coordinator's."""
        if kind not in KINDS:
            raise Forbidden("This is for the Board, or for whoever runs the service.")

    def problems(self, kind: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """(column, what is wrong) of a checked row of this kind."""
        organisation = value.get("organisation")
        if organisation and not self._is_own(organisation):
            yield "organisation", f"you record for {self.organisation} alone"
        if kind == "equivalences" and value["area"]:
            yield "area", "what counts for champion standards is the Board's to decide"
        if kind in _OF_PEOPLE:
            learner = self.learner(value["person"])
            if learner is None:
                yield "person", _NOBODY_HERE
            for column in ("by", "seen_by"):
                if value.get(column) and learner is not None and self.learner(value[column]) == learner:
                    yield column, "is the same person by another identifier; nobody vouches for themselves"

    def hold(self, outcomes: Iterable[Outcome]) -> None:
        """Raises BadInput where a record would take the place of one that was kept for another organisation."""
        for outcome in outcomes:
            before = outcome.before.get("organisation")
            if outcome.word == "corrected" and before and not self._is_own(before):
                what = "another record of the same person and day stands, and is not yours to correct; ask the Board"
                raise BadInput("Nothing was recorded.", [Problem("", what)])

    def held_elsewhere(self, session: Session, learners: Iterable[int]) -> set[int]:
        """Of these, those who have a post, now or to come, at another organisation."""
        return posts.held_elsewhere(session, learners, self.viewer.organisations, self.viewer.now)

    def _is_own(self, organisation: str) -> bool:
        return plain(organisation) == plain(self.organisation)


def scope_of(session: Session, organisation: str, viewer: Viewer) -> Scope:
    """Of whoever coordinates this organisation, whose people the viewer sees."""
    return Scope(organisation, viewer, roles.known_by(session, viewer))
