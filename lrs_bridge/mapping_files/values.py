"""How single values are written in mapping files: keys, texts, IRIs, days, lengths of time. Each arrives as text.

What marshmallow checks by a pattern, `json_schema` tells editors; where a check is a function, the field's metadata say
what a pattern can tell of it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from lrs_bridge.mapping_files.wording import wrong
from lrs_bridge.moments import DURATION, Duration, parse_duration


class _Whole(validate.Regexp):
    """The whole text to its end; a line end after it would pass Python's “$”, and not that of JSON Schema."""

    def __call__(self, value: Any) -> Any:
        if not self.regex.fullmatch(value):
            raise ValidationError(self._format_error(value))
        return value


KEY = _Whole(
    r"^[A-Za-z0-9_.\-]+$",
    error=wrong("“{{value}}” is no key", "letters, digits, “_”, “-” and “.”, without blanks"),
)
NAME = _Whole(
    KEY.regex, error=wrong("“{{key}}” is no key", "letters, digits, “_”, “-” and “.”, without blanks")
)
TEXT = validate.Regexp(r"\s*\S", error=wrong("the text is empty", "write it, or take the key out"))
SOME = validate.Length(min=1, error=wrong("holds nothing", "write at least one, or take the key out"))
IRI = _Whole(
    r"^[A-Za-z][A-Za-z0-9+.\-]*:\S+$",
    error=wrong("“{{value}}” is not an IRI", "it begins with a scheme such as https: and has no blanks"),
)
IRI_PATTERN = _Whole(
    r"^(\*\S*|[A-Za-z][A-Za-z0-9+.\-]*:\S+)$",
    error=wrong(
        "“{{value}}” is not an IRI",
        "an IRI such as https://moodle.example.org/course/view.php?id=4, or one with * for any characters",
    ),
)
EXTENSION_NAME = _Whole(
    r"^[A-Za-z][A-Za-z0-9+.\-]*:\S+( [^ ]*)?$",
    error=wrong(
        "“{{key}}” is not the name of an extension",
        "an IRI; or an IRI, one blank and the name of a member",
    ),
)
VARIABLE = _Whole(
    r"^([A-Za-z_][A-Za-z0-9_]*)?$",
    error=wrong("“{{value}}” can't be an environment variable", "such as ESSEX_WEBHOOK_SECRET"),
)
MAIL_DOMAIN = _Whole(
    r"^[A-Za-z0-9]+([.\-]+[A-Za-z0-9]+)*$",
    error=wrong("“{{value}}” is no mail domain", "what stands after the @, such as council.gov.uk"),
)
HOME_PAGE = _Whole(
    r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
    error=wrong(
        "“{{value}}” is no home page of accounts",
        "the site's whole address, such as https://moodle.example.org",
    ),
)
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)


def choice(*choices: str) -> validate.OneOf:
    return validate.OneOf(
        choices,
        error=wrong("“{{value}}” is none of the values that it may have", f"one of {', '.join(choices)}"),
    )


def says(meaning: str, **json_schema: Any) -> dict[str, Any]:
    """A field's metadata: what an editor shows beside its key, and what JSON Schema can tell of a check that is a function."""
    return {"description": meaning, **json_schema}


class ManyTexts(fields.List[str]):
    """One text, or a list of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return super()._deserialize([value] if isinstance(value, str) else value, attr, data, **kwargs)


def text_field(meaning: str = "", **options: Any) -> fields.String:
    return fields.String(validate=TEXT, metadata=says(meaning), **options)


def key_field(meaning: str = "", **options: Any) -> fields.String:
    return fields.String(validate=KEY, metadata=says(meaning), **options)


def flag_field(meaning: str = "", **options: Any) -> fields.Boolean:
    return fields.Boolean(load_default=False, metadata=says(meaning), **options)


def day_field(meaning: str = "", **options: Any) -> fields.Date:
    return fields.Date(
        validate=validate.Range(
            _FIRST_DAY, _LAST_DAY, error=wrong("“{{value}}” is no likely day", "a day such as 2026-03-31")
        ),
        metadata=says(meaning, pattern=r"^(19|[2-9]\d)\d\d-[01]\d-[0-3]\d$", format="date"),
        **options,
    )


def duration_field(meaning: str = "", **options: Any) -> fields.Field[Any]:
    # JSON Schema's regular expressions know no (?P<names>), and zero is no length of time
    unnamed = re.sub(r"\?P<\w+>", "", DURATION.pattern)
    return fields.Function(
        deserialize=_duration, metadata=says(meaning, pattern=f"^(?=.*[1-9]){unnamed}$"), **options
    )


def _duration(text: Any) -> Duration:
    try:
        found = parse_duration(text)
    except (ValueError, TypeError) as bad:
        raise ValidationError(_NO_DURATION) from bad
    if found == Duration() or found.months > _LONGEST_MONTHS or found.days > _LONGEST_MONTHS * 31:
        raise ValidationError(_NO_DURATION)
    return found


_NO_DURATION = wrong("“{value}” is not a length of time", "such as P3Y, P18M or P90D (ISO 8601)")
_LONGEST_MONTHS = 12_000
