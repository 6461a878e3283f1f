"""Where a learner stands and why; and everybody, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.errors import NotFound
from lrs_bridge.flows.identifiers import identifier_named
from lrs_bridge.learning.standing import tier_as_json
from lrs_bridge.moments import Calendar
from lrs_bridge.store import people, projections, timetable
from lrs_bridge.store.database import Session

NOT_PROVEN = "An e-learning record does not prove who sat at the screen, nor that practice is competent."


@dataclass(frozen=True, slots=True)
class Explained:
    """`body`: the members of `explain --json`; `computed_at`: as of when, None before the first computing; `is_pending`:
    something newer is waiting to be computed, or the mappings have changed since."""

    body: dict[str, Any]
    computed_at: datetime | None
    is_pending: bool


def explain(session: Session, identifier: str, calendar: Calendar) -> Explained:
    """Raises BadInput for what is no identifier, NotFound for one that is not known."""
    text = identifier_named(session, identifier)
    learner = people.learner_with(session, text)
    if learner is None:
        raise NotFound(f"Nobody is known by {text}: no mapped statement names them, and no import.")
    return next(iter(explain_all(session, [learner], calendar)))


def explain_all(session: Session, learners: list[int], calendar: Calendar) -> Iterable[Explained]:
    """These learners in the order given, in a fixed number of queries."""
    persons = people.load(session, learners)
    kept = projections.load_standings(session, learners)
    waiting = projections.pending_among(session, learners)
    row = timetable.in_force(session)
    for learner in learners:
        standing = kept.get(learner)
        yield Explained(
            body=_body(persons[learner], standing, calendar),
            computed_at=standing.computed_at if standing else None,
            is_pending=learner in waiting or is_outdated(standing, row),
        )


def is_outdated(standing: projections.KeptStanding | None, row: timetable.InForce | None) -> bool:
    """Whether a standing is not, or perhaps not, what the mappings in force make of the evidence."""
    return standing is None or (row is not None and (standing.digest != row.digest or row.is_rematching))


def _body(
    person: people.Person, standing: projections.KeptStanding | None, calendar: Calendar
) -> dict[str, Any]:
    nothing = {"tier": tier_as_json(None), "tiers": [], "eligibility": {}, "evidence": []}
    return {
        "learner": {
            "name": person.name,
            "identifiers": list(person.identifiers),
            "posts": [
                {
                    "organisation": post.organisation,
                    "area": post.area,
                    "service_area": post.service_area,
                    "role": post.role,
                    "required_tier": post.required_tier,
                    "from": calendar.day_of(post.starts).isoformat() if post.starts else None,
                    "until": calendar.last_day_before(post.ends).isoformat() if post.ends else None,
                }
                for post in person.posts
            ],
        },
        **(standing.body if standing else nothing),
    }
