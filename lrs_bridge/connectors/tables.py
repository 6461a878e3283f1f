"""Tables that people keep, as CSV or as workbooks: checked once as a whole, then read as often as wanted, a row at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lrs_bridge.connectors import csv_files, workbooks
from lrs_bridge.connectors.records import Broken, InMemory, Record, Records, Source, source_at
from lrs_bridge.errors import BadInput, Problem

_MOST_PROBLEMS = 100
"""More are counted, not kept: a file of the wrong kind has one in every row."""


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: where it begins in the file, as an editor or Excel counts; `cells`: column → text, trimmed. Empty cells at
    the end of a row are left out."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: the headings folded, in lower case and with “_” for blanks; `headings`: the same as written, trimmed;
    `encoding`: "UTF-8", "Windows-1252" or "XLSX, sheet “People”"; `line`: that of the heading; `total`: how many rows there
    are, which is known from the checking."""

    columns: tuple[str, ...]
    headings: tuple[str, ...]
    encoding: str
    line: int
    total: int | None
    _records: Records = field(repr=False, compare=False)

    def rows(self) -> Iterator[Row]:
        """Reads the file anew from its start and holds one row at a time. Raises BadInput if the file is no longer the one
        that was checked."""
        records = self._records.read()
        try:
            next(records, None)
            for record in records:
                yield Row(record.line, dict(zip(self.columns, record.cells, strict=False)))
        except Broken as broken:
            raise self._records.source.changed() from broken


def open_table(path: Path, *, sheet: str | None = None) -> Table:
    """The table in a file, CSV or XLSX by its content, not by its name. `sheet` chooses among those of a workbook, however
    it is capitalised; without it, the only visible one with any text is taken.

    Raises BadInput as `read_csv` does; and for a workbook that is damaged, locked or blown up, whose sheet can't be told,
    or whose cells hold errors or formulas without a value.
    """
    return _opened(source_at(path), sheet)


def read_table(content: bytes, *, most: int) -> Table:
    """The table in what somebody sent, CSV or XLSX. Raises BadInput as `open_table` does, and for more rows than `most`."""
    return _opened(InMemory(content), None, most)


def _opened(source: Source, sheet: str | None, most: int | None = None) -> Table:
    with source.open() as file:
        start = file.read(8)
    if start.startswith(b"%PDF"):
        mend = "save the list as an Excel workbook (.xlsx) or as CSV"
        raise BadInput("That is not a table.", [Problem("", "the file is a PDF", mend=mend)])
    if workbooks.is_workbook(start):
        return _checked(workbooks.records_of(source, sheet), most)
    if sheet is not None:
        raise BadInput(
            "There is no sheet to choose.", [Problem("--sheet", "the file is not a workbook (.xlsx)")]
        )
    return _checked(csv_files.records_of(source), most)


def read_csv(content: bytes) -> Table:
    """Headings are lower-cased, blanks in them become “_”. Rows without any text, and columns without any heading or text,
    are passed over, and so is Excel's first line “sep=;”.

    Raises BadInput for a file that is no text or has no heading, a heading twice, or a row longer than the heading.
    """
    return _checked(csv_files.records_of(InMemory(content)))


_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_BEGINS) else cell


def csv_of(rows: Sequence[Mapping[str, str]], columns: Iterable[str] = ()) -> bytes:
    """Rows, column → text, as `read_csv` reads them; with these columns even where no row has them."""
    written = io.StringIO()
    columns = list(dict.fromkeys([*columns, *(column for row in rows for column in row)]))
    writer = csv.DictWriter(written, columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


@dataclass
class _Problems:
    """The first problems found, and how many more there were."""

    kept: list[Problem] = field(default_factory=list)
    more: int = 0

    def add(self, problem: Problem) -> None:
        if len(self.kept) < _MOST_PROBLEMS:
            self.kept.append(problem)
        else:
            self.more += 1

    def all(self) -> list[Problem]:
        return [*self.kept, Problem("", f"and {self.more} more")] if self.more else self.kept


def _checked(records: Records, most: int | None = None) -> Table:
    """Reads everything once, so that nothing wrong is left for later; stops after `most` rows."""
    problems = _Problems()
    heading: Record | None = None
    columns: tuple[str, ...] = ()
    total = 0
    try:
        for record in records.read():
            if heading is None:
                heading, columns = record, tuple("_".join(cell.split()).lower() for cell in record.cells)
                found = _wrong_in_heading(record, columns)
            else:
                total += 1
                found = _wrong_in_row(record, columns, records.longer)
            for problem in found:
                problems.add(problem)
            if most is not None and total > most:
                what = f"has more than {most} rows"
                raise BadInput("The file is too long.", [Problem("", what, mend="take it in parts")])
    except Broken as broken:
        problems.add(broken.problem)
    if problems.kept:
        raise BadInput("The file can't be read as a table.", problems.all())
    if heading is None:
        raise BadInput("The file is empty.", [Problem("line 1", "there is no heading")])
    return Table(columns, tuple(heading.cells), records.encoding, heading.line, total, records)


def _wrong_in_heading(record: Record, columns: tuple[str, ...]) -> Iterator[Problem]:
    for flaw in record.flaws:
        yield Problem(f"line {record.line}, cell {flaw.cell}", flaw.what, mend=flaw.mend)
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        what = f"the column “{name}” stands twice" if name else "a column has no heading"
        yield Problem(f"line {record.line}", what)


def _wrong_in_row(record: Record, columns: tuple[str, ...], longer: str) -> Iterator[Problem]:
    if len(record.cells) > len(columns):
        what = f"has {len(record.cells)} cells, the heading {len(columns)}"
        yield Problem(f"line {record.line}", what, mend=longer)
    for flaw in record.flaws:
        column = columns[flaw.place] if flaw.place < len(columns) else f"cell {flaw.cell}"
        yield Problem(f"line {record.line}, {column}", flaw.what, mend=flaw.mend)
