"""What every kind of table file comes down to: a source that can be read again, and its rows of text with their lines."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lrs_bridge.errors import BadInput, Problem

_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " ") | dict.fromkeys("\u200b\u2060\ufeff", ""))
"""Blanks that look like blanks and compare like nothing else; and characters that can't be seen at all."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A cell that holds no text to take: its place in the row from 0, and its name in the file (“C5”)."""

    place: int
    cell: str
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Record:
    """A row with any text: trimmed cells without the empty ones at its end; `line` is where it begins."""

    line: int
    cells: list[str]
    flaws: tuple[Flaw, ...] = ()


class Broken(Exception):
    """From here on the file can't be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def trimmed(text: str) -> str:
    return text.translate(_BLANKS).strip()


@dataclass(frozen=True, slots=True)
class InMemory:
    content: bytes

    def open(self) -> AbstractContextManager[BinaryIO]:
        return nullcontext(io.BytesIO(self.content))

    def changed(self) -> BadInput:
        # Bytes don't change: whoever reads them twice and finds two things has a mistake of its own.
        raise AssertionError("the same bytes read differently")


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file as it was when `source_at` looked at it."""

    path: Path
    state: tuple[int, ...]

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Raises BadInput where the file isn't what it was, before reading and after."""
        try:
            file = self.path.open("rb")
        except OSError as wrong:
            raise self.changed(f"can't be read any more: {wrong.strerror}") from wrong
        with file:
            self._compare(file)
            yield file
            self._compare(file)

    def _compare(self, file: BinaryIO) -> None:
        if _state(os.fstat(file.fileno())) != self.state:
            raise self.changed()

    def changed(self, what: str = "is not what it was when it was checked") -> BadInput:
        mend = "start again when nobody is saving it"
        return BadInput(
            "The file changed while it was being read.", [Problem(str(self.path), what, mend=mend)]
        )


Source = InMemory | OnDisk


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a file. `read` gives them from the start at each call, one at a time, and may raise Broken;
    `encoding` is what the file was taken for, `longer` what mends a row longer than the heading."""

    source: Source
    encoding: str
    longer: str
    read: Callable[[], Iterator[Record]]


def source_at(path: Path) -> Source:
    """What can't be read a second time, such as a pipe, is taken into memory."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            return OnDisk(path, _state(found)) if stat.S_ISREG(found.st_mode) else InMemory(file.read())
    except OSError as wrong:
        raise BadInput("The file can't be read.", [Problem(str(path), str(wrong.strerror))]) from wrong


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
