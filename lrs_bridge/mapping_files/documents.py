"""One YAML file: its plain value, and the line of every key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

from lrs_bridge.errors import BadMappings, Problem

KeyPath = tuple[str | int, ...]


class Document:
    """One YAML file: its plain value (every scalar a string, so 1.10 stays 1.10) and the line of every key."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self.value: Any = None
        try:
            node = yaml.compose(text, Loader=yaml.BaseLoader)
        except yaml.MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            line = mark.line + 1 if mark else 1
            self.problems.append(Problem(f"{path}:{line}", f"not YAML: {wrong.problem or wrong.context}"))
            return
        except yaml.YAMLError as wrong:
            self.problems.append(Problem(f"{path}:1", f"not YAML: {wrong}"))
            return
        self.value = self._plain(node, ()) if node is not None else None

    def _plain(self, node: yaml.Node, at: KeyPath) -> Any:
        self.lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(child, (*at, place)) for place, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key, child in node.value:
                inner = (*at, str(key.value))
                self.lines[inner] = key.start_mark.line + 1
                if key.value in found:
                    self.problems.append(self.problem(inner, "the key stands twice", mend="keep one of them"))
                found[str(key.value)] = self._plain(child, inner)
            return found
        return node.value

    def problem(self, at: KeyPath, what: str, *, mend: str = "", rule: str = "") -> Problem:
        known = at
        while known not in self.lines and known:
            known = known[:-1]
        return Problem(f"{self.path}:{self.lines.get(known, 1)} {_spelled(at)}".rstrip(), what, rule, mend)


def _spelled(at: KeyPath) -> str:
    text = ""
    for step in at:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def load(schema: Schema, document: Document) -> dict[str, Any]:
    if not isinstance(document.value, dict):
        raise BadMappings(
            "", [document.problem((), "the file holds no keys", mend="see the shipped files for the shape")]
        )
    try:
        loaded: dict[str, Any] = schema.load(document.value)
    except ValidationError as wrong:
        found = [document.problem(at, what) for at, what in _flat(wrong.messages, document.value, ())]
        raise BadMappings("", found) from wrong
    return loaded


def _flat(messages: Any, value: Any, at: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """marshmallow's nested messages as (key path, text); its "value"/"key"/"_schema" steps are not steps of the file."""
    if isinstance(messages, list):
        for text in messages:
            yield at, str(text)
        return
    for step, inner in messages.items():
        real = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int)
        )
        if step == "_schema" or (step in ("value", "key") and not real):
            yield from _flat(inner, value, at)
        else:
            below = value[step] if real and (isinstance(value, dict) or step < len(value)) else None
            yield from _flat(inner, below, (*at, step))
