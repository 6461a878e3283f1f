"""Valid statements the quick way: member by member, and what a member's very text says is known if it came before. Most of
what a sender sends repeats: its verbs, its activities, who acts and where.

This way refuses nothing. What it doesn't find valid is left to `documents` and `validity`, which say what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.contexts import check_context
from lrs_bridge.xapi.documents import Batch, Sent
from lrs_bridge.xapi.findings import Check, Findings
from lrs_bridge.xapi.strict_json import DEEPEST
from lrs_bridge.xapi.validity import STATEMENT, VOIDED
from lrs_bridge.xapi.versions import Version

_REMEMBERED: Final = 2048
_LONGEST_REMEMBERED: Final = 2000
"""Octets of a member's text: with what it says, all that is remembered takes some 20 MB at most."""
_LEVELS_AROUND: Final = 2
"""Of nesting: the array and the statement."""

_statements_of: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_members_of: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def valid(body: bytes, version: Version) -> Batch | None:
    """The statements of a request body, as `documents.split` gives them, where `problems_of` or `problems_of_batch` would find
    nothing wrong with any. None where that can't be told quickly. Their values are shared: nobody may change them."""
    body = body.strip(b" \t\n\r")
    was_array = body[:1] == b"["
    try:
        raws = [bytes(raw) for raw in _statements_of(body)] if was_array else [body]
        items = []
        for raw in raws:
            value = _statement(raw, version)
            if value is None:
                return None
            items.append(Sent(raw.decode(), value))
    except (BadInput, msgspec.DecodeError, ValueError, RecursionError):
        return None
    ids = [sent.value["id"].lower() for sent in items if "id" in sent.value]
    return Batch(items, was_array) if len(set(ids)) == len(ids) else None


def _statement(raw: bytes, version: Version) -> dict[str, Any] | None:
    members = {name: bytes(value) for name, value in _members_of(raw).items()}
    # the same text put together again: no member stood twice, and nothing else stood there
    if raw != _compact(members) and raw != _spaced(members):
        return None
    found = {}
    for name, text in members.items():
        judge = _KNOWN.get(name)
        value = judge(name, text, version) if judge else None
        if value is None:
            return None
        found[name] = value
    return found if found.keys() >= _REQUIRED and found["verb"]["id"] != VOIDED else None


def _compact(members: dict[str, bytes]) -> bytes:
    return b"{%b}" % b",".join([b'"%b":%b' % (name.encode(), text) for name, text in members.items()])


def _spaced(members: dict[str, bytes]) -> bytes:
    """As Python writes JSON."""
    return b"{%b}" % b", ".join([b'"%b": %b' % (name.encode(), text) for name, text in members.items()])


def _judged(name: str, text: bytes, version: Version) -> Any:
    """The value of a statement's member; None where something is wrong with it, or may be."""
    if text.count(b"{") + text.count(b"[") > DEEPEST - _LEVELS_AROUND:
        return None
    value = documents.parse(text)
    if name == "object" and (
        not isinstance(value, dict) or value.get("objectType", "Activity") != "Activity"
    ):
        return None  # what else a statement may be about has a say in the other members
    return _found_right(name, value, version)


def _judged_text(name: str, text: bytes, version: Version) -> str | None:
    """Of a member that is a notation, which holds nothing that JSON would have to escape."""
    return _found_right(name, text[1:-1].decode(), version) if text[:1] == b'"' else None


def _found_right(name: str, value: Any, version: Version) -> Any:
    found = Findings(version)
    _CHECKS[name](found, value, "$")
    return None if found.problems else value


_remembered: Final = lru_cache(_REMEMBERED)(_judged)


def _judged_before(name: str, text: bytes, version: Version) -> Any:
    way = _remembered if len(text) <= _LONGEST_REMEMBERED else _judged
    return way(name, text, version)


def _check_context(found: Findings, value: Any, where: str) -> None:
    check_context(found, value, where, about_activity=True)


_CHECKS: Final[dict[str, Check]] = {**STATEMENT, "context": _check_context}
_REQUIRED: Final = {"actor", "verb", "object"}
_KNOWN: Final[dict[str, Callable[[str, bytes, Version], Any]]] = {
    **dict.fromkeys(("actor", "verb", "object", "context"), _judged_before),
    **dict.fromkeys(("id", "timestamp", "version"), _judged_text),
    "result": _judged,
}
"""The members that may be judged by themselves."""
