"""What every import shares: columns, checking of rows, and the report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields

from lrs_bridge.connectors.tables import Row, Table
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import parse_identifier

_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    required: bool
    help: str
    example: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked row."""

    line: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taking:
    """What taking in an entry needs to know."""

    mappings: Mappings
    public_url: str
    who: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of import. `check` yields what the shape alone can't tell; `keep` takes an entry in and says what changed
    ("new", "changed", "corrected", "same") and in which words."""

    name: str
    columns: tuple[Column, ...]
    schema: Schema
    check: Callable[[dict[str, Any], Mappings], Iterator[tuple[str, str]]]
    keep: Callable[[Session, dict[str, Any], Taking], tuple[str, str]]

    def template(self) -> str:
        """The heading and an example row, as CSV."""
        heading = ",".join(column.name for column in self.columns)
        return f"{heading}\n{','.join(column.example for column in self.columns)}\n"


@dataclass
class Report:
    """What an import did, or would do. `changes`: line and words, without the rows that change nothing."""

    kind: str
    encoding: str
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    changes: list[tuple[int, str, str]] = field(default_factory=list)


def read(kind: Kind, table: Table, mappings: Mappings) -> list[Entry]:
    """The entries of a table. Raises BadInput with every mistake of every row, by line."""
    known = {column.name for column in kind.columns}
    missing = [column.name for column in kind.columns if column.required and column.name not in table.columns]
    problems = [
        Problem(
            "line 1",
            f"the column “{name}” is missing",
            mend=f"`lrs-bridge import {kind.name} --template` prints the columns",
        )
        for name in missing
    ]
    problems += [
        Problem("line 1", f"there is no column “{name}” here", mend=f"one of {', '.join(sorted(known))}")
        for name in table.columns
        if name not in known
    ]
    if problems:
        raise BadInput(f"The file doesn't have the columns of “{kind.name}”.", problems)
    entries = []
    for row in table.rows:
        value, wrong = _checked(kind, row, mappings)
        problems += wrong
        entries.append(Entry(row.line, value))
    if problems:
        raise BadInput("The file has mistakes; nothing was taken in.", problems)
    return entries


def _checked(kind: Kind, row: Row, mappings: Mappings) -> tuple[dict[str, Any], list[Problem]]:
    given = {name: text for name, text in row.cells.items() if text}
    try:
        value: dict[str, Any] = kind.schema.load(given)
    except ValidationError as wrong:
        messages: Mapping[str, Any] = wrong.messages_dict
        return {}, [
            Problem(f"line {row.line}, {name}", str(text))
            for name, texts in messages.items()
            for text in _flat(texts)
        ]
    found = [Problem(f"line {row.line}, {name}", text) for name, text in kind.check(value, mappings)]
    return value, found


def _flat(messages: Any) -> Iterator[str]:
    if isinstance(messages, dict):
        for inner in messages.values():
            yield from _flat(inner)
    else:
        yield from messages if isinstance(messages, list) else [messages]


def take_in(
    session: Session,
    kind: Kind,
    entries: list[Entry],
    report: Report,
    taking: Taking,
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Keeps every entry in the caller's transaction, and says what changed."""
    report.rows, report.counts, report.changes = len(entries), Counter(), []
    for place, entry in enumerate(entries):
        outcome, words = kind.keep(session, entry.value, taking)
        report.counts[outcome] += 1
        if outcome != "same":
            report.changes.append((entry.line, outcome, words))
        progress(place + 1)
    return report


# --- fields that imports share ---------------------------------------------------------------------------------------


def day_field(**options: Any) -> fields.Field[Any]:
    """yyyy-mm-dd, or dd/mm/yyyy as it is written here; never mm/dd. Gives a date."""
    return fields.Function(deserialize=_day, **options)


def _day(text: str) -> date:
    try:
        found = _DAY_FIRST.fullmatch(text)
        if found:
            day, month, year = map(int, found.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise ValidationError(f"“{text}” is not a day; write 2026-03-01 or 01/03/2026 (day first)") from wrong


def identifier_field(**options: Any) -> fields.Field[Any]:
    """One identifier, as its canonical text."""
    return fields.Function(deserialize=_identifier, **options)


def identifiers_field(**options: Any) -> fields.Field[Any]:
    """Identifiers separated by “;”, at least one."""
    return fields.Function(deserialize=_identifiers, **options)


def _identifiers(text: str) -> list[str]:
    found = [_identifier(part.strip()) for part in text.split(";") if part.strip()]
    if not found:
        raise ValidationError("holds no identifier")
    return list(dict.fromkeys(found))


def _identifier(text: str) -> str:
    try:
        return str(parse_identifier(text))
    except BadInput as wrong:
        raise ValidationError("; ".join(f"{one.what}; {one.mend}" for one in wrong.problems)) from wrong


def area_field(**options: Any) -> fields.Field[Any]:
    """An area's key, however it is capitalised."""
    return fields.Function(deserialize=lambda text: "_".join(text.casefold().split()), **options)


def area_problem(value: Mapping[str, Any], mappings: Mappings) -> Iterator[tuple[str, str]]:
    area = value.get("area")
    if area and area not in mappings.areas:
        yield "area", f"unknown area “{area}”; one of {', '.join(sorted(mappings.areas))}"
