"""What surrounds it: registration, instructor, team, related activities, in 2.0.0 further people
(Data 2.4.6; 2.0.0 4.2.2.5)."""

from __future__ import annotations

from typing import Any, Final

from lrs_bridge.xapi.actors import check_actor, check_agent, check_group
from lrs_bridge.xapi.findings import (
    Check,
    Findings,
    check_choice,
    check_language_tag,
    check_members,
    extensions,
    iri,
    of_type,
    uuid,
)
from lrs_bridge.xapi.objects import check_activity, check_reference
from lrs_bridge.xapi.versions import Version


def _instructor(found: Findings, value: Any, where: str) -> None:
    check_actor(found, value, where, "XAPI-00087-2")


def _team(found: Findings, value: Any, where: str) -> None:
    check_group(found, value, where, "XAPI-00088")


def _language(found: Findings, value: Any, where: str) -> None:
    if isinstance(value, str):
        check_language_tag(found, value, where, "XAPI-00091")
    else:
        found.wrong_type("XAPI-00091", where, value, "a language tag")


def _statement(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00092", where, value, "a StatementRef")
    elif "objectType" not in value:
        found.missing("XAPI-00092", where, "objectType", '"objectType": "StatementRef"')
    elif check_choice(found, value["objectType"], f"{where}.objectType", "XAPI-00092", ("StatementRef",)):
        check_reference(found, value, where)


def _context_activities(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00086", where, value, "an object")
        return
    check_members(found, value, where, _BY_TYPE_OF_CONTEXT, "XAPI-00093")


def _activities(found: Findings, value: Any, where: str) -> None:
    """An array of activities; one alone is taken as an array of one, in both editions."""
    if isinstance(value, list):
        for index, activity in enumerate(value):
            check_activity(found, activity, f"{where}[{index}]")
    else:
        check_activity(found, value, where)


_BY_TYPE_OF_CONTEXT: Final[dict[str, Check]] = dict.fromkeys(
    ("parent", "grouping", "category", "other"), _activities
)


def _relevant_types(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, list):
        found.wrong_type("2.0 relevantTypes", where, value, "an array of IRIs")
    elif not value:
        found.add("2.0 relevantTypes", where, "the array is empty", "name a type, or leave it out")
    else:
        for index, kind in enumerate(value):
            _relevant_type(found, kind, f"{where}[{index}]")


_relevant_type: Final = iri("2.0 relevantTypes")


def _related(kind: str, name: str, check_who: Check, rule: str) -> Check:
    """contextAgents and contextGroups: alike but for who is in them."""

    def check_object_type(found: Findings, value: Any, where: str) -> None:
        check_choice(found, value, where, rule, (kind,))

    known: dict[str, Check] = {
        "objectType": check_object_type,
        name: check_who,
        "relevantTypes": _relevant_types,
    }

    def check(found: Findings, value: Any, where: str) -> None:
        if not isinstance(value, list):
            found.wrong_type(rule, where, value, f"an array of {kind} objects")
            return
        for index, item in enumerate(value):
            place = f"{where}[{index}]"
            if not isinstance(item, dict):
                found.wrong_type(rule, place, item, f"a {kind} object")
                continue
            for needed in ("objectType", name):
                if needed not in item:
                    found.missing(rule, place, needed, f'"objectType": "{kind}" and "{name}"')
            check_members(found, item, place, known)

    return check


def _agent_in_context(found: Findings, value: Any, where: str) -> None:
    check_agent(found, value, where, "2.0 contextAgents")


def _group_in_context(found: Findings, value: Any, where: str) -> None:
    check_group(found, value, where, "2.0 contextGroups")


_CONTEXT_1_0: Final[dict[str, Check]] = {
    "registration": uuid("XAPI-00087-1"),
    "instructor": _instructor,
    "team": _team,
    "contextActivities": _context_activities,
    "revision": of_type(str, "XAPI-00089"),
    "platform": of_type(str, "XAPI-00090"),
    "language": _language,
    "statement": _statement,
    "extensions": extensions("XAPI-00120"),
}
_CONTEXT: Final[dict[Version, dict[str, Check]]] = {
    "1.0.3": _CONTEXT_1_0,
    "2.0.0": {
        **_CONTEXT_1_0,
        "contextAgents": _related("contextAgent", "agent", _agent_in_context, "2.0 contextAgents"),
        "contextGroups": _related("contextGroup", "group", _group_in_context, "2.0 contextGroups"),
    },
}


def check_context(found: Findings, value: Any, where: str, *, about_activity: bool) -> None:
    """`about_activity`: the statement's object is an Activity, so revision and platform make sense."""
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00006", where, value, "an object")
        return
    if not about_activity:
        for name, rule in (("revision", "XAPI-00084"), ("platform", "XAPI-00085")):
            if name in value:
                found.add(rule, f"{where}.{name}", "the object is not an Activity", "leave it out")
    check_members(found, value, where, _CONTEXT[found.version])
