"""What a credential that was made for one launch may do: send what its learner does in its activity under its registration,
and resume from state. Everything else is refused. Credentials without a launch pass."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from lrs_bridge.errors import Forbidden, Problem
from lrs_bridge.store.clients import Client, Launch
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import Ifi, identifier_of, is_group
from lrs_bridge.xapi.equivalence import voided_statement
from lrs_bridge.xapi.paths import quoted

_RULE = "launch"
_DIVIDES = "/#?&:;"
"""What follows an activity's id where the id of a part of it goes on, as authoring tools write them. A hyphen or a dot is
none: “…/course-2” is no part of “…/course”."""


def hold_statements(sender: Client, sent: Iterable[str]) -> None:
    """Of valid statements, as text in the order of the request. Raises Forbidden with every statement that is outside and what
    differs; paths begin with $[index] where there are several."""
    if sender.launch is None:
        return
    texts = list(sent)
    problems = [
        problem
        for place, text in enumerate(texts)
        for problem in _differences(
            sender.launch, documents.parse(text.encode()), f"$[{place}]" if len(texts) > 1 else "$"
        )
    ]
    if problems:
        raise Forbidden(
            "This credential was made for one launch, and what was sent is not of it; nothing was stored.",
            problems,
        )


def hold_documents(
    client: Client,
    kind: str,
    *,
    activity: str | None,
    agent: Ifi | None,
    registration: uuid.UUID | None,
) -> None:
    """Of one document, or of all that these name. `kind`: state, activity or agent. Raises Forbidden for whatever is not state of
    the launch."""
    if client.launch is None:
        return
    if kind != "state":
        mend = "keep it as state"
        problems = [Problem("", f"a launch has no {kind} profile to read or write", _RULE, mend)]
    else:
        problems = list(_others(client.launch, activity or "", str(agent or "")))
        if registration is not None and str(registration) != client.launch.registration:
            problems.append(_other_registration("registration", str(registration)))
    _refuse(problems)


def hold_lookup(client: Client, *, activity: str | None = None, agent: Ifi | None = None) -> None:
    """Of what is asked about an activity or an agent. Raises Forbidden for another than the launch's own."""
    if client.launch is not None:
        held = client.launch
        _refuse(
            list(_others(held, held.activity if activity is None else activity, str(agent or held.agent)))
        )


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Forbidden("This credential was made for one launch, and this is not of it.", problems)


def _others(held: Launch, activity: str, agent: str) -> Iterator[Problem]:
    if not is_part(activity, held.activity):
        yield Problem("activityId", f"{quoted(activity)} is another activity", _RULE, held.activity)
    if agent != held.agent:
        yield Problem("agent", f"{quoted(agent)} is somebody else", _RULE, "the launched learner alone")


def _differences(held: Launch, statement: dict[str, Any], where: str) -> Iterator[Problem]:
    actor = statement["actor"]
    identifier = identifier_of(actor)
    if is_group(actor) or str(identifier) != held.agent:
        said = "a group" if is_group(actor) else quoted(str(identifier))
        yield Problem(
            f"{where}.actor",
            f"it is {said}, and the launch is of somebody else",
            _RULE,
            "the actor that the launch names",
        )
    if voided_statement(statement) is not None:
        yield Problem(f"{where}.verb", "a launch voids nothing", _RULE, "ask whoever runs the service")
    elif not _is_about(statement, held.activity):
        yield Problem(
            f"{where}.object",
            f"{_named(statement['object'])} is not of the launched activity",
            _RULE,
            f"{held.activity}, a part of it, or it as parent or grouping",
        )
    registration = statement.get("context", {}).get("registration")
    if registration is not None and registration.lower() != held.registration:
        yield _other_registration(f"{where}.context.registration", registration)


def _other_registration(where: str, said: str) -> Problem:
    return Problem(where, f"{quoted(said)} is another registration", _RULE, "the one that the launch names")


def _named(target: dict[str, Any]) -> str:
    return quoted(target["id"]) if "id" in target else f"the {target['objectType']}"


def objection(activity: str, statement: dict[str, Any]) -> str | None:
    """Why a statement of a launch of this activity credits nobody; None where it may, and where there was no launch. Content
    also tells of what lies around its activity; by that a learner could claim another course."""
    if not activity or _is_of(statement, activity):
        return None
    return "about another activity than the one that was launched"


def _is_of(statement: dict[str, Any], activity: str) -> bool:
    target = statement["object"]
    return target.get("objectType", "Activity") == "Activity" and is_part(target["id"], activity)


def _is_about(statement: dict[str, Any], activity: str) -> bool:
    if _is_of(statement, activity):
        return True
    around = statement.get("context", {}).get("contextActivities", {})
    return any(
        is_part(one["id"], activity) for kind in ("parent", "grouping") for one in _listed(around.get(kind))
    )


def _listed(found: Any) -> list[dict[str, Any]]:
    """Version 1.0 allows one activity in place of a list."""
    return found if isinstance(found, list) else [found] if found else []


def is_part(found: str, activity: str) -> bool:
    """Whether the id is that of the activity, or of a part of it by the way it is written."""
    if not found.startswith(activity):
        return False
    return found == activity or activity[-1] in _DIVIDES or found[len(activity)] in _DIVIDES
