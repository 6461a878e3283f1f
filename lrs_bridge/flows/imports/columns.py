"""Which of a file's own headings is which column: by name, as said now, or as said once before."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lrs_bridge.connectors.tables import Table
from lrs_bridge.errors import BadInput, Problem

COURSE = "course:"
"""“course:escb_basic” as the meaning of a heading: its cells are the days on which that course was completed."""

_NEAR = 0.8
"""A word with one letter wrong; less alike is another word, and what is suggested may be pasted unread."""

_OF_ONE_COURSE = {"course", "date"}

_SYNONYMS = {
    "person": (
        "name",
        "full name",
        "employee",
        "staff member",
        "first name",
        "surname",
        "last name",
        "learner",
    ),
    "identifiers": ("email", "e-mail", "email address", "staff number", "badge", "badge number", "login"),
    "organisation": ("employer", "school", "company", "workplace", "agency", "setting"),
    "service_area": ("team", "department", "service", "section"),
    "role": ("job", "job title", "position", "post"),
    "manager": ("line manager", "manager e-mail", "supervisor"),
    "date": ("completed", "completed on", "day", "date completed", "completion date"),
    "area": ("board", "lscb", "local authority"),
    "attendees": ("attended", "participants", "delegates"),
    "certificate": ("certificate number", "certificate reference"),
    "until": ("end date", "expires", "expiry", "leaving date"),
    "from": ("start date", "since"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """`identifies`: holds identifiers, so that “Organisation|number” may stand for the account that it names; `gives`: holds
    courses of the mapping files, which may be called by their names; `joins`: what stands between the texts of several
    headings that are this column, "" where only one may be."""

    name: str
    required: bool
    help: str
    example: str
    identifies: bool = False
    gives: bool = False
    joins: str = ""


@dataclass(frozen=True)
class Shape:
    """The columns of one kind of import. `courses`: whether a column may also be a course, its cells being days."""

    name: str
    columns: tuple[Column, ...]
    courses: bool = field(default=False, kw_only=True)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def identifying(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.identifies)

    @property
    def giving(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.gives)


@dataclass(frozen=True, slots=True)
class Layout:
    """meanings   folded heading → column, "course:KEY", or "" for passed over
    headings   folded heading → as written
    constants  column → the text that holds for every row
    joints     column → what stands between the texts of several headings that are this column
    said       headings that had to be told and are not remembered yet
    """

    meanings: Mapping[str, str]
    headings: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    joints: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        named = {meaning for meaning in self.meanings.values() if meaning and not meaning.startswith(COURSE)}
        return frozenset({*named, *self.constants})

    def arranged(self, cells: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Column → text, and course → day, of one row."""
        texts: dict[str, list[str]] = {}
        courses: dict[str, str] = {}
        for heading, meaning in self.meanings.items():
            text = cells.get(heading, "")
            if meaning.startswith(COURSE):
                courses[meaning.removeprefix(COURSE)] = text
            elif meaning and text:
                texts.setdefault(meaning, []).append(text)
        joined = {column: self.joints[column].join(parts) for column, parts in texts.items()}
        return {**self.constants, **joined}, courses

    def heading_of_course(self, course: str) -> str:
        return next(name for name, meaning in self.meanings.items() if meaning == COURSE + course)

    def spoken(self, column: str) -> str:
        """The column, and the file's own heading where that is another."""
        own = [self.headings.get(name, name) for name, meaning in self.meanings.items() if meaning == column]
        others = [name for name in own if fold(name) != column]
        return f"{column} (“{'”, “'.join(others)}”)" if others else self.headings.get(column, column)


def fold(heading: str) -> str:
    return "_".join(heading.split()).lower()


class UnknownHeadings(BadInput):
    """What a file's headings mean has to be told, or a column is missing."""


def meanings_of(
    kind: Shape, table: Table, courses: Mapping[str, str], remembered: Mapping[str, str]
) -> dict[str, tuple[str | None, str]]:
    """Folded heading → its meaning, as `Layout.meanings` has it, None where it has to be told; and the likeliest, or ""."""
    found = {}
    for written in table.headings:
        meaning = _meaning(kind, fold(written), courses, remembered)
        likely = meaning if meaning is not None else _likely(kind, fold(written), map(fold, table.headings))
        found[fold(written)] = (meaning, likely or "")
    return found


