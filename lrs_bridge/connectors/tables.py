"""Tables that people keep: CSV as spreadsheets write it, in UTF-8 or Windows-1252, with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from lrs_bridge.errors import BadInput, Problem

_SAVE_AS = "save it as “CSV UTF-8 (comma delimited)”"
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(?P<mark>[,;\t])\"?(?:\r\n|\r|\n|$)", re.IGNORECASE)
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " ") | dict.fromkeys("\u200b\u2060\ufeff", ""))
"""Blanks that look like blanks and compare like nothing else; and characters that can't be seen at all."""
_UTF8_LETTERS = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: where it begins in the file, as an editor counts; `cells`: column → text, trimmed."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """`line`: that of the heading; `encoding`: which of "UTF-8" and "Windows-1252" was taken."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str
    line: int = 1


def read_csv(content: bytes) -> Table:
    """Headings are lower-cased, blanks in them become “_”. Rows without any text, and columns without any heading or text,
    are passed over, and so is Excel's first line “sep=;”.

    Raises BadInput for a file that is no text or has no heading, a heading twice, or a row longer than the heading.
    """
    text, encoding = _decoded(content)
    named = _SEPARATOR_LINE.match(text)
    lines = _records(text[named.end() :] if named else text, named["mark"] if named else None)
    rows: list[Row] = []
    columns: tuple[str, ...] = ()
    heading = 0
    problems: list[Problem] = []
    for number, cells in lines.rows:
        line = number + bool(named)
        if not columns:
            columns, heading = tuple("_".join(cell.split()).lower() for cell in cells), line
            continue
        if len(cells) > len(columns):
            what = f"has {len(cells)} cells, the heading {len(columns)}"
            problems.append(
                Problem(f"line {line}", what, mend="put a cell that holds the separator itself into quotes")
            )
        rows.append(Row(line, dict(zip(columns, cells, strict=False))))
    if lines.broken:
        number, what = lines.broken
        problems.append(Problem(f"line {number + bool(named)}", what, mend=_SAVE_AS))
    elif not columns:
        raise BadInput("The file is empty.", [Problem("line 1", "there is no heading")])
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        what = f"the column “{name}” stands twice" if name else "a column has no heading"
        problems.append(Problem(f"line {heading}", what))
    if problems:
        raise BadInput("The file can't be read as a table.", problems)
    return Table(columns, tuple(rows), encoding, heading)


@dataclass
class _Records:
    """Rows that hold any text, with their lines; and where it stopped being CSV, and why."""

    rows: list[tuple[int, list[str]]]
    broken: tuple[int, str] | None = None


def _records(text: str, mark: str | None) -> _Records:
    first = next((line for line in text.splitlines() if line.strip(",;\t \ufeff")), "")
    mark = mark or max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    found = _Records([])
    line = 1
    try:
        for cells in reader:
            trimmed = [cell.translate(_BLANKS).strip() for cell in cells]
            while trimmed and not trimmed[-1]:
                trimmed.pop()
            if trimmed:
                found.rows.append((line, trimmed))
            line = reader.line_num + 1
    except csv.Error as wrong:
        found.broken = (line, f"is not CSV: {wrong}")
    return found


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_a_table("it is UTF-16, which Excel calls “Unicode text”")
    if content.startswith(b"PK\x03\x04"):
        raise _not_a_table("it is a workbook (.xlsx, .ods), not a CSV")
    if b"\0" in content:
        raise _not_a_table("it holds zero bytes")
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise _unknown_encoding(line, "is neither UTF-8 nor Windows-1252") from wrong
    if _UTF8_LETTERS.search(content):
        raise _unknown_encoding(line, "is not UTF-8, while other letters of the file are")
    return text, "Windows-1252"


def _not_a_table(what: str) -> BadInput:
    return BadInput("The file is not a CSV text.", [Problem("", what, mend=_SAVE_AS)])


def _unknown_encoding(line: int, what: str) -> BadInput:
    return BadInput("The file's encoding can't be told.", [Problem(f"line {line}", what, mend=_SAVE_AS)])
