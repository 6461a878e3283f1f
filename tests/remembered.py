"""What an application works out when it is made and as it is used, remembered for the next one: a process makes thousands here, where
`serve` makes one."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing.rules import Rule


class _Templates(BytecodeCache):
    """Compiled, by their source."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


def _remember_addresses() -> None:
    """Werkzeug compiles two functions for each address that an application answers; they are the same in the next one."""
    compile_anew, known = Rule._compile_builder, {}  # nothing public lets it be done once

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:  # as Werkzeug's own
        key = (tuple(rule._trace), repr(rule.defaults), append_unknown)  # all that it depends on
        if key not in known:
            known[key] = compile_anew(rule, append_unknown)
        return known[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign]  # in place of the method above


_templates = _Templates()
_remember_addresses()


def with_remembered(app: Flask) -> Flask:
    """The application, which compiles no template that another one has compiled."""
    app.jinja_env.bytecode_cache = _templates
    return app
