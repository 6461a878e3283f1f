"""The alternate request syntax (Communication 1.3): an xAPI request written as a form, for browsers that can set neither
methods nor headers. 1.0.x alone; 2.0.0 has dropped it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi import forms, versions
from lrs_bridge.xapi.paths import quoted

_RULE: Final = "XAPI-00336"
_METHODS: Final = ("GET", "PUT", "POST", "DELETE")
_HEADERS: Final = {
    name.lower(): name
    for name in (
        "Authorization", versions.HEADER, "Content-Type", "Content-Length", "If-Match", "If-None-Match",
    )
}  # fmt: skip
# What a browser of that time labels a form with, if at all.
_FORM_TYPES: Final = ("application/x-www-form-urlencoded", "text/plain", "")
_NOT_IN_A_HEADER: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CONTENT_TYPE: Final = "application/json"
"""Of content whose type the form doesn't tell."""


@dataclass(slots=True)
class Meant:
    """The request that a form stands for, as far as it could be read, and every problem. `content` is None for methods
    that send none; `headers` have the names and values that HTTP would carry, text being UTF-8."""

    method: str
    parameters: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, where: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(where, what, _RULE, mend))

    @property
    def refusal(self) -> BadInput | None:
        if not self.problems:
            return None
        return BadInput("The request, in the alternate syntax, can't be understood", self.problems)


def is_alternate(query_string: bytes) -> bool:
    """Whether the address has the parameter `method`, which nothing else has."""
    if b"method" not in query_string and b"%" not in query_string:
        return False
    try:
        return any(name == "method" for name, _ in forms.fields_of(query_string))
    except BadInput:
        return False  # told by whoever reads the parameters


def read(method: str, query_string: bytes, content_type: str, version: str | None, form: bytes) -> Meant:
    """What is meant by a request with this method, query string, Content-Type, version header and body."""
    asked = forms.fields_of(query_string)
    named = [value for name, value in asked if name == "method"]
    meant = Meant(named[0] if method == "POST" and named[0] in _METHODS else method)
    if method != "POST":
        meant.refuse("method", f"the request is a {method}", "POST it, or leave the parameter out")
        return meant
    if content_type.partition(";")[0].strip().lower() not in _FORM_TYPES:
        meant.refuse("Content-Type", f"{quoted(content_type)} is not a form", _FORM_TYPES[0])
        form = b""
    _take_form(meant, form)
    if _is_of_2(meant.headers.get(versions.HEADER, version)):
        meant.problems.clear()
        what = "xAPI 2.0.0 has no alternate request syntax"
        meant.refuse("method", what, "use HTTP's own methods and headers, or follow 1.0.3")
        return meant
    if named[0] not in _METHODS or len(named) > 1:
        meant.refuse("method", f"{quoted(' '.join(named))} is no method", f"one of {', '.join(_METHODS)}")
    for name, _ in asked:
        if name != "method":
            meant.refuse(name, f"{quoted(name)} stands in the address", "put it into the form")
    _check_content(meant)
    return meant


def _take_form(meant: Meant, form: bytes) -> None:
    try:
        fields = forms.fields_of(form)
    except BadInput as fault:
        meant.problems += fault.problems
        return
    seen: set[str] = set()
    for name, value in fields:
        header = _HEADERS.get(name.lower())
        once = header or name
        if once in seen and (header or name == "content"):
            meant.refuse(name, f"{quoted(name)} is in the form more than once", "once")
        seen.add(once)
        if header:
            _take_header(meant, header, value)
        elif name == "content":
            meant.content = value.encode()
        else:
            meant.parameters.append((name, value))


def _take_header(meant: Meant, name: str, value: str) -> None:
    if _NOT_IN_A_HEADER.search(value):
        meant.refuse(name, f"{quoted(value)} can't be a header's value", "no line ends, no U+0000")
    elif name != "Content-Length":  # the content itself tells its length
        meant.headers[name] = value


def _is_of_2(version: str | None) -> bool:
    try:
        return versions.negotiate(version) == "2.0.0"
    except BadInput:
        return False  # told with every other request's


def _check_content(meant: Meant) -> None:
    if meant.method in ("PUT", "POST"):
        if meant.content is None and not meant.problems:
            meant.refuse("content", "the form doesn't hold what is to be stored", "add it, URL-encoded")
        meant.headers.setdefault("Content-Type", _CONTENT_TYPE)
    elif meant.content is not None:
        meant.refuse("content", f"a {meant.method} sends no content", "leave it out")
