"""Instants, days and durations.

An *instant* is an aware `datetime` in UTC. A *day* is a `date` in the Board's time zone, inclusive to its last instant.
A *duration* is ISO 8601 (`P1Y`, `P18M`, `P2W`, `PT10M`); years and months are counted on the calendar, in that zone.
"""

from __future__ import annotations

import calendar
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

_DATE = r"(?P<year>\d{4})(?:-(?P<month>\d\d)-(?P<day>\d\d)|-(?P<ordinal>\d{3})|-W(?P<week>\d\d)-(?P<weekday>[1-7]))"
# A fraction belongs to the last part that is written, be it minute or hour.
_TIME = r"(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d))?)?(?:[.,](?P<fraction>\d+))?"
_ZONE = r"(?P<zone>[Zz]|[+-]\d\d(?::\d\d)?)?"
_EXTENDED = re.compile(rf"{_DATE}(?:[Tt]{_TIME}{_ZONE})?", re.ASCII)
_BASIC_DATE = (
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?P<day>\d\d)|(?P<ordinal>\d{3})|W(?P<week>\d\d)(?P<weekday>[1-7]))"
)
_BASIC_TIME = r"(?P<hour>\d\d)(?:(?P<minute>\d\d)(?P<second>\d\d)?)?(?:[.,](?P<fraction>\d+))?"
_BASIC_ZONE = r"(?P<zone>[Zz]|[+-]\d\d(?:\d\d)?)?"
_BASIC = re.compile(rf"{_BASIC_DATE}[Tt]{_BASIC_TIME}{_BASIC_ZONE}", re.ASCII)
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
DURATION = re.compile(
    r"P(?:(?P<weeks>\d+(?:[.,]\d+)?)W|"
    r"(?:(?P<years>\d+(?:[.,]\d+)?)Y)?(?:(?P<months>\d+(?:[.,]\d+)?)M)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?)",
    re.ASCII,
)


_LONGEST = 10.0**15


def system_clock() -> datetime:
    return datetime.now(UTC)


def is_rfc3339(text: str) -> bool:
    return _RFC3339.fullmatch(text) is not None


def parse_instant(text: str) -> datetime:
    """The instant an ISO 8601 timestamp names (xAPI 1.0.3 Data 4.5; RFC 3339 is a subset).

    Without a zone it is read as UTC. Digits beyond the microsecond are cut off; a leap second, which only the end of a
    month in UTC can have, is the last microsecond of its minute. Raises ValueError, saying what is wrong, for anything
    else, the forbidden offset -00:00 included.
    """
    return _known_instant(text) if len(text) <= _LONGEST_REMEMBERED else _parsed_instant(text)


def _parsed_instant(text: str) -> datetime:
    if _USUAL.fullmatch(text):
        with contextlib.suppress(ValueError):  # the thorough way says what is wrong
            return datetime.fromisoformat(text)
    written = text.replace(" ", "T", 1) if is_rfc3339(text) else text
    found = _EXTENDED.fullmatch(written) or _BASIC.fullmatch(written)
    if found is None:
        raise ValueError("not an ISO 8601 timestamp such as 2017-03-01T09:30:00Z")
    part = found.groupdict()
    day = _calendar_day(part)
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    rest = _fraction(part)
    is_leap_second = second == 60
    if is_leap_second:
        second, rest = 59, timedelta(microseconds=999999)
    offset = _offset(part["zone"])
    midnight_at_the_end = hour == 24 and minute == second == 0 and not rest
    try:
        local = datetime.combine(day, time(0 if midnight_at_the_end else hour, minute, second, tzinfo=UTC))
    except ValueError as wrong:
        raise ValueError(f"no such time of day: {wrong}") from wrong
    try:
        instant = local + timedelta(days=midnight_at_the_end) + rest - offset
    except OverflowError as wrong:
        raise ValueError("outside the years 1 to 9999") from wrong
    if is_leap_second and part["zone"] and not _ends_a_month(instant):
        raise ValueError("a second 60 is there at the end of a month in UTC alone")
    return instant


