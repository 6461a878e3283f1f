"""One record that was kept by hand, in words, as an organisation's coordinator may see it; and taking it back, with a reason."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import by_hand, named
from lrs_bridge.flows.recording import Desk
from lrs_bridge.learning.by_hand import BASE, RECORD, SOURCE
from lrs_bridge.learning.history import plain
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import in_words, parse_instant
from lrs_bridge.store import people, roles
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import identifier_of

_KINDS = ("course", "attestation", "membership", "session", "equivalence")
"""What coordinators keep. What became of a champion is the Board's."""
_LONGEST_REASON = 500
_NOT_THERE = "There is no such page, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """`what` and `details` (label, text) in words; `learner`: number and name, None for a decision about a course; `taken_back`:
    by whom, on which day and why; `may_be_taken_back`: here. What names no organisation may count at others too, so that whoever kept
    it, or somebody at the command line, takes it back."""

    statement: uuid.UUID
    what: str
    learner: tuple[int, str] | None
    details: tuple[tuple[str, str], ...]
    kept_by: str
    kept_on: str
    taken_back: tuple[str, str, str] | None
    may_be_taken_back: bool


def kept_record(session: Session, desk: Desk, statement: uuid.UUID) -> KeptRecord:
    """Raises NotFound where there is none, where a source sent it, where it is about somebody without a post at the organisation,
    and where it was given for another organisation."""
    held = records.held(session, [statement]).get(statement)
    if held is None or held.source != SOURCE:
        raise NotFound(_NOT_THERE)
    body = documents.parse(held.body.encode())
    kind, _, key = str(body["object"].get("id", "")).removeprefix(BASE).partition("/")
    detail: dict[str, Any] = body.get("context", {}).get("extensions", {}).get(RECORD, {})
    named = plain(detail.get("organisation", ""))
    is_own = named == plain(desk.organisation.name)
    if kind not in _KINDS or (named and not is_own) or (kind == "equivalence" and not is_own):
        raise NotFound(_NOT_THERE)
    learner = None if kind == "equivalence" else _learner(session, desk, body["actor"])
    stored = records.by_id(session, statement, voided=held.voided)
    authority = json.loads(stored.authority) if stored else {}
    kept_by = authority.get("account", {}).get("name", "")
    return KeptRecord(
        statement,
        _what(kind, key, detail, desk.mappings),
        learner,
        tuple(_details(body, kind, detail, desk.mappings)),
        kept_by,
        in_words(desk.mappings.calendar.day_of(parse_instant(stored.stored))) if stored else "",
        _taken_back(session, held.voided_by, desk) if held.voided_by else None,
        not held.voided and (is_own or kept_by == desk.who),
    )


def take_back(session: Session, desk: Desk, statement: uuid.UUID, reason: str) -> KeptRecord:
    """Voids the record; what it credited goes with it. Raises as `kept_record` does, BadInput without a reason, Conflict where it
    was taken back already."""
    found = kept_record(session, desk, statement)
    said = " ".join(reason.split())
    if not said or len(said) > _LONGEST_REASON:
        what = f"is {len(said)} characters long; at most {_LONGEST_REASON} are kept" if said else "is empty"
        raise BadInput("Nothing was taken back.", [Problem("reason", what)])
    if found.taken_back:
        raise Conflict("This record was taken back already.")
    if not found.may_be_taken_back:
        raise Conflict(f"This record names no organisation, so {found.kept_by}, who kept it, takes it back.")
    by_hand.take_back(session, statement, said, desk.keeping)
    return found


def _learner(session: Session, desk: Desk, actor: Mapping[str, Any]) -> tuple[int, str]:
    identifier = str(identifier_of(dict(actor)))
    number = people.learner_with(session, identifier)
    if number is None or not roles.sees(session, desk.viewer, number):
        raise NotFound(_NOT_THERE)
    name = people.names_of_learners(session, [number])[number]
    return number, name or identifier.removeprefix("mailto:")


def _what(kind: str, key: str, detail: Mapping[str, Any], mappings: Mappings) -> str:
    if kind == "course":
        return named.course(key, mappings)
    if kind == "membership":
        return named.membership(key)
    if kind == "session":
        return f"Session “{detail.get('title', '')}”"
    if kind == "equivalence":
        return f"{named.course(key, mappings)} counts as {named.course(detail['counts_as'], mappings)}"
    if key in named.WORDS_OF_POST:
        return named.attestation(key)
    framework = mappings.framework_of(detail.get("area", ""))
    item = framework.items.get(key.removeprefix("item:")) if framework else None
    return f"Somebody's word: {item.key} {item.text}" if item else f"Somebody's word: {key}"


_LABELS = {
    "organisation": "Organisation",
    "service_area": "Service area or team",
    "by_name": "Name of who vouched, delivered or decided",
    "provider": "Provider",
    "certificate": "Certificate",
    "number": "Membership number",
    "source": "Where it was checked",
    "basis": "On what basis",
    "note": "Note",
}


def _details(
    body: Mapping[str, Any], kind: str, detail: Mapping[str, Any], mappings: Mappings
) -> Iterator[tuple[str, str]]:
    calendar = mappings.calendar
    yield "Day", in_words(calendar.day_of(parse_instant(body["timestamp"])))
    if "instructor" in body.get("context", {}):
        by = str(identifier_of(body["context"]["instructor"])).removeprefix("mailto:")
        yield (
            {"session": "Delivered by", "equivalence": "Decided by", "course": "Seen by"}.get(kind, "By"),
            by,
        )
    if kind == "attestation":
        yield "Answer", "no" if detail.get("answer") == "no" else "yes"
    if detail.get("area") in mappings.areas:
        yield "Area", mappings.areas[detail["area"]].name
    if detail.get("parts"):
        yield "Covers", " and ".join(detail["parts"])
    if detail.get("courses") or detail.get("items"):
        courses = [named.course(key, mappings) for key in detail.get("courses", ())]
        yield "Gave", ", ".join([*courses, *detail.get("items", ())])
    for name, label in _LABELS.items():
        if detail.get(name):
            yield label, str(detail[name])
    if detail.get("until"):
        yield "Until", in_words(calendar.last_day_before(parse_instant(detail["until"])))


def _taken_back(session: Session, voiding: uuid.UUID, desk: Desk) -> tuple[str, str, str]:
    stored, body = records.by_ids(session, [voiding])[voiding]
    said = by_hand.taken_back(stored, body)
    return said.who, _day(said.when, desk), said.reason


def _day(when: datetime, desk: Desk) -> str:
    return in_words(desk.mappings.calendar.day_of(when))
