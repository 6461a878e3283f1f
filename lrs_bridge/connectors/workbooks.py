"""Workbooks: which files are XLSX, and which of their sheets holds the table. What a sheet holds is read by `sheets`."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS

from lrs_bridge.connectors.records import Broken, Record, Records, Source
from lrs_bridge.connectors.sheets import UNREADABLE, Dates, SharedStrings, rows_of_sheet
from lrs_bridge.errors import BadInput, Problem

SAVE_AS = "save it as .xlsx or as “CSV UTF-8 (comma delimited)”"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_LARGEST_WHOLE = 200 * 1024 * 1024
_LARGEST_PART = 20 * 1024 * 1024
_MOST_SHRUNK = 500
"""How many times smaller than itself a part may be packed; sheets of a hundred thousand equal rows come to 200."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    is_hidden: bool
    part: str


@dataclass(frozen=True, slots=True)
class _Book:
    archive: zipfile.ZipFile
    sheets: tuple[_Sheet, ...]
    strings: SharedStrings
    dates: Dates

    def rows(self, sheet: _Sheet) -> Iterator[Record]:
        try:
            opened = self.archive.open(sheet.part)
        except UNREADABLE as wrong:
            raise Broken(
                Problem("", f"its sheet “{sheet.name}” can't be read: {wrong}", mend=SAVE_AS)
            ) from wrong
        with opened as part:
            yield from rows_of_sheet(part, self.strings, self.dates)


def is_workbook(start: bytes) -> bool:
    """Whether a file that starts so is one, or was packed like one: `records_of` says what is wrong with the others."""
    return start.startswith((_ZIP, _OLE))


def records_of(source: Source, wanted: str | None) -> Records:
    """The rows of the sheet with the name wanted, or else of the only visible one with any text."""
    with _opened(source) as book:
        sheet = _named(book, wanted) if wanted is not None else _only_one(book)
    longer = "give every column a heading, or empty the cells beyond them"
    return Records(source, f"XLSX, sheet “{sheet.name}”", longer, lambda: _read(source, sheet))


def _read(source: Source, sheet: _Sheet) -> Iterator[Record]:
    with _opened(source) as book:
        yield from book.rows(sheet)


def _named(book: _Book, wanted: str) -> _Sheet:
    for sheet in book.sheets:
        if sheet.name.strip().casefold() == wanted.strip().casefold():
            return sheet
    there = _listed(book.sheets)
    raise BadInput(
        f"There is no sheet “{wanted}”.", [Problem("--sheet", "is none of them", mend=f"one of {there}")]
    )


def _only_one(book: _Book) -> _Sheet:
    filled = [sheet for sheet in book.sheets if not sheet.is_hidden and _has_text(book, sheet)]
    if len(filled) > 1:
        problem = Problem("", f"there is text in {_listed(filled)}", mend="say which one with --sheet NAME")
        raise BadInput("The workbook has several sheets.", [problem])
    if not filled:
        hidden = [sheet for sheet in book.sheets if sheet.is_hidden]
        mend = f"hidden sheets are read only by name: --sheet with {_listed(hidden)}" if hidden else ""
        raise BadInput("The file is empty.", [Problem("line 1", "there is no heading", mend=mend)])
    return filled[0]


def _has_text(book: _Book, sheet: _Sheet) -> bool:
    try:
        return next(book.rows(sheet), None) is not None
    except Broken:
        # Told with its line when it is read; or with its name, when others have text too.
        return True


def _listed(sheets: list[_Sheet] | tuple[_Sheet, ...]) -> str:
    return ", ".join(f"“{sheet.name}”" for sheet in sheets)


@contextmanager
def _opened(source: Source) -> Iterator[_Book]:
    with source.open() as file, _archive(file) as archive, SharedStrings() as strings:
        try:
            book = _book(file, archive, strings)
        except BadInput:
            raise
        except Exception as wrong:
            # openpyxl raises whatever a damaged part leads it to.
            raise _not_a_table(f"it is damaged, or no workbook: {wrong}") from wrong
        yield book


def _book(file: BinaryIO, archive: zipfile.ZipFile, strings: SharedStrings) -> _Book:
    """openpyxl reads what there is, styles and dates. `load_workbook` would go on to hold every string, an element for every
    row, and not tell a formula without a value from an empty cell: strings and sheets are read in `sheets`."""
    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    reader.archive = archive
    with warnings.catch_warnings():
        # They are about what would be lost on saving.
        warnings.simplefilter("ignore")
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(archive, reader.wb)
        sheets = tuple(
            _Sheet(sheet.name, sheet.state != "visible", part.target)
            for sheet, part in reader.parser.find_sheets()
            if part.Type.endswith("/worksheet") and part.target in reader.valid_files
        )
    for kept in reader.package.Override:
        if kept.ContentType == SHARED_STRINGS:
            with archive.open(kept.PartName.removeprefix("/")) as part:
                strings.read(part)
    styles = vars(reader.wb)
    dates = Dates(
        reader.wb.epoch, frozenset(styles["_date_formats"]), frozenset(styles["_timedelta_formats"])
    )
    return _Book(archive, sheets, strings, dates)


class _Archive(zipfile.ZipFile):
    """`read` takes a whole part into memory, and openpyxl makes a tree of it; sheets and strings are opened as streams."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        size = (name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)).file_size
        if size > _LARGEST_PART:
            raise _not_a_table(f"its part {name} is {size} bytes large")
        return super().read(name, pwd)


@contextmanager
def _archive(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Refuses whatever is no workbook, or would unpack to more than is meant for a table."""
    start = file.read(8)
    file.seek(0)
    if start.startswith(_OLE):
        raise _not_a_table(
            "it is an old workbook (.xls) or has a password", "take the password off, and " + SAVE_AS
        )
    try:
        archive = _Archive(file)
    except (*UNREADABLE, OSError) as wrong:
        raise _not_a_table(f"it is damaged or cut off: {wrong}") from wrong
    with archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > _LARGEST_WHOLE:
            raise _not_a_table(f"it unpacks to more than {_LARGEST_WHOLE >> 20} MB")
        for part in parts:
            if part.file_size > max(1 << 20, part.compress_size * _MOST_SHRUNK):
                raise _not_a_table(
                    f"its part {part.filename} unpacks to {part.file_size} bytes from {part.compress_size}"
                )
        _refuse_other_kinds(archive)
        yield archive


def _refuse_other_kinds(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise _not_a_table("it is a binary workbook (.xlsb)")
    if "mimetype" in names and "content.xml" in names:
        raise _not_a_table("it is an OpenDocument file (.ods)")
    raise _not_a_table("it is a zip archive, and no workbook in it")


def _not_a_table(what: str, mend: str = SAVE_AS) -> BadInput:
    return BadInput("The file can't be read as a workbook.", [Problem("", what, mend=mend)])
