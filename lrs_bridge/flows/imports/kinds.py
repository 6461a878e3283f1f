"""What every import shares: columns, checking of rows, taking them in part by part, and the report.

A table is gone through twice, a row at a time: first to check every row, so that one mistake keeps the whole file out, and
then to take the rows in. Neither pass holds more than a part of the file.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError

from lrs_bridge.connectors.tables import Row, Table
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows.by_hand import Keeping, Outcome, Record, TakenBack, keep
from lrs_bridge.flows.imports.claims import Claim, Claims
from lrs_bridge.flows.imports.columns import Layout, Shape, fold
from lrs_bridge.flows.imports.scope import Scope
from lrs_bridge.flows.imports.wording import differences
from lrs_bridge.learning.history import plain
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Clock, in_words
from lrs_bridge.store import people
from lrs_bridge.store.database import Session
from lrs_bridge.store.organisations import Organisation

AT_ONCE = 500
"""Rows that are taken in together."""
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked row, or one of the things that a row says."""

    line: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are checked against: the mappings, the organisations recorded so far by folded name, the mailboxes that
    several people read (folded), the courses that recorded decisions are about, which day it is, and what may be recorded by
    whoever brings them (None: everything)."""

    mappings: Mappings
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    decided_courses: frozenset[str] = frozenset()
    today: date = date.max
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Taking:
    """What taking in needs to know. `columns`: those that the file has; `cause`: what its consequences are put down to;
    `again`: whether records that somebody took back are taken in anew; `organisations`: those recorded before, by folded
    name; `scope`: within which this stays, and beyond which nothing is told of anybody."""

    mappings: Mappings
    public_url: str
    who: str
    now: datetime
    columns: frozenset[str] = frozenset()
    cause: str = ""
    again: bool = False
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    clock: Clock | None = None
    scope: Scope | None = None

    def unsaid(self, details: Mapping[str, str]) -> frozenset[str]:
        """Of these details by column, those whose column the file does not have: they stay as recorded."""
        return frozenset(detail for column, detail in details.items() if column not in self.columns)

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.public_url, self.who, self.now, self.cause, self.again, self.clock)


class Kept(NamedTuple):
    """What one entry came to: "new", "changed", "corrected", "same" or "taken_back", in which words, what the reader should
    see before it is done, and what differs from before."""

    outcome: str
    words: str
    warning: str = ""
    differs: str = ""
    statement: uuid.UUID | None = None


def keep_records(
    session: Session, records: Iterable[Record], taking: Taking, details: Mapping[str, str]
) -> list[Outcome]:
    """Keeps records of rows; of `details` (column → detail), what the file has no column for stays as recorded."""
    open_ = taking.unsaid(details)
    outcomes = keep(session, [replace(record, open=open_) for record in records], taking.keeping)
    if taking.scope:
        taking.scope.hold(outcomes)
    return outcomes


def recorded(
    outcome: Outcome, words: str, taking: Taking, columns: Mapping[str, str], warning: str = ""
) -> Kept:
    """What became of a record kept by hand; `columns`: column → detail."""
    if outcome.taken_back:
        return Kept(outcome.word, words, taken_back_in_words(outcome.taken_back, taking))
    differs = differences(outcome.changes, taking.mappings.calendar, columns)
    return Kept(outcome.word, words, warning, differs, outcome.statement)


def taken_back_in_words(said: TakenBack, taking: Taking) -> str:
    when, reason = (
        in_words(taking.mappings.calendar.day_of(said.when)),
        f" (“{said.reason}”)" if said.reason else "",
    )
    unless = "" if taking.scope else ", unless you add --again"
    return f"was taken back by {said.who} on {when}{reason}; it stays so{unless}"


def strangers(
    session: Session, values: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome], taking: Taking
) -> dict[str, str]:
    """Identifier → what to see of it before it is done: learners of new records whom nobody is known by."""
    new = {value["person"] for value, one in zip(values, outcomes, strict=True) if one.word == "new"}
    if taking.scope:
        unknown = {one for one in new if taking.scope.learner(one) is None}
        return dict.fromkeys(unknown, f"is not among the people of {taking.scope.organisation}")
    unknown = new - people.known_as(session, new).keys()
    return dict.fromkeys(unknown, "nobody is known by this identifier yet; is it mistyped?")


_UNCHANGING = ("same", "taken_back")

Problems = Iterator[tuple[str, str]]
"""(column, what is wrong) of a row."""


@dataclass(frozen=True)
class Kind(Shape):
    """One kind of import.

    check    what the shape alone can't tell
    claims   what an entry says that no other row of the file may contradict
    keep     takes entries in, together, and says of each what it came to
    several  the entries that a row holds, where it can hold more than one
    """

    schema: Schema
    check: Callable[[dict[str, Any], Known], Problems]
    claims: Callable[[dict[str, Any], Known], Iterator[Claim]]
    keep: Callable[[Session, Sequence[dict[str, Any]], Taking], list[Kept]]
    several: Callable[[dict[str, Any]], list[dict[str, Any]]] = lambda value: [value]

    def template(self) -> str:
        """The heading and an example row, as CSV."""
        written = io.StringIO()
        rows = csv.writer(written, lineterminator="\n")
        rows.writerow(column.name for column in self.columns)
        rows.writerow(column.example for column in self.columns)
        return written.getvalue()


@dataclass
class Report:
    """What an import did, or would do. `changes`, `warnings`: line and words of the first `shown`, without the rows that
    change nothing; `counts` and `warned` count all; `repetitions`: line and the line that it repeats, the first of
    `repeated`; `headings_told`: whether headings were told that are remembered only when this is done; `statements`: of the
    first `shown` records, what each came to and the statement that says it; `said_before`: records that the file held before."""

    kind: str
    encoding: str
    shown: int = 200
    rows: int = 0
    repeated: int = 0
    repetitions: tuple[tuple[int, int], ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    headings_told: bool = False
    changes: list[tuple[int, str, str]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    statements: list[tuple[str, uuid.UUID]] = field(default_factory=list)
    said_before: int = 0
    _said: set[uuid.UUID] = field(default_factory=set)

    @property
    def outcomes(self) -> dict[str, int]:
        """`counts`, but with "twice" for what the file itself says before: of "same", that alone which was held already."""
        twice = self.said_before if self._said else min(self.repeated, self.counts["same"])
        told = {**self.counts, "same": self.counts["same"] - twice, "twice": twice}
        return {word: number for word, number in told.items() if number}

    @property
    def changed(self) -> int:
        return self.counts.total() - sum(self.counts[word] for word in _UNCHANGING)

    def add(self, line: int, kept: Kept) -> None:
        self.counts[kept.outcome] += 1
        if kept.statement:
            self.said_before += kept.outcome == "same" and kept.statement in self._said
            self._said.add(kept.statement)
        if kept.statement and len(self.statements) < self.shown:
            self.statements.append((kept.outcome, kept.statement))
        if kept.outcome not in _UNCHANGING and len(self.changes) < self.shown:
            words = f"{kept.words}; {kept.differs}" if kept.differs else kept.words
            self.changes.append((line, kept.outcome, words))
        if kept.warning:
            self.warned += 1
            if len(self.warnings) < self.shown:
                self.warnings.append((line, f"{kept.words}: {kept.warning}"))


# --- checking --------------------------------------------------------------------------------------------------------


def entries_of(
    kind: Kind, table: Table, layout: Layout, known: Known
) -> Iterator[tuple[list[Entry], list[Problem]]]:
    """Row by row: its entries, and what is wrong with it."""
    courses_named = _courses_named(known)
    for row in table.rows():
        cells, courses = layout.arranged(row.cells)
        cells |= {name: _accounts(cells[name], known) for name in kind.identifying & cells.keys()}
        cells |= {name: _courses(cells[name], courses_named) for name in kind.giving & cells.keys()}
        yield _checked(kind, Row(row.line, cells), courses, layout, known)


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows a table has, and which of them stand twice: line and the line before, the first hundred of
    `repeated`."""

    rows: int
    repeated: int
    repetitions: tuple[tuple[int, int], ...]


