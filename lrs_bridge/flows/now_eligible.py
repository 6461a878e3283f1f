"""Telling learners that they meet every standard, so that they can ask: with the alert to the Board, and so once for each time, after
it has settled, and never by a rebuild. Of alerts that were held, as too many of one cause, only the Board is told, once somebody
released them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lrs_bridge.flows import notices
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store import people
from lrs_bridge.store.database import Session
from lrs_bridge.store.news import News


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
    own = notices.own_addresses(session, persons.values())
    for one in found:
        person, area = persons[one.alert.learner], mappings.areas[one.alert.area]
        address = own.get(person.learner)
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
