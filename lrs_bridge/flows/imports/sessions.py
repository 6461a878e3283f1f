"""`import sessions`: training given face to face: who delivered what, when, and who was there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from marshmallow import Schema

from lrs_bridge.flows import by_hand, named
from lrs_bridge.flows.imports.cells import (
    area_field,
    day_field,
    folded,
    identifier_field,
    identifiers_field,
    list_field,
    text_field,
)
from lrs_bridge.flows.imports.claims import Claim
from lrs_bridge.flows.imports.columns import Column
from lrs_bridge.flows.imports.completions import unknown_course
from lrs_bridge.flows.imports.kinds import (
    Kept,
    Kind,
    Known,
    Problems,
    Taking,
    area_problem,
    keep_records,
    recorded,
    still_to_come,
    strangers,
)
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import in_words
from lrs_bridge.store import people, register
from lrs_bridge.store.database import Session

_SESSIONS = uuid.UUID("9d1c1f0e-3a86-5c55-8f6b-5d6d2c0b1a42")

_DETAILS = {"delivered_by_name": "by_name", "courses": "courses", "items": "items"}
"""Optional column → detail of the record."""


class _Row(Schema):
    date = day_field(required=True)
    title = text_field(required=True)
    delivered_by = identifier_field(required=True)
    delivered_by_name = text_field(load_default="")
    organisation = text_field(required=True)
    area = area_field(required=True)
    courses = list_field(load_default=list)
    items = list_field(load_default=list)
    attendees = identifiers_field(required=True)
    attendee_name = text_field(load_default="")


def _check(value: dict[str, Any], known: Known) -> Problems:
    yield from area_problem(value, known)
    yield from still_to_come(value, known, "date")
    for course in value["courses"]:
        yield from unknown_course("courses", course, known)
    if not value["courses"] and not value["items"]:
        yield "courses", "says neither which courses nor which items the session gave"
    framework = known.mappings.framework_of(value["area"])
    for item in value["items"]:
        if framework is None or item not in framework.items:
            yield "items", f"“{item}” is no item of the tiers of {value['area']}"
        elif framework.items[item].course_only:
            yield "items", f"{item} ({framework.items[item].text}) is learned by its own course alone"
    if value["delivered_by"] in map(folded, value["attendees"]):
        yield "attendees", "who delivered a session does not attend it"
    if value["attendee_name"] and len(value["attendees"]) > 1:
        yield "attendee_name", "is one person's, and the row has several attendees; give each a row"


def _claims(value: dict[str, Any], _known: Known) -> Iterator[Claim]:
    said = (value["area"], value["delivered_by_name"], sorted(value["courses"]), sorted(value["items"]))
    yield Claim("title", f"the session {_spoken(value)}", said)


def _spoken(value: dict[str, Any]) -> str:
    return f"“{value['title']}” at {value['organisation']} on {in_words(value['date'])} by {value['delivered_by']}"


def _several(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**value, "person": folded(person)} for person in value["attendees"]]


def _record(value: dict[str, Any], mappings: Mappings) -> by_hand.Record:
    natural = (value["date"].isoformat(), value["title"], value["organisation"], value["delivered_by"])
    return by_hand.Record(
        kind="session",
        key=str(uuid.uuid5(_SESSIONS, "/".join(natural).casefold())),
        word="attended",
        learner=value["person"],
        happened=mappings.calendar.start_of(value["date"]),
        by=value["delivered_by"],
        title=value["title"],
        detail={
            "courses": value["courses"],
            "items": value["items"],
            "title": value["title"],
            "by_name": value["delivered_by_name"],
            "organisation": value["organisation"],
            "area": value["area"],
        },
    )


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    wanted = [_record(value, taking.mappings) for value in values]
    outcomes = keep_records(session, wanted, taking, _DETAILS)
    unknown = strangers(session, values, outcomes, taking)
    names = {value["person"]: value["attendee_name"] for value in values if value["attendee_name"]}
    people.learn(session, [people.Sighting(*one) for one in names.items()], taking.now)
    able = register.may_deliver(session, {value["delivered_by"] for value in values})
    kept, told = [], set[str]()
    for value, record, outcome in zip(values, wanted, outcomes, strict=True):
        warning = "" if record.key in told else _warning(value, taking.mappings, able)
        told.add(record.key)
        said = "; ".join(part for part in (warning, unknown.get(value["person"])) if part)
        kept.append(recorded(outcome, _words(value, taking.mappings), taking, _DETAILS, said))
    return kept


def _words(value: dict[str, Any], mappings: Mappings) -> str:
    framework = mappings.framework_of(value["area"])
    items = framework.items if framework else {}
    courses = [named.course(one, mappings) for one in value["courses"]]
    gave = ", ".join(
        [*courses, *(f"{one} {items[one].text}" if one in items else one for one in value["items"])]
    )
    who = f"{value['attendee_name']}, {value['person']}" if value["attendee_name"] else value["person"]
    return f"{who}: {gave}, session {_spoken(value)}"


def _warning(value: dict[str, Any], mappings: Mappings, able: set[str]) -> str:
    """The first tier is to be taught by the champion or the CSE lead; noted, not refused."""
    framework = mappings.framework_of(value["area"])
    if framework is None or value["delivered_by"] in able:
        return ""
    lowest = next(iter(framework.tiers))
    routes = [route for route in framework.routes.values() if set(route.courses) & set(value["courses"])]
    taught = {item for route in routes for item in route.covers}
    if any(
        item in framework.items and framework.items[item].tier == lowest
        for item in {*taught, *value["items"]}
    ):
        return f"{value['delivered_by']} is neither a registered champion nor a recorded CSE lead"
    return ""


SESSIONS = Kind(
    "sessions",
    (
        Column("date", required=True, help="day of the session", example="01/03/2026"),
        Column("title", required=True, help="the pack that was used, or what the session was called", example="ESCB basic awareness package"),
        Column("delivered_by", required=True, help="who delivered it, by e-mail", example="lead@example.org", identifies=True),
        Column("delivered_by_name", required=False, help="their name", example="Joan Hale"),
        Column("organisation", required=True, help="where", example="Colne Primary School"),
        Column("area", required=True, help="and in which area", example="essex"),
        Column("courses", required=False, help="the courses it gave, separated by “;”", example="induction; escb_basic", gives=True),
        Column("items", required=False, help="items that it gave beside them, such as 2.8; 3.4", example=""),
        Column("attendees", required=True, help="who attended: identifiers, separated by “;”; or a row for each", example="asha.rao@example.org; ben@example.org", identifies=True, joins="; "),
        Column("attendee_name", required=False, help="what the attendee is called, in a row with one attendee", example="", joins=" "),
    ),
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
    several=_several,
)  # fmt: skip
