"""The Agents, Activities and About resources (Communication 2.4, 2.5, 2.8; 2.0.0 4.1.6.3, 4.1.6.4, 4.1.6.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi.agents import IFI_MEMBERS
from lrs_bridge.xapi.parameters import Known, agent, iri, read_parameters
from lrs_bridge.xapi.versions import Version

_AGENT: Final[Known] = {"agent": ("agent", agent)}
_ACTIVITY: Final[Known] = {"activityId": ("activity", iri)}


def parse_agent_query(args: Mapping[str, list[str]], version: Version) -> dict[str, Any]:
    """The Agent whose Person is asked for. Raises BadInput with every problem."""
    fields, problems = read_parameters(args, _AGENT, version, once="Communication 2.4")
    told = [
        Problem(one.where, one.what, "XAPI-00249", one.mend) if one.where.startswith("agent") else one
        for one in problems
    ]
    found: dict[str, Any] = _only("agent", "XAPI-00243", args, fields, told)
    return found


def parse_activity_query(args: Mapping[str, list[str]], version: Version) -> str:
    """The id of the activity that is asked for. Raises BadInput with every problem."""
    fields, problems = read_parameters(args, _ACTIVITY, version, once="Communication 2.4")
    found: str = _only("activityId", "XAPI-00250", args, fields, problems)
    return found


def refuse_parameters(args: Mapping[str, list[str]], version: Version) -> None:
    """For a resource that has none. Raises BadInput where there are some."""
    _, problems = read_parameters(args, {}, version, once="Communication 2.4")
    if problems:
        raise BadInput("The request can't be understood", problems)


def _only(
    name: str, rule: str, args: Mapping[str, list[str]], fields: dict[str, Any], problems: list[Problem]
) -> Any:
    if name not in args:
        problems.append(Problem(name, "the parameter is missing", rule))
    if problems:
        raise BadInput("The request doesn't say what it asks for", problems)
    return next(iter(fields.values()))


def person(asked: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A Person object: what the Agent that was asked for holds, and other names of the same identifier. Every member but
    objectType is a list."""
    told = dict.fromkeys([*([asked["name"]] if "name" in asked else []), *names])
    found: dict[str, Any] = {"objectType": "Person"}
    if told:
        found["name"] = [*told]
    return found | {member: [asked[member]] for member in IFI_MEMBERS if member in asked}


def activity(identity: str, definition: Any) -> dict[str, Any]:
    """An Activity object; without a definition (None) where none is known."""
    found = {"objectType": "Activity", "id": identity}
    return found if definition is None else {**found, "definition": definition}
