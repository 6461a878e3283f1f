"""`import memberships`: who is a member of the NWG, checked where and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from marshmallow import Schema

from lrs_bridge.flows import by_hand, named
from lrs_bridge.flows.imports.cells import day_field, identifier_field, key_field, text_field
from lrs_bridge.flows.imports.claims import Claim
from lrs_bridge.flows.imports.columns import Column
from lrs_bridge.flows.imports.kinds import (
    Kept,
    Kind,
    Known,
    Problems,
    Taking,
    keep_records,
    recorded,
    still_to_come,
    strangers,
)
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import format_instant, in_words
from lrs_bridge.store.database import Session

_DETAILS = {"number": "number", "until": "until"}
"""Optional column → detail of the record."""


class _Row(Schema):
    person = identifier_field(required=True)
    membership = key_field(required=True)
    checked = day_field(required=True)
    source = text_field(required=True)
    number = text_field(load_default="")
    until = day_field(load_default=None)


def bodies(mappings: Mappings) -> list[str]:
    """Memberships that any champion standard asks for."""
    found = {
        leaf.key
        for champions in mappings.champions.values()
        for standard in champions.standards.values()
        for leaf in standard.need.leaves()
        if leaf.kind == "membership"
    }
    return sorted(found)


def _check(value: dict[str, Any], known: Known) -> Problems:
    yield from still_to_come(value, known, "checked")
    known_ones = bodies(known.mappings)
    if value["membership"] not in known_ones:
        yield "membership", f"unknown membership “{value['membership']}”; one of {', '.join(known_ones)}"
    if value["until"] and value["until"] < value["checked"]:
        yield "until", "lies before the day on which it was checked"


def _claims(value: dict[str, Any], _known: Known) -> Iterator[Claim]:
    said = (value["source"], value["number"], value["until"])
    yield Claim("membership", f"{value['person']} in {value['membership']}, checked {value['checked']}", said)


def _record(value: dict[str, Any], mappings: Mappings) -> by_hand.Record:
    calendar = mappings.calendar
    return by_hand.Record(
        kind="membership",
        key=value["membership"],
        word="joined",
        learner=value["person"],
        happened=calendar.start_of(value["checked"]),
        detail={
            "source": value["source"],
            "number": value["number"],
            "until": format_instant(calendar.end_of(value["until"])) if value["until"] else None,
        },
    )


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    wanted = [_record(value, taking.mappings) for value in values]
    outcomes = keep_records(session, wanted, taking, _DETAILS)
    unknown = strangers(session, values, outcomes, taking)
    return [
        recorded(outcome, _words(value), taking, _DETAILS, unknown.get(value["person"], ""))
        for value, outcome in zip(values, outcomes, strict=True)
    ]


def _words(value: dict[str, Any]) -> str:
    until = f", until {in_words(value['until'])}" if value["until"] else ""
    said = named.membership(value["membership"])
    return f"{value['person']}: {said}, checked {in_words(value['checked'])}{until}"


MEMBERSHIPS = Kind(
    "memberships",
    (
        Column(
            "person",
            required=True,
            help="any identifier of the learner",
            example="asha.rao@example.org",
            identifies=True,
        ),
        Column("membership", required=True, help="nwg", example="nwg"),
        Column("checked", required=True, help="day on which it was checked", example="01/03/2026"),
        Column("source", required=True, help="where it was checked", example="ESCB gold membership list"),
        Column("number", required=False, help="membership number", example=""),
        Column("until", required=False, help="last day of the membership, if it ends", example=""),
    ),
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
)
