"""Strict JSON in, with the very text that was sent kept beside the values.

Strict means RFC 8259 without its loopholes: UTF-8 only, no NaN, no lone surrogates, no member twice, nesting of at most
100. A byte order mark is ignored (RFC 8259 section 8.1 allows it). Numbers are int or float; those beyond a double's
range are Decimal, exactly, so that none of them raises or turns into infinity.

The quick way through is the C scanner of the standard library with one hook; only when that refuses something does
`strict_json` read the text again, slowly, to say where the fault is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi import strict_json
from lrs_bridge.xapi.strict_json import DEEPEST

_BLANKS = re.compile(r"[ \t\n\r]*")
# Where a surrogate is written out, it may lack its mate; only then are the values looked through.
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_INT: Final = 4300
_INFINITE: Final = (float("inf"), float("-inf"))


@dataclass(frozen=True, slots=True)
class Sent:
    """One statement of a request. text: the slice that was sent, without blanks around it; value: the same, parsed."""

    text: str
    value: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """The body of POST /statements. was_array: [statement] and statement are answered alike but were sent unlike."""

    items: list[Sent]
    was_array: bool

    def __iter__(self) -> Iterator[Sent]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def parse(body: bytes) -> Any:
    """The JSON value that `body` holds.

    Raises BadInput for anything that isn't strict JSON, its problems naming JSON path, line and column.
    """
    text = _decoded(body)
    value, end = _scan(text, _after_blanks(text, 0))
    if _after_blanks(text, end) != len(text):
        _refuse(text)
    return value


def split(body: bytes) -> Batch:
    """The statements of a request body, one object or an array of them, each with its own slice of the text.

    What isn't an object is handed over like the rest: validity says what is wrong with it. Raises BadInput as `parse`.
    """
    text = _decoded(body)
    start = _after_blanks(text, 0)
    if not text.startswith("[", start):
        value, end = _scan(text, start)
        batch = Batch([Sent(text[start:end], value)], was_array=False)
    else:
        items, end = _scan_items(text, start)
        batch = Batch(items, was_array=True)
    if _after_blanks(text, end) != len(text):
        _refuse(text)
    return batch


def _decoded(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = body.count(b"\n", 0, fault.start) + 1
        what = f"byte {fault.start} (line {line}) is not UTF-8"
        raise BadInput("The body is not JSON", [Problem("$", what, "JSON", "send it as UTF-8")]) from None
    return text.removeprefix("\ufeff")


def _after_blanks(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position


def _scan_items(text: str, start: int) -> tuple[list[Sent], int]:
    """The items of the array that opens at `start`, and the position after it."""
    items: list[Sent] = []
    position = _after_blanks(text, start + 1)
    if text.startswith("]", position):
        return items, position + 1
    while True:
        # The array itself is one level of nesting.
        value, end = _scan(text, position, DEEPEST - 1)
        items.append(Sent(text[position:end], value))
        position = _after_blanks(text, end)
        if text.startswith("]", position):
            return items, position + 1
        if not text.startswith(",", position):
            _refuse(text)
        position = _after_blanks(text, position + 1)


def _scan(text: str, start: int, deepest: int = DEEPEST) -> tuple[Any, int]:
    """The value that begins at `start`, and the position after it."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        _refuse(text)
    # Fewer brackets than levels allowed can't nest too deeply; only rich values are walked.
    rich = text.count("{", start, end) + text.count("[", start, end) > deepest
    if rich and _depth(value) > deepest:
        _refuse(text)
    if _ESCAPED_SURROGATE.search(text, start, end) and _has_lone_surrogate(value):
        _refuse(text)
    return value, end


class _RepeatedMemberError(ValueError):
    """An object has the same member twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedMemberError
    return members


def _no_constant(name: str) -> NoReturn:
    """JSON has no NaN and no infinities."""
    raise ValueError(name)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_INT else _beyond_double(digits)


def _fraction(digits: str) -> float | Decimal:
    value = float(digits)
    return value if value not in _INFINITE else _beyond_double(digits)


_VAST: Final = Decimal("1E+999999999999999999")


def _beyond_double(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        # Even Decimal's exponent ends somewhere, at 10 to the 18th: no more is known than that it is vast.
        return _VAST.copy_negate() if digits[0] == "-" else _VAST


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer, parse_float=_fraction
)


def _depth(value: Any) -> int:
    """Levels of nesting, without recursion."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [item for box in level for item in (box.values() if isinstance(box, dict) else box)]
    return depth


def _has_lone_surrogate(value: Any) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if _SURROGATE.search(item):
                return True
        elif isinstance(item, dict):
            pending += item
            pending += item.values()
        elif isinstance(item, list):
            pending += item
    return False


def _refuse(text: str) -> NoReturn:
    raise BadInput("The body is not JSON as xAPI needs it", strict_json.faults_of(text)) from None