def _fraction(part: dict[str, str | None]) -> timedelta:
    """Of the second, or of the minute or hour if nothing smaller is written."""
    digits = (part["fraction"] or "")[:12]
    if not digits:
        return timedelta()
    unit = 1 if part["second"] else 60 if part["minute"] else 3600
    return timedelta(microseconds=int(digits) * unit * 10**6 // 10 ** len(digits))


def _ends_a_month(instant: datetime) -> bool:
    last = calendar.monthrange(instant.year, instant.month)[1]
    return (instant.day, instant.hour, instant.minute) == (last, 23, 59)


_LONGEST_REMEMBERED = 40
# A statement's timestamp is checked, then read, and often shared by those around it.
_known_instant = lru_cache(4096)(_parsed_instant)


def _calendar_day(part: dict[str, str | None]) -> date:
    try:
        year = int(part["year"] or 0)
        if part["ordinal"]:
            day = date(year, 1, 1) + timedelta(days=int(part["ordinal"]) - 1)
            if day.year != year or part["ordinal"] == "000":
                raise ValueError("the day of the year is out of range")
            return day
        if part["week"]:
            return date.fromisocalendar(year, int(part["week"]), int(part["weekday"] or 0))
        return date(year, int(part["month"] or 0), int(part["day"] or 0))
    except (ValueError, OverflowError) as wrong:
        raise ValueError(f"no such day: {wrong}") from wrong


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f"no such offset from UTC: {zone}")
    if zone[0] == "-" and hours == minutes == 0:
        raise ValueError("the offset -00:00 is forbidden; write Z")
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with all six digits, so that text order is time order: 2017-03-01T09:30:00.000000Z."""
    in_utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")[:26] + "Z"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def in_words(day: date) -> str:
    """“3 Apr 2026”: no reader can take the day for the month."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@dataclass(frozen=True, slots=True)
class Duration:
    """ISO 8601 duration. Months are calendar months; seconds hold everything from weeks down."""

    months: float = 0
    days: float = 0
    seconds: float = 0

    def in_words(self) -> str:
        """“7 days”, “1 year 6 months”."""
        years, months = divmod(self.months, 12)
        hours, rest = divmod(self.seconds, 3600)
        parts = {"year": years, "month": months, "day": self.days, "hour": hours, "minute": rest / 60}
        return " ".join(f"{n:g} {unit}{'' if n == 1 else 's'}" for unit, n in parts.items() if n)


def parse_duration(text: str) -> Duration:
    """Raises ValueError for what ISO 8601 does not call a duration, and for what is longer than any calendar."""
    part = {name: float(value.replace(",", ".")) for name, value in duration_parts(text).items()}
    if any(value > _LONGEST for value in part.values()):
        raise ValueError("a duration longer than this calendar")
    return Duration(
        months=part.get("years", 0) * 12 + part.get("months", 0),
        days=part.get("weeks", 0) * 7 + part.get("days", 0),
        seconds=part.get("hours", 0) * 3600 + part.get("minutes", 0) * 60 + part.get("seconds", 0),
    )


def duration_parts(text: str) -> dict[str, str]:
    """The parts as written, years to seconds. Raises ValueError for what ISO 8601 does not call a duration (xAPI 1.0.3
    Data 4.6, 2.0 4.2.7), however long it is."""
    found = DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        raise ValueError("not an ISO 8601 duration such as P3Y or PT1H30M")
    given = {name: value for name, value in found.groupdict().items() if value is not None}
    if any("." in value or "," in value for value in [*given.values()][:-1]):
        raise ValueError("only the last part of a duration may have a fraction")
    return given


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days as the Board counts them."""

    zone: ZoneInfo

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def in_words(self, instant: datetime) -> str:
        """“3 Apr 2026 at 09:30”."""
        return f"{in_words(self.day_of(instant))} at {instant.astimezone(self.zone):%H:%M}"

    def start_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The first instant after `day`: what holds "until" a day holds to its last instant."""
        return LATEST if day >= date(9999, 12, 30) else self.start_of(day + timedelta(days=1))

    def last_day_before(self, end: datetime) -> date:
        """The day whose `end_of` this is."""
        return self.day_of(end - timedelta(microseconds=1))

    def after(self, instant: datetime, duration: Duration) -> datetime:
        """`instant` plus `duration`, on the calendar: 29 February plus P1Y is 28 February; noon stays noon over a
        change of the clocks. Never beyond LATEST."""
        local = instant.astimezone(self.zone)
        month = local.year * 12 + local.month - 1 + int(duration.months)
        year, month = divmod(month, 12)
        if year > 9998:
            return LATEST
        last = calendar.monthrange(year, month + 1)[1]
        moved = local.replace(year=year, month=month + 1, day=min(local.day, last))
        part_month = duration.months - int(duration.months)
        try:
            moved += timedelta(days=duration.days + part_month * 30.4375)
            return moved.astimezone(UTC) + timedelta(seconds=duration.seconds)
        except OverflowError:
            return LATEST
