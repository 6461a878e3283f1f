"""Records that were kept by hand, in words, as an organisation's coordinator may see them, or a Board; and taking one back, with a
reason."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from lrs_bridge.store.roles import Viewer
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import identifier_of

_KINDS = ("course", "attestation", "membership", "session", "equivalence")
"""What coordinators keep. What became of a champion is the Board's."""
_LONGEST_REASON = 500
_A_PAGE = 50
NOT_THERE = "There is no such page, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """`what` and `details` (label, text) in words; `learner`: number and name, None for a decision about a course, and where `typed`
    is all that is told of who it is: what whoever kept it entered themselves; `taken_back`: by whom, on which day and why;
    `may_be_taken_back`: here. What names no organisation may count at others too, so that whoever kept it, or somebody at the command
    line, takes it back."""

    statement: uuid.UUID
    what: str
    learner: tuple[int, str] | None
    typed: str
    details: tuple[tuple[str, str], ...]
    kept_by: str
    kept_on: str
    taken_back: tuple[str, str, str] | None
    may_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it was kept by hand. `key`: of the course, membership and so on; `who`: that kept it, and when it was `stored`."""

    statement: uuid.UUID
    kind: str
    key: str
    body: dict[str, Any]
    detail: dict[str, Any]
    who: str
    stored: datetime
    voided_by: uuid.UUID | None


def kept(session: Session, statement: uuid.UUID) -> Kept:
    """Raises NotFound where there is none, and where a source sent it."""
    held = records.held(session, [statement]).get(statement)
    found = records.keepers(session, [statement]).get(statement)
    if held is None or found is None or held.source != SOURCE:
        raise NotFound(NOT_THERE)
    body = documents.parse(held.body.encode())
    kind, key = _about(body)
    return Kept(statement, kind, key, body, _detail(body), _name_in(found[0]), found[1], held.voided_by)


def kept_record(session: Session, desk: Desk, statement: uuid.UUID) -> KeptRecord:
    """Raises NotFound where there is none, where a source sent it, where it was given for another organisation, and where it is about
    somebody without a post at this one; but whoever kept it for this one sees it still, and may have mistyped who it is about."""
    found = kept(session, statement)
    if not _may_be_of(desk, found.kind, found.detail):
        raise NotFound(NOT_THERE)
    is_own, is_by_them = bool(found.detail.get("organisation")), found.who == desk.who
    return told(
        session,
        found,
        desk.viewer,
        desk.mappings,
        is_theirs=is_own or is_by_them,
        whoever_it_is=is_own and is_by_them,
    )


def told(
    session: Session,
    found: Kept,
    viewer: Viewer,
    mappings: Mappings,
    *,
    is_theirs: bool,
    whoever_it_is: bool = False,
) -> KeptRecord:
    """In words. `is_theirs`: to take back. Raises NotFound where it is about somebody whom they may not see, unless `whoever_it_is`:
    then what was typed is told."""
    learner, typed = None, ""
    if found.kind != "equivalence":
        identifier = str(identifier_of(found.body["actor"]))
        learner = _learner(session, viewer, identifier)
        if learner is None:
            if not whoever_it_is:
                raise NotFound(NOT_THERE)
            typed = _short(identifier)
    return KeptRecord(
        found.statement,
        _what(found.kind, found.key, found.detail, mappings),
        learner,
        typed,
        tuple(_details(found.body, found.kind, found.detail, mappings)),
        found.who,
        in_words(mappings.calendar.day_of(found.stored)),
        _taken_back(session, found, found.voided_by, mappings, is_of_stranger=bool(typed))
        if found.voided_by
        else None,
        not found.voided_by and is_theirs,
    )


def take_back(session: Session, desk: Desk, statement: uuid.UUID, reason: str) -> None:
    """Voids the record; what it credited goes with it. Raises as `kept_record` does, BadInput without a reason, Conflict where it
    was taken back already."""
    void(session, kept_record(session, desk, statement), reason, desk.keeping)


def void(session: Session, found: KeptRecord, reason: str, keeping: by_hand.Keeping) -> None:
    """Takes back what may be. Raises as `take_back` does."""
    said = " ".join(reason.split())
    if not said or len(said) > _LONGEST_REASON:
        too_long = f"The reason is {len(said)} characters long; at most {_LONGEST_REASON} are kept"
        raise BadInput(
            "Nothing was taken back.", [Problem("reason", too_long if said else "Enter why it is taken back")]
        )
    if found.taken_back:
        raise Conflict("This record was taken back already.")
    if not found.may_be_taken_back:
        raise Conflict(f"This record names no organisation, so {found.kept_by}, who kept it, takes it back.")
    by_hand.take_back(session, found.statement, said, keeping)


