"""CSV as spreadsheets write it, in UTF-8 or Windows-1252, with commas, semicolons or tabs, read a piece at a time."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from lrs_bridge.connectors.records import Broken, Record, Records, Source, trimmed
from lrs_bridge.errors import BadInput, Problem

SAVE_AS = "save it as “CSV UTF-8 (comma delimited)”"
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(?P<mark>[,;\t])\"?(?:\r\n|\r|\n|$)", re.IGNORECASE)
_UTF8_LETTERS = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")
_CODECS = {"UTF-8": "utf-8-sig", "Windows-1252": "cp1252"}
_PIECE = 1 << 16
_LONGEST_LINE = 1 << 22


@dataclass(frozen=True, slots=True)
class _Dialect:
    """`named`: the first line says which mark separates, as Excel's “sep=;” does, and is no row."""

    mark: str
    named: bool


def records_of(source: Source) -> Records:
    """Raises BadInput for what is no text, or in no encoding that can be told; all of the file is looked at."""
    encoding = _encoding(source)
    dialect = _dialect(source, encoding)
    longer = "put a cell that holds the separator itself into quotes"
    return Records(source, encoding, longer, lambda: _read(source, encoding, dialect))


def _read(source: Source, encoding: str, dialect: _Dialect) -> Iterator[Record]:
    with _lines(source, encoding) as lines:
        if dialect.named:
            next(lines, "")
        reader = csv.reader(lines, delimiter=dialect.mark, strict=True)
        line = 1 + dialect.named
        try:
            for row in reader:
                cells = [trimmed(cell) for cell in row]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    yield Record(line, cells)
                line = reader.line_num + 1 + dialect.named
        except csv.Error as wrong:
            raise Broken(Problem(f"line {line}", f"is not CSV: {wrong}", mend=SAVE_AS)) from wrong
        except UnicodeDecodeError as wrong:
            # When the encoding was told, all of the file was good in it.
            raise source.changed() from wrong


def _dialect(source: Source, encoding: str) -> _Dialect:
    with _lines(source, encoding) as lines:
        try:
            start = next(lines, "")
            if named := _SEPARATOR_LINE.match(start):
                return _Dialect(named["mark"], named=True)
            parts = (part for line in chain([start], lines) for part in line.splitlines())
            first = next((part for part in parts if part.strip(",;\t \ufeff")), "")
        except csv.Error as wrong:
            raise _not_a_table(str(wrong)) from wrong
    return _Dialect(max(",;\t", key=first.count), named=False)


@contextmanager
def _lines(source: Source, encoding: str) -> Iterator[Iterator[str]]:
    with source.open() as file:
        text = io.TextIOWrapper(file, encoding=_CODECS[encoding], newline="")
        try:
            yield _of_bounded_length(text)
        finally:
            # The file is the source's to close.
            text.detach()


def _of_bounded_length(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise csv.Error(f"a line of {_LONGEST_LINE} characters or more")
        yield line


def _encoding(source: Source) -> str:
    line = _first_line_not_utf8(source)
    if line is None:
        return "UTF-8"
    is_mixed, number, end = False, 1, b""
    for piece in _pieces(source):
        try:
            piece.decode("cp1252")
        except UnicodeDecodeError as wrong:
            number += piece.count(b"\n", 0, wrong.start)
            raise _unknown_encoding(number, "is neither UTF-8 nor Windows-1252") from wrong
        is_mixed = is_mixed or bool(_UTF8_LETTERS.search(end + piece))
        number, end = number + piece.count(b"\n"), (end + piece)[-2:]
    if is_mixed:
        raise _unknown_encoding(line, "is not UTF-8, while other letters of the file are")
    return "Windows-1252"


def _first_line_not_utf8(source: Source) -> int | None:
    """Refuses on the way what is no CSV text in any encoding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    number, found, start = 1, None, b""
    for piece in _pieces(source):
        if len(start) < 4:
            start = (start + piece)[:4]
            _refuse_by_start(start)
        if b"\0" in piece:
            raise _not_a_table("it is no text that can be read: perhaps a picture, a document or UTF-16")
        if found is None:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as wrong:
                found = number + wrong.object.count(b"\n", 0, wrong.start)
        number += piece.count(b"\n")
    # A letter that the end of the file cuts off.
    cut_off = bool(decoder.getstate()[0])
    return number if found is None and cut_off else found


def _refuse_by_start(start: bytes) -> None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_a_table("it is UTF-16, which Excel calls “Unicode text”")
    if start == b"PK\x03\x04":
        raise _not_a_table("it is a workbook (.xlsx, .ods), not a CSV")


def _pieces(source: Source) -> Iterator[bytes]:
    with source.open() as file:
        while piece := file.read(_PIECE):
            yield piece


def _not_a_table(what: str) -> BadInput:
    return BadInput("The file is not a CSV text.", [Problem("", what, mend=SAVE_AS)])


def _unknown_encoding(line: int, what: str) -> BadInput:
    return BadInput("The file's encoding can't be told.", [Problem(f"line {line}", what, mend=SAVE_AS)])
