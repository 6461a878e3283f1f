"""Is what was sent again under one id the same statement? (Data 2.3.1; 2.0.0 4.2.3.)

The standard lists what may differ without making it another statement, and nothing else may:

- what an LRS assigns: id, authority, stored, version, and timestamp when none was given;
- activity definitions and verb displays, which are not part of the statement, nor are attachments;
- how an instant is written: zone and digits beyond the millisecond;
- the order of a Group's members;
- the case of what is case-insensitive: UUIDs, hex digests, the domain of an e-mail address, language tags;
- one context activity alone or in an array of one (Data 2.4.6.2), as the LRS has to return it;
- digits of a duration beyond its hundredth of a second (Data 4.6); otherwise a duration is a text.

Order of members and 1 or 1.0 are JSON's own freedom.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec

from lrs_bridge.moments import parse_instant
from lrs_bridge.xapi.agents import mbox_with_lower_domain
from lrs_bridge.xapi.validity import VOIDED

_Canonical = Callable[[Any], Any]
_BEYOND_HUNDREDTHS = re.compile(r"([.,][0-9]{2})[0-9]+S\Z")


def fingerprint(statement: dict[str, Any]) -> bytes:
    """16 bytes, equal for equivalent statements; of a valid statement, as documents.parse gives it.

    A timestamp that is given counts. Whether one that is given and one that the LRS had to assign are the same can't
    be told from one statement alone: `equivalent` can.
    """
    return _digest(_members(statement, _STATEMENT))


def equivalent(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the two are the same statement, a timestamp that one of them lacks being the LRS's to assign."""
    if ("timestamp" in one) == ("timestamp" in other):
        return fingerprint(one) == fingerprint(other)
    first, second = (
        {name: value for name, value in statement.items() if name != "timestamp"}
        for statement in (one, other)
    )
    return fingerprint(first) == fingerprint(second)


def voided_statement(statement: dict[str, Any]) -> str | None:
    """The id, in lower case, of the statement that this valid one voids; None if it voids none (Data 2.3.2)."""
    if statement["verb"]["id"] != VOIDED or statement["object"].get("objectType") != "StatementRef":
        return None
    identity: str = statement["object"]["id"]
    return identity.lower()


def _digest(value: Any) -> bytes:
    return blake2b(msgspec.json.encode(value, order="deterministic"), digest_size=16).digest()


def _members(value: Any, known: dict[str, _Canonical | None]) -> Any:
    """Members by their own way of comparing; None drops one; others are compared as plain JSON."""
    if not isinstance(value, dict):
        return _plain(value)
    result = {}
    for name, content in value.items():
        canonical = known.get(name, _plain)
        if canonical is not None:
            result[name] = canonical(content)
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, dict):
        return {name: _plain(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_plain(content) for content in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal):
        return _large(value)
    return value


def _large(value: Decimal) -> Any:
    """A number beyond a double's range: an int if that stays short, else its digits without the zeros at the end.

    Raw JSON, so that no other value can be written alike.
    """
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return msgspec.Raw(b"-1e" if sign else b"1e")
    text = "".join(map(str, digits)).rstrip("0")
    exponent += len(digits) - len(text)
    if exponent >= 0 and len(text) + exponent <= _LONGEST_INT:
        return int(value)
    return msgspec.Raw(f"{'-' * sign}{text}e{exponent}".encode())


_LONGEST_INT: Final = 4300


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else _plain(value)


def _instant(value: Any) -> Any:
    try:
        instant: datetime = parse_instant(value)
    except (TypeError, ValueError):
        return value
    return instant.isoformat(timespec="milliseconds")


def _duration(value: Any) -> Any:
    return _BEYOND_HUNDREDTHS.sub(r"\1S", value) if isinstance(value, str) else _plain(value)


def _mbox(value: Any) -> Any:
    return mbox_with_lower_domain(value) if isinstance(value, str) else _plain(value)


def _actor(value: Any) -> Any:
    return _members(value, _ACTOR)


def _group_members(value: Any) -> Any:
    if not isinstance(value, list):
        return _plain(value)
    return sorted((_actor(agent) for agent in value), key=_digest)


def _activity(value: Any) -> Any:
    return _members(value, _ACTIVITY)


def _context_activities(value: Any) -> Any:
    if not isinstance(value, dict):
        return _plain(value)
    return {
        name: [_activity(item) for item in (content if isinstance(content, list) else [content])]
        for name, content in value.items()
    }


def _related(value: Any) -> Any:
    if not isinstance(value, list):
        return _plain(value)
    return [_members(item, {"agent": _actor, "group": _actor}) for item in value]


def _reference(value: Any) -> Any:
    return _members(value, {"id": _lower})


def _object(value: Any) -> Any:
    kind = value.get("objectType") if isinstance(value, dict) else None
    if kind in ("Agent", "Group"):
        return _actor(value)
    if kind == "StatementRef":
        return _reference(value)
    return _members(value, _SUBSTATEMENT) if kind == "SubStatement" else _activity(value)


def _verb(value: Any) -> Any:
    return _members(value, {"display": None})


def _result(value: Any) -> Any:
    return _members(value, {"duration": _duration})


def _context(value: Any) -> Any:
    return _members(value, _CONTEXT)


_ACTOR: Final[dict[str, _Canonical | None]] = {
    "mbox": _mbox,
    "mbox_sha1sum": _lower,
    "member": _group_members,
}
_ACTIVITY: Final[dict[str, _Canonical | None]] = {"definition": None}
_CONTEXT: Final[dict[str, _Canonical | None]] = {
    "registration": _lower,
    "instructor": _actor,
    "team": _actor,
    "language": _lower,
    "statement": _reference,
    "contextActivities": _context_activities,
    "contextAgents": _related,
    "contextGroups": _related,
}
_SUBSTATEMENT: Final[dict[str, _Canonical | None]] = {
    "actor": _actor,
    "verb": _verb,
    "object": _object,
    "result": _result,
    "context": _context,
    "timestamp": _instant,
    "attachments": None,
}
_STATEMENT: Final[dict[str, _Canonical | None]] = {
    **_SUBSTATEMENT,
    **dict.fromkeys(("id", "authority", "stored", "version")),
}
