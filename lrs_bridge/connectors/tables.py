"""Tables that people keep: CSV as spreadsheets write it, in UTF-8 or Windows-1252, with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from lrs_bridge.errors import BadInput, Problem


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: where it begins in the file, the heading being line 1; `cells`: column → text, trimmed."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """`encoding`: which of "UTF-8" and "Windows-1252" was taken."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str


def read_csv(content: bytes) -> Table:
    """Headings are lower-cased, blanks in them become “_”. Rows without any text are passed over.

    Raises BadInput for a file that is no text or has no heading, a heading twice, or a row longer than the heading.
    """
    text, encoding = _decoded(content)
    lines = text.splitlines()
    if not lines:
        raise BadInput("The file is empty.", [Problem("line 1", "there is no heading")])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(lines[0]), strict=True)
    problems: list[Problem] = []
    rows: list[Row] = []
    columns: tuple[str, ...] = ()
    line = 1
    try:
        for cells in reader:
            if not columns:
                columns = tuple("_".join(cell.split()).lower() for cell in cells)
            elif any(cell.strip() for cell in cells):
                if any(cell.strip() for cell in cells[len(columns) :]):
                    problems.append(
                        Problem(f"line {line}", f"has {len(cells)} cells, the heading {len(columns)}")
                    )
                rows.append(Row(line, dict(zip(columns, map(str.strip, cells), strict=False))))
            line = reader.line_num + 1
    except csv.Error as wrong:
        problems.append(Problem(f"line {line}", f"is not CSV: {wrong}"))
    problems += [
        Problem("line 1", f"the column “{name}” stands twice")
        for name in set(columns)
        if columns.count(name) > 1
    ]
    if problems:
        raise BadInput("The file can't be read as a table.", problems)
    return Table(columns, tuple(rows), encoding)


def _decoded(content: bytes) -> tuple[str, str]:
    if b"\0" in content:
        raise BadInput(
            "The file is not a CSV text.",
            [Problem("", "it holds zero bytes", mend="save it as CSV UTF-8 (comma delimited)")],
        )
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError as wrong:
        problem = Problem(
            f"byte {wrong.start}", "is neither UTF-8 nor Windows-1252", mend="save it as CSV UTF-8"
        )
        raise BadInput("The file's encoding can't be told.", [problem]) from wrong


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)
