"""The Agents, Activities and About resources (Communication 2.4, 2.5, 2.8; 2.0.0 4.1.6.3, 4.1.6.4, 4.1.6.7)."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from lrs_bridge.flows import lookups as flow
from lrs_bridge.web.here import database
from lrs_bridge.web.xapi import PREFIX, blueprint, parameters
from lrs_bridge.xapi import lookups
from lrs_bridge.xapi.versions import HEADER, NEWEST, TOLD

about = Blueprint("about", __name__, url_prefix=f"{PREFIX}/about")
"""Open to everybody, and asked without saying a version (Communication 2.8)."""


@about.get("")
def get_about() -> Response:
    """Which versions are spoken here."""
    lookups.refuse_parameters(parameters(), NEWEST)
    answer = _json({"version": [*TOLD]})
    if HEADER not in request.headers:
        answer.headers[HEADER] = NEWEST
    return answer


@blueprint.get("/agents")
def get_person() -> Response:
    """The Person object of an Agent."""
    asked = lookups.parse_agent_query(parameters(), g.version)
    return _json(database().read(lambda session: flow.person_of(session, g.client, asked)))


@blueprint.get("/activities")
def get_activity() -> Response:
    """The Activity object of an activityId, with its canonical definition where there is one."""
    identity = lookups.parse_activity_query(parameters(), g.version)
    found = database().read(lambda session: flow.definition_of(session, g.client, identity))
    # as it is kept: reading the values could change numbers
    return _json(lookups.activity(identity, None if found is None else msgspec.Raw(found.encode())))


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), mimetype="application/json")
