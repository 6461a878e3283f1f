"""Agents and Groups (Data 2.4.2; 2.0.0 4.2.2.1), wherever they stand in a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lrs_bridge.xapi.agents import IFI_MEMBERS
from lrs_bridge.xapi.findings import Check, Findings, check_choice, check_members, formatted, iri, of_type
from lrs_bridge.xapi.notations import is_email_address, is_sha1
from lrs_bridge.xapi.paths import quoted

_ONE_OF: Final = "one of " + ", ".join(IFI_MEMBERS)


def _is_mbox(text: str) -> bool:
    return text.startswith("mailto:") and is_email_address(text[7:])


def _checked_elsewhere(_found: Findings, _value: Any, _where: str) -> None:
    """For members that the caller looks at before it runs the table."""


def _account(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00041", where, value, "an object")
        return
    if "homePage" not in value:
        found.missing("XAPI-00042", where, "homePage", "the address of the system the account is on")
    if "name" not in value:
        found.missing("XAPI-00043", where, "name", "the account's name or number there")
    check_members(found, value, where, _ACCOUNT)


def _no_member(found: Findings, _value: Any, where: str) -> None:
    found.add("XAPI-00035", where, "only a Group has members", 'add "objectType": "Group", or leave it out')


def _members(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, list):
        found.wrong_type("XAPI-00036", where, value, "an array of Agents")
        return
    for index, actor in enumerate(value):
        place = f"{where}[{index}]"
        if isinstance(actor, dict) and actor.get("objectType") == "Group":
            found.add("XAPI-00036", place, "a Group can't be a member of a Group", "list its members instead")
        else:
            check_agent(found, actor, place, "XAPI-00036")


_ACCOUNT: Final[dict[str, Check]] = {"homePage": iri("XAPI-00042"), "name": of_type(str, "XAPI-00043")}
_SHARED: Final[dict[str, Check]] = {
    "objectType": _checked_elsewhere,
    "name": of_type(str, "XAPI-00033"),
    "mbox": formatted("XAPI-00038", _is_mbox, "mailto: and an e-mail address", "mailto:anna@example.org"),
    "mbox_sha1sum": formatted(
        "XAPI-00039", is_sha1, "40 hex digits", "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"
    ),
    "openid": iri("XAPI-00040", ascii_only=True),
    "account": _account,
}
_AGENT: Final[dict[str, Check]] = {**_SHARED, "member": _no_member}
_GROUP: Final[dict[str, Check]] = {**_SHARED, "member": _members}


def check_actor(found: Findings, value: Any, where: str, rule: str = "XAPI-00031") -> None:
    """An Agent (objectType may be left out) or a Group; `rule` is named when it is neither."""
    if isinstance(value, dict) and value.get("objectType") == "Group":
        _check_group_members(found, value, where)
    else:
        check_agent(found, value, where, rule, ("Agent", "Group"))


def check_agent(
    found: Findings, value: Any, where: str, rule: str = "XAPI-00031", kinds: tuple[str, ...] = ("Agent",)
) -> None:
    """An Agent: exactly one identifier, no members. `kinds` are what objectType might have said at this place."""
    if not isinstance(value, dict):
        found.wrong_type(rule, where, value, "an actor")
        return
    if "objectType" in value and value["objectType"] != "Agent":
        _wrong_object_type(found, value["objectType"], f"{where}.objectType", rule, kinds)
    identifiers = [name for name in IFI_MEMBERS if name in value]
    if len(identifiers) != 1 and not (not identifiers and "member" in value):
        _count_identifiers(found, identifiers, where, "XAPI-00034")
    check_members(found, value, where, _AGENT)


def check_group(found: Findings, value: Any, where: str, rule: str) -> None:
    """A Group, which says so; `rule` is named when it isn't one."""
    if not isinstance(value, dict):
        found.wrong_type(rule, where, value, "a Group")
        return
    if "objectType" not in value:
        found.missing(rule, where, "objectType", '"objectType": "Group"')
    elif value["objectType"] != "Group":
        _wrong_object_type(found, value["objectType"], f"{where}.objectType", rule, ("Group",))
    _check_group_members(found, value, where)


def _check_group_members(found: Findings, value: dict[str, Any], where: str) -> None:
    identifiers = [name for name in IFI_MEMBERS if name in value]
    if len(identifiers) > 1:
        _count_identifiers(found, identifiers, where, "XAPI-00037")
    elif not identifiers:
        if "member" not in value:
            found.missing("XAPI-00037", where, "member", f"the Group's members, or {_ONE_OF}")
        elif value["member"] == []:
            found.add("XAPI-00037", f"{where}.member", "a Group without an identifier has members", _ONE_OF)
    check_members(found, value, where, _GROUP)


def _count_identifiers(found: Findings, identifiers: Sequence[str], where: str, rule: str) -> None:
    if identifiers:
        named = " and ".join(identifiers)
        found.add(rule, where, f"there is more than one identifier: {named}", "keep one of them")
    else:
        found.add(rule, where, "there is no identifier", _ONE_OF)


def _wrong_object_type(found: Findings, value: Any, where: str, rule: str, kinds: tuple[str, ...]) -> None:
    if isinstance(value, str):
        check_choice(found, value, where, rule, kinds)
    elif value is None:
        found.wrong_type("XAPI-00032", where, value, "text")
    else:
        found.add(
            "XAPI-00032", where, f"{quoted(value)} is not text", " or ".join(f'"{kind}"' for kind in kinds)
        )
