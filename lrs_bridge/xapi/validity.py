"""One statement → everything that is wrong with it (Data 2 and 4; 2.0.0 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from lrs_bridge.errors import Problem
from lrs_bridge.xapi.actors import check_actor, check_group
from lrs_bridge.xapi.agents import IFI_MEMBERS
from lrs_bridge.xapi.attachments import check_attachments
from lrs_bridge.xapi.contexts import check_context
from lrs_bridge.xapi.findings import (
    Check,
    Findings,
    check_choice,
    check_members,
    iri,
    language_map,
    timestamp,
    uuid,
)
from lrs_bridge.xapi.notations import is_uuid
from lrs_bridge.xapi.objects import check_activity, check_reference
from lrs_bridge.xapi.paths import quoted
from lrs_bridge.xapi.results import check_result
from lrs_bridge.xapi.versions import Version

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"

_OTHER_OBJECT_TYPES: Final = ("Agent", "Group", "StatementRef", "SubStatement")
_OBJECT_TYPES: Final = ("Activity", *_OTHER_OBJECT_TYPES)
# Every version of 1.0 shares one data model, so both editions take its statements (Data 2.4.10; 2.0.0 4.2.4.3).
_STATEMENT_VERSION: Final[dict[Version, re.Pattern[str]]] = {
    "1.0.3": re.compile(r"1\.0(?:\.[0-9A-Za-z][0-9A-Za-z.+\-]*)?", re.ASCII),
    "2.0.0": re.compile(r"[12]\.0(?:\.[0-9A-Za-z][0-9A-Za-z.+\-]*)?", re.ASCII),
}


def problems_of(statement: Any, version: Version, where: str = "$") -> list[Problem]:
    """Every problem of one statement, a JSON value as documents.parse gives it; an empty list if it is valid.

    `version` is the edition its request follows, `where` the JSON path it stands at. Nothing outside the statement is
    looked at: whether attachments came along, or a signature fits, is for those who have them.
    """
    found = Findings(version)
    if not isinstance(statement, dict):
        found.add("XAPI-00014", where, f"{quoted(statement)} is not a statement", "a JSON object")
        return found.problems
    for name, rule in _REQUIRED:
        if name not in statement:
            found.missing(rule, where, name, "every statement has an actor, a verb and an object")
    check_members(found, statement, where, STATEMENT)
    _check_together(found, statement, where)
    return found.problems


def problems_of_batch(statements: Iterable[Any], version: Version) -> list[Problem]:
    """Every problem of the statements of one array, their paths beginning `$[0]`.

    Two with the same id are a problem too, however alike they are (Communication 2.1.2; 2.0.0 4.1.6.1).
    """
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, statement in enumerate(statements):
        problems += problems_of(statement, version, f"$[{index}]")
        identity = statement.get("id") if isinstance(statement, dict) else None
        if isinstance(identity, str):
            earlier = first.setdefault(identity.lower(), index)
            if earlier != index:
                what = f"$[{earlier}] has the same id"
                problems.append(
                    Problem(f"$[{index}].id", what, "Communication 2.1.2", "send each statement once")
                )
    return problems


def _check_together(found: Findings, statement: dict[str, Any], where: str) -> None:
    """What members say about each other."""
    target = statement.get("object")
    kind = target.get("objectType", "Activity") if isinstance(target, dict) else None
    if "context" in statement:
        # An object of no known kind is told once, not again by each member of the context.
        about_activity = kind not in _OTHER_OBJECT_TYPES
        check_context(found, statement["context"], f"{where}.context", about_activity=about_activity)
    verb = statement.get("verb")
    if (
        isinstance(verb, dict)
        and verb.get("id") == VOIDED
        and kind != "StatementRef"
        and isinstance(target, dict)
    ):
        mend = '"objectType": "StatementRef" and the id of the statement to void'
        found.add("XAPI-00017", f"{where}.object", "a voiding statement names the statement it voids", mend)


def _checked_together(_found: Findings, _value: Any, _where: str) -> None:
    """For context, which needs the object beside it."""


def _verb(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00006", where, value, "an object")
        return
    if "id" not in value:
        found.missing("XAPI-00044", where, "id", "the verb's IRI")
    check_members(found, value, where, _VERB)


def _object(found: Findings, value: Any, where: str) -> None:
    if _check_simple_object(found, value, where):
        _check_substatement(found, value, where)


def _object_of_substatement(found: Findings, value: Any, where: str) -> None:
    if _check_simple_object(found, value, where):
        found.add("XAPI-00071", where, "a SubStatement can't hold another", "refer to it by a StatementRef")


def _check_simple_object(found: Findings, value: Any, where: str) -> bool:
    """Checks every kind of object but a SubStatement, for which it answers True."""
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00006", where, value, "an object")
        return False
    if "objectType" not in value:
        _check_without_type(found, value, where)
        return False
    kind = value["objectType"]
    if kind == "Activity":
        check_activity(found, value, where)
    elif kind in ("Agent", "Group"):
        check_actor(found, value, where)
    elif kind == "StatementRef":
        check_reference(found, value, where)
    elif kind == "SubStatement":
        return True
    else:
        check_choice(found, kind, f"{where}.objectType", "XAPI-00046", _OBJECT_TYPES)
    return False


def _check_without_type(found: Findings, value: dict[str, Any], where: str) -> None:
    """Without objectType it is an Activity; if it looks like something else, say that first."""
    if "id" not in value and any(name in value for name in (*IFI_MEMBERS, "member")):
        found.missing("XAPI-00065", where, "objectType", '"Agent" or "Group"')
    elif "id" not in value and any(name in value for name in ("actor", "verb", "object")):
        found.missing("XAPI-00073", where, "objectType", '"SubStatement"')
    elif isinstance(value.get("id"), str) and is_uuid(value["id"]):
        found.missing("XAPI-00073", where, "objectType", '"StatementRef"')
    else:
        check_activity(found, value, where)


def _check_substatement(found: Findings, value: dict[str, Any], where: str) -> None:
    for name, _ in _REQUIRED:
        if name not in value:
            found.missing("XAPI-00066", where, name, "every SubStatement has an actor, a verb and an object")
    check_members(found, value, where, _SUBSTATEMENT)
    _check_together(found, value, where)


def _forbidden(rule: str) -> Check:
    def check(found: Findings, _value: Any, where: str) -> None:
        found.add(rule, where, "a SubStatement doesn't have it", "leave it out")

    return check


def _authority(found: Findings, value: Any, where: str) -> None:
    """An Agent or, where OAuth names application and person, a Group of those two (Data 2.4.9; 2.0.0 4.2.4.2)."""
    if not isinstance(value, dict) or value.get("objectType") != "Group":
        check_actor(found, value, where, "XAPI-00024")
        return
    check_group(found, value, where, "XAPI-00024")
    for name in IFI_MEMBERS:
        if name in value:
            what = "the Group of application and person has no identifier of its own"
            found.add("XAPI-00098", f"{where}.{name}", what, "leave it out")
    members = value.get("member", [])
    if not isinstance(members, list):
        return
    if len(members) > 2:
        found.add(
            "XAPI-00100", f"{where}.member", "there are more than two members", "application and person"
        )
    elif len(members) < 2:
        found.add("XAPI-00098", where, "there are fewer than two members", "application and person")
    elif not any(isinstance(agent, dict) and "account" in agent for agent in members):
        found.add("Data 2.4.9", f"{where}.member", "neither has an account", "the application's account")


def _version(found: Findings, value: Any, where: str) -> None:
    wanted = "1.0.0" if found.version == "1.0.3" else "1.0.0 or 2.0.0"
    if not isinstance(value, str):
        found.wrong_type("XAPI-00101", where, value, f"a version such as {wanted}")
    elif not _STATEMENT_VERSION[found.version].fullmatch(value):
        found.add("XAPI-00101", where, f"{quoted(value)} is no version that is taken here", wanted)


_REQUIRED: Final = (("actor", "XAPI-00003"), ("verb", "XAPI-00004"), ("object", "XAPI-00005"))
_VERB: Final[dict[str, Check]] = {"id": iri("XAPI-00044"), "display": language_map("XAPI-00045")}
_BOTH: Final[dict[str, Check]] = {
    "actor": check_actor,
    "verb": _verb,
    "result": check_result,
    "context": _checked_together,
    "timestamp": timestamp("XAPI-00022"),
    "attachments": check_attachments,
}
STATEMENT: Final[dict[str, Check]] = {
    **_BOTH,
    "object": _object,
    "id": uuid("XAPI-00027", "XAPI-00028"),
    "stored": timestamp("XAPI-00023"),
    "authority": _authority,
    "version": _version,
}


def _object_type_substatement(_found: Findings, _value: Any, _where: str) -> None:
    """Seen by the caller, who came here by it."""


_SUBSTATEMENT: Final[dict[str, Check]] = {
    **_BOTH,
    "object": _object_of_substatement,
    "objectType": _object_type_substatement,
    "id": _forbidden("XAPI-00070"),
    "stored": _forbidden("XAPI-00069"),
    "authority": _forbidden("XAPI-00067"),
    "version": _forbidden("XAPI-00068"),
}
