"""Where JSON that was refused is wrong: the slow reader, run only on what `documents` couldn't take.

It reads the text member by member, keeping the JSON path, and tells every fault it can read past (a member twice, a
lone surrogate, NaN) and the first that it can't (broken syntax, nesting too deep).
"""

from __future__ import annotations

import json
import re
from typing import Final

from lrs_bridge.errors import Problem
from lrs_bridge.xapi.paths import member, quoted

DEEPEST: Final = 100
_MOST_FAULTS: Final = 100

_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"-?[A-Za-z]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_STRINGS: Final = json.JSONDecoder()
_NO_NUMBERS: Final = ("NaN", "Infinity", "-Infinity")


def faults_of(text: str) -> list[Problem]:
    """What keeps `text` from being strict JSON, in its order, at least one and at most 100."""
    reader = _Reader(text)
    try:
        end = reader.value(reader.blanks(0), "$", 0)
        end = reader.blanks(end)
        if end != len(text):
            reader.broken(end, "$", "there is something after the end of the value")
    except _StopReading:
        pass
    # The quick way refused it, so silence here would be a fault of ours, but not a reason to accept it.
    return reader.faults or [Problem("$", "it can't be read as JSON", "JSON")]


class _StopReading(Exception):
    """What follows can't be made out any more."""


class _Reader:
    """Each method takes the position to read at and returns the position after it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Problem] = []

    def fault(self, position: int, where: str, what: str, rule: str = "JSON", mend: str = "") -> None:
        line = self.text.count("\n", 0, position) + 1
        column = position - self.text.rfind("\n", 0, position)
        self.faults.append(Problem(where, f"{what} (line {line}, column {column})", rule, mend))
        if len(self.faults) >= _MOST_FAULTS:
            raise _StopReading

    def broken(self, position: int, where: str, what: str) -> None:
        self.fault(position, where, what)
        raise _StopReading

    def blanks(self, position: int) -> int:
        found = _BLANKS.match(self.text, position)
        return found.end() if found else position

    def value(self, position: int, where: str, depth: int) -> int:
        opening = self.text[position : position + 1]
        if opening in {"{", "["}:
            if depth >= DEEPEST:
                self.broken(position, where, f"more than {DEEPEST} levels of nesting")
            inside = self.members if opening == "{" else self.items
            return inside(position + 1, where, depth + 1)
        if opening == '"':
            return self.string(position, where)[1]
        return self.scalar(position, where)

    def scalar(self, position: int, where: str) -> int:
        number = _NUMBER.match(self.text, position)
        if number:
            return number.end()
        word = _WORD.match(self.text, position)
        name = word[0] if word else ""
        if name in _NO_NUMBERS:
            self.fault(position, where, f"{name} is not JSON", mend="a number, or leave it out")
        elif name not in {"true", "false", "null"}:
            ended = position >= len(self.text)
            what = "the text ends where a value should be" if ended else "there is no JSON value here"
            self.broken(position, where, what)
        return position + len(name)

    def string(self, position: int, where: str) -> tuple[str, int]:
        try:
            text, end = _STRINGS.raw_decode(self.text, position)
        except json.JSONDecodeError as fault:
            self.fault(fault.pos, where, f"broken text: {fault.msg.lower()}")
            raise _StopReading from None
        found = _SURROGATE.search(text)
        if found:
            what = f"half a surrogate pair, \\u{ord(found[0]):04x}, in {quoted(text)}"
            self.fault(position, where, what, mend="a whole character")
        return text, end

    def items(self, position: int, where: str, depth: int) -> int:
        position = self.blanks(position)
        if self.text.startswith("]", position):
            return position + 1
        index = 0
        while True:
            place = f"{where}[{index}]"
            position = self.blanks(self.value(self.blanks(position), place, depth))
            if self.text.startswith("]", position):
                return position + 1
            if not self.text.startswith(",", position):
                self.broken(position, where, "a comma or ] is missing")
            position, index = position + 1, index + 1

    def members(self, position: int, where: str, depth: int) -> int:
        position = self.blanks(position)
        if self.text.startswith("}", position):
            return position + 1
        seen: set[str] = set()
        while True:
            start = self.blanks(position)
            if not self.text.startswith('"', start):
                self.broken(start, where, "a member's name in double quotes is missing")
            name, position = self.string(start, where)
            place = member(where, name)
            if name in seen:
                self.fault(start, place, "the member is there twice", "JSON duplicate", "keep one of them")
            seen.add(name)
            position = self.blanks(position)
            if not self.text.startswith(":", position):
                self.broken(position, place, "a colon is missing after the member's name")
            position = self.blanks(self.value(self.blanks(position + 1), place, depth))
            if self.text.startswith("}", position):
                return position + 1
            if not self.text.startswith(",", position):
                self.broken(position, where, "a comma or } is missing")
            position += 1
