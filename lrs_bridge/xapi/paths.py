"""Where in a JSON document something is, and how a bad value is quoted in a message."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LONGEST_KEY = 120
_LONGEST_QUOTE = 60


def member(where: str, key: str) -> str:
    """`$.actor` + `mbox` → `$.actor.mbox`; keys that are no plain word are quoted: `$.extensions["https://…"]`."""
    if _PLAIN_KEY.fullmatch(key) and len(key) <= _LONGEST_KEY:
        return f"{where}.{key}"
    return f"{where}[{_quoted(key, _LONGEST_KEY)}]"


def quoted(value: Any) -> str:
    """A value as JSON, cut to a length fit for a message, safe to encode and to store.

    Containers and very long numbers are named by kind only: printing them costs more than it tells.
    """
    if isinstance(value, str):
        return _quoted(value, _LONGEST_QUOTE)
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    # str() of an int beyond 4,300 digits raises; such numbers are told by their size.
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_QUOTE:
        return "a very large number"
    return str(value)[:_LONGEST_QUOTE]


def _quoted(text: str, longest: int) -> str:
    cut = text if len(text) <= longest else text[:longest] + "…"
    # Lone surrogates can't be encoded as UTF-8; escaped they can be shown and stored like any text.
    has_surrogate = any("\ud800" <= character <= "\udfff" for character in cut)
    return json.dumps(cut, ensure_ascii=has_surrogate)
