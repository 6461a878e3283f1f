"""What a cell may hold, as marshmallow fields that imports share."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields

from lrs_bridge.errors import BadInput
from lrs_bridge.learning.history import NO_MANAGER
from lrs_bridge.xapi.agents import parse_identifier

_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_IN_WORDS = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})", re.ASCII)
_ONE_OF = "write anna@example.org, Organisation|number or https://moodle.example.org|4711"
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_TIME_OF_DAY = re.compile(r"[ T](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?$", re.ASCII)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_LIKELY_YEARS = range(1900, 2200)
_MAIL_IN_ANGLES = re.compile(r"[^<>]*<([^<>@\s]+@[^<>@\s]+)>")
_SMART_APOSTROPHES = str.maketrans("‘’", "''")


LONGEST_TEXT = 300
"""Characters."""


def text_field(**options: Any) -> fields.Field[Any]:
    """One line of text, at most 300 characters, with single blanks."""
    return fields.Function(deserialize=_text, **options)


def _text(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST_TEXT:
        raise ValidationError(f"is {len(line)} characters long; at most {LONGEST_TEXT} are kept")
    return line


def key_field(**options: Any) -> fields.Field[Any]:
    """A key of the mapping files, such as manager_support, however it is capitalised and with blanks for “_”."""
    return fields.Function(deserialize=as_key, **options)


def as_key(text: str) -> str:
    return "_".join(text.casefold().split())


def day_field(**options: Any) -> fields.Field[Any]:
    """yyyy-mm-dd, or dd/mm/yyyy as it is written here, or 1 March 2026; never mm/dd. A time of
    that day may follow. Gives a date."""
    return fields.Function(deserialize=_day, **options)


def _day(text: str) -> date:
    try:
        day = _day_of(_TIME_OF_DAY.sub("", text))
        if day.year not in _LIKELY_YEARS:
            raise ValueError("hardly")
        return day
    except ValueError as wrong:
        raise ValidationError(f"“{text}” is not a day; write 2026-03-01 or 01/03/2026 (day first)") from wrong


def _day_of(text: str) -> date:
    if found := _DAY_FIRST.fullmatch(text):
        return date(int(found[4]), int(found[3]), int(found[1]))
    if found := _DAY_IN_WORDS.fullmatch(text):
        named = [place for place, name in enumerate(_MONTHS, 1) if found[2].lower() in (name, name[:3])]
        if named:
            return date(int(found[3]), named[0], int(found[1]))
    if found := _ISO_DAY.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    raise ValueError("no known notation")


def identifier_field(**options: Any) -> fields.Field[Any]:
    """One identifier, as its canonical text; an e-mail in lower case, so that one person's records are one person's however
    they were typed."""
    return fields.Function(deserialize=lambda text: folded(_identifier(text)), **options)


def identifiers_field(**options: Any) -> fields.Field[Any]:
    """Identifiers separated by “;”, at least one, each as its canonical text."""
    return fields.Function(deserialize=_identifiers, **options)


def folded(identifier: str) -> str:
    """The canonical text by which e-mails are compared."""
    return identifier.casefold() if identifier.startswith("mailto:") else identifier


def _identifiers(text: str) -> list[str]:
    found = [_identifier(part.strip()) for part in text.split(";") if part.strip()]
    if not found:
        raise ValidationError("holds no identifier")
    return list({folded(one): one for one in reversed(found)}.values())[::-1]


def _identifier(text: str) -> str:
    angles = _MAIL_IN_ANGLES.fullmatch(text)
    written = angles[1] if angles else text
    if "|" not in written and "@" in written:
        written = written.translate(_SMART_APOSTROPHES)
    try:
        return str(parse_identifier(written))
    except BadInput as wrong:
        issuer, mark, _ = written.partition("|")
        if mark:
            raise ValidationError(
                f"“{issuer}” is no organisation whose staff numbers or badges are known here; write it as it is recorded, "
                "or the full address of its system, or an e-mail address"
            ) from wrong
        raise ValidationError(f"{wrong.problems[0].what}; {_ONE_OF}") from wrong


def area_field(**options: Any) -> fields.Field[Any]:
    """An area's key, however it is capitalised."""
    return key_field(**options)


def manager_field(**options: Any) -> fields.Field[Any]:
    """An identifier, or “none” for people without a line manager."""
    return fields.Function(deserialize=_manager, **options)


def _manager(text: str) -> str:
    return NO_MANAGER if text.casefold() == NO_MANAGER else folded(_identifier(text))


def list_field(**options: Any) -> fields.Field[Any]:
    """Texts separated by “;”, each once."""
    return fields.Function(deserialize=_list, **options)


def _list(text: str) -> list[str]:
    return list(dict.fromkeys(_text(part) for part in text.split(";") if part.strip()))


def keys_field(**options: Any) -> fields.Field[Any]:
    """Keys of the mapping files, separated by “;”."""
    return fields.Function(deserialize=lambda text: [as_key(part) for part in _list(text)], **options)


def choice_field(*choices: str, **options: Any) -> fields.Field[Any]:
    """One of these, however it is capitalised."""

    def chosen(text: str) -> str:
        if as_key(text) not in choices:
            raise ValidationError(f"“{text}” is none of {', '.join(choices)}")
        return as_key(text)

    return fields.Function(deserialize=chosen, **options)
