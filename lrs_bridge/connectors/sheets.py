"""The sheets of a workbook, and the strings they share, as a stream: cells become text as a CSV would have it.

SpreadsheetML is ECMA-376 part 1, §18: rows and cells are §18.3.1.73 and §18.3.1.4, what a cell's `t` means §18.18.11.
"""

from __future__ import annotations

import math
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from types import TracebackType
from typing import IO, Generic, Self, TypeVar
from xml.parsers import expat

from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import from_excel, from_ISO8601

from lrs_bridge.connectors.records import Broken, Flaw, Record, trimmed
from lrs_bridge.errors import Problem

UNREADABLE = (
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What damaged, encrypted or strangely packed parts raise."""
_PIECE = 1 << 16
_MOST_COLUMNS = 16_384
_ESCAPED = re.compile(r"_x00(09|0A|0D|5F)_", re.IGNORECASE)
"""How the characters that XML would change are written, and the “_” of what only looks like that."""
_UNCOUNTED = "open the workbook in a spreadsheet program and save it there first"
_CORRECTED = "correct it, or type what should stand there"

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Dates:
    """From when a workbook counts days, and which of its styles show a number as a day, and which of those as a length."""

    epoch: datetime
    styles: frozenset[int]
    lengths: frozenset[int]

    def shown(self, number: float, style: int) -> str:
        """Raises ValueError or OverflowError for a number that is no day, which a spreadsheet shows as “#####”."""
        if number < 0 and style not in self.lengths:
            raise ValueError("before the first day")
        return _moment(from_excel(number, self.epoch, timedelta=style in self.lengths))


class SharedStrings:
    """The strings of a workbook in a file that is gone when it is closed; four bytes for each are held in memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by this very class's own `with`
        self._ends = array("I", [0])
        self.at: Callable[[int], str] = lru_cache(maxsize=4096)(self._at)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        # It refers to what it belongs to, and would outlive this with all it remembers.
        del self.at

    def read(self, part: IO[bytes]) -> None:
        for text in _parsed(part, _Strings()):
            self._ends.append(self._ends[-1] + self._file.write(text.encode()))

    def _at(self, place: int) -> str:
        if place < 0:
            raise IndexError(place)
        start, end = self._ends[place], self._ends[place + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode()


def rows_of_sheet(part: IO[bytes], strings: SharedStrings, dates: Dates) -> Iterator[Record]:
    """Raises Broken where the sheet can't be read any further."""
    reading = _Rows(strings, dates)
    try:
        for line, texts, flaws in _parsed(part, reading):
            yield Record(line, [texts.get(column, "") for column in range(1, max(texts) + 1)], flaws)
    except UNREADABLE as wrong:
        what = f"from here on the sheet can't be read: {wrong}"
        raise Broken(Problem(f"line {reading.line}", what, mend=_UNCOUNTED)) from wrong


class _Reading(Generic[Found]):
    """Follows the elements of a part. `found` grows by what is complete; `unit` is the element whose text is wanted."""

    unit = ""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self._text: list[str] = []
        self._is_within = self._is_text = self._is_phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("t", "v"):
            self._is_text = self._is_within and not self._is_phonetic
        elif tag == "rPh":
            # How a text in Japanese is pronounced stands inside it.
            self._is_phonetic = True
        else:
            if tag == self.unit:
                self._is_within = True
                self._text.clear()
            self.begin(tag, attributes)

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("t", "v"):
            self._is_text = False
        elif tag == "rPh":
            self._is_phonetic = False
        else:
            self.finish(tag, "".join(self._text))
            self._is_within = self._is_within and tag != self.unit

    def characters(self, text: str) -> None:
        if self._is_text:
            self._text.append(text)

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """An element of another kind than text begins."""

    def finish(self, tag: str, text: str) -> None:
        """It ends; `text` is that of the unit so far."""
        raise NotImplementedError


def _parsed(part: IO[bytes], reading: _Reading[Found]) -> Iterator[Found]:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.characters
    while piece := part.read(_PIECE):
        parser.Parse(piece)
        yield from reading.found
        reading.found.clear()
    parser.Parse(b"", True)  # noqa: FBT003 - expat takes it by position alone


def _refuse_entities(*_declared: object) -> None:
    raise ValueError("it declares entities")


class _Strings(_Reading[str]):
    unit = "si"

    def finish(self, tag: str, text: str) -> None:
        if tag == self.unit:
            self.found.append(_unescaped(text))


class _Rows(_Reading[tuple[int, dict[int, str], tuple[Flaw, ...]]]):
    """Finds rows with any text or flaw: line, column from 1 → text, flaws."""

    unit = "c"

    def __init__(self, strings: SharedStrings, dates: Dates) -> None:
        super().__init__()
        self.line = 0
        self._strings, self._dates = strings, dates
        self._is_data = self._has_formula = False
        self._column = 0
        self._cell: dict[str, str] = {}
        self._texts: dict[int, str] = {}
        self._flaws: list[Flaw] = []

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheetData":
            self._is_data = True
        elif tag == "row":
            self.line = int(attributes.get("r", self.line + 1))
            self._column = 0
        elif tag == "c":
            named = attributes.get("r", "").rstrip("0123456789")
            self._column = column_index_from_string(named) if named else self._column + 1
            if self._column > _MOST_COLUMNS:
                raise ValueError(f"a row has more than {_MOST_COLUMNS} cells")
            self._cell, self._has_formula = attributes, False
        elif tag == "f":
            self._has_formula = True

    def finish(self, tag: str, text: str) -> None:
        if tag == "sheetData":
            self._is_data = False
        elif tag == "c" and self._is_data:
            self._take(text)
        elif tag == "row" and self._texts:
            self.found.append((self.line, self._texts, tuple(self._flaws)))
            self._texts, self._flaws = {}, []

    def _take(self, written: str) -> None:
        kind = self._cell.get("t", "n")
        if kind == "e":
            self._flaw(f"holds the error {written}", _CORRECTED)
        elif not written:
            # A formula that gives an empty text says that it is a text.
            if self._has_formula and kind != "str":
                self._flaw("holds a formula without its value", _UNCOUNTED)
        elif text := trimmed(self._shown(kind, written)):
            self._texts[self._column] = text

    def _shown(self, kind: str, written: str) -> str:
        if kind == "s":
            return self._strings.at(int(written))
        if kind == "b":
            return "true" if int(written) else "false"
        if kind == "d":
            return _moment(from_ISO8601(written))  # type: ignore[no-untyped-call]  # its stub says nothing
        if kind != "n":
            return _unescaped(written)
        number = _number(written)
        style = int(self._cell.get("s", 0))
        if style not in self._dates.styles:
            return _in_digits(number)
        try:
            return self._dates.shown(number, style)
        except (OverflowError, ValueError):
            self._flaw(f"holds {_in_digits(number)} shown as a day, and is none", _CORRECTED)
            return ""

    def _flaw(self, what: str, mend: str) -> None:
        cell = f"{get_column_letter(self._column)}{self.line}"
        self._texts[self._column] = "?"
        self._flaws.append(Flaw(self._column - 1, cell, what, mend))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _number(written: str) -> float:
    number = int(written) if written.lstrip("+-").isdecimal() else float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written} is no number")
    return number


def _in_digits(number: float) -> str:
    """As people write it: 4711 for 4711.0, and no exponent within 21 digits."""
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    return f"{Decimal(text):f}" if 1e-15 < abs(number) < 1e21 else text


def _moment(value: datetime | date | time | timedelta | None) -> str:
    """A day for a midnight, else to the second; a length of time in hours, minutes and seconds."""
    if isinstance(value, datetime):
        second = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return second.date().isoformat() if second.time() == time() else second.isoformat(" ")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, time):
        return value.isoformat("seconds")
    return value.isoformat() if value else ""
