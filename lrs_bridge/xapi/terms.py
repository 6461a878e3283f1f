"""What a statement can be asked for by (Communication 2.1.3; 2.0.0 4.1.6.1): the terms of the query filters."""

from __future__ import annotations

from typing import Any

from lrs_bridge.xapi.agents import identifier_of

Term = tuple[str, str]


def terms_of(statement: dict[str, Any]) -> frozenset[Term]:
    """(kind, text) for the filters `agent`, `verb`, `activity` and `registration` of a valid statement. `agent` takes the
    actor, an Agent or Group that is the object, and the members of either."""
    found: set[Term] = {("verb", statement["verb"]["id"])}
    target = statement["object"]
    for actor in (statement["actor"], target if target.get("objectType") in ("Agent", "Group") else {}):
        for agent in (actor, *actor.get("member", ())):
            ifi = identifier_of(agent)
            if ifi is not None:
                found.add(("agent", str(ifi)))
    if target.get("objectType", "Activity") == "Activity":
        found.add(("activity", target["id"]))
    registration = statement.get("context", {}).get("registration")
    if registration:
        found.add(("registration", registration.lower()))
    return frozenset(found)
