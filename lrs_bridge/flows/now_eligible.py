"""Telling learners that they meet every standard, so that they can ask: with the alert to the Board, and so once for each time, after
it has settled, and never by a rebuild. Of alerts that were held, as too many of one cause, only the Board is told, once somebody
released them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lrs_bridge.flows import notices
from lrs_bridge.learning.identity import folded
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store import identity, people
from lrs_bridge.store.database import Session
from lrs_bridge.store.news import News
from lrs_bridge.store.people import Person


def tell(session: Session, announced: Sequence[News], mappings: Mappings, now: datetime) -> None:
    """Of what is announced in this transaction. Who has asked already, or has no mailbox of their own, is told nothing."""
    found = [
        one
        for one in announced
        if one.alert.kind == "became_eligible" and one.decision_id is None and not one.told.has_asked
    ]
    if not found:
        return
    persons = people.load(session, sorted({one.alert.learner for one in found}))
    folds = {fold for person in persons.values() for text in person.identifiers if (fold := folded(text))}
    shared = identity.shared_mailboxes(session, folds)
    for one in found:
        person, area = persons[one.alert.learner], mappings.areas[one.alert.area]
        address = _own_address(person, shared)
        if address:
            about = {
                "name": person.name,
                "area": area.name,
                "board": area.board,
                "organisation": one.alert.organisation,
                "page": f"/me/champion/{area.key}",
            }
            subject = f"You meet every standard to be a CSE Champion in {area.name}"
            notices.tell(session, address, subject, "now_eligible", about, now)


def _own_address(person: Person, shared: set[str]) -> str:
    """The first e-mail address that they are known by and that nobody else reads; "" where there is none."""
    own = (text for text in person.identifiers if text.startswith("mailto:") and folded(text) not in shared)
    return next(own, "").removeprefix("mailto:")
