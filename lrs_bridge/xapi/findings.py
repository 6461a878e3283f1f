"""The problems found in one statement, and the checks of single values that all kinds of object share.

A check is a function (findings, value, where) → None that adds what is wrong. Paths are built eagerly and cheaply for
the members the standard knows; whatever costs more happens only once something is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lrs_bridge.errors import Problem
from lrs_bridge.moments import is_rfc3339, parse_instant
from lrs_bridge.xapi import notations
from lrs_bridge.xapi.paths import member, quoted
from lrs_bridge.xapi.versions import Version

_KINDS = {str: "text", bool: "true or false", dict: "an object", list: "an array"}


class Findings:
    """Grows as checks are run. `rules` of its problems are keys of rules.RULES."""

    __slots__ = ("problems", "version")

    def __init__(self, version: Version) -> None:
        self.version = version
        self.problems: list[Problem] = []

    def add(self, rule: str, where: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(where, what, rule, mend))

    def missing(self, rule: str, where: str, name: str, mend: str) -> None:
        self.add(rule, where, f'there is no "{name}"', mend)

    def wrong_type(self, rule: str, where: str, value: Any, wanted: str) -> None:
        if value is None:
            self.add("XAPI-00001", where, "null is not allowed here", f"{wanted}, or leave it out")
        else:
            self.add(rule, where, f"{quoted(value)} is not {wanted}", wanted)


Check = Callable[[Findings, Any, str], None]


def check_members(
    found: Findings,
    value: dict[str, Any],
    where: str,
    known: Mapping[str, Check],
    unknown_rule: str = "XAPI-00010",
) -> None:
    """Runs each member's check; members that aren't known are problems."""
    for name, content in value.items():
        check = known.get(name)
        if check is None:
            _unknown_member(found, where, name, known, unknown_rule)
        else:
            check(found, content, f"{where}.{name}")


def _unknown_member(found: Findings, where: str, name: str, known: Mapping[str, Check], rule: str) -> None:
    path = member(where, name)
    for right in known:
        if right.lower() == name.lower():
            found.add("XAPI-00008", path, f"{quoted(name)} is in the wrong case", f'"{right}"')
            return
    allowed = ", ".join(sorted(known))
    found.add(rule, path, f"{quoted(name)} is not known here", f"leave it out; known are {allowed}")


def check_choice(found: Findings, value: Any, where: str, rule: str, choices: tuple[str, ...]) -> bool:
    """One of the listed texts, in exactly that case."""
    if value in choices:
        return True
    wanted = " or ".join(f'"{choice}"' for choice in choices)
    if isinstance(value, str) and value.lower() in {choice.lower() for choice in choices}:
        found.add("XAPI-00009", where, f"{quoted(value)} is in the wrong case", wanted)
    else:
        found.wrong_type(rule, where, value, wanted)
    return False


def of_type(kind: type, rule: str) -> Check:
    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, kind):
            found.wrong_type(rule, where, value, _KINDS[kind])

    return check


def formatted(rule: str, is_right: Callable[[str], bool], wanted: str, example: str) -> Check:
    """Text in a notation."""

    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, str):
            found.wrong_type(rule, where, value, wanted)
        elif not is_right(value):
            if value:
                found.add(rule, where, f"{quoted(value)} is not {wanted}", f"such as {example}")
            else:
                found.add("XAPI-00007", where, f"it is empty, and should be {wanted}", f"such as {example}")

    return check


def iri(rule: str, *, ascii_only: bool = False) -> Check:
    """An absolute IRI (Data 4.3; 2.0.0 4.2.7), or a URI."""
    is_right = notations.is_uri if ascii_only else notations.is_iri
    wanted = "a URI" if ascii_only else "an IRI"

    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, str):
            found.wrong_type(rule, where, value, wanted)
        elif not is_right(value):
            _wrong_iri(found, rule, value, where, wanted)

    return check


def _wrong_iri(found: Findings, rule: str, value: str, where: str, wanted: str) -> None:
    if not value:
        found.add(
            "XAPI-00007", where, f"it is empty, and should be {wanted}", "such as https://example.org/…"
        )
    elif not notations.has_scheme(value):
        found.add("XAPI-00011", where, f"{quoted(value)} has no scheme", "such as https://example.org/…")
    else:
        outside = notations.first_outside_iri(value)
        why = f"it holds {quoted(outside)}" if outside else "its parts are not in order"
        found.add(
            rule, where, f"{quoted(value)} is not {wanted}: {why}", "percent-encode what an IRI can't hold"
        )


def uuid(rule: str, type_rule: str = "") -> Check:
    """A UUID in standard string form (Data 2.4.1, 4.4; 2.0.0 4.2.7)."""

    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, str):
            found.wrong_type(type_rule or rule, where, value, "a UUID")
        elif not notations.is_uuid(value):
            if not value:
                found.add("XAPI-00007", where, "it is empty, and should be a UUID")
            elif notations.is_uuid_otherwise_written(value):
                mend = "12345678-1234-4234-8234-123456789012"
                found.add("XAPI-00029", where, f"{quoted(value)} is a UUID in another form", mend)
            else:
                found.add(rule, where, f"{quoted(value)} is not a UUID")

    return check


def check_language_tag(found: Findings, tag: str, where: str, rule: str) -> None:
    if not tag:
        found.add("XAPI-00007", where, "the language tag is empty", "such as en or en-GB")
    elif not notations.is_language_tag(tag):
        hyphenated = tag.replace("_", "-")
        mend = f'"{hyphenated}"' if notations.is_language_tag(hyphenated) else "such as en or en-GB"
        found.add(rule, where, f"{quoted(tag)} is not a language tag", mend)


def language_map(rule: str) -> Check:
    """Language tag → text (Data 4.2; 2.0.0 4.2.7)."""

    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            found.wrong_type(rule, where, value, "a language map")
            return
        for tag, text in value.items():
            if not notations.is_language_tag(tag):
                check_language_tag(found, tag, member(where, tag), "XAPI-00121")
            if not isinstance(text, str):
                found.wrong_type(rule, member(where, tag), text, "text")

    return check


def extensions(rule: str) -> Check:
    """IRI → anything at all, null included (Data 4.1; 2.0.0 4.2.7)."""

    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            found.wrong_type(rule, where, value, "an object whose keys are IRIs")
            return
        for key in value:
            if not notations.is_iri(key):
                found.add("XAPI-00118", member(where, key), f"the key {quoted(key)} is not an IRI")

    return check


def timestamp(rule: str) -> Check:
    """ISO 8601 (Data 4.5), in 2.0.0 only its profile RFC 3339 (4.2.7)."""

    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, str):
            found.wrong_type(rule, where, value, "a timestamp")
            return
        fault = timestamp_fault(value, found.version)
        if fault:
            rule_broken = "XAPI-00123" if value else "XAPI-00007"
            found.add(rule_broken, where, f"{quoted(value)}: {fault}", "such as 2017-03-01T09:30:00Z")

    return check


def timestamp_fault(text: str, version: Version) -> str:
    """What is wrong with it, or ""."""
    if version == "2.0.0" and not is_rfc3339(text):
        return "not an RFC 3339 timestamp with its time zone"
    try:
        parse_instant(text)
    except ValueError as fault:
        return str(fault)
    return ""


def is_number(value: Any) -> bool:
    """A JSON number; documents.parse gives int, float or, beyond a double's range, Decimal."""
    return not isinstance(value, (bool, str, list, dict)) and value is not None
