"""One YAML file: its plain value, the line of every key, and what its schema makes of it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

from lrs_bridge.errors import Problem
from lrs_bridge.mapping_files.wording import in_words

KeyPath = tuple[str | int, ...]

_DEEPEST = 40
_MOST_VALUES = 200_000
_NOTHING = re.compile(r"|~|null|Null|NULL")


class _TooMuch(Exception):
    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


class Document:
    """`value`: the file with every scalar as text, so that 1.10 stays 1.10, and None where nothing (or null) is written.
    `lines`: key path → line. `problems`: what makes it no good YAML."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self.value: Any = None
        self._left: dict[KeyPath, list[int]] = {}
        self._values = 0
        try:
            node = yaml.compose(text, Loader=yaml.BaseLoader)
            self.value = None if node is None else self._plain(node, ())
        except yaml.MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            line = mark.line + 1 if mark else 1
            said = (wrong.problem or wrong.context or "").replace("'\\t'", "a tab")
            self._refuse(line, f"not YAML: {said}", _yaml_mend(said))
        except yaml.reader.ReaderError as wrong:
            line = text.count("\n", 0, wrong.position) + 1
            self._refuse(line, f"not YAML: the character U+{int(wrong.character):04X} may not stand in it")
        except RecursionError:
            self._refuse(1, "not a mapping file: it is nested too deeply")
        except _TooMuch as wrong:
            self._refuse(wrong.line, wrong.what)

    def _refuse(self, line: int, what: str, mend: str = "") -> None:
        self.value = None
        self.problems = [Problem(f"{self.path}:{line}", what, mend=mend)]

    def _plain(self, node: yaml.Node, at: KeyPath) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(at, line)
        self._values += 1
        if len(at) > _DEEPEST or self._values > _MOST_VALUES:
            raise _TooMuch(line, "not a mapping file: it is nested too deeply, or its aliases multiply")
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(child, (*at, place)) for place, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._keys(node, at)
        is_plain = isinstance(node, yaml.ScalarNode) and not node.style
        return None if is_plain and _NOTHING.fullmatch(node.value) else node.value

    def _keys(self, node: yaml.MappingNode, at: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _TooMuch(key.start_mark.line + 1, "not a mapping file: a key is one text")
            inner = (*at, key.value)
            if key.value in found:
                first = self.lines[inner]
                self.lines[inner] = key.start_mark.line + 1
                self.problems.append(
                    self.problem(
                        inner, f"the key stands twice, first in line {first}", mend="keep one of them"
                    )
                )
            self.lines[inner] = key.start_mark.line + 1
            found[key.value] = self._plain(child, inner)
        return found

    def problem(self, at: KeyPath, what: str, *, mend: str = "") -> Problem:
        """A Problem at this key path of what `load` gave."""
        at = known = self.as_written(at)
        while known not in self.lines and known:
            known = known[:-1]
        return Problem(f"{self.path}:{self.lines.get(known, 1)} {_spelled(at)}".rstrip(), what, mend=mend)

    def as_written(self, at: KeyPath) -> KeyPath:
        written: KeyPath = ()
        for step in at:
            left = self._left.get(written)
            written += (
                left[step] if left is not None and isinstance(step, int) and step < len(left) else step,
            )
        return written

    def load(self, schema: Schema) -> tuple[dict[str, Any] | None, list[Problem]]:
        """What the schema makes of the file, and what is wrong with it. Parts with mistakes are left out, so that the
        rest can be compared with other files; None where nothing useful is left."""
        if not isinstance(self.value, dict):
            return None, [
                self.problem((), "the file holds no keys", mend="see the shipped files for the shape")
            ]
        value, problems = copy.deepcopy(self.value), list(self.problems)
        dropped: set[KeyPath] = set()
        while True:
            try:
                loaded: dict[str, Any] = schema.load(value)
            except ValidationError as wrong:
                found = list(_flat(wrong.messages, value, ()))
                for at, text in found:
                    # what is missing only because it was left out is no second mistake
                    if not any(gone[: len(at)] == self.as_written(at) for gone in dropped):
                        what, mend = in_words(text, value_at(value, at), at)
                        problems.append(self.problem(at, what, mend=mend))
                drops = sorted({_what_to_drop(value, at) for at, _ in found}, reverse=True)
                if () in drops:
                    return None, problems
                dropped |= {self.as_written(at) for at in drops}
                for at in drops:
                    self._drop(value, at)
            else:
                return loaded, problems

    def _drop(self, value: Any, at: KeyPath) -> None:
        holder = value_at(value, at[:-1])
        step = at[-1]
        if isinstance(holder, list) and isinstance(step, int):
            left = self._left.setdefault(self.as_written(at[:-1]), list(range(len(holder))))
            del left[step], holder[step]
        elif isinstance(holder, dict):
            holder.pop(str(step), None)


def _yaml_mend(said: str) -> str:
    if "a tab" in said:
        return "indent with blanks, never with tabs"
    if "mapping values are not allowed" in said or "<block end>" in said:
        return "look at this line and the one before: the indentation, a missing “:”, or a text that needs quotes"
    return ""


def _spelled(at: KeyPath) -> str:
    text = ""
    for step in at:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def value_at(value: Any, at: KeyPath) -> Any:
    for step in at:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _what_to_drop(value: Any, at: KeyPath) -> KeyPath:
    """The smallest part that holds the mistake: the value itself, or where a key is missing, what it is missing from."""
    while at:
        holder, step = value_at(value, at[:-1]), at[-1]
        if isinstance(holder, dict) and step in holder:
            return at
        if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            return at
        at = at[:-1]
    return at


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
        if step == "_schema" or (not real and (step in ("value", "key") or isinstance(step, int))):
            yield from _flat(inner, value, at)
        else:
            yield from _flat(inner, value_at(value, (step,)), (*at, step))
