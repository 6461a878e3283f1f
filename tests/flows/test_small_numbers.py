"""Numbers that tell of few people can't be worked out from those that are shown: tried by going through all that could be."""

from __future__ import annotations

import random
from itertools import product

import pytest

from lrs_bridge.flows.area_report import shown
from lrs_bridge.flows.small_numbers import Cell, left_out
from lrs_bridge.store.area_counts import ALL, Count


def could_be(values, total, hidden, most):
    """Of each hidden place, every value that agrees with all that is shown: with what all add up to, if that is."""
    if total is None:
        return {place: set(range(most + 1)) for place in hidden}
    rest = total - sum(value for place, value in enumerate(values) if place not in hidden)
    found = {place: set() for place in hidden}
    for guess in product(range(most + 1), repeat=len(hidden)):
        if sum(guess) == rest:
            for place, value in zip(hidden, guess, strict=True):
                found[place].add(value)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_small_number_may_be_any_that_is_small(seed):
    made = random.Random(seed)
    for _ in range(15):
        values = [made.choice([0, 1, 2, 3, 4, 4, 5, 6, 7, 9, 12]) for _ in range(made.randint(1, 5))]
        found = left_out([Cell(value) for value in values], Cell(sum(values)))
        hidden = sorted(found.cells)
        assert all(value >= 5 for place, value in enumerate(values) if place not in found.cells)
        total = None if found.total else sum(values)
        possible = could_be(values, total, hidden, most=24)
        for place in hidden:
            if values[place] < 5:
                assert set(range(5)) <= possible[place], (values, hidden, total)


@pytest.mark.parametrize("seed", range(40))
def test_nor_is_it_told_to_whoever_knows_the_rules_and_which_numbers_are_small(seed):
    made = random.Random(1000 + seed)
    for _ in range(15):
        values = [made.choice([0, 1, 2, 3, 4, 4, 5, 6, 7, 9, 12]) for _ in range(made.randint(1, 5))]
        found = left_out([Cell(value) for value in values], Cell(sum(values)))
        if found.total:
            continue
        hidden = sorted(found.cells)
        rest = sum(values[place] for place in hidden)
        choices = [range(5) if values[place] < 5 else range(5, 41) for place in hidden]
        possible = {place: set() for place in hidden}
        for guess in product(*choices):
            if sum(guess) == rest:
                for place, value in zip(hidden, guess, strict=True):
                    possible[place].add(value)
        for place in hidden:
            if values[place] < 5:
                assert possible[place] == set(range(5)), (values, hidden)


def test_nothing_is_left_out_without_need():
    assert left_out([Cell(5), Cell(60)], Cell(65)) == (left_out([Cell(60), Cell(5)], Cell(65)))
    assert not left_out([Cell(5), Cell(60)], Cell(65)).cells
    assert not left_out([], Cell(7)).total


@pytest.mark.parametrize(
    ("values", "hidden", "total"),
    [
        ([3, 40, 50], {0, 2}, False),
        ([40, 50, 3], {1, 2}, False),  # the last first, whatever they are
        ([3, 50, 5], {0, 1, 2}, False),  # of 3 + 5 the first could be 3 at most
        ([4, 4], {0, 1}, True),  # together 8: each would have to be 4
        ([3, 5], {0}, True),
        ([2, 1], {0, 1}, True),
    ],
)
def test_beside_a_small_number_another_is_left_out_or_the_total(values, hidden, total):
    found = left_out([Cell(value) for value in values], Cell(sum(values)))
    assert (set(found.cells), found.total) == (hidden, total)


def test_a_part_that_leaves_few_is_left_out_too():
    found = left_out([Cell(18, of=20), Cell(30, of=60), Cell(10, of=50)], Cell(58, of=130))
    assert 0 in found.cells
    assert len(found.cells) >= 2
    assert not left_out([Cell(20, of=20), Cell(30, of=60)], Cell(50, of=80)).cells


NAMES = {"education": "Schools", "health": "Health", "policing": "Police"}


def counts(*numbers):
    """Of each sector people, at their tier and champions; together what they add up to."""
    lines = [Count(key, *three) for key, three in zip(NAMES, numbers, strict=True)]
    return [*lines, Count(ALL, *(sum(column) for column in zip(*numbers, strict=True)))]


@pytest.mark.parametrize("seed", range(60))
def test_of_a_whole_table_nothing_small_follows_from_what_is_shown(seed):
    made = random.Random(seed)
    people = [made.choice([0, 2, 4, 6, 9, 14, 30]) for _ in NAMES]
    numbers = [(one, made.randint(0, one), made.choice([0, 1, 4, 6, 11])) for one in people]
    lines, total = shown(counts(*numbers), NAMES)
    for column in ("people", "at_required", "champions"):
        values = [getattr(one, column) for one in counts(*numbers)[:-1]]
        hidden = [place for place, line in enumerate(lines) if getattr(line, column) is None]
        possible = could_be(values, getattr(total, column), hidden, most=40)
        for place in hidden:
            if values[place] < 5:
                assert set(range(5)) <= possible[place], (numbers, column)
        for place, line in enumerate(lines):
            assert getattr(line, column) is None or getattr(line, column) >= 5
            if None not in (line.people, line.at_required):
                assert not 0 < line.people - line.at_required < 5, (numbers, place)
    assert total.people is None or total.at_required is None or not 0 < total.people - total.at_required < 5


def test_sectors_with_anybody_have_a_line_unknown_ones_too():
    lines, total = shown(
        [Count("education", 40, 20, 9), Count("old", 30, 9, 7), Count(ALL, 70, 29, 16)], NAMES
    )
    assert [line.name for line in lines] == ["Schools", "old"]
    assert total.name == "All together"