def layout_of(
    kind: Shape,
    table: Table,
    *,
    courses: Mapping[str, str],
    told: Mapping[str, str],
    remembered: Mapping[str, str],
    constants: Mapping[str, str],
) -> Layout:
    """The meaning of each heading. `told` outranks the columns' own names, and those what is remembered; both are keyed by
    folded heading. Raises UnknownHeadings naming every heading without a meaning, with the likeliest, and every column that must
    be there and isn't."""
    named = {fold(heading): heading for heading in table.headings}
    said = {
        heading: told[heading] if heading in told else _meaning(kind, heading, courses, remembered)
        for heading in named
    }
    is_wide = any(meaning and meaning.startswith(COURSE) for meaning in said.values())
    known = {*kind.column_names} - (_OF_ONE_COURSE if is_wide else set())
    layout = Layout(
        {heading: meaning for heading, meaning in said.items() if meaning is not None},
        named,
        constants,
        {column.name: column.joins for column in kind.columns},
        {
            heading: meaning
            for heading, meaning in told.items()
            if heading in named and remembered.get(heading) != meaning
        },
    )
    given = layout.columns | (_OF_ONE_COURSE if is_wide else set())
    problems = [
        *_wrong_words(kind, known, courses, told, constants, named),
        *(
            _unknown(kind, table.line, named[name], [*named])
            for name, meaning in said.items()
            if meaning is None
        ),
        *(_beside_courses(table.line, layout) if is_wide else ()),
        *_ambiguous(kind, table.line, layout),
        *(
            _missing(kind, table.line, column.name)
            for column in kind.columns
            if column.required and column.name not in given
        ),
    ]
    if problems:
        raise UnknownHeadings(f"The file doesn't have the columns of “{kind.name}”.", problems)
    return layout


def _beside_courses(line: int, layout: Layout) -> Iterable[Problem]:
    what = "says nothing beside a column for each course"
    for heading, meaning in layout.meanings.items():
        if meaning in _OF_ONE_COURSE:
            written = layout.headings[heading]
            mend = f"pass it over: --column '{written}='"
            yield Problem(f"line {line}", f"“{written}” {what}", mend=mend)
    for column in _OF_ONE_COURSE & layout.constants.keys():
        yield Problem("--set", f"“{column}” {what}", mend="leave it out")


def _meaning(
    kind: Shape, heading: str, courses: Mapping[str, str], remembered: Mapping[str, str]
) -> str | None:
    if heading in kind.column_names:
        return heading
    if heading in remembered:
        return remembered[heading]
    if kind.courses:
        for course, name in courses.items():
            if heading in (fold(course), fold(name)):
                return COURSE + course
    return None


def _wrong_words(
    kind: Shape,
    known: Iterable[str],
    courses: Mapping[str, str],
    told: Mapping[str, str],
    constants: Mapping[str, str],
    named: Mapping[str, str],
) -> Iterable[Problem]:
    for heading, meaning in told.items():
        if heading not in named:
            what = f"the file has no heading “{heading}”"
            yield Problem("--column", what, mend=f"one of {', '.join(named.values())}")
        elif meaning.startswith(COURSE) and kind.courses and meaning.removeprefix(COURSE) in courses:
            continue
        elif meaning and meaning not in known:
            also = [f"{COURSE}{course}" for course in sorted(courses)] if kind.courses else []
            yield Problem(
                "--column",
                f"“{meaning}” is no column of {kind.name}",
                mend=_one_of([*kind.column_names, *also]),
            )
    for column in constants:
        if column not in kind.column_names:
            yield Problem("--set", f"“{column}” is no column of {kind.name}", mend=_one_of(kind.column_names))


def _ambiguous(kind: Shape, line: int, layout: Layout) -> Iterable[Problem]:
    alone = {column.name for column in kind.columns if not column.joins}
    for meaning in dict.fromkeys(layout.meanings.values()):
        written = [layout.headings[name] for name, said in layout.meanings.items() if said == meaning]
        if len(written) > 1 and (meaning in alone or meaning.startswith(COURSE)):
            mend = f"pass over what is not meant: --column '{written[-1]}='"
            yield Problem(f"line {line}", f"“{'” and “'.join(written)}” both mean {meaning}", mend=mend)
        elif meaning in layout.constants:
            mend = f"leave out --set {meaning}, or pass the column over: --column '{written[0]}='"
            yield Problem("--set", f"the file has a column {meaning} itself, “{written[0]}”", mend=mend)


def _unknown(kind: Shape, line: int, written: str, others: Iterable[str]) -> Problem:
    likely = _likely(kind, fold(written), others)
    mend = f"--column '{written}={likely or 'COLUMN'}'; or, to pass it over, --column '{written}='"
    if not likely:
        mend += f". The columns are {', '.join(kind.column_names)}"
    return Problem(f"line {line}", f"there is no column “{written}” here", mend=mend)


def _likely(kind: Shape, heading: str, others: Iterable[str]) -> str | None:
    """The column that a heading may well be, among those that the file's other headings leave."""
    open_ = [name for name in kind.column_names if name in kind.identifying or name not in others]
    said = heading.replace("_", " ")
    for column, words in _SYNONYMS.items():
        if column in open_ and (said in words or said.rstrip("s") in words):
            return column
    if said in _SYNONYMS["identifiers"] and "person" in open_:
        return "person"
    return next(iter(difflib.get_close_matches(heading, open_, 1, _NEAR)), None)


def _missing(kind: Shape, line: int, column: str) -> Problem:
    return Problem(
        f"line {line}",
        f"the column “{column}” is missing",
        mend=f"`lrs-bridge import {kind.name} --template` prints the columns; --column 'YOUR HEADING={column}' names"
        f" yours, --set {column}=… gives every row the same",
    )


def _one_of(names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}"
