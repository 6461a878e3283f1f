"""The shape of each kind of mapping file, for marshmallow. Every scalar arrives as text; unknown keys are mistakes."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from lrs_bridge.moments import Duration, parse_duration

_KEY = validate.Regexp(
    r"^[A-Za-z0-9_.\-]+$", error="a key is letters, digits, “_”, “-” and “.”, without spaces"
)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_OUTCOMES = ("not_false", "true", "any")


def _iri(text: str) -> None:
    if not _IRI.fullmatch(text):
        raise ValidationError(f"“{text}” is not an IRI; it begins with a scheme such as https:")


def _extension_name(text: str) -> None:
    iri, _, member = text.partition(" ")
    _iri(iri)
    if " " in member:
        raise ValidationError("give an IRI, or an IRI, one space and the name of a member")


def _pattern(text: str) -> None:
    if not _IRI.fullmatch(text if not text.startswith("*") else "any:" + text):
        raise ValidationError(f"“{text}” is not an IRI, nor one with * for any characters")


class ManyTexts(fields.List[str]):
    """One text, or a list of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return super()._deserialize([value] if isinstance(value, str) else value, attr, data, **kwargs)


def duration_field(**options: Any) -> fields.Field[Any]:
    return fields.Function(deserialize=_duration, **options)


def _duration(text: str) -> Duration:
    try:
        return parse_duration(text)
    except ValueError as wrong:
        raise ValidationError(f"“{text}”: {wrong}") from wrong


class _Mapping(Schema):
    error_messages = {"unknown": "unknown key"}  # noqa: RUF012  # marshmallow's own class-level table


class About(_Mapping):
    activity = ManyTexts(fields.String(validate=_pattern))
    activity_type = ManyTexts(fields.String(validate=_iri))
    extension = fields.Dict(
        fields.String(validate=_extension_name),
        ManyTexts(fields.String(validate=validate.Length(min=1)), validate=validate.Length(min=1)),
    )
    grouping = ManyTexts(fields.String(validate=_pattern))
    parent = ManyTexts(fields.String(validate=_pattern))


class Accept(_Mapping):
    verbs = ManyTexts(fields.String(validate=_iri), validate=validate.Length(min=1))
    success = fields.String(validate=validate.OneOf(_OUTCOMES))
    completion = fields.String(validate=validate.OneOf(_OUTCOMES))
    min_scaled_score = fields.Float(validate=validate.Range(-1, 1))
    # "from" is a word of Python's
    locals()["from"] = fields.Date()
    until = fields.Date()


class Rule(_Mapping):
    name = fields.String(required=True)
    about = fields.Nested(About, load_default=dict)
    accept = fields.Nested(Accept, load_default=dict)
    course = ManyTexts(fields.String(validate=_KEY), required=True, validate=validate.Length(min=1))


class Defaults(_Mapping):
    about = fields.Nested(About, load_default=dict)
    accept = fields.Nested(Accept, load_default=dict)


class Source(_Mapping):
    source = fields.String(required=True, validate=_KEY)
    name = fields.String(required=True)
    defaults = fields.Nested(Defaults, load_default=lambda: {"about": {}, "accept": {}})
    rules = fields.List(fields.Nested(Rule), required=True)

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        found: dict[int, list[str]] = {}
        for place, rule in enumerate(data.get("rules", [])):
            shared = data["defaults"]
            if not {**shared["about"], **rule["about"]}.keys() & {
                "activity",
                "extension",
                "grouping",
                "parent",
            }:
                found.setdefault(place, []).append(
                    "says of no activity that it is about it: give activity, extension, grouping or parent"
                )
            if not {**shared["accept"], **rule["accept"]}.get("verbs"):
                found.setdefault(place, []).append("accepts no verb: give accept.verbs here or in defaults")
        if found:
            raise ValidationError({"rules": found})


