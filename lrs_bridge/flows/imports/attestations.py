"""`import attestations`: the manager's support, working knowledge, and items that somebody vouches for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields, validate

from lrs_bridge.flows import by_hand
from lrs_bridge.flows.imports.kinds import (
    Column,
    Kind,
    Taking,
    area_field,
    area_problem,
    as_key,
    day_field,
    identifier_field,
    key_field,
    text_field,
)
from lrs_bridge.learning.mappings import MANAGER_SUPPORT, WORKING_KNOWLEDGE, Item, Mappings
from lrs_bridge.moments import format_instant
from lrs_bridge.store import people
from lrs_bridge.store.database import Session

_OF_POST = (MANAGER_SUPPORT, WORKING_KNOWLEDGE)
_PARTS = {"knowledge": ["knowledge"], "word": ["word"], "both": ["knowledge", "word"]}


def _attestation(text: str) -> str:
    """manager_support, working_knowledge, or an item's key."""
    key = as_key(text)
    return key if key in _OF_POST else re.sub(r"item[:\s]\s*", "", text, count=1, flags=re.IGNORECASE)


class _Row(Schema):
    person = identifier_field(required=True)
    attestation = fields.Function(deserialize=_attestation, required=True)
    organisation = text_field(required=True)
    area = area_field(required=True)
    by = identifier_field(required=True)
    by_name = text_field(load_default="")
    date = day_field(required=True)
    parts = key_field(
        load_default=None, validate=validate.OneOf(list(_PARTS), error="“{input}” is none of {choices}")
    )
    until = day_field(load_default=None)
    note = text_field(load_default="")


def _item(value: dict[str, Any], mappings: Mappings) -> Item | None:
    framework = mappings.framework_of(value["area"])
    return framework.items.get(value["attestation"]) if framework else None


def _check(value: dict[str, Any], mappings: Mappings) -> Iterator[tuple[str, str]]:
    yield from area_problem(value, mappings)
    if value["by"] == value["person"]:
        yield "by", "nobody attests for themselves"
    if value["until"] and value["until"] < value["date"]:
        yield "until", "lies before “date”"
    if value["area"] not in mappings.areas:
        return
    if value["attestation"] in _OF_POST:
        if value["parts"]:
            yield "parts", "only an item of a tier has parts; leave the cell empty"
        return
    item = _item(value, mappings)
    if item is None:
        yield (
            "attestation",
            f"“{value['attestation']}” is neither manager_support, working_knowledge nor an item of that area",
        )
    elif not item.attestable:
        yield "attestation", f"{item.key} ({item.text}) is learned by a course; nobody can attest it"
    else:
        refused = [part for part in _parts(value, item) if part not in item.attestable]
        if refused:
            yield (
                "parts",
                f"the {' and '.join(refused)} of {item.key} can't be attested; {item.key} takes {' and '.join(item.attestable)}",
            )


def _parts(value: dict[str, Any], item: Item) -> list[str]:
    if value["parts"]:
        return _PARTS[value["parts"]]
    return ["word"] if item.practice else ["knowledge"]


def _claims(value: dict[str, Any]) -> Iterator[tuple[str, str, object]]:
    said = (value["by_name"], value["parts"], value["until"], value["note"])
    what = f"{value['attestation']} of {value['person']} by {value['by']} on {value['date']} at {_subject(value)}"
    yield "attestation", what, said


def _subject(value: dict[str, Any]) -> str:
    return f"{value['organisation'].casefold()}/{value['area']}/{value['by']}"


def _keep(session: Session, value: dict[str, Any], taking: Taking) -> tuple[str, str]:
    calendar = taking.mappings.calendar
    item = None if value["attestation"] in _OF_POST else _item(value, taking.mappings)
    detail: dict[str, Any] = {
        "organisation": value["organisation"],
        "area": value["area"],
        "by_name": value["by_name"],
        "note": value["note"],
        "until": format_instant(calendar.end_of(value["until"])) if value["until"] else None,
    }
    if item:
        detail["parts"] = _parts(value, item)
    record = by_hand.Record(
        kind="attestation",
        key=f"item:{item.key}" if item else value["attestation"],
        learner=value["person"],
        name="",
        happened=calendar.start_of(value["date"]),
        subject=_subject(value),
        by=value["by"],
        detail=detail,
    )
    outcome = by_hand.keep(session, record, public_url=taking.public_url, who=taking.who, now=taking.now)
    parts = f" ({' and '.join(detail['parts'])})" if item else ""
    words = f"{value['person']}: {value['attestation']}{parts} by {value['by']} on {value['date']:%d/%m/%Y}"
    return outcome, words + _warning(session, value, record)


def _warning(session: Session, value: dict[str, Any], record: by_hand.Record) -> str:
    """Why it will not count as things stand: what a coordinator should see before it is done."""
    learner = people.learner_with(session, value["person"])
    posts = people.load(session, [learner])[learner].posts if learner is not None else ()
    named = [post for post in posts if post.is_named_by(record.detail)]
    if not named:
        return f"; counts only once a post at {value['organisation']} in {value['area']} is recorded for this person"
    if not any(post.periods.at(record.happened) for post in named):
        return "; does not count, because the post was not held on that day"
    if value["attestation"] in _OF_POST and not any(post.has_as_manager([value["by"]]) for post in named):
        return "; does not count, because another line manager is recorded for that post"
    return ""


ATTESTATIONS = Kind(
    "attestations",
    (
        Column("person", required=True, help="any identifier of the learner", example="asha.rao@example.org"),
        Column("attestation", required=True, help="manager_support, working_knowledge, or an item such as 1.3", example="manager_support"),
        Column("organisation", required=True, help="for which post: its organisation", example="Colne Primary School"),
        Column("area", required=True, help="and its area", example="essex"),
        Column("by", required=True, help="who vouches: manager, supervisor or CSE lead, by e-mail", example="head@example.org"),
        Column("by_name", required=False, help="their name", example="Tom Barker"),
        Column("date", required=True, help="when they said so", example="01/03/2026"),
        Column("parts", required=False, help="knowledge, word or both; default: word where practice is asked, else knowledge", example=""),
        Column("until", required=False, help="last day on which it holds", example=""),
        Column("note", required=False, help="such as “signed form”", example=""),
    ),
    _Row(),
    _check,
    _claims,
    _keep,
)  # fmt: skip
