"""Stretches of time as sets: what holds when.

Evidence, posts, items, tiers and standards are each true over some stretches of time. Kept as sets of half-open
intervals, "both are needed" is an intersection and "either will do" a union; *now* only picks a point, and the next
boundary after now is the next moment when the clock alone can change anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from lrs_bridge.moments import EARLIEST, LATEST

Interval = tuple[datetime, datetime]


class Periods:
    """An immutable set of instants: sorted, disjoint, half-open intervals [from, until)."""

    __slots__ = ("intervals",)

    def __init__(self, intervals: Iterable[Interval] = ()) -> None:
        found = [pair for pair in intervals if pair[0] < pair[1]]
        if len(found) > 1:
            found = self._merged(sorted(found))
        self.intervals = tuple(found)

    @staticmethod
    def _merged(ordered: Iterable[Interval]) -> list[Interval]:
        merged: list[Interval] = []
        for start, end in ordered:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return merged

    @classmethod
    def between(cls, start: datetime | None, end: datetime | None) -> Periods:
        """None means unbounded."""
        return cls([(start or EARLIEST, end or LATEST)])

    def __or__(self, other: Periods) -> Periods:
        return Periods((*self.intervals, *other.intervals))

    def __and__(self, other: Periods) -> Periods:
        if not self.intervals or other is ALWAYS:
            return self
        if not other.intervals or self is ALWAYS:
            return other
        both, i, j = [], 0, 0
        while i < len(self.intervals) and j < len(other.intervals):
            (a, b), (c, d) = self.intervals[i], other.intervals[j]
            both.append((max(a, c), min(b, d)))
            if b < d:
                i += 1
            else:
                j += 1
        return Periods(both)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Periods) and self.intervals == other.intervals

    def __hash__(self) -> int:
        return hash(self.intervals)

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    def __repr__(self) -> str:
        return f"Periods({list(self.intervals)!r})"

    def at(self, now: datetime) -> Interval | None:
        """The interval that holds `now`."""
        return next((pair for pair in self.intervals if pair[0] <= now < pair[1]), None)

    def next_change(self, now: datetime) -> datetime | None:
        """The first boundary after `now`; the ends of time are no boundaries."""
        later = [edge for pair in self.intervals for edge in pair if now < edge < LATEST]
        return min(later, default=None)


ALWAYS = Periods.between(None, None)
NEVER = Periods()


def union(many: Iterable[Periods]) -> Periods:
    return Periods(pair for periods in many for pair in periods)


def intersection(many: Iterable[Periods]) -> Periods:
    held = ALWAYS
    for periods in many:
        held &= periods
        if not held:
            break
    return held