@dataclass(frozen=True, slots=True)
class Line:
    """`who`: their name, or of somebody who is not among the organisation's people what was typed; "" for a decision about a
    course."""

    statement: uuid.UUID
    what: str
    who: str
    day: str


def own_records(session: Session, desk: Desk, after: int = 0) -> tuple[list[Line], int]:
    """What they kept for this organisation themselves and nobody took back, the newest first; and the number after which the next
    page begins, 0 where there is none. A page is of what they kept for anybody, and may hold less of this organisation."""
    authority = records.authority_number(session, f"{desk.public_url}|{desk.who}")
    if authority is None:
        return [], 0
    since = records.stored_at(session, after)
    wanted = records.Filter(authority_id=authority, after=(since, after) if since else None, limit=_A_PAGE)
    found = records.find(session, wanted)
    bodies = [documents.parse(one.body.encode()) for one in found[:_A_PAGE]]
    of_here = [body for body in bodies if _may_be_of(desk, _about(body)[0], _detail(body))]
    identifiers = {body["id"]: str(identifier_of(body["actor"])) for body in of_here}
    known = people.known_as(session, identifiers.values())
    seen = roles.seen_among(session, desk.viewer, {number for one in known.values() for number in one})
    lines = []
    for body in of_here:
        (kind, key), detail, typed = _about(body), _detail(body), identifiers[body["id"]]
        here = [name for number, name in known.get(typed, {}).items() if number in seen]
        if kind == "equivalence" or here or detail.get("organisation"):
            who = "" if kind == "equivalence" else next(filter(None, here), _short(typed))
            day = in_words(desk.mappings.calendar.day_of(parse_instant(body["timestamp"])))
            lines.append(Line(uuid.UUID(body["id"]), _what(kind, key, detail, desk.mappings), who, day))
    return lines, found[_A_PAGE - 1].seq if len(found) > _A_PAGE else 0


def of_boards(
    session: Session, areas: Collection[str], statements: Sequence[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Of these, those that somebody kept who was officer of one of these areas then."""
    terms = roles.terms_of_officers(session, areas)
    return frozenset(
        statement
        for statement, (authority, stored) in records.keepers(session, statements).items()
        if any(one.includes(f"mailto:{_name_in(authority)}".casefold(), stored) for one in terms)
    )


def _name_in(authority: str) -> str:
    name: str = json.loads(authority).get("account", {}).get("name", "")
    return name


def _about(body: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and key."""
    kind, _, key = str(body["object"].get("id", "")).removeprefix(BASE).partition("/")
    return kind, key


def _detail(body: Mapping[str, Any]) -> dict[str, Any]:
    detail: dict[str, Any] = body.get("context", {}).get("extensions", {}).get(RECORD, {})
    return detail


def _may_be_of(desk: Desk, kind: str, detail: Mapping[str, Any]) -> bool:
    """Whether it was kept for this organisation, or for none; a decision about a course always is for one."""
    given_for = plain(detail.get("organisation", ""))
    is_own = given_for == plain(desk.organisation.name)
    return kind in _KINDS and (is_own or (not given_for and kind != "equivalence"))


def _learner(session: Session, viewer: Viewer, identifier: str) -> tuple[int, str] | None:
    """None for whoever they may not see."""
    number = people.learner_with(session, identifier)
    if number is None or not roles.sees(session, viewer, number):
        return None
    return number, people.names_of_learners(session, [number])[number] or _short(identifier)


def _short(identifier: str) -> str:
    return identifier.removeprefix("mailto:")


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
        yield "Covers", " and ".join(named.WORDS_OF_PART.get(one, one) for one in detail["parts"])
    if detail.get("courses") or detail.get("items"):
        courses = [named.course(key, mappings) for key in detail.get("courses", ())]
        yield "Gave", ", ".join([*courses, *detail.get("items", ())])
    for name, label in _LABELS.items():
        if detail.get(name):
            yield label, str(detail[name])
    if detail.get("until"):
        yield "Until", in_words(calendar.last_day_before(parse_instant(detail["until"])))


def _taken_back(
    session: Session, found: Kept, voiding: uuid.UUID, mappings: Mappings, *, is_of_stranger: bool
) -> tuple[str, str, str]:
    stored, body = records.by_ids(session, [voiding])[voiding]
    said = by_hand.taken_back(stored, body)
    day = in_words(mappings.calendar.day_of(said.when))
    if is_of_stranger and said.who != found.who:
        return "somebody else", day, ""
    return said.who, day, said.reason
