"""How an import's report says what differs: “until 31 Mar 2027 → not recorded”."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lrs_bridge.learning.history import NO_MANAGER
from lrs_bridge.moments import Calendar, in_words, parse_instant

_UNSAID = {"answer": "yes"}
_ENDS = ("until", "ends")


def differences(
    changes: Mapping[str, tuple[Any, Any]], calendar: Calendar, columns: Mapping[str, str]
) -> str:
    """`changes`: what differs → (before, now), each a text, a list or table of texts, an instant, or empty; `columns`:
    column → what it holds, where they are named differently."""
    named = {held: column for column, held in columns.items()}
    return ", ".join(
        f"{named.get(name, name)} {_shown(name, was, calendar)} → {_shown(name, now, calendar)}"
        for name, (was, now) in changes.items()
    )


def _shown(name: str, value: Any, calendar: Calendar) -> str:
    if not value:
        return _UNSAID.get(name, "not recorded")
    if name == "manager" and value == NO_MANAGER:
        return "no manager"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} = {one}" for key, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return "; ".join(value)
    if name in _ENDS:
        instant = value if isinstance(value, datetime) else parse_instant(value)
        return in_words(calendar.last_day_before(instant))
    if isinstance(value, datetime):
        return in_words(calendar.day_of(value))
    text = str(value).removeprefix("mailto:")
    return f"“{text}”" if " " in text else text