class Tier(_Mapping):
    name = fields.String(required=True)
    who = fields.String(required=True)
    inherits = fields.String(load_default=None)
    companion = fields.String(load_default=None)
    companion_for_roles = fields.Dict(fields.String(), fields.String(), load_default=dict)


class Item(_Mapping):
    tier = fields.String(required=True)
    text = fields.String(required=True)
    local = fields.String(load_default=None)
    practice = fields.Boolean(load_default=False)
    course_only = fields.Boolean(load_default=False)
    of_post = fields.Boolean(load_default=False)


class Route(_Mapping):
    name = fields.String(required=True)
    covers = fields.List(fields.String(), required=True)
    all_of = fields.List(fields.String(validate=_KEY), load_default=list)
    national = fields.Boolean(load_default=False)
    valid_for = duration_field(load_default=None)
    where = fields.String(load_default="")


class Companion(_Mapping):
    levels = fields.List(fields.String(), load_default=list)
    courses = fields.Dict(fields.String(validate=_KEY), fields.String(), load_default=dict)
    required = fields.Boolean(load_default=False)
    valid_for = duration_field(load_default=None)


class Equivalence(_Mapping):
    course = fields.String(required=True, validate=_KEY)
    counts_as = fields.String(required=True, validate=_KEY)
    decided_by = fields.String(required=True)
    basis = fields.String(required=True)
    until = fields.Date(load_default=None)


class Document(_Mapping):
    title = fields.String(required=True)
    issued = fields.String(load_default="")


class Framework(_Mapping):
    framework = fields.String(required=True, validate=_KEY)
    name = fields.String(required=True)
    document = fields.Nested(Document, load_default=None)
    areas = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    tiers = fields.Dict(fields.String(validate=_KEY), fields.Nested(Tier), required=True)
    items = fields.Dict(fields.String(validate=_KEY), fields.Nested(Item), required=True)
    routes = fields.Dict(fields.String(validate=_KEY), fields.Nested(Route), required=True)
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
    any_of = fields.List(fields.Nested(_need), validate=validate.Length(min=1))
    all_of = fields.List(fields.Nested(_need), validate=validate.Length(min=1))

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data.keys() & {"course", "attestation", "membership", "any_of", "all_of"}) != 1:
            raise ValidationError("give exactly one of course, attestation, membership, any_of, all_of")


class Standard(_Mapping):
    name = fields.String(required=True)
    areas = fields.List(fields.String(), load_default=list)
    met_by = fields.Nested(Need, required=True)


class Recipient(_Mapping):
    email = fields.Email()
    webhook = fields.Url(schemes={"https", "http"}, require_tld=False)
    send = fields.String(load_default="at_once", validate=validate.OneOf(("at_once", "daily")))
    secret_variable = fields.String(load_default="")

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data.keys() & {"email", "webhook"}) != 1:
            raise ValidationError("give exactly one of email, webhook")
        if "webhook" in data and not data["secret_variable"]:
            raise ValidationError(
                "a webhook needs secret_variable: the environment variable that holds its signing secret"
            )


class Area(_Mapping):
    name = fields.String(required=True)
    board = fields.String(required=True)
    alerts = fields.List(fields.Nested(Recipient), load_default=list)


class Champions(_Mapping):
    champions = fields.String(required=True, validate=_KEY)
    name = fields.String(required=True)
    document = fields.Nested(Document, load_default=None)
    areas = fields.Dict(
        fields.String(validate=_KEY), fields.Nested(Area), required=True, validate=validate.Length(min=1)
    )
    transition_deadline = fields.Date(load_default=None)
    standards = fields.Dict(fields.String(validate=_KEY), fields.Nested(Standard), required=True)
    equivalences = fields.List(fields.Nested(Equivalence), load_default=list)


SCHEMAS: dict[str, Schema] = {"sources": Source(), "frameworks": Framework(), "champions": Champions()}
"""Folder → the shape of its files."""
