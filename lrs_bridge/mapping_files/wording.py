"""What marshmallow says of a mistake, in words for whoever edits the file: what is wrong, and what would be right."""

from __future__ import annotations

from typing import Any

_INSTEAD = " → "

# marshmallow's message → what is wrong with {value} or {key}, and what would be right
_WORDS = {
    "Missing data for required field.": ("“{key}” is missing", "write it as “{key}: …”"),
    "Field may not be null.": ("nothing is written here", "write a value, or take the key out"),
    "Not a valid string.": ("is not one text", "write one text, without “-”, “[” or “key:”"),
    "Not a valid list.": ("“{value}” is not a list", "write [one, two], or each on a line of its own after “- ”"),
    "Not a valid mapping type.": ("“{value}” is where keys belong", "write “key: value” lines, indented below it"),
    "Invalid input type.": ("“{value}” is where keys belong", "write “key: value” lines, indented below it"),
    "Not a valid boolean.": ("“{value}” is neither true nor false", "true or false"),
    "Not a valid date.": ("“{value}” is not a day", "a day such as 2026-03-31"),
    "Not a valid number.": ("“{value}” is not a number", "a number such as 0.8"),
    "Special numeric values (nan or infinity) are not permitted.": ("“{value}” is not a number", "a number such as 0.8"),
    "Not a valid email address.": ("“{value}” is not an e-mail address", "such as board@example.org"),
    "Not a valid URL.": ("“{value}” is not a web address", "such as https://board.example.org/alerts"),
}  # fmt: skip


def wrong(what: str, mend: str) -> str:
    """A message of our own for marshmallow to carry; both may name {value} and {key}."""
    return f"{what}{_INSTEAD}{mend}"


def in_words(message: str, value: Any, at: tuple[str | int, ...]) -> tuple[str, str]:
    """What is wrong and what would be right, of a message about the value at this key path."""
    what, mend = _WORDS.get(message, (None, None))
    if what is None or mend is None:
        what, _, mend = message.partition(_INSTEAD)
    key = next((step for step in reversed(at) if isinstance(step, str)), "")
    shown = value if isinstance(value, str) else "a list" if isinstance(value, list) else "a block of keys"
    return tuple(text.replace("{value}", shown[:100]).replace("{key}", key) for text in (what, mend))  # type: ignore[return-value]  # two texts in, two out