def check(
    kind: Kind,
    table: Table,
    layout: Layout,
    known: Known,
    progress: Callable[[int], None] = lambda _done: None,
) -> Checked:
    """Goes through every row. Raises BadInput with every mistake by line, the first hundred of them in words."""
    problems: list[Problem] = []
    repetitions: list[tuple[int, int]] = []
    mistakes, rows, repeated = 0, 0, 0
    claims = Claims()
    for entries, wrong in entries_of(kind, table, layout, known):
        rows += 1
        said = list(_contradictions(kind, entries, claims, layout, known))
        mistakes += len(wrong) + len(said)
        problems += [*wrong, *said][: _SHOWN - len(problems)]
        before = claims.before(repr([entry.value for entry in entries]), entries[0].line) if entries else None
        if before:
            repeated += 1
            repetitions += [(entries[0].line, before)][: _SHOWN - len(repetitions)]
        if rows % AT_ONCE == 0:
            progress(rows)
    if mistakes > len(problems):
        problems.append(Problem("", f"and {mistakes - len(problems)} more"))
    if problems:
        raise BadInput("The file has mistakes; nothing was taken in.", problems)
    return Checked(rows, repeated, tuple(repetitions))


def _contradictions(
    kind: Kind, entries: Sequence[Entry], claims: Claims, layout: Layout, known: Known
) -> Iterator[Problem]:
    for entry in entries:
        for claim in kind.claims(entry.value, known):
            line = claims.contradicted(claim, entry.line)
            if line is not None:
                where = f"line {entry.line}, {layout.spoken(claim.column)}"
                yield Problem(where, f"line {line} says otherwise of {claim.subject}")


