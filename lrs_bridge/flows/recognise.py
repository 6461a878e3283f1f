"""Training that nobody is recognised by: a coordinator who holds the exact address or number under which it came joins it with one of
their people. Nobody is browsed: what is asked for is answered by yes or no, and each asking is in the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from lrs_bridge.errors import BadInput, NotFound, Problem
from lrs_bridge.flows import notices
from lrs_bridge.flows import people as people_flow
from lrs_bridge.flows.identifiers import identifier_named
from lrs_bridge.flows.organisation_people import name_of
from lrs_bridge.learning.identity import folded
from lrs_bridge.store import audit, evidence, identity, people, posts, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.roles import Viewer

Outcome = Literal["joined", "same", "nobody"]


def recognise(
    session: Session,
    viewer: Viewer,
    organisation: int,
    learner: int,
    typed: str,
    reason: str,
    *,
    who: str,
) -> Outcome:
    """Joins the person known by exactly this identifier, or by a certificate with this number, with one of the organisation's people, and tells that address of it.

    "nobody" where no one is known by it, and no less where that person has or had a post anywhere, where several people read the
    mailbox, and where somebody decided that they are two people: those are the Board's to join, and it isn't told which it is.
    Raises NotFound for a learner who isn't theirs to see, BadInput without a reason.
    """
    if not roles.sees(session, viewer, learner):
        raise NotFound("There is no such person, or they are not yours to see.")
    if not reason.strip():
        raise BadInput("Nothing was joined.", [Problem("reason", "is empty", mend="say how you know")])
    text = _identifier_meant(session, typed)
    identity.lock_learners(session, [learner])
    recorded = posts.recorded(session, learner).values()
    mine = next(one.identifier for one in recorded if one.organisation == organisation)
    other = people.learner_with(session, text) if text else None
    outcome: Outcome = "same" if other == learner else "nobody"
    if text and other is not None and other != learner and _is_free(session, learner, other, text):
        decided = people_flow.decide(session, mine, text, same=True, reason=reason, who=who, now=viewer.now)
        outcome = "joined" if decided.are_one else "nobody"
    about = f"learner {learner} at {name_of(session, organisation)}: {outcome}"
    audit.note(session, who=who, act="identifier matched", about=about, reason=reason.strip(), now=viewer.now)
    if text and outcome == "joined" and text.startswith("mailto:"):
        _tell(session, text, name_of(session, organisation), viewer.now)
    return outcome


def _identifier_meant(session: Session, typed: str) -> str | None:
    """The identifier, or that of the one person whose certificate has this number; None where there is none, or several have it."""
    try:
        return identifier_named(session, typed)
    except BadInput:
        found = evidence.identifiers_with_certificate(session, typed)
        if len({people.learner_with(session, text) for text in found}) > 1:
            return None
        return next(iter(found), None)


def _is_free(session: Session, learner: int, other: int, text: str) -> bool:
    """Whether the other person is nobody else's: without any post, known from no shared mailbox, and not held apart."""
    if posts.recorded(session, other):
        return False
    fold = folded(text)
    if fold and identity.shared_mailboxes(session, [fold]):
        return False
    persons = people.load(session, [learner, other])
    numbers = {
        number: people.numbers_of(session, person.identifiers).values() for number, person in persons.items()
    }
    around = identity.neighbourhood(session, {*numbers[learner], *numbers[other]})
    return not any(
        set(pair) & set(numbers[learner]) and set(pair) & set(numbers[other]) for pair in around.partings
    )


def _tell(session: Session, text: str, organisation: str, now: datetime) -> None:
    subject = f"Your CSE training is now seen by {organisation}"
    notices.tell(
        session,
        text.removeprefix("mailto:"),
        subject,
        "recognised",
        {"title": subject, "organisation": organisation},
        now,
    )
