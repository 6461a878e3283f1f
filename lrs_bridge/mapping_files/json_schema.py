"""The shape of the mapping files as JSON Schema (2020-12), by which editors check and complete them while they are written.

Drawn from the marshmallow schemas, so that there is one description of the shape. An editor knows YAML's own numbers and
booleans where marshmallow is given text, so each is let in wherever its text would do. What only several files together
tell (names that nothing declares, items that nothing covers) stays with `check-mappings`.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.mapping_files.schemas import SCHEMAS
from lrs_bridge.mapping_files.values import ManyTexts

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ABOUT = {
    "sources": "Which statements are evidence of which course.",
    "frameworks": "Tiers, items, and the ways to them.",
    "champions": "Standards, areas, and whom to tell.",
}
"""Folder → what its files say."""

_OWN_KINDS = {"number": "1", "boolean": "true"}
_OWN_VALUES = {"true": True, "false": False}
_NUMBER_AS_TEXT = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


def json_schema(folder: str) -> dict[str, Any]:
    """JSON Schema of the files in one of the folders. It accepts every file whose shape the service accepts, as YAML's
    core schema reads it; days only in their long form, 2026-03-31. Raises BadInput for a folder that there is not."""
    if folder not in SCHEMAS:
        mend = f"one of {', '.join(SCHEMAS)}"
        raise BadInput(
            "There is no such schema.",
            [Problem("KIND", f"there are no mapping files of the kind “{folder}”", mend=mend)],
        )
    parts = _Parts()
    root = parts.keys(SCHEMAS[folder])
    about = {"title": f"lrs_bridge mapping files: {folder}", "description": ABOUT[folder]}
    return {"$schema": DIALECT, **about, **root, "$defs": parts.drawn}


class _Parts:
    """`drawn`: the name of each part that a file may hold, however often and however deeply, → its JSON Schema."""

    def __init__(self) -> None:
        self.drawn: dict[str, Any] = {}

    def keys(self, schema: Schema) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: self.key(field) for name, field in schema.fields.items()},
            "required": [name for name, field in schema.fields.items() if field.required],
            "additionalProperties": False,
            **getattr(schema, "between_keys", {}),
        }

    def key(self, field: fields.Field[Any]) -> dict[str, Any]:
        found = self.value(field)
        if field.allow_none:
            found = {"anyOf": [found, {"type": "null"}]}
        if isinstance(field.load_default, str | bool) and field.load_default != "":
            found["default"] = field.load_default
        return {"description": field.metadata.get("description", ""), **found}

    def value(self, field: fields.Field[Any]) -> dict[str, Any]:
        match field:
            case fields.Nested():
                return self.part(field.schema)
            case ManyTexts():
                return {"anyOf": [self.value(field.inner), self.listed(field)]}
            case fields.List():
                return self.listed(field)
            case fields.Dict():
                return self.named(field)
            case fields.Boolean():
                return _flag(field)
            case fields.Float():
                return _number(field)
            case _:
                return _text(field)

    def part(self, schema: Schema) -> dict[str, Any]:
        name = type(schema).__name__
        if name not in self.drawn:
            self.drawn[name] = {}  # known before it is drawn: a part may hold others of its kind
            self.drawn[name] = self.keys(schema)
        return {"$ref": f"#/$defs/{name}"}

    def listed(self, field: fields.List[Any]) -> dict[str, Any]:
        return {"type": "array", "items": self.value(field.inner), **_least(field, "minItems")}

    def named(self, field: fields.Dict) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "object", **_least(field, "minProperties")}
        if field.key_field and _pattern(field.key_field):
            found["propertyNames"] = _pattern(field.key_field)
        if field.value_field:
            found["additionalProperties"] = self.value(field.value_field)
        return found


def _text(field: fields.Field[Any]) -> dict[str, Any]:
    for check in field.validators:
        if isinstance(check, validate.OneOf):
            own = [value for text, value in _OWN_VALUES.items() if text in check.choices]
            return {"enum": [*check.choices, *own]}
    kinds = [kind for kind, text in _OWN_KINDS.items() if _takes(field, text)]
    said = {key: field.metadata[key] for key in ("pattern", "format") if key in field.metadata}
    return {"type": ["string", *kinds], **_pattern(field), **said}


def _takes(field: fields.Field[Any], text: str) -> bool:
    try:
        field.deserialize(text)
    except ValidationError:
        return False
    return True


def _flag(field: fields.Boolean) -> dict[str, Any]:
    words = sorted(word for word in field.truthy | field.falsy if isinstance(word, str))
    kinds = ["boolean", "string", "integer"]
    return {"type": kinds, "pattern": f"^({'|'.join(words)})$", "minimum": 0, "maximum": 1}


def _number(field: fields.Float) -> dict[str, Any]:
    found: dict[str, Any] = {"type": ["number", "string"], "pattern": _NUMBER_AS_TEXT}
    for check in field.validators:
        if isinstance(check, validate.Range):
            found |= {"minimum": check.min, "maximum": check.max}
    return found


def _pattern(field: fields.Field[Any]) -> dict[str, Any]:
    patterns = [check.regex.pattern for check in field.validators if isinstance(check, validate.Regexp)]
    return {"pattern": patterns[0]} if patterns else {}


def _least(field: fields.Field[Any], keyword: str) -> dict[str, Any]:
    least = [check.min for check in field.validators if isinstance(check, validate.Length)]
    return {keyword: least[0]} if least else {}
