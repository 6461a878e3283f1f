"""Parameters of requests: how each kind of value is read, and what is wrong with one that can't be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.moments import parse_instant
from lrs_bridge.xapi import documents, notations
from lrs_bridge.xapi.actors import check_actor
from lrs_bridge.xapi.agents import Ifi, identifier_of, is_group
from lrs_bridge.xapi.findings import Findings, timestamp_fault
from lrs_bridge.xapi.paths import quoted
from lrs_bridge.xapi.versions import Version

Reader = Callable[[str, Version], Any]
Known = Mapping[str, tuple[str, Reader]]
"""Parameter → the field it goes to, and how it is read."""


class WrongValueError(Exception):
    """A parameter's value won't do; its problems say why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


def wrong(what: str, mend: str = "") -> WrongValueError:
    return WrongValueError(Problem("", what, "XAPI-00012", mend))


def read_parameters(
    args: Mapping[str, list[str]], known: Known, version: Version, *, once: str, hidden: tuple[str, ...] = ()
) -> tuple[dict[str, Any], list[Problem]]:
    """Field → value, and every problem, its `where` beginning with the parameter's name. `once`: the rule that a parameter
    is there once; `hidden`: parameters that are taken but not told of."""
    fields: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, values in args.items():
        if name not in known:
            problems.append(_unknown(name, [right for right in known if right not in hidden]))
            continue
        if len(values) != 1:
            problems.append(Problem(name, f"the parameter is there {len(values)} times", once, "once"))
            continue
        field, read = known[name]
        try:
            fields[field] = read(values[0], version)
        except WrongValueError as fault:
            problems += (Problem(name + p.where, p.what, p.rule, p.mend) for p in fault.problems)
    return fields, problems


def _unknown(name: str, known: list[str]) -> Problem:
    for right in known:
        if right.lower() == name.lower():
            return Problem(name, f"{quoted(name)} is in the wrong case", "XAPI-00325", right)
    mend = f"known are {', '.join(known)}" if known else "leave it out; there are none"
    return Problem(name, f"{quoted(name)} is no parameter of this request", "XAPI-00324", mend)


def uuid(text: str, _version: Version) -> str:
    if not notations.is_uuid(text):
        raise wrong(f"{quoted(text)} is not a UUID")
    return text.lower()


def iri(text: str, _version: Version) -> str:
    if not notations.is_iri(text):
        raise wrong(f"{quoted(text)} is not an IRI", "percent-encode the parameter's value once")
    return text


def instant(text: str, version: Version) -> datetime:
    fault = timestamp_fault(text, version)
    if fault:
        # A + that wasn't percent-encoded arrives as a blank.
        mend = (
            "write + as %2B" if re.search(r" [0-9]{2}:?[0-9]{2}\Z", text) else "such as 2017-03-01T09:30:00Z"
        )
        raise wrong(f"{quoted(text)}: {fault}", mend)
    return parse_instant(text)


def boolean(text: str, _version: Version) -> bool:
    if text not in {"true", "false"}:
        raise wrong(f"{quoted(text)} is not true or false", "true or false")
    return text == "true"


def _identified(text: str, version: Version) -> tuple[dict[str, Any], Ifi]:
    """An Agent or an identified Group, as JSON; the problems' places continue in it: `agent.mbox`."""
    try:
        value = documents.parse(text.encode("utf-8", "surrogatepass"))
    except BadInput as fault:
        raise WrongValueError(
            *(Problem(p.where.removeprefix("$"), p.what, p.rule, p.mend) for p in fault.problems)
        ) from None
    found = Findings(version)
    check_actor(found, value, "")
    if found.problems:
        raise WrongValueError(*found.problems)
    ifi = identifier_of(value)
    if ifi is None:
        raise wrong("a Group without an identifier can't be looked for", "ask for one of its members")
    return value, ifi


def identifier(text: str, version: Version) -> Ifi:
    """Who an Agent or an identified Group is."""
    return _identified(text, version)[1]


def agent(text: str, version: Version) -> dict[str, Any]:
    """An Agent, and no Group."""
    value, _ = _identified(text, version)
    if is_group(value):
        raise wrong("a Group is not an Agent", "ask for one of its members")
    return value


def plain(text: str, _version: Version) -> str:
    return text
