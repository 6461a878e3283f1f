"""Days on which something happened, as people type them at a command or on a page."""

from __future__ import annotations

from datetime import date, datetime

from marshmallow import ValidationError

from lrs_bridge.errors import BadInput, Conflict, Problem
from lrs_bridge.flows.imports.cells import day_field
from lrs_bridge.moments import Calendar


def moment_of(typed: str, where: str, calendar: Calendar, now: datetime) -> datetime:
    """The beginning of that day; today, this moment, so that it comes after what was recorded before. Raises BadInput for what
    is no day, naming `where`, Conflict for one that is still to come."""
    try:
        day: date = day_field().deserialize(typed)
    except ValidationError as wrong:
        raise BadInput("Nothing was recorded.", [Problem(where, str(wrong.messages[0]))]) from wrong
    if day > calendar.day_of(now):
        raise Conflict(f"{typed} is still to come; what has not happened yet is not recorded.")
    return now if day == calendar.day_of(now) else calendar.start_of(day)
