"""`import people`: who works where, known by which identifiers. One row per post."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema

from lrs_bridge.flows.imports.kinds import (
    Column,
    Kind,
    Taking,
    area_field,
    area_problem,
    day_field,
    folded,
    identifier_field,
    identifiers_field,
    text_field,
)
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store import people
from lrs_bridge.store.database import Session


class _Row(Schema):
    person = text_field(required=True)
    identifiers = identifiers_field(required=True)
    organisation = text_field(required=True)
    area = area_field(required=True)
    role = text_field(load_default="")
    required_tier = text_field(load_default=None)
    manager = identifier_field(load_default="")
    locals()["from"] = day_field(load_default=None)
    until = day_field(load_default=None)


def _check(value: dict[str, Any], mappings: Mappings) -> Iterator[tuple[str, str]]:
    yield from area_problem(value, mappings)
    tier, area = value["required_tier"], value["area"]
    framework = mappings.framework_of(area)
    if tier and area in mappings.areas and framework is None:
        yield "required_tier", f"{mappings.areas[area].name} has set no tiers; leave the cell empty"
    elif framework is not None and tier and _tier(value, mappings) is None:
        yield "required_tier", f"unknown tier “{tier}”; one of {', '.join(framework.tiers)}"
    if value["manager"] in map(folded, value["identifiers"]):
        yield "manager", "nobody is their own line manager"
    if value["from"] and value["until"] and value["from"] > value["until"]:
        yield "until", "lies before “from”"


def _tier(value: dict[str, Any], mappings: Mappings) -> str | None:
    """The required tier as the framework spells it."""
    framework, said = mappings.framework_of(value["area"]), value["required_tier"]
    keys = framework.tiers if framework and said else ()
    return next((key for key in keys if key.casefold() == said.casefold()), None)


def _claims(value: dict[str, Any]) -> Iterator[tuple[str, str, object]]:
    for identifier in value["identifiers"]:
        yield "person", f"who {folded(identifier)} is", value["person"]
    post = f"the post “{value['role']}” of {folded(value['identifiers'][0])} at {value['organisation'].casefold()}, {value['area']}"
    yield "organisation", post, (value["required_tier"], value["manager"], value["from"], value["until"])


def _keep(session: Session, value: dict[str, Any], taking: Taking) -> tuple[str, str]:
    calendar = taking.mappings.calendar
    known = people.names_known(session, value["identifiers"])
    numbers = people.learn(
        session, [people.Sighting(text, value["person"]) for text in value["identifiers"]], taking.now
    )
    first = numbers[value["identifiers"][0]]
    joined = [
        people.join(session, first, number, kind="people_file", source=taking.who, now=taking.now)
        for number in numbers.values()
        if number != first
    ]
    learner = people.learner_numbers(session, [first])[first]
    named = people.name_learner(session, learner, value["person"])
    tier = _tier(value, taking.mappings)
    post = people.NewPost(
        organisation=value["organisation"],
        area=value["area"],
        role=value["role"],
        required_tier=tier,
        manager=value["manager"],
        starts=calendar.start_of(value["from"]) if value["from"] else None,
        ends=calendar.end_of(value["until"]) if value["until"] else None,
    )
    outcome = people.put_post(session, first, post, now=taking.now, who=taking.who)
    if outcome == "same" and (named or any(joined)):
        outcome = "changed"
    if outcome != "same":
        people.mark_pending(session, [learner], taking.now)
    words = f"{value['person']}: {value['role'] or 'post'} at {value['organisation']}, {value['area']}"
    return outcome, words + (f", requires {tier}" if tier else "") + _warning(value["person"], known)


def _warning(person: str, known: dict[int, str]) -> str:
    """What a coordinator should see before it is done: other names known for these identifiers, and learners joined."""
    others = sorted({name for name in known.values() if name and name != person})
    said = f"; known so far as {' and '.join(f'“{name}”' for name in others)}" if others else ""
    return said + ("; joins records that were apart until now" if len(known) > 1 else "")


PEOPLE = Kind(
    "people",
    (
        Column("person", required=True, help="full name", example="Asha Rao"),
        Column(
            "identifiers",
            required=True,
            help="e-mail, homePage|name, separated by “;”; the same set of a person joins them",
            example="asha.rao@example.org; https://moodle.example.org|asha.rao",
        ),
        Column("organisation", required=True, help="where the post is", example="Colne Primary School"),
        Column("area", required=True, help="southend, essex or thurrock", example="essex"),
        Column("role", required=False, help="what the post is called", example="teacher"),
        Column(
            "required_tier", required=False, help="T1 to T5, where the area has adopted tiers", example="T3"
        ),
        Column("manager", required=False, help="the line manager's e-mail", example="head@example.org"),
        Column(
            "from",
            required=False,
            help="first day of the post, 2026-03-01 or 01/03/2026",
            example="01/09/2024",
        ),
        Column("until", required=False, help="last day of the post", example=""),
    ),
    _Row(),
    _check,
    _claims,
    _keep,
)
