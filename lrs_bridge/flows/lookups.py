"""What is known of an agent or an activity (Communication 2.4, 2.5; 2.0.0 4.1.6.3, 4.1.6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrs_bridge.flows import limits
from lrs_bridge.store import activities, people
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import identifier_of
from lrs_bridge.xapi.lookups import person


def person_of(session: Session, client: Client, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The Person object of a valid Agent. Names that others brought are told only to a credential that may read every
    statement; any other learns what it asked with."""
    ifi = identifier_of(dict(asked))
    limits.hold_lookup(client, agent=ifi)
    known = people.name_of(session, str(ifi)) if ifi and client.may("all/read", "statements/read") else ""
    return person(asked, [known] if known else [])


def definition_of(session: Session, client: Client, activity: str) -> str | None:
    """The canonical definition of an activity, JSON; None where no statement brought one."""
    limits.hold_lookup(client, activity=activity)
    return activities.definition_text(session, activity)
