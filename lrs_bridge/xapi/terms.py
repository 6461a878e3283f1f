"""What a statement can be asked for by (Communication 2.1.3; 2.0.0 4.1.6.1): the terms of the query filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lrs_bridge.xapi.agents import identifier_of

Term = tuple[str, str]

RELATED: Final = "related_"
"""Kinds that begin so are for `related_agents` and `related_activities` alone."""


def terms_of(statement: dict[str, Any]) -> frozenset[Term]:
    """(kind, text) for the filters of a valid statement.

    agent, verb, activity, registration  what these filters take: of agents the actor, an Agent or Group that is the object,
                                         and the members of either
    related_agent, related_activity      what `related_agents` and `related_activities` take besides, also in a SubStatement.
                                         The authority isn't among them: whoever keeps statements knows it.
    """
    target = statement["object"]
    direct = {("verb", statement["verb"]["id"])}
    direct.update(("agent", text) for text in _agents(statement["actor"]))
    direct.update(_object_terms(target))
    context = statement.get("context", {})
    registration = context.get("registration")
    if registration:
        direct.add(("registration", registration.lower()))
    related = set(_context_terms(context))
    if target.get("objectType") == "SubStatement":
        related.update(("agent", text) for text in _agents(target["actor"]))
        related.update(_object_terms(target["object"]))
        related.update(_context_terms(target.get("context", {})))
    return frozenset(direct) | {(RELATED + kind, text) for kind, text in related - direct}


def _agents(actor: dict[str, Any]) -> Iterator[str]:
    for agent in (actor, *actor.get("member", ())):
        ifi = identifier_of(agent)
        if ifi is not None:
            yield str(ifi)


def _object_terms(target: dict[str, Any]) -> Iterator[Term]:
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        yield "activity", target["id"]
    elif kind in ("Agent", "Group"):
        for text in _agents(target):
            yield "agent", text


def _context_terms(context: dict[str, Any]) -> Iterator[Term]:
    people = [context[name] for name in ("instructor", "team") if name in context]
    people += [item["agent"] for item in context.get("contextAgents", ())]
    people += [item["group"] for item in context.get("contextGroups", ())]
    for actor in people:
        for text in _agents(actor):
            yield "agent", text
    for activities in context.get("contextActivities", {}).values():
        for activity in activities if isinstance(activities, list) else [activities]:
            yield "activity", activity["id"]


def referenced_statement(statement: dict[str, Any]) -> str | None:
    """The id, in lower case, of the statement that this one is about: such a one is also found by what its target is
    found by (Communication 2.1.3, Filter Conditions for StatementRefs)."""
    target = statement["object"]
    if target.get("objectType") != "StatementRef":
        return None
    identity: str = target["id"]
    return identity.lower()
