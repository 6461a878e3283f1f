"""Valid statements the quick way: member by member, and what a member's very text says is known if it came before. Most of
what a sender sends repeats: its verbs, its activities, who acts and where.

This way refuses nothing. What it doesn't find valid is left to `documents` and `validity`, which say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.contexts import check_context
from lrs_bridge.xapi.findings import Check, Findings
from lrs_bridge.xapi.formats import definitions_by, shape_by
from lrs_bridge.xapi.notations import is_uuid
from lrs_bridge.xapi.strict_json import DEEPEST
from lrs_bridge.xapi.terms import Said, Term, said_by, together
from lrs_bridge.xapi.validity import STATEMENT, VOIDED
from lrs_bridge.xapi.versions import Version

_REMEMBERED: Final = 2048
_LONGEST_REMEMBERED: Final = 2000
"""Octets of a member's text: with what it says, all that is remembered takes some 20 MB at most."""
_LEVELS_AROUND: Final = 2
"""Of nesting: the array and the statement."""

_statements_of: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_members_of: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Valid(NamedTuple):
    """A valid statement with what `shape_of`, `terms_of` and `definitions_in` give of it. text: the slice that was sent."""

    text: str
    value: dict[str, Any]
    shape: int
    terms: frozenset[Term]
    definitions: Mapping[str, dict[str, Any]]


def valid(body: bytes, version: Version) -> list[Valid] | None:
    """The statements of a request body, where `problems_of` or `problems_of_batch` would find nothing wrong with any. None
    where that can't be told quickly. Their values are shared: nobody may change them."""
    body = body.strip(b" \t\n\r")
    try:
        raws = _statements_of(body) if body[:1] == b"[" else [body]
        found = []
        for raw in raws:
            one = _statement(bytes(raw), version)
            if one is None:
                return None
            found.append(one)
    except (BadInput, msgspec.DecodeError, ValueError, RecursionError):
        return None
    ids = [one.value["id"].lower() for one in found if "id" in one.value]
    return found if len(set(ids)) == len(ids) else None


class _Member(NamedTuple):
    """What a member that repeats says."""

    value: Any
    shape: int
    said: Said
    definitions: Mapping[str, dict[str, Any]]


def _statement(raw: bytes, version: Version) -> Valid | None:
    members = {name: bytes(value) for name, value in _members_of(raw).items()}
    if not _is_made_of(raw, members):
        return None
    value: dict[str, Any] = {}
    shape = 0
    said: list[Said] = []
    brought: dict[str, Mapping[str, dict[str, Any]]] = {}
    for name, text in members.items():
        if name in _REPEATING:
            member = (_remembered if len(text) <= _LONGEST_REMEMBERED else _member)(name, text, version)
            if member is None:
                return None
            value[name] = member.value
            shape |= member.shape
            said.append(member.said)
            if member.definitions:
                brought[name] = member.definitions
        else:
            judge = _OTHERS.get(name)
            found = judge(name, text, version) if judge else None
            if found is None:
                return None
            value[name] = found
            shape |= shape_by(name, found)
    if not value.keys() >= _REQUIRED or value["verb"]["id"] == VOIDED:
        return None
    return Valid(raw.decode(), value, shape, together(said), _of_both(brought))


def _of_both(brought: Mapping[str, Mapping[str, dict[str, Any]]]) -> Mapping[str, dict[str, Any]]:
    """In the order of `definitions_in`, whatever the members' is."""
    if len(brought) < 2:
        return next(iter(brought.values()), {})
    return {**brought["object"], **brought["context"]}


def _is_made_of(raw: bytes, members: dict[str, bytes]) -> bool:
    """Whether these members and nothing else stand there: none twice, and none with a name in escapes. As programs write
    JSON: without blanks, where the length tells it, or with one after each colon and comma, as Python does."""
    bare = 1
    for name, text in members.items():
        bare += len(name) + len(text) + 4
    if len(raw) == bare:
        return True
    return len(raw) == bare + 2 * len(members) - 1 and raw == b"{%b}" % b", ".join(
        [b'"%b": %b' % (name.encode(), text) for name, text in members.items()]
    )


def _member(name: str, text: bytes, version: Version) -> _Member | None:
    value = _judged(name, text, version)
    if value is None:
        return None
    if name == "object" and value.get("objectType", "Activity") != "Activity":
        return None  # what else a statement may be about has a say in the other members
    return _Member(value, shape_by(name, value), said_by(name, value), definitions_by(name, value))


_remembered: Final = lru_cache(_REMEMBERED)(_member)


def _judged(name: str, text: bytes, version: Version) -> Any:
    """The value of a statement's member; None where something is wrong with it, or may be."""
    if text.count(b"{") + text.count(b"[") > DEEPEST - _LEVELS_AROUND:
        return None
    return _found_right(name, documents.parse(text), version)


def _judged_text(name: str, text: bytes, version: Version) -> str | None:
    """Of a member that is a notation, which holds nothing that JSON would have to escape."""
    return _found_right(name, text[1:-1].decode(), version) if text[:1] == b'"' else None


def _judged_id(_name: str, text: bytes, _version: Version) -> str | None:
    value = text[1:-1].decode()
    return value if text[:1] == b'"' and is_uuid(value) else None


def _found_right(name: str, value: Any, version: Version) -> Any:
    found = Findings(version)
    _CHECKS[name](found, value, "$")
    return None if found.problems else value


def _check_context(found: Findings, value: Any, where: str) -> None:
    check_context(found, value, where, about_activity=True)


_CHECKS: Final[dict[str, Check]] = {**STATEMENT, "context": _check_context}
_REQUIRED: Final = {"actor", "verb", "object"}
_REPEATING: Final = {*_REQUIRED, "context"}
_OTHERS: Final[dict[str, Callable[[str, bytes, Version], Any]]] = {
    "id": _judged_id,
    **dict.fromkeys(("timestamp", "version"), _judged_text),
    "result": _judged,
}
"""The members that may be judged by themselves, besides those that repeat."""
