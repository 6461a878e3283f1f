"""What the rows of a file say of the same things: contradictions, and rows that stand twice.

A file of any length is gone through, so what is remembered of a row are digests, in arrays: some thirty bytes for each
thing that it says.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

_FREE = 0
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


class Claim(NamedTuple):
    """`said` of `subject`, in `column`. Nothing else may be said of it in the same file; but where it holds over a
    `period` of days (None: unbounded), only one of the same beginning or one that it doesn't touch. `also`: what else the
    subject is called."""

    column: str
    subject: str
    said: object
    period: tuple[date | None, date | None] | None = None
    also: tuple[str, ...] = ()


def of_one(names: Iterable[str], claims_of: Callable[[str], Iterable[Claim]]) -> Iterator[Claim]:
    """What is claimed of somebody who has several names."""
    for alike in zip(*map(claims_of, names), strict=True):
        yield alike[0]._replace(also=tuple(claim.subject for claim in alike[1:]))


class Claims:
    """The claims of the rows so far."""

    def __init__(self) -> None:
        self._table = _Table()

    def before(self, text: str, line: int) -> int | None:
        """The line where the very same stood already; None for the first time."""
        earlier = self._table.put(_digest(f"row\n{text}"), line, 0)
        return None if earlier is None else earlier[0]

    def contradicted(self, claim: Claim, line: int) -> int | None:
        """The line that says otherwise."""
        lines = [self._contradicted(subject, claim, line) for subject in (claim.subject, *claim.also)]
        return next((one for one in lines if one is not None), None)

    def _contradicted(self, subject: str, claim: Claim, line: int) -> int | None:
        if claim.period is not None:
            return self._overlapped(subject, claim.period, line)
        own = _digest(repr(claim.said))
        earlier = self._table.put(_digest(subject), line, own)
        return earlier[0] if earlier and earlier[1] != own else None

    def _overlapped(self, subject: str, period: tuple[date | None, date | None], line: int) -> int | None:
        """The periods of one subject stand one after the other."""
        begins, ends = period
        first, last = begins or _FIRST_DAY, ends or _LAST_DAY
        own = first.toordinal() << 32 | last.toordinal()
        place = 0
        while earlier := self._table.put(_digest(f"{place}\n{subject}"), line, own):
            there, packed = earlier
            if packed >> 32 == first.toordinal():
                return None
            if packed >> 32 <= last.toordinal() and first.toordinal() <= packed & 0xFFFFFFFF:
                return there
            place += 1
        return None


def _digest(text: str) -> int:
    """64 bits, never 0."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1


class _Table:
    """Digest → line and a number, the first that was put. Open addressing in arrays, at most two thirds full."""

    def __init__(self) -> None:
        self._held, self._size = 0, 1 << 10
        self._keys, self._numbers, self._lines = _arrays(self._size)

    def put(self, key: int, line: int, number: int) -> tuple[int, int] | None:
        """What is held under the key; None where it was free and holds this now."""
        place = self._place(key)
        if self._keys[place] != _FREE:
            return self._lines[place], self._numbers[place]
        self._keys[place], self._numbers[place], self._lines[place] = key, number, line
        self._held += 1
        if self._held * 3 > self._size * 2:
            self._grow()
        return None

    def _place(self, key: int) -> int:
        place = key & (self._size - 1)
        while self._keys[place] not in (_FREE, key):
            place = (place + 1) & (self._size - 1)
        return place

    def _grow(self) -> None:
        old = self._keys, self._numbers, self._lines
        self._size *= 2
        self._keys, self._numbers, self._lines = _arrays(self._size)
        for key, number, line in zip(*old, strict=True):
            if key != _FREE:
                place = self._place(key)
                self._keys[place], self._numbers[place], self._lines[place] = key, number, line


def _arrays(size: int) -> tuple[array[int], array[int], array[int]]:
    return array("Q", bytes(8 * size)), array("Q", bytes(8 * size)), array("I", bytes(4 * size))
