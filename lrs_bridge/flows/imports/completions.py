"""`import completions`: courses completed where no statement tells of it: another council's certificate, a training day.

Beside one completion per row it takes the coordinator's spreadsheet, with a row per person and a column per course that
holds the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from marshmallow import Schema

from lrs_bridge.flows import by_hand, named
from lrs_bridge.flows.imports.cells import area_field, day_field, identifier_field, text_field
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
    strangers,
)
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import in_words
from lrs_bridge.store.database import Session

_DETAILS = {
    "provider": "provider",
    "certificate": "certificate",
    "seen_by": by_hand.BY,
    "seen_by_name": "by_name",
    "organisation": "organisation",
    "area": "area",
    "note": "note",
}
"""Optional column → detail of the record."""


class _Row(Schema):
    person = identifier_field(required=True)
    course = text_field(required=True)
    date = day_field(required=True)
    provider = text_field(load_default="")
    certificate = text_field(load_default="")
    seen_by = identifier_field(load_default="")
    seen_by_name = text_field(load_default="")
    organisation = text_field(load_default="")
    area = area_field(load_default="")
    note = text_field(load_default="")


def _check(value: dict[str, Any], known: Known) -> Problems:
    yield from area_problem(value, known)
    yield from still_to_come(value, known, "date")
    yield from unknown_course("course", value["course"], known)
    if value["seen_by"] == value["person"]:
        yield "seen_by", "nobody vouches for their own certificate"


def unknown_course(column: str, course: str, known: Known) -> Problems:
    courses = {*known.mappings.courses, *known.decided_courses}
    if course not in courses:
        yield (
            column,
            f"unknown course “{course}”; one of {', '.join(sorted(courses))}, or one whose equivalence is recorded first",
        )


def _claims(value: dict[str, Any], _known: Known) -> Iterator[Claim]:
    said = tuple(
        value[name]
        for name in ("provider", "certificate", "seen_by", "seen_by_name", "organisation", "area", "note")
    )
    yield Claim("course", f"{value['person']} completing {value['course']} on {value['date']}", said)


def _record(value: dict[str, Any], mappings: Mappings) -> by_hand.Record:
    return by_hand.Record(
        kind="course",
        key=value["course"],
        word="completed",
        learner=value["person"],
        happened=mappings.calendar.start_of(value["date"]),
        by=value["seen_by"] or None,
        title=mappings.courses.get(value["course"], ""),
        detail={
            "provider": value["provider"],
            "certificate": value["certificate"],
            "by_name": value["seen_by_name"],
            "organisation": value["organisation"],
            "area": value["area"],
            "note": value["note"],
        },
    )


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    wanted = [_record(value, taking.mappings) for value in values]
    outcomes = keep_records(session, wanted, taking, _DETAILS)
    unknown = strangers(session, values, outcomes, taking)
    return [
        recorded(outcome, _words(value, taking.mappings), taking, _DETAILS, unknown.get(value["person"], ""))
        for value, outcome in zip(values, outcomes, strict=True)
    ]


def _words(value: dict[str, Any], mappings: Mappings) -> str:
    return f"{value['person']}: {named.course(value['course'], mappings)} on {in_words(value['date'])}"


COMPLETIONS = Kind(
    "completions",
    (
        Column("person", required=True, help="any identifier of the learner", example="asha.rao@example.org", identifies=True),
        Column("course", required=True, help="a course of the mapping files; or give each course a column of its own, with days", example="escb_basic", gives=True),
        Column("date", required=True, help="day on which it was completed", example="01/03/2026"),
        Column("provider", required=False, help="who gave the course", example="Kent County Council"),
        Column("certificate", required=False, help="reference of the certificate", example="KC-4711"),
        Column("seen_by", required=False, help="who saw the certificate, by e-mail", example="training@example.org"),
        Column("seen_by_name", required=False, help="their name", example="Priya Shah"),
        Column("organisation", required=False, help="for a course about one organisation, such as induction: which", example=""),
        Column("area", required=False, help="and its area", example=""),
        Column("note", required=False, help="such as “scan in the training folder”", example=""),
    ),
    courses=True,
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
)  # fmt: skip
