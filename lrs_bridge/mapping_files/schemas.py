"""The shape of each kind of mapping file, for marshmallow. Every scalar arrives as text; unknown keys are mistakes."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from lrs_bridge.mapping_files.wording import wrong
from lrs_bridge.moments import Duration, parse_duration

_KEY = validate.Regexp(
    r"^[A-Za-z0-9_.\-]+$",
    error=wrong("“{{value}}” is no key", "letters, digits, “_”, “-” and “.”, without blanks"),
)
_NAME = validate.Regexp(
    _KEY.regex, error=wrong("“{{key}}” is no key", "letters, digits, “_”, “-” and “.”, without blanks")
)
_TEXT = validate.Regexp(r"\s*\S", error=wrong("the text is empty", "write it, or take the key out"))
_SOME = validate.Length(min=1, error=wrong("holds nothing", "write at least one, or take the key out"))
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_VARIABLE = validate.Regexp(
    r"^([A-Za-z_][A-Za-z0-9_]*)?$",
    error=wrong("“{{value}}” can't be an environment variable", "such as ESSEX_WEBHOOK_SECRET"),
)
_OUTCOMES = ("not_false", "true", "any")
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)


def _iri(text: str) -> None:
    if not _IRI.fullmatch(text):
        raise ValidationError(
            wrong("“{value}” is not an IRI", "it begins with a scheme such as https: and has no blanks")
        )


def _extension_name(text: str) -> None:
    iri, _, member = text.partition(" ")
    if not _IRI.fullmatch(iri) or " " in member:
        raise ValidationError(
            wrong(
                "“{key}” is not the name of an extension",
                "an IRI; or an IRI, one blank and the name of a member",
            )
        )


def _pattern(text: str) -> None:
    if not _IRI.fullmatch(text if not text.startswith("*") else "any:" + text):
        raise ValidationError(
            wrong(
                "“{value}” is not an IRI",
                "an IRI such as https://moodle.example.org/course/view.php?id=4, or one with * for any characters",
            )
        )


def _choice(*choices: str) -> validate.OneOf:
    return validate.OneOf(
        choices,
        error=wrong("“{{value}}” is none of the values that it may have", f"one of {', '.join(choices)}"),
    )


class ManyTexts(fields.List[str]):
    """One text, or a list of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return super()._deserialize([value] if isinstance(value, str) else value, attr, data, **kwargs)


def text_field(**options: Any) -> fields.String:
    return fields.String(validate=_TEXT, **options)


def day_field(**options: Any) -> fields.Date:
    return fields.Date(
        validate=validate.Range(
            _FIRST_DAY, _LAST_DAY, error=wrong("“{{value}}” is no likely day", "a day such as 2026-03-31")
        ),
        **options,
    )


def duration_field(**options: Any) -> fields.Field[Any]:
    return fields.Function(deserialize=_duration, **options)


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


class _Mapping(Schema):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages["unknown"] = wrong(
            "there is no key “{key}” here", f"one of {', '.join(self.fields)}"
        )


class About(_Mapping):
    """Null takes a condition of the defaults away."""

    activity = ManyTexts(fields.String(validate=_pattern), validate=_SOME, allow_none=True)
    activity_type = ManyTexts(fields.String(validate=_iri), validate=_SOME, allow_none=True)
    extension = fields.Dict(
        fields.String(validate=_extension_name),
        ManyTexts(text_field(), validate=_SOME),
        validate=_SOME,
        allow_none=True,
    )
    grouping = ManyTexts(fields.String(validate=_pattern), validate=_SOME, allow_none=True)
    parent = ManyTexts(fields.String(validate=_pattern), validate=_SOME, allow_none=True)


class Accept(_Mapping):
    verbs = ManyTexts(fields.String(validate=_iri), validate=_SOME)
    success = fields.String(validate=_choice(*_OUTCOMES))
    completion = fields.String(validate=_choice(*_OUTCOMES))
    min_scaled_score = fields.Float(
        validate=validate.Range(
            -1, 1, error=wrong("“{{value}}” can't be a scaled score", "a number from -1 to 1")
        )
    )
    # "from" is a word of Python's
    locals()["from"] = day_field()
    until = day_field()


class Rule(_Mapping):
    name = text_field(required=True)
    about = fields.Nested(About, load_default=dict)
    accept = fields.Nested(Accept, load_default=dict)
    course = ManyTexts(fields.String(validate=_KEY), required=True, validate=_SOME)


class Defaults(_Mapping):
    about = fields.Nested(About, load_default=dict)
    accept = fields.Nested(Accept, load_default=dict)


class Source(_Mapping):
    source = fields.String(required=True, validate=_KEY)
    name = text_field(required=True)
    defaults = fields.Nested(Defaults, load_default=lambda: {"about": {}, "accept": {}})
    rules = fields.List(fields.Nested(Rule), required=True)


