"""`import memberships`: who is a member of the NWG, checked where and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema

from lrs_bridge.flows import by_hand
from lrs_bridge.flows.imports.kinds import (
    Column,
    Kind,
    Taking,
    day_field,
    identifier_field,
    key_field,
    text_field,
)
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import format_instant
from lrs_bridge.store.database import Session


class _Row(Schema):
    person = identifier_field(required=True)
    membership = key_field(required=True)
    checked = day_field(required=True)
    source = text_field(required=True)
    number = text_field(load_default="")
    until = day_field(load_default=None)


def _check(value: dict[str, Any], mappings: Mappings) -> Iterator[tuple[str, str]]:
    known = sorted(
        {
            leaf.key
            for champions in mappings.champions.values()
            for standard in champions.standards.values()
            for leaf in standard.need.leaves()
            if leaf.kind == "membership"
        }
    )
    if value["membership"] not in known:
        yield "membership", f"unknown membership “{value['membership']}”; one of {', '.join(known)}"
    if value["until"] and value["until"] < value["checked"]:
        yield "until", "lies before the day on which it was checked"


def _claims(value: dict[str, Any]) -> Iterator[tuple[str, str, object]]:
    said = (value["source"], value["number"], value["until"])
    yield "membership", f"{value['person']} in {value['membership']}, checked {value['checked']}", said


def _keep(session: Session, value: dict[str, Any], taking: Taking) -> tuple[str, str]:
    calendar = taking.mappings.calendar
    record = by_hand.Record(
        kind="membership",
        key=value["membership"],
        learner=value["person"],
        name="",
        happened=calendar.start_of(value["checked"]),
        subject="",
        detail={
            "source": value["source"],
            "number": value["number"],
            "until": format_instant(calendar.end_of(value["until"])) if value["until"] else None,
        },
    )
    outcome = by_hand.keep(session, record, public_url=taking.public_url, who=taking.who, now=taking.now)
    until = f", until {value['until']:%d/%m/%Y}" if value["until"] else ""
    return (
        outcome,
        f"{value['person']}: member of {value['membership']}, checked {value['checked']:%d/%m/%Y}{until}",
    )


MEMBERSHIPS = Kind(
    "memberships",
    (
        Column("person", required=True, help="any identifier of the learner", example="asha.rao@example.org"),
        Column("membership", required=True, help="nwg", example="nwg"),
        Column("checked", required=True, help="day on which it was checked", example="01/03/2026"),
        Column("source", required=True, help="where it was checked", example="ESCB gold membership list"),
        Column("number", required=False, help="membership number", example=""),
        Column("until", required=False, help="last day of the membership, if it ends", example=""),
    ),
    _Row(),
    _check,
    _claims,
    _keep,
)
