"""Which numbers of a table must not be shown, so that nobody is told of few people: neither right away nor by subtracting.

A number under five is not shown. Nor is one that, taken from another that is shown, leaves one to four. In a column whose total is
shown, so many more are left out (the last ones first, whatever they are: a choice by size would tell of it) that each small number
may still be any that is small, even for somebody who knows these rules and which numbers are the small ones. Where that can't be
had, the total is left out instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SMALL = 5
_NO_END = 10**9


@dataclass(frozen=True, slots=True)
class Cell:
    """`of`: the shown number that this one is part of, if any; `least`: what it is known to be at least, from another number;
    `hidden`: left out in any case."""

    value: int
    of: int | None = None
    least: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    low: int
    high: int


def _small(cell: Cell) -> Range | None:
    """As what a small number may pass: any that is small; None for one that isn't."""
    if cell.value < SMALL:
        return Range(0, SMALL - 1)
    if cell.of is not None and 0 < cell.of - cell.value < SMALL:
        return Range(cell.of - SMALL + 1, cell.of - 1)
    return None


def _large(cell: Cell) -> Range:
    """What one that is left out beside the small may be."""
    low = max(SMALL, cell.least)
    return Range(low, max(low, cell.of - SMALL)) if cell.of is not None else Range(low, _NO_END)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Places of cells that are not shown, and whether the total isn't."""

    cells: frozenset[int]
    total: bool


def left_out(cells: Sequence[Cell], total: Cell) -> LeftOut:
    """Of a column whose cells add up to the total, or, where somebody counts in two of them, to more."""
    small = {place: found for place, cell in enumerate(cells) if (found := _small(cell))}
    large = {place: _large(cell) for place, cell in enumerate(cells) if cell.hidden and place not in small}
    without_total = LeftOut(frozenset([*small, *large]), total=True)
    if _small(total) or total.hidden:
        return without_total
    if not small and not large:
        return LeftOut(frozenset(), total=False)
    others = [place for place in range(len(cells)) if place not in small and place not in large]
    while not _is_safe(cells, total, small, large):
        if not others:
            return without_total
        place = others.pop()
        large[place] = _large(cells[place])
    return LeftOut(frozenset([*small, *large]), total=False)


def _is_safe(
    cells: Sequence[Cell], total: Cell, small: Mapping[int, Range], large: Mapping[int, Range]
) -> bool:
    """Whether each small number may be any that is small, whatever is known of the others that are left out."""
    shown = sum(cell.value for place, cell in enumerate(cells) if place not in small and place not in large)
    rests = {total.value - shown, sum(cells[place].value for place in (*small, *large))}
    hidden = {**small, **large}
    if len(hidden) == 1:
        return False
    low, high = (
        sum(one.low for one in hidden.values()),
        sum(one.high for one in hidden.values()),
    )
    return all(
        rest - one.high >= low - one.low and rest - one.low <= high - one.high
        for rest in rests
        for one in small.values()
    )
