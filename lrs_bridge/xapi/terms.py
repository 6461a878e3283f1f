"""What a statement can be asked for by (Communication 2.1.3; 2.0.0 4.1.6.1): the terms of the query filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from lrs_bridge.xapi.agents import identifier_of

Term = tuple[str, str]

RELATED: Final = "related_"
"""Kinds that begin so are for `related_agents` and `related_activities` alone."""


class Said(NamedTuple):
    """By what a member lets its statement be found: with the filters as they are, and only where what is related is asked
    for."""

    direct: frozenset[Term] = frozenset()
    related: frozenset[Term] = frozenset()


def terms_of(statement: dict[str, Any]) -> frozenset[Term]:
    """(kind, text) for the filters of a valid statement.

    agent, verb, activity, registration  what these filters take: of agents the actor, an Agent or Group that is the object,
                                         and the members of either
    related_agent, related_activity      what `related_agents` and `related_activities` take besides, also in a SubStatement.
                                         The authority isn't among them: whoever keeps statements knows it.
    """
    return together([said_by(name, statement[name]) for name in _SAYING if name in statement])


def said_by(name: str, value: dict[str, Any]) -> Said:
    """Of a statement's actor, verb, object or context."""
    return _SAYING[name](value)


def together(said: Iterable[Said]) -> frozenset[Term]:
    """What `terms_of` gives of the statement whose members say this."""
    direct: set[Term] = set()
    related: set[Term] = set()
    for one in said:
        direct |= one.direct
        related |= one.related
    return frozenset(direct).union([(RELATED + kind, text) for kind, text in related - direct])


def _actor(actor: dict[str, Any]) -> Said:
    return Said(frozenset(("agent", text) for text in _agents(actor)))


def _verb(verb: dict[str, Any]) -> Said:
    return Said(frozenset({("verb", verb["id"])}))


def _object(target: dict[str, Any]) -> Said:
    if target.get("objectType") != "SubStatement":
        return Said(frozenset(_object_terms(target)))
    related = {*_actor(target["actor"]).direct, *_object_terms(target["object"])}
    return Said(related=frozenset(related.union(_context_terms(target.get("context", {})))))


def _context(context: dict[str, Any]) -> Said:
    registration = context.get("registration")
    direct = frozenset({("registration", registration.lower())} if registration else ())
    return Said(direct, frozenset(_context_terms(context)))


_SAYING: Final[dict[str, Callable[[dict[str, Any]], Said]]] = {
    "actor": _actor,
    "verb": _verb,
    "object": _object,
    "context": _context,
}


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