class Tier(_Mapping):
    name = text_field(required=True)
    who = text_field(required=True)
    inherits = fields.String(load_default=None)
    companion = fields.String(load_default=None)
    companion_for_roles = fields.Dict(fields.String(), fields.String(), load_default=dict)


class Item(_Mapping):
    tier = fields.String(required=True)
    text = text_field(required=True)
    local = fields.String(load_default=None)
    practice = fields.Boolean(load_default=False)
    course_only = fields.Boolean(load_default=False)
    of_post = fields.Boolean(load_default=False)


class Route(_Mapping):
    name = text_field(required=True)
    covers = fields.List(fields.String(), required=True)
    all_of = fields.List(fields.String(validate=_KEY), load_default=list)
    national = fields.Boolean(load_default=False)
    valid_for = duration_field(load_default=None)
    where = fields.String(load_default="")


class Companion(_Mapping):
    levels = fields.List(fields.String(), load_default=list)
    courses = fields.Dict(fields.String(validate=_NAME), fields.String(), load_default=dict)
    required = fields.Boolean(load_default=False)
    valid_for = duration_field(load_default=None)


class Equivalence(_Mapping):
    course = fields.String(required=True, validate=_KEY)
    counts_as = fields.String(required=True, validate=_KEY)
    decided_by = text_field(required=True)
    basis = text_field(required=True)
    until = day_field(load_default=None)


class Document(_Mapping):
    title = text_field(required=True)
    issued = fields.String(load_default="")


class Framework(_Mapping):
    framework = fields.String(required=True, validate=_KEY)
    name = text_field(required=True)
    document = fields.Nested(Document, load_default=None)
    areas = fields.List(fields.String(), required=True, validate=_SOME)
    tiers = fields.Dict(fields.String(validate=_NAME), fields.Nested(Tier), required=True, validate=_SOME)
    items = fields.Dict(fields.String(validate=_NAME), fields.Nested(Item), required=True, validate=_SOME)
    routes = fields.Dict(fields.String(validate=_NAME), fields.Nested(Route), required=True)
    companion = fields.Nested(
        Companion, load_default=lambda: {"levels": [], "courses": {}, "required": False, "valid_for": None}
    )
    equivalences = fields.List(fields.Nested(Equivalence), load_default=list)


def _need() -> Schema:
    return Need()


class Need(_Mapping):
    course = fields.String(validate=_KEY)
    attestation = fields.String(validate=_KEY)
    membership = fields.String(validate=_KEY)
    valid_for = duration_field()
    any_of = fields.List(fields.Nested(_need), validate=_SOME)
    all_of = fields.List(fields.Nested(_need), validate=_SOME)

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data.keys() & {"course", "attestation", "membership", "any_of", "all_of"}) != 1:
            raise ValidationError(
                wrong(
                    "doesn't say by what one thing it is met",
                    "exactly one of course, attestation, membership, any_of, all_of",
                )
            )
        if "valid_for" in data and data.keys() & {"any_of", "all_of"}:
            raise ValidationError(
                wrong(
                    "several things together have no valid_for",
                    "give it to each course, attestation or membership",
                )
            )


class Standard(_Mapping):
    name = text_field(required=True)
    areas = fields.List(fields.String(), load_default=list)
    met_by = fields.Nested(Need, required=True)


class Recipient(_Mapping):
    email = fields.Email()
    webhook = fields.Url(schemes={"https", "http"}, require_tld=False)
    send = fields.String(load_default="at_once", validate=_choice("at_once", "daily"))
    secret_variable = fields.String(load_default="", validate=_VARIABLE)

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data.keys() & {"email", "webhook"}) != 1:
            raise ValidationError(wrong("doesn't say whom to tell", "exactly one of email, webhook"))
        if "webhook" in data and not data["secret_variable"]:
            raise ValidationError(
                wrong(
                    "the webhook has no signing secret",
                    "secret_variable: the name of the environment variable that holds it",
                )
            )


class Area(_Mapping):
    name = text_field(required=True)
    board = text_field(required=True)
    alerts = fields.List(fields.Nested(Recipient), load_default=list)


class Champions(_Mapping):
    champions = fields.String(required=True, validate=_KEY)
    name = text_field(required=True)
    document = fields.Nested(Document, load_default=None)
    areas = fields.Dict(fields.String(validate=_NAME), fields.Nested(Area), required=True, validate=_SOME)
    transition_deadline = day_field(load_default=None)
    standards = fields.Dict(fields.String(validate=_NAME), fields.Nested(Standard), required=True)
    equivalences = fields.List(fields.Nested(Equivalence), load_default=list)


SCHEMAS: dict[str, Schema] = {"sources": Source(), "frameworks": Framework(), "champions": Champions()}
"""Folder → the shape of its files."""
