"""Identifiers as people type them at a command or on a page."""

from __future__ import annotations

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.learning.history import plain
from lrs_bridge.store import organisations
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import parse_identifier


def identifier_named(session: Session, typed: str) -> str:
    """Canonical text of an e-mail, an account (homePage|name), or a number of an organisation on record: “Tendring District
    Council|B123” is the account that its home page and the number name. Raises BadInput for what identifies nobody."""
    issuer, mark, number = typed.partition("|")
    organisation = organisations.load(session, [issuer]).get(plain(issuer)) if mark else None
    if organisation is None:
        return str(parse_identifier(typed))
    if not organisation.home_page:
        problem = Problem(
            "",
            f"the home page of {organisation.name} is not on record, so its numbers identify nobody",
            mend="record it with `lrs-bridge import organisations`, column home_page",
        )
        raise BadInput("That doesn't identify anybody", [problem])
    return str(parse_identifier(f"{organisation.home_page}|{number.strip()}"))
