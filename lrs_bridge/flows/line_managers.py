"""Whose word counts for a post, and whether whoever reads a mailbox can give it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.learning.history import NO_MANAGER, Post, plain
from lrs_bridge.learning.identity import folded, names_of
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store import identity, people
from lrs_bridge.store.database import Session
from lrs_bridge.store.manager_letters import Known
from lrs_bridge.store.people import Person


@dataclass(frozen=True, slots=True)
class Held:
    """A place where somebody holds a post now, and whose word counts there. `number`: from 1, in order of the names; `mbox`: "" where
    nobody is on record and the learner names them (`known` "named"), or where there is nobody to write to, as `problem` says."""

    number: int
    post: Post
    known: Known
    mbox: str
    name: str
    problem: str = ""

    @property
    def address(self) -> str:
        return self.mbox.removeprefix("mailto:")

    @property
    def words(self) -> str:
        """“Class teacher at Colne Primary School, Early years”."""
        place = ", ".join(part for part in (self.post.organisation, self.post.service_area) if part)
        role = self.post.role or "Post"
        return f"{role[:1].upper()}{role[1:]} at {place}"

    def is_at(self, organisation: str, service_area: str) -> bool:
        return _place(self.post) == (plain(organisation), plain(service_area))


def places(session: Session, person: Person, area: str, mappings: Mappings, now: datetime) -> list[Held]:
    """Where this person holds a post in the area now."""
    found: dict[tuple[str, str], Post] = {}
    for post in person.posts:
        if post.area == area and post.periods.at(now):
            known = found.get(_place(post))
            if known is None or (post.manager and not known.manager):
                found[_place(post)] = post
    return [
        _held(session, number, post, person, mappings)
        for number, (_, post) in enumerate(sorted(found.items()), 1)
    ]


def _place(post: Post) -> tuple[str, str]:
    return plain(post.organisation), plain(post.service_area)


_ORGANISER = "Ask whoever organises the training at your work to put it right."


def _held(session: Session, number: int, post: Post, person: Person, mappings: Mappings) -> Held:
    if not post.manager:
        return Held(number, post, "named", "", "")
    if post.manager == NO_MANAGER:
        stand_ins = mappings.stand_ins_of(post.area)
        for one in stand_ins:
            if one.startswith("mailto:") and not why_not(session, one, person):
                return Held(number, post, "stand_in", one.casefold(), people.name_of(session, one))
        return Held(number, post, "stand_in", "", "", "The Board has named nobody who can. Ask the Board.")
    if not post.manager.startswith("mailto:"):
        problem = f"Your line manager is on record without an e-mail address. {_ORGANISER}"
        return Held(number, post, "on_record", "", "", problem)
    why = why_not(session, post.manager, person)
    if why:
        problem = f"The line manager on record for this post can't be asked: {why}. {_ORGANISER}"
        return Held(number, post, "on_record", "", "", problem)
    name = people.name_of(session, post.manager)
    return Held(number, post, "on_record", post.manager.casefold(), name)


def why_not(session: Session, mbox: str, person: Person) -> str:
    """Why whoever reads this mailbox can't give their word on that person; "" where they can. However it is written, with a tag
    after a plus too, the person's own is no other's; and of one that several people read nobody could say whose word it was."""
    own = names_of([*person.identifiers, *map(_untagged, person.identifiers)])
    if not own.isdisjoint(names_of([mbox, mbox.casefold(), _untagged(mbox)])):
        return "it is your own address"
    folds: Iterable[str] = {fold for one in (mbox, _untagged(mbox)) if (fold := folded(one))}
    if identity.shared_mailboxes(session, folds):
        return "several people read that mailbox, so nobody could say whose word it was"
    return ""


def is_heard(post: Post, mbox: str, mappings: Mappings) -> bool:
    """Whether the word of whoever reads this mailbox counts for the post, as far as one is on record."""
    return post.has_as_manager([mbox], mappings.stand_ins_of(post.area))


def _untagged(identifier: str) -> str:
    """“asha+boss@example.org” is delivered to asha@example.org."""
    if not identifier.startswith("mailto:"):
        return identifier
    name, _, host = identifier.rpartition("@")
    return f"{name.partition('+')[0]}@{host}".casefold()
