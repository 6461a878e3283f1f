"""The Read API: HTTP ↔ flows. A site's credential reads where its own learners stand, and which courses count, lets them join
their account with their e-mail address, and leads them to their page here."""

from __future__ import annotations

from flask import Blueprint, Response, g, json, request

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import courses, links, site_visits, standings
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.moments import format_instant
from lrs_bridge.web.here import clock, database, now, settings
from lrs_bridge.web.json_body import json_body
from lrs_bridge.web.problems import PREFIX, is_of_read_api
from lrs_bridge.web.rest_document import document
from lrs_bridge.web.rest_schemas import (
    CodeTaken,
    Courses,
    SentCode,
    SignInLink,
    Standings,
    read_agents,
    read_code_request,
    read_link_request,
    read_sign_in_request,
)
from lrs_bridge.xapi import documents

blueprint = Blueprint("read_api", __name__, url_prefix=PREFIX)


@blueprint.before_request
def _no_parameters() -> None:
    """Addresses end up in logs; what is asked for stands in the body."""
    if request.args:
        problem = Problem(
            "the address after “?”",
            "no parameters are taken",
            "Read API",
            "agents are named in the body alone",
        )
        raise BadInput("The address holds parameters; nothing was looked up.", [problem])


@blueprint.after_app_request
def _keep_nowhere(answer: Response) -> Response:
    """On every answer under this prefix, those of unknown addresses and methods included."""
    if is_of_read_api(request.path):
        answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/standings")
def post_standings() -> Response:
    """Where these agents stand. A POST, so that nobody's identifier stands in an address."""
    standings.permit(g.client)
    agents = read_agents(documents.parse(json_body("agents")))
    found = database().read(
        lambda session: standings.standings_for(session, g.client, agents, settings().calendar)
    )
    home_pages = sorted(g.client.home_pages)
    return _answer(Standings().dump({"home_pages": home_pages, "standings": found}))


@blueprint.get("/courses")
def get_courses() -> Response:
    """Which courses count, and for what."""
    mappings = database().read(lambda session: mapping_flow.in_force(session, settings().calendar))
    return _answer(Courses().dump({"courses": courses.courses_for(g.client, mappings, now())}))


@blueprint.post("/links")
def post_link() -> Response:
    """Sends a code to the address that a learner wants to join with their account."""
    links.permit(g.client)
    asked = read_link_request(documents.parse(json_body("requests")))
    asker = links.asker_at_site(g.client, asked["agent"])
    sent = links.send_code(database(), settings(), clock(), asker, asked["mbox"])
    return _answer(SentCode().dump({"mbox": sent.mbox, "expires_at": format_instant(sent.expires_at)}))


@blueprint.post("/links/code")
def post_code() -> Response:
    """Takes the code."""
    links.permit(g.client)
    asked = read_code_request(documents.parse(json_body("codes")))
    asker = links.asker_at_site(g.client, asked["agent"])
    result, tries_left = database().write(
        lambda session: links.take_code(session, asker, asked["code"], now())
    )
    return _answer(CodeTaken().dump({"result": result, "tries_left": tries_left}))


@blueprint.post("/sign-in-links")
def post_sign_in_link() -> Response:
    """Makes a link that opens a page for a learner who is signed in at the site."""
    site_visits.permit(g.client)
    asked = read_sign_in_request(documents.parse(json_body("requests")))
    made = database().write(
        lambda session: site_visits.make_link(session, g.client, asked["agent"], settings(), now())
    )
    return _answer(SignInLink().dump({"link": made.link, "expires_at": format_instant(made.expires_at)}))


@blueprint.get("/openapi.json")
def get_document() -> Response:
    """The API's own description."""
    return _answer(document(settings().public_url))


def _answer(body: object) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, sort_keys=False), mimetype="application/json")
