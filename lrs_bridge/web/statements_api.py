"""The statements resource (Communication 2.1; 2.0.0 4.1.6.1)."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from flask import Response, current_app, g, json, request

from lrs_bridge.errors import BadInput, Problem, Unavailable
from lrs_bridge.flows import credentials, receive, retrieve
from lrs_bridge.flows.consistency import Consistency
from lrs_bridge.flows.intake import Intake
from lrs_bridge.moments import format_instant, parse_instant
from lrs_bridge.store.database import Session
from lrs_bridge.web.attachments_api import sent_statements, with_attachments
from lrs_bridge.web.here import database, settings
from lrs_bridge.web.xapi import PREFIX, blueprint, no_content, parameters
from lrs_bridge.xapi.formats import accepted_languages
from lrs_bridge.xapi.queries import parse_query

_PATH = f"{PREFIX}/statements"
_THROUGH = "X-Experience-API-Consistent-Through"


def _intake() -> Intake:
    found: Intake = current_app.extensions["lrs_bridge.intake"]
    return found


def _consistency() -> Consistency:
    found: Consistency = current_app.extensions["lrs_bridge.consistency"]
    return found


@blueprint.after_app_request
def _say_through(answer: Response) -> Response:
    """On every answer of this resource, refusals included (2.1.3)."""
    if request.path == _PATH:
        with contextlib.suppress(Unavailable):  # then the answer itself says that the database is away
            answer.headers[_THROUGH] = format_instant(g.get("through") or _consistency().lately())
    return answer


def _json(body: str, status: int = 200) -> Response:
    return Response(body, status, mimetype="application/json")


@blueprint.post("/statements")
def post_statements() -> Response:
    """Stores statements; answers their ids in the order of the request (2.1.2)."""
    body, received = sent_statements()
    incoming = receive.examine(body, g.version, received=received)
    ids = _intake().store(incoming, g.client)
    return _json("[" + ",".join(f'"{one}"' for one in ids) + "]")


@blueprint.put("/statements")
def put_statement() -> Response:
    """Stores one statement under the id that the query names (2.1.1)."""
    query = parse_query(parameters(), g.version)
    if query.statement_id is None:
        raise BadInput(
            "The statement was not stored.",
            [Problem("statementId", "is missing", "Communication 2.1.1", "the statement's id")],
        )
    body, received = sent_statements()
    incoming = receive.examine(body, g.version, put_id=query.statement_id, received=received)
    _intake().store(incoming, g.client)
    return no_content()


@blueprint.get("/statements")
def get_statements() -> Response:
    """One statement by id, or a page of those that the filters take (2.1.3)."""
    query = parse_query(parameters(), g.version)
    authority = credentials.readable_authority(g.client)
    languages = accepted_languages(request.headers.get("Accept-Language"))
    after = _read_cursor(query.cursor) if query.cursor else None
    limit = min(query.limit or settings().max_statements, settings().max_statements)
    is_one = query.statement_id is not None or query.voided_statement_id is not None

    def read(session: Session) -> tuple[datetime, retrieve.Page]:
        through = _consistency().through(session)  # before reading, or it would say too much
        if is_one:
            return through, retrieve.one(session, query, languages, authority)
        return through, retrieve.page(session, query, languages, authority, after=after, limit=limit)

    through, found = database().glance(read)
    if is_one:
        answer = _json(found.texts[0])
        answer.last_modified = parse_instant(found.statements[0].stored)
    else:
        more = _more(request.args.to_dict(), found.following) if found.following else ""
        answer = _json(f'{{"statements":[{",".join(found.texts)}],"more":{json.dumps(more)}}}')
    g.through = through
    return with_attachments(answer, found.statements) if query.attachments else answer


def _more(args: Mapping[str, str], following: retrieve.Cursor) -> str:
    stored, seq = following
    cursor = base64.urlsafe_b64encode(f"{stored} {seq}".encode()).decode()
    path = urlsplit(settings().public_url).path + request.path
    return f"{path}?{urlencode({**args, 'cursor': cursor})}"


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        stored, seq = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        number = int(seq)
        if not 0 <= number < 2**63:
            raise ValueError("no statement has this number")
        return parse_instant(stored), number
    except ValueError as wrong:
        problem = Problem(
            "cursor",
            "is not one that this service gave",
            "Communication 2.1.3",
            "use the “more” link as it came",
        )
        raise BadInput("The next page can't be found.", [problem]) from wrong
