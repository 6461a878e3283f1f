"""Who is who: what leads to a person, joining and parting them by hand, and whom nobody has recorded yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows.identifiers import identifier_named
from lrs_bridge.learning.identity import folded
from lrs_bridge.moments import format_instant
from lrs_bridge.store import evidence, identity, people, projections
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import parse_identifier

KINDS_IN_WORDS = {
    "by_hand": "decided by hand",
    "people_file": "stand in one row of an import",
    "mail_code": "were joined by whoever is signed in there, with a code sent to that address",
    "equal_mail": "are the same e-mail address",
    "agent_profile": "are account and e-mail by the site's own agent profile",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a decision.

    identifiers  the first one's person afterwards
    are_one      whether the two are one person now, which an earlier "not the same person" may prevent
    was_so       whether they were before
    torn_off     who was with either of them before and no longer is, since an earlier "not the same person" forbids all
                 together
    """

    identifiers: tuple[str, ...]
    are_one: bool
    was_so: bool
    torn_off: tuple[str, ...] = ()


def decide(
    session: Session, one: str, other: str, *, same: bool, reason: str, who: str, now: datetime
) -> Decided:
    """Records that two identifiers are (not) the same person, which holds until the next decision on these two and outranks
    every automatic proof. Raises BadInput without a reason, NotFound for an identifier nobody was met by."""
    if not reason.strip():
        raise BadInput("Nothing was decided.", [Problem("--reason", "is empty", mend="say how you know")])
    texts = [identifier_named(session, one), identifier_named(session, other)]
    numbers = [_number(session, text) for text in texts]
    if numbers[0] == numbers[1]:
        raise Conflict(f"{texts[0]} and {texts[1]} are one identifier.")
    before = _known_with(session, numbers)
    identity.decide_pair(session, *numbers, same=same, reason=reason.strip(), who=who, now=now)
    mine, theirs = _known_with(session, numbers)
    were_with = {name for known in before for name in known}
    return Decided(
        identifiers=mine,
        are_one=mine == theirs,
        was_so=before[0] == before[1],
        torn_off=tuple(sorted(were_with.difference(mine, theirs))),
    )


def _number(session: Session, text: str) -> int:
    """Of an e-mail, whatever its capitals: its spellings are one person, whom a decision on one of them concerns."""
    for name in (text, *sorted(people.spellings_of(session, text))):
        known = people.numbers_of(session, [name])
        if known:
            return known[name]
    raise NotFound(f"Nobody is known by {text}: no mapped statement names it, and no import.")


def _known_with(session: Session, numbers: list[int]) -> list[tuple[str, ...]]:
    """All identifiers of the person of each."""
    learners = people.learner_numbers(session, numbers)
    persons = people.load(session, sorted(set(learners.values())))
    return [persons[learners[number]].identifiers for number in numbers]


def share(session: Session, address: str, *, shared: bool, reason: str, who: str, now: datetime) -> bool:
    """Records that several people read a mailbox (or no longer), so that it proves nothing of who they are. False where
    that was so already. Raises BadInput for what is no e-mail address, or without a reason."""
    text = str(parse_identifier(address))
    fold = folded(text)
    if fold is None:
        raise BadInput("Nothing was recorded.", [Problem("ADDRESS", f"{text} is no e-mail address")])
    if not reason.strip():
        raise BadInput("Nothing was recorded.", [Problem("--reason", "is empty", mend="say how you know")])
    if (fold in identity.shared_mailboxes(session, [fold])) == shared:
        return False
    identity.decide_mailbox(session, text, shared=shared, reason=reason.strip(), who=who, now=now)
    return True


def show(session: Session, identifier: str) -> dict[str, Any]:
    """Everything that leads to this person: identifiers, the proofs between them, decisions that hold, what was held apart.

    Raises BadInput for what is no identifier, NotFound for one that nobody is known by.
    """
    text = identifier_named(session, identifier)
    learner = people.learner_with(session, text)
    if learner is None:
        raise NotFound(f"Nobody is known by {text}: no mapped statement names them, and no import.")
    person = people.load(session, [learner])[learner]
    numbers = people.numbers_of(session, person.identifiers)
    own = set(numbers.values())
    around = identity.neighbourhood(session, own)
    proofs = identity.proofs_told(session, own)
    ends = identity.nodes_of(session, {end for one in proofs for end in (one.one, one.other)})
    return {
        "learner": learner,
        "name": person.name,
        "identifiers": [
            {"identifier": name, "shared_mailbox": numbers[name] in around.shared}
            for name in person.identifiers
        ],
        "proofs": [
            {
                "one": ends[one.one].text,
                "other": ends[one.other].text,
                "kind": one.kind,
                "same": one.same,
                "holds": (ends[one.one].learner == ends[one.other].learner) == one.same,
                "source": one.source,
                "reason": one.reason,
                "at": format_instant(one.at),
            }
            for one in proofs
        ],
    }


@dataclass(frozen=True, slots=True)
class Unknown:
    """A learner whom no register knows: met in statements, without any post. `completed`: course → day it happened."""

    learner: int
    name: str
    identifiers: tuple[str, ...]
    completed: dict[str, datetime]


def unknown(session: Session, *, after: int = 0, limit: int = 100) -> list[Unknown]:
    """Learners without any post who have completed something, the latest met first; the next page begins after (below) the
    number of the last one shown, 0 for the first page."""
    learners = projections.unplaced_below(session, after, limit)
    persons = people.load(session, learners)
    courses = evidence.courses_of(session, learners)
    return [Unknown(one, persons[one].name, persons[one].identifiers, courses[one]) for one in learners]
