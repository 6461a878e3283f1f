"""What rows say of the same things, remembered as digests."""

from __future__ import annotations

import random
from datetime import date

import pytest

from lrs_bridge.flows.imports.claims import Claim, Claims


def day(text):
    return date.fromisoformat(text) if text else None


def test_as_a_table_that_holds_everything_would():
    """Far beyond the first size of the arrays."""
    chance, claims, held = random.Random(4), Claims(), {}
    for line in range(20_000):
        subject, said = f"s{chance.randrange(9_000)}", chance.randrange(3)
        first, before = held.setdefault(subject, (line, said))
        found = claims.contradicted(Claim("column", subject, said), line)
        assert found == (None if before == said else first)


def test_a_row_that_stands_twice():
    claims = Claims()
    assert [claims.before(text, line) for line, text in enumerate("abcabca", 2)] == [
        None,
        None,
        None,
        2,
        3,
        4,
        2,
    ]


def test_what_differs_only_in_the_type_differs():
    claims = Claims()
    assert claims.contradicted(Claim("c", "s", None), 2) is None
    assert claims.contradicted(Claim("c", "s", ""), 3) == 2


@pytest.mark.parametrize(
    ("periods", "contradicted"),
    [
        (["2020-01-01 2020-12-31", "2021-01-01 "], None),
        (["2021-01-01 ", "2020-01-01 2020-12-31"], None),
        (["2020-01-01 2020-12-31", "2020-12-31 "], 0),
        (["2020-01-01 ", "2019-01-01 "], 0),
        ([" ", "2019-01-01 2019-02-01"], 0),
        ([" 2020-01-01", "2019-01-01 "], 0),
        ([" 2020-01-01", "2020-01-02 "], None),
        (["2020-01-01 2020-12-31", "2022-01-01 2022-12-31", "2021-06-01 2022-01-01"], 1),
        (["2020-01-01 2020-12-31", "2022-01-01 2022-12-31", "2021-06-01 2021-07-01"], None),
        (["2020-01-01 2020-12-31", "2020-01-01 2021-12-31"], None),  # another claim is about the end
    ],
)
def test_periods_that_touch(periods, contradicted):
    claims = Claims()
    for place, period in enumerate(periods):
        begins, ends = period.split(" ")
        found = claims.contradicted(Claim("c", "post", None, (day(begins), day(ends))), place)
        assert found == (contradicted if place == len(periods) - 1 else None)
