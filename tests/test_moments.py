"""Instants, days in the Board's time zone, and lengths of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.moments import (
    EARLIEST,
    LATEST,
    Calendar,
    Duration,
    duration_parts,
    format_instant,
    is_rfc3339,
    parse_duration,
    parse_instant,
)

LONDON = Calendar(ZoneInfo("Europe/London"))
instants = st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC))


class TestInstants:
    @pytest.mark.requirement("XAPI-00123")
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("2026-03-02T09:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
            ("2026-03-02T09:30:00", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
            ("2026-03-02t09:30:00z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
            ("2026-03-02 09:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
            ("2026-03-02T09:30:00+01:00", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
            ("2026-03-02T09:30:00-05", datetime(2026, 3, 2, 14, 30, tzinfo=UTC)),
            ("2026-03-02T09:30:00.1234567Z", datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)),
            ("2026-03-02T09:30:00,5Z", datetime(2026, 3, 2, 9, 30, 0, 500000, tzinfo=UTC)),
            ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
            ("2026-061", datetime(2026, 3, 2, tzinfo=UTC)),
            ("2026-W10-1", datetime(2026, 3, 2, tzinfo=UTC)),
            ("20260302T093000Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
            ("2026-03-02T24:00:00Z", datetime(2026, 3, 3, tzinfo=UTC)),
            ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
            ("1990-12-31T15:59:60-08:00", datetime(1990, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
            ("2017-01-01T05:29:60.5+05:30", datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
            ("2017-01-01T00:59:60", datetime(2017, 1, 1, 0, 59, 59, 999999, tzinfo=UTC)),
            ("2026-03-02T09Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
            ("2026-03-02T09:30+01", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
            ("2026-03-02T09:30.5Z", datetime(2026, 3, 2, 9, 30, 30, tzinfo=UTC)),
            ("2026-03-02T09,25Z", datetime(2026, 3, 2, 9, 15, tzinfo=UTC)),
            ("20260302T09", datetime(2026, 3, 2, 9, tzinfo=UTC)),
            ("20260302T0930.1", datetime(2026, 3, 2, 9, 30, 6, tzinfo=UTC)),
            ("2026061T093000Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
            ("2026W101T093000+0130", datetime(2026, 3, 2, 8, tzinfo=UTC)),
            ("2026-03-02T24Z", datetime(2026, 3, 3, tzinfo=UTC)),
            ("2026-03-02T09:30:00." + "9" * 5000 + "Z", datetime(2026, 3, 2, 9, 30, 0, 999999, tzinfo=UTC)),
            ("2026-03-29T01:30:00+00:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ],
    )
    def test_what_names_an_instant(self, text, meant):
        assert parse_instant(text) == meant

    @pytest.mark.requirement("XAPI-00123")
    @pytest.mark.parametrize(
        "text",
        ["", "now", "2026", "2026-03", "2026-02-30", "2026-366", "2026-000", "2026-W54-1", "2026-13-01T00:00:00Z", "02/03/2026", "2026-03-02T25:00:00Z", "2026-03-02T09:60:00Z", "2026-03-02T09:30:00-00:00", "2026-03-02T09:30:00+24:00", "2026-03-02T09:30:00+0100Z", "٢٠٢٦-03-02", "2026-03-02T09:30:00Z\n", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-03-02T09:30:60Z", "2016-12-31T23:59:60+01:00", "2016-12-30T23:59:60Z", "2016-12-31T23:59:61Z", "2026-03-02T24:00:00.1Z", "2026-03-02T24:00:01Z", "2026-03-02T9:30:00Z", "2026-03-02T09:30:00.Z", "2026-03-02T09:30:00+0100", "2026-03-02T0930Z", "20260302T09:30Z", "2026-03-02T09:30:00 Z", "+2026-03-02T09:30:00Z", "2026-03-02T", "T09:30:00Z", "2026-03-02T09:30:00+1:00", "2026-03-02T09:30:00UTC", "2026-03-02T09:30:00-00"],
    )  # fmt: skip
    def test_what_names_none(self, text):
        with pytest.raises(ValueError, match=r"\w"):
            parse_instant(text)

    @pytest.mark.requirement("XAPI-00123")
    @pytest.mark.parametrize(
        ("text", "is_one"),
        [
            ("1985-04-12T23:20:50.52Z", True),
            ("1996-12-19T16:39:57-08:00", True),
            ("1937-01-01T12:00:27.87+00:20", True),
            ("1937-01-01 12:00:27z", True),
            ("2026-03-02T09:30:00,5Z", False),
            ("2026-03-02T09:30:00", False),
            ("2026-03-02T09:30Z", False),
            ("2026-03-02T24:00:00Z", False),
            ("2026-03-02 24:00:00Z", False),
            ("2026-03-02T09:30:00+01", False),
            ("20260302T093000Z", False),
            ("2026-061T09:30:00Z", False),
        ],
    )
    def test_the_profile_of_rfc_3339(self, text, is_one):
        assert is_rfc3339(text) is is_one

    @given(instants)
    def test_what_is_written_is_read_again(self, instant):
        written = format_instant(instant)
        assert is_rfc3339(written)
        assert len(written) == 27
        assert parse_instant(written) == instant

    @given(instants, instants)
    def test_the_order_of_texts_is_the_order_of_time(self, one, other):
        assert (format_instant(one) < format_instant(other)) == (one < other)


class TestDays:
    def test_a_day_has_23_24_or_25_hours(self):
        lengths = {
            day: LONDON.end_of(day) - LONDON.start_of(day)
            for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25))
        }
        assert [length // timedelta(hours=1) for length in lengths.values()] == [24, 23, 25]

    @pytest.mark.parametrize(
        ("instant", "day"),
        [
            (datetime(2026, 6, 30, 22, 59, 59, 999999, tzinfo=UTC), date(2026, 6, 30)),
            (datetime(2026, 6, 30, 23, tzinfo=UTC), date(2026, 7, 1)),
            (datetime(2026, 1, 30, 23, 59, tzinfo=UTC), date(2026, 1, 30)),
        ],
    )
    def test_an_instant_falls_on_the_boards_day(self, instant, day):
        assert LONDON.day_of(instant) == day

    @given(st.dates(date(1900, 1, 1), date(9999, 12, 29)), st.sampled_from(["Europe/London", "Pacific/Auckland", "America/St_Johns", "UTC"]))  # fmt: skip
    def test_days_follow_one_another_without_a_gap(self, day, zone):
        calendar = Calendar(ZoneInfo(zone))
        assert calendar.end_of(day) == calendar.start_of(day + timedelta(days=1))
        assert calendar.last_day_before(calendar.end_of(day)) == day
        assert calendar.day_of(calendar.start_of(day)) == day

    def test_the_last_days_of_all_have_an_end(self):
        assert LONDON.end_of(date(9999, 12, 31)) == LATEST


class TestDurations:
    @pytest.mark.requirement("XAPI-00124")
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("P3Y", Duration(months=36)),
            ("P1Y6M", Duration(months=18)),
            ("P2W", Duration(days=14)),
            ("P1DT12H", Duration(days=1, seconds=43200)),
            ("PT1H30M15.5S", Duration(seconds=5415.5)),
            ("P0,5Y", Duration(months=6)),
        ],
    )
    def test_what_is_a_length_of_time(self, text, meant):
        assert parse_duration(text) == meant

    @pytest.mark.parametrize("text", ["P99999999999999999Y", f"PT{'9' * 5000}S", f"P{'9' * 400}W"])
    def test_one_longer_than_the_calendar_is_a_duration_all_the_same(self, text):
        assert len(duration_parts(text)) == 1
        with pytest.raises(ValueError, match="longer than this calendar"):
            parse_duration(text)

    @pytest.mark.requirement("XAPI-00124")
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "P",
            "PT",
            "P1",
            "1Y",
            "P1YT",
            "P1.5Y2M",
            "P1Y1W",
            "-P1Y",
            "P1S",
            "PT1D",
            "P١Y",
            "p1d",
            "P.5D",
            "P1.D",
            "P+1D",
            "PT1S1M",
            "P1Y2W",
            "P0003-06-04T12:30:05",
            "PT1H ",
            "P1,5DT2H",
        ],
    )
    def test_what_is_none(self, text):
        with pytest.raises(ValueError, match="duration"):
            parse_duration(text)

    @pytest.mark.parametrize(
        ("start", "length", "end"),
        [
            ("2024-02-29T12:00:00Z", "P1Y", "2025-02-28T12:00:00Z"),
            ("2026-01-31T12:00:00Z", "P1M", "2026-02-28T12:00:00Z"),
            ("2026-12-15T12:00:00Z", "P1M", "2027-01-15T12:00:00Z"),
            (
                "2026-03-28T12:00:00Z",
                "P1D",
                "2026-03-29T11:00:00Z",
            ),  # noon stays noon over the change of the clocks
            ("2026-01-15T12:00:00Z", "P6M", "2026-07-15T11:00:00Z"),
            ("2026-03-28T12:00:00Z", "PT24H", "2026-03-29T12:00:00Z"),
            ("2026-03-02T09:00:00Z", "P2W", "2026-03-16T09:00:00Z"),
        ],
    )
    def test_years_and_months_are_counted_on_the_calendar(self, start, length, end):
        assert LONDON.after(parse_instant(start), parse_duration(length)) == parse_instant(end)

    @pytest.mark.parametrize("length", ["P9000Y", "P999999D", "PT99999999999999S", "P99999999999Y"])
    def test_it_never_leaves_the_calendar(self, length):
        assert LONDON.after(datetime(9000, 1, 1, tzinfo=UTC), parse_duration(length)) == LATEST
