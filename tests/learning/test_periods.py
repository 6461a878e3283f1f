"""Stretches of time as sets: union and intersection against membership, moment by moment."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.learning.periods import ALWAYS, NEVER, Periods, intersection, union

HOURS = range(-1, 14)


def at(hour):
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)


hours = st.integers(0, 12)
some = st.lists(st.tuples(hours, hours), max_size=5).map(
    lambda pairs: Periods((at(start), at(end)) for start, end in pairs)
)
any_periods = st.one_of(some, st.sampled_from([ALWAYS, NEVER]))


def holds(periods):
    return [bool(periods.at(at(hour))) for hour in HOURS]


@given(st.lists(any_periods, max_size=4))
def test_a_moment_is_in_a_union_if_it_is_in_any_and_in_an_intersection_if_it_is_in_all(many):
    each = [holds(periods) for periods in many]
    for made, of in ((union(many), any), (intersection(many), all)):
        assert holds(made) == [of(moment) for moment in zip(*each, strict=True)] or not many
        ends = made.intervals
        assert all(start < end for start, end in ends)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(ends))
    assert (union([]), intersection([])) == (NEVER, ALWAYS)


@given(any_periods, hours)
def test_the_next_change_is_the_first_hour_at_which_membership_differs(periods, hour):
    found = periods.next_change(at(hour))
    now = bool(periods.at(at(hour)))
    later = [other for other in HOURS if other > hour and bool(periods.at(at(other))) != now]
    assert found == (at(later[0]) if later else None)
