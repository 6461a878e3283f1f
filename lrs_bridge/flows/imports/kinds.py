"""What every import shares: columns, checking of rows, and the report."""

from __future__ import annotations

import csv
import io
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

_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_IN_WORDS = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MIDNIGHT = re.compile(r"[ T]00:00(?::00(?:\.0+)?)?$")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_LIKELY_YEARS = range(1900, 2200)
_MAIL_IN_ANGLES = re.compile(r"[^<>]*<([^<>@\s]+@[^<>@\s]+)>")
_SMART_APOSTROPHES = str.maketrans("‘’", "''")


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
    """One kind of import. `check` yields what the shape alone can't tell; `claims` what an entry says that no other row of
    the file may contradict, as (column, of what, claim); `keep` takes an entry in and says what changed ("new", "changed",
    "corrected", "same") and in which words."""

    name: str
    columns: tuple[Column, ...]
    schema: Schema
    check: Callable[[dict[str, Any], Mappings], Iterator[tuple[str, str]]]
    claims: Callable[[dict[str, Any]], Iterator[tuple[str, str, object]]]
    keep: Callable[[Session, dict[str, Any], Taking], tuple[str, str]]

    def template(self) -> str:
        """The heading and an example row, as CSV."""
        written = io.StringIO()
        rows = csv.writer(written, lineterminator="\n")
        rows.writerow(column.name for column in self.columns)
        rows.writerow(column.example for column in self.columns)
        return written.getvalue()


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
            f"line {table.line}",
            f"the column “{name}” is missing",
            mend=f"`lrs-bridge import {kind.name} --template` prints the columns",
        )
        for name in missing
    ]
    problems += [
        Problem(
            f"line {table.line}",
            f"there is no column “{name}” here",
            mend=f"one of {', '.join(sorted(known))}",
        )
        for name in table.columns
        if name not in known
    ]
    if problems:
        raise BadInput(f"The file doesn't have the columns of “{kind.name}”.", problems)
    entries = []
    for row in table.rows:
        value, wrong = _checked(kind, row, mappings)
        problems += wrong
        if not wrong:
            entries.append(Entry(row.line, value))
    problems += _contradictions(kind, entries)
    if problems:
        problems.sort(key=lambda problem: int(problem.where.removeprefix("line ").partition(",")[0]))
        raise BadInput("The file has mistakes; nothing was taken in.", problems)
    return entries


def _checked(kind: Kind, row: Row, mappings: Mappings) -> tuple[dict[str, Any], list[Problem]]:
    given = {name: text for name, text in row.cells.items() if text}
    try:
        value: dict[str, Any] = kind.schema.load(given)
    except ValidationError as wrong:
        messages: Mapping[str, Any] = wrong.messages_dict
        said = [(name, _WORDS.get(text, text)) for name, texts in messages.items() for text in _flat(texts)]
        understood = wrong.valid_data if isinstance(wrong.valid_data, dict) else {}
        said += area_problem(understood, mappings)
        return {}, [Problem(f"line {row.line}, {name}", text) for name, text in said]
    found = [Problem(f"line {row.line}, {name}", text) for name, text in kind.check(value, mappings)]
    return value, found


_WORDS = {"Missing data for required field.": "is empty"}


def _contradictions(kind: Kind, entries: list[Entry]) -> Iterator[Problem]:
    """Rows that say different things of the same: taken in, the last would win, and the next time change it all again."""
    first: dict[str, tuple[int, object]] = {}
    for entry in entries:
        for column, subject, claim in kind.claims(entry.value):
            line, before = first.setdefault(subject, (entry.line, claim))
            if before != claim:
                yield Problem(f"line {entry.line}, {column}", f"line {line} says otherwise of {subject}")


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


def text_field(**options: Any) -> fields.Field[Any]:
    """One line of text, at most 300 characters, with single blanks."""
    return fields.Function(deserialize=_text, **options)


def _text(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > 300:
        raise ValidationError(f"is {len(line)} characters long; at most 300 are kept")
    return line


def key_field(**options: Any) -> fields.Field[Any]:
    """A key of the mapping files, such as manager_support, however it is capitalised and with blanks for “_”."""
    return fields.Function(deserialize=as_key, **options)


def as_key(text: str) -> str:
    return "_".join(text.casefold().split())


def day_field(**options: Any) -> fields.Field[Any]:
    """yyyy-mm-dd, or dd/mm/yyyy as it is written here, or 1 March 2026; never mm/dd. Gives a date."""
    return fields.Function(deserialize=_day, **options)


def _day(text: str) -> date:
    try:
        day = _day_of(_MIDNIGHT.sub("", text))
        if day.year not in _LIKELY_YEARS:
            raise ValueError("hardly")
        return day
    except ValueError as wrong:
        raise ValidationError(f"“{text}” is not a day; write 2026-03-01 or 01/03/2026 (day first)") from wrong


def _day_of(text: str) -> date:
    if found := _DAY_FIRST.fullmatch(text):
        return date(int(found[4]), int(found[3]), int(found[1]))
    if found := _DAY_IN_WORDS.fullmatch(text):
        named = [place for place, name in enumerate(_MONTHS, 1) if found[2].lower() in (name, name[:3])]
        if named:
            return date(int(found[3]), named[0], int(found[1]))
    if not _ISO_DAY.fullmatch(text):
        raise ValueError("no known notation")
    return date.fromisoformat(text)


def identifier_field(**options: Any) -> fields.Field[Any]:
    """One identifier, as its canonical text; an e-mail in lower case, so that one person's records are one person's however
    they were typed."""
    return fields.Function(deserialize=lambda text: folded(_identifier(text)), **options)


def identifiers_field(**options: Any) -> fields.Field[Any]:
    """Identifiers separated by “;”, at least one, each as its canonical text."""
    return fields.Function(deserialize=_identifiers, **options)


def folded(identifier: str) -> str:
    """The canonical text by which e-mails are compared."""
    return identifier.casefold() if identifier.startswith("mailto:") else identifier


def _identifiers(text: str) -> list[str]:
    found = [_identifier(part.strip()) for part in text.split(";") if part.strip()]
    if not found:
        raise ValidationError("holds no identifier")
    return list({folded(one): one for one in reversed(found)}.values())[::-1]


def _identifier(text: str) -> str:
    angles = _MAIL_IN_ANGLES.fullmatch(text)
    written = angles[1] if angles else text
    if "|" not in written and "@" in written:
        written = written.translate(_SMART_APOSTROPHES)
    try:
        return str(parse_identifier(written))
    except BadInput as wrong:
        raise ValidationError("; ".join(f"{one.what}; {one.mend}" for one in wrong.problems)) from wrong


def area_field(**options: Any) -> fields.Field[Any]:
    """An area's key, however it is capitalised."""
    return key_field(**options)


def area_problem(value: Mapping[str, Any], mappings: Mappings) -> Iterator[tuple[str, str]]:
    area = value.get("area")
    if area and area not in mappings.areas:
        yield "area", f"unknown area “{area}”; one of {', '.join(sorted(mappings.areas))}"
