"""`import attestations`: the manager's support, working knowledge, and items that somebody vouches for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from lrs_bridge.flows import by_hand, named
from lrs_bridge.flows.imports.cells import (
    area_field,
    as_key,
    choice_field,
    day_field,
    identifier_field,
    key_field,
    text_field,
)
from lrs_bridge.flows.imports.claims import Claim
from lrs_bridge.flows.imports.columns import Column
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
)
from lrs_bridge.learning.history import NO_MANAGER, Post, plain
from lrs_bridge.learning.mappings import MANAGER_SUPPORT, WORKING_KNOWLEDGE, Item, Mappings
from lrs_bridge.moments import format_instant, in_words
from lrs_bridge.store import people
from lrs_bridge.store.database import Session

_OF_POST = (MANAGER_SUPPORT, WORKING_KNOWLEDGE)
_PARTS = {"knowledge": ["knowledge"], "word": ["word"], "both": ["knowledge", "word"]}


def _attestation(text: str) -> str:
    """manager_support, working_knowledge, or an item's key."""
    key = as_key(text)
    return key if key in _OF_POST else re.sub(r"item[:\s]\s*", "", text, count=1, flags=re.IGNORECASE)


_DETAILS = {name: name for name in ("by_name", "answer", "parts", "until", "note")}
"""Optional column → detail of the record."""


class _Row(Schema):
    person = identifier_field(required=True)
    attestation = fields.Function(deserialize=_attestation, required=True)
    organisation = text_field(required=True)
    area = area_field(required=True)
    service_area = text_field(load_default="")
    by = identifier_field(required=True)
    by_name = text_field(load_default="")
    date = day_field(required=True)
    answer = choice_field("yes", "no", load_default="yes")
    parts = key_field(
        load_default=None, validate=validate.OneOf(list(_PARTS), error="“{input}” is none of {choices}")
    )
    until = day_field(load_default=None)
    note = text_field(load_default="")


def _item(value: dict[str, Any], mappings: Mappings) -> Item | None:
    framework = mappings.framework_of(value["area"])
    return framework.items.get(value["attestation"]) if framework else None


def _check(value: dict[str, Any], known: Known) -> Problems:
    mappings = known.mappings
    yield from area_problem(value, known)
    yield from still_to_come(value, known, "date")
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
                f"nobody can vouch of {item.key} {_in_words(refused)}, only {_in_words(item.attestable)}",
            )


def _in_words(parts: Iterable[str]) -> str:
    return " and ".join(named.WORDS_OF_PART[part] for part in parts)


def _parts(value: dict[str, Any], item: Item) -> list[str]:
    if value["parts"]:
        return _PARTS[value["parts"]]
    return ["word"] if item.practice else ["knowledge"]


def _claims(value: dict[str, Any], _known: Known) -> Iterator[Claim]:
    said = (value["by_name"], value["answer"], value["parts"], value["until"], value["note"])
    what = f"{value['attestation']} of {value['person']} by {value['by']} on {value['date']} at {_subject(value)}"
    yield Claim("attestation", what, said)


def _subject(value: dict[str, Any]) -> str:
    service_area = f"/{plain(value['service_area'])}" if value["service_area"] else ""
    return f"{value['organisation'].casefold()}/{value['area']}/{value['by']}{service_area}"


def record_of(value: dict[str, Any], mappings: Mappings) -> by_hand.Record:
    """The record that a checked row keeps."""
    calendar = mappings.calendar
    item = None if value["attestation"] in _OF_POST else _item(value, mappings)
    detail: dict[str, Any] = {
        "organisation": value["organisation"],
        "area": value["area"],
        "service_area": value["service_area"],
        "by_name": value["by_name"],
        "note": value["note"],
        "answer": "no" if value["answer"] == "no" else None,
        "until": format_instant(calendar.end_of(value["until"])) if value["until"] else None,
    }
    if item:
        detail["parts"] = _parts(value, item)
    return by_hand.Record(
        kind="attestation",
        key=f"item:{item.key}" if item else value["attestation"],
        word="attested",
        learner=value["person"],
        happened=calendar.start_of(value["date"]),
        subject=_subject(value),
        by=value["by"],
        detail=detail,
    )


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    wanted = [record_of(value, taking.mappings) for value in values]
    outcomes = keep_records(session, wanted, taking, _DETAILS)
    posts = people.posts_by_identifier(session, [value["person"] for value in values])
    return [
        recorded(
            outcome,
            _words(value, record, taking.mappings),
            taking,
            _DETAILS,
            _warning(value, record, posts.get(value["person"], ()), taking),
        )
        for value, record, outcome in zip(values, wanted, outcomes, strict=True)
    ]


def _words(value: dict[str, Any], record: by_hand.Record, mappings: Mappings) -> str:
    item = None if value["attestation"] in _OF_POST else _item(value, mappings)
    what = f"{item.key} {item.text}" if item else named.attestation(value["attestation"])
    parts = f" ({_in_words(record.detail['parts'])})" if "parts" in record.detail else ""
    answer = ", answered no," if value["answer"] == "no" else ""
    return f"{value['person']}: {what}{parts}{answer} by {value['by']} on {in_words(value['date'])}"


def _warning(value: dict[str, Any], record: by_hand.Record, posts: Sequence[Post], taking: Taking) -> str:
    """Why it will not count as things stand: what a coordinator should see before it is done."""
    meant = [post for post in posts if post.is_named_by(record.detail)]
    if not meant:
        return f"counts only once a post at {value['organisation']} in {value['area']} is recorded for this person"
    if not any(post.periods.at(record.happened) for post in meant):
        return "does not count, because the post was not held on that day"
    area = taking.mappings.areas[value["area"]]
    heard = any(post.has_as_manager([value["by"]], area.stand_ins) for post in meant)
    if value["attestation"] in _OF_POST and not heard:
        if all(post.manager == NO_MANAGER for post in meant):
            board = ", ".join(one.removeprefix("mailto:") for one in area.stand_ins) or "nobody so far"
            # Where it is said who that is concerns those who write the file.
            said_in = "" if taking.scope else f" (without_manager of {value['area']} in the champions file)"
            return (
                "does not count, because no line manager is recorded for that post, and only whom the Board names counts:"
                f" {board}{said_in}"
            )
        return "does not count, because another line manager is recorded for that post"
    return ""


ATTESTATIONS = Kind(
    "attestations",
    (
        Column("person", required=True, help="any identifier of the learner", example="asha.rao@example.org", identifies=True),
        Column("attestation", required=True, help="manager_support, working_knowledge, or an item such as 1.3", example="manager_support"),
        Column("organisation", required=True, help="for which post: its organisation", example="Colne Primary School"),
        Column("area", required=True, help="and its area", example="essex"),
        Column("service_area", required=False, help="and its service area or team, where the person has posts in several", example=""),
        Column("by", required=True, help="who vouches: manager, supervisor or CSE lead, by e-mail", example="head@example.org"),
        Column("by_name", required=False, help="their name", example="Tom Barker"),
        Column("date", required=True, help="when they said so", example="01/03/2026"),
        Column("answer", required=False, help="yes or no; default yes. A no ends an earlier yes for the same post", example=""),
        Column("parts", required=False, help="knowledge, word or both; default: word where practice is asked, else knowledge", example=""),
        Column("until", required=False, help="last day on which it holds", example=""),
        Column("note", required=False, help="such as “signed form”", example=""),
    ),
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
)  # fmt: skip
