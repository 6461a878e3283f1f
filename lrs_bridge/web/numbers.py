"""Numbers that others write into addresses and forms: no longer than what a database can be asked for."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.routing import IntegerConverter

_MOST_DIGITS = 18
"""With one more, a number may not fit the 64 bits that a database keeps."""


class NumberConverter(IntegerConverter):
    """`<int:…>` of addresses; a longer number is no page."""

    regex = rf"[0-9]{{1,{_MOST_DIGITS}}}"


def a_number(text: str) -> int:
    """Of digits alone. Raises ValueError for anything else, and for a longer one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise ValueError("no number that anything here has")
    return int(text)


def number_in(given: Mapping[str, str], name: str) -> int:
    """0 where there is none."""
    try:
        return a_number(given.get(name, ""))
    except ValueError:
        return 0
