"""Query strings and forms, read strictly (WHATWG URL 5.1; RFC 3986 2.1): what can't be read is refused, not guessed at."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi.paths import quoted

_MOST_FIELDS: Final = 1000
_UNREADABLE: Final = "The parameters of the request can't be read"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def fields_of(encoded: bytes) -> list[tuple[str, str]]:
    """Name and value of each field, in order, decoded once.

    Raises BadInput with every field that isn't percent-encoded UTF-8 (Communication 1.3, 1.4).
    """
    found: list[tuple[str, str]] = []
    problems: list[Problem] = []
    if encoded.count(b"&") >= _MOST_FIELDS:
        what = f"there are more than {_MOST_FIELDS} parameters"
        raise BadInput(_UNREADABLE, [Problem("", what, "Communication 1.4")])
    for part in encoded.split(b"&"):
        if not part:
            continue
        raw_name, _, raw_value = part.partition(b"=")
        shown = quoted(raw_name[:100].decode("ascii", "replace"))
        if _BROKEN_ESCAPE.search(part):
            what = f"in {shown} there is a % without two hex digits after it"
            problems.append(Problem("", what, "Communication 1.4", "write % as %25"))
            continue
        try:
            found.append((_decoded(raw_name), _decoded(raw_value)))
        except UnicodeDecodeError:
            what = f"{shown} is not UTF-8"
            problems.append(Problem("", what, "Communication 1.4", "percent-encode UTF-8"))
    if problems:
        raise BadInput(_UNREADABLE, problems)
    return found


def _decoded(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")


def gathered(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Each name with all its values."""
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    return values
