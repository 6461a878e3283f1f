"""`import equivalences`: decisions that another course counts as one of ours. The Board decides for champion standards, an
organisation for the tiers of its people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from marshmallow import Schema

from lrs_bridge.flows import by_hand
from lrs_bridge.flows.imports.cells import area_field, day_field, identifier_field, key_field, text_field
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
)
from lrs_bridge.learning.history import plain
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import format_instant, in_words
from lrs_bridge.store.database import Session

_DETAILS = {"decided_by_name": "by_name", "until": "until"}
"""Optional column → detail of the record."""


class _Row(Schema):
    course = key_field(required=True)
    counts_as = text_field(required=True)
    area = area_field(load_default="")
    organisation = text_field(load_default="")
    decided_by = identifier_field(required=True)
    decided_by_name = text_field(load_default="")
    basis = text_field(required=True)
    date = day_field(required=True)
    until = day_field(load_default=None)


def _check(value: dict[str, Any], known: Known) -> Problems:
    yield from area_problem(value, known)
    courses = known.mappings.courses
    if value["counts_as"] not in courses:
        yield "counts_as", f"unknown course “{value['counts_as']}”; one of {', '.join(sorted(courses))}"
    if value["course"] == value["counts_as"]:
        yield "course", "counts as itself already"
    if bool(value["area"]) == bool(value["organisation"]):
        yield (
            "area",
            "give either the area, for a Board's decision on champion standards, or the organisation, for one on the tiers of its people",
        )
    if value["until"] and value["until"] < value["date"]:
        yield "until", "lies before “date”"


def _subject(value: dict[str, Any]) -> str:
    return f"{value['counts_as']}/{value['area'] or plain(value['organisation'])}"


def _claims(value: dict[str, Any], _known: Known) -> Iterator[Claim]:
    said = (value["decided_by_name"], value["basis"], value["until"])
    yield Claim(
        "course", f"{value['course']} counting as {_subject(value)}, decided on {value['date']}", said
    )


def _record(value: dict[str, Any], mappings: Mappings) -> by_hand.Record:
    calendar = mappings.calendar
    return by_hand.Record(
        kind="equivalence",
        key=value["course"],
        word="decided",
        learner=value["decided_by"],
        happened=calendar.start_of(value["date"]),
        subject=_subject(value),
        by=value["decided_by"],
        detail={
            "counts_as": value["counts_as"],
            "area": value["area"],
            "organisation": value["organisation"],
            "by_name": value["decided_by_name"],
            "basis": value["basis"],
            "until": format_instant(calendar.end_of(value["until"])) if value["until"] else None,
        },
    )


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    wanted = [_record(value, taking.mappings) for value in values]
    outcomes = keep_records(session, wanted, taking, _DETAILS)
    return [
        recorded(outcome, _words(value), taking, _DETAILS)
        for value, outcome in zip(values, outcomes, strict=True)
    ]


def _words(value: dict[str, Any]) -> str:
    where = (
        f"champion standards in {value['area']}" if value["area"] else f"the tiers of {value['organisation']}"
    )
    until = f", until {in_words(value['until'])}" if value["until"] else ""
    return (
        f"{value['course']} counts as {value['counts_as']} for {where}, from {in_words(value['date'])}{until}"
    )


EQUIVALENCES = Kind(
    "equivalences",
    (
        Column("course", required=True, help="the other course, by a key of your choice; completions then take it", example="kent_cse_basic"),
        Column("counts_as", required=True, help="the course of the mapping files that it counts as", example="escb_basic", gives=True),
        Column("area", required=False, help="the Board's area, for its champion standards", example="essex"),
        Column("organisation", required=False, help="or the organisation, for the tiers of its people", example=""),
        Column("decided_by", required=True, help="who decided, by e-mail", example="board@example.org"),
        Column("decided_by_name", required=False, help="their name", example="Ann Lowe"),
        Column("basis", required=True, help="on what basis", example="same outcomes, checked against its syllabus"),
        Column("date", required=True, help="day of the decision, from which it holds", example="01/03/2026"),
        Column("until", required=False, help="last day on which it holds", example=""),
    ),
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
)  # fmt: skip