def _courses_named(known: Known) -> dict[str, str]:
    """Folded name → course: of keys, of names, and of ways that are one course; without what several are called."""
    mappings = known.mappings
    called = [*((key, key) for key in known.decided_courses), *mappings.courses.items()]
    called += [
        (route.courses[0], route.name)
        for framework in mappings.frameworks.values()
        for route in framework.routes.values()
        if len(route.courses) == 1
    ]
    meant: dict[str, set[str]] = {}
    for course, name in called:
        meant.setdefault(fold(name), set()).add(course)
    alone = {name: course for name, (course, *others) in meant.items() if not others}
    return alone | {course: course for course, _ in called}


def _courses(text: str, named: Mapping[str, str]) -> str:
    """Courses by their keys; an unknown one as typed."""
    parts = [text] if fold(text) in named else text.split(";")
    return "; ".join(named.get(fold(part), part.strip()) for part in parts)


def _accounts(text: str, known: Known) -> str:
    """“Tendring District Council|B123” as the account that this organisation's home page and number name."""
    parts = []
    for part in text.split(";"):
        issuer, mark, number = part.strip().partition("|")
        organisation = known.organisations.get(plain(issuer)) if mark else None
        if organisation is not None and organisation.home_page:
            parts.append(f"{organisation.home_page}|{number.strip()}")
        else:
            parts.append(part.strip())
    return "; ".join(parts)


def _checked(
    kind: Kind, row: Row, courses: dict[str, str], layout: Layout, known: Known
) -> tuple[list[Entry], list[Problem]]:
    """A row; or, where columns are courses, an entry for each that has a day."""
    given: dict[str, Any] = {name: text for name, text in row.cells.items() if text}
    rows = [(course, {**given, "course": course, "date": day}) for course, day in courses.items() if day]
    entries: list[Entry] = []
    problems: dict[Problem, None] = {}
    for course, one in rows if courses else [("", given)]:
        value, said = _loaded(kind, one, known)
        if not said:
            entries += [Entry(row.line, each) for each in kind.several(value)]
        for name, text in said:
            column = layout.heading_of_course(course) if course and name in ("course", "date") else name
            problems[Problem(f"line {row.line}, {layout.spoken(column)}", text)] = None
    return entries, list(problems)


def _loaded(kind: Kind, given: dict[str, Any], known: Known) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    try:
        value: dict[str, Any] = kind.schema.load(given)
    except ValidationError as wrong:
        messages: Mapping[str, Any] = wrong.messages_dict
        said = [(name, _WORDS.get(text, text)) for name, texts in messages.items() for text in _flat(texts)]
        understood = wrong.valid_data if isinstance(wrong.valid_data, dict) else {}
        return {}, [*said, *area_problem(understood, known)]
    said = list(kind.check(value, known))
    return value, [*said, *(known.scope.problems(kind.name, value) if known.scope else ())]


_WORDS = {"Missing data for required field.": "is empty"}


def _flat(messages: Any) -> Iterator[str]:
    if isinstance(messages, dict):
        for inner in messages.values():
            yield from _flat(inner)
    else:
        yield from messages if isinstance(messages, list) else [messages]


def area_problem(value: Mapping[str, Any], known: Known) -> Problems:
    area, areas = value.get("area"), known.mappings.areas
    if area and area not in areas:
        yield "area", f"unknown area “{area}”; one of {', '.join(sorted(areas))}"


def still_to_come(value: Mapping[str, Any], known: Known, *columns: str) -> Problems:
    """Days of what is said to have happened."""
    for column in columns:
        if value[column] and value[column] > known.today:
            day = in_words(value[column])
            yield column, f"{day} is still to come; what has not happened yet is not recorded"


# --- taking in -------------------------------------------------------------------------------------------------------


def take_in(
    session: Session,
    kind: Kind,
    entries: Iterator[Entry],
    report: Report,
    taking: Taking,
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Keeps every entry in the caller's transaction, part by part, and says what changed."""
    while part := list(islice(entries, AT_ONCE)):
        for entry, kept in zip(
            part, kind.keep(session, [entry.value for entry in part], taking), strict=True
        ):
            report.add(entry.line, kept)
        progress(part[-1].line)
    return report
