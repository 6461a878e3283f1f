"""The agent profile by which a site tells who holds one of its accounts; the Moodle plugin local_lrsbridge writes it.

A JSON object with the members name, email, organisation and area, each a text, each optional. Others are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import mbox_with_lower_domain
from lrs_bridge.xapi.document_queries import JSON, DocumentQuery, is_json
from lrs_bridge.xapi.notations import is_email_address
from lrs_bridge.xapi.paths import quoted

ID: Final = "tag:lrs-bridge,2026:moodle/person"
"""Its profileId."""

MEMBERS: Final = ("name", "email", "organisation", "area")


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What is taken over of one. `mbox`: "mailto:" and the address, its domain in lower case; "" where it is not told."""

    name: str = ""
    mbox: str = ""


def is_agent_profile(query: DocumentQuery) -> bool:
    """Whether that one document is meant, of an account."""
    is_of_account = query.agent is not None and query.agent.kind == "account"
    return query.kind == "agent" and query.name == ID and is_of_account


def read(content_type: str, body: bytes) -> AgentProfile:
    """Raises BadInput with every problem."""
    problems = []
    if not is_json(content_type):
        problems.append(Problem("Content-Type", f"is {quoted(content_type)}", "", JSON))
    said = documents.parse(body)
    if not isinstance(said, dict):
        problems.append(Problem("$", f"{quoted(said)} is not a JSON object", "", "an object"))
        said = {}
    problems += [
        Problem(f"$.{name}", f"{quoted(said[name])} is not a text", "", "a text, or leave it out")
        for name in MEMBERS
        if not isinstance(said.get(name, ""), str)
    ]
    email = said.get("email", "")
    if isinstance(email, str) and email and not is_email_address(email):
        problems.append(Problem("$.email", f"{quoted(email)} is not an e-mail address"))
    if problems:
        raise BadInput("Nothing was taken over from the agent profile", problems)
    name = said.get("name", "").replace("\0", "").strip()
    return AgentProfile(name, mbox_with_lower_domain(f"mailto:{email}") if email else "")
