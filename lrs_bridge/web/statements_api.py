"""The statements resource (Communication 2.1; 2.0.0 4.1.6.1)."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from flask import Response, g, json, request
from werkzeug.exceptions import NotImplemented as NotYet

from lrs_bridge.errors import BadInput, NotFound, Problem
from lrs_bridge.flows import credentials, receive
from lrs_bridge.moments import format_instant, parse_instant
from lrs_bridge.store import statements as records
from lrs_bridge.web.auth import database
from lrs_bridge.web.json_body import json_body
from lrs_bridge.web.xapi import blueprint, clock, settings
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.queries import StatementQuery, parse_query


def _json(body: str, status: int = 200) -> Response:
    return Response(body, status, mimetype="application/json")


@blueprint.post("/statements")
def post_statements() -> Response:
    """Stores statements; answers their ids in the order of the request (2.1.2)."""
    incoming = receive.examine(json_body("statements"), g.version)
    # The clock is asked inside, where writers may wait for one another, so that `stored` follows the order of commits.
    ids = database().write(lambda session: receive.accept(session, incoming, g.client, clock()()))
    return _json(json.dumps([str(one) for one in ids]))


@blueprint.put("/statements")
def put_statement() -> Response:
    """Stores one statement under the id that the query names (2.1.1)."""
    query = parse_query(request.args.to_dict(flat=False), g.version)
    if query.statement_id is None:
        raise BadInput(
            "The statement was not stored.",
            [Problem("statementId", "is missing", "Communication 2.1.1", "the statement's id")],
        )
    incoming = receive.examine(json_body("statements"), g.version, put_id=query.statement_id)
    database().write(lambda session: receive.accept(session, incoming, g.client, clock()()))
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


@blueprint.get("/statements")
def get_statements() -> Response:
    """One statement by id, or a page of those that the filters take (2.1.3)."""
    query = parse_query(request.args.to_dict(flat=False), g.version)
    authority = credentials.readable_authority(g.client)
    if query.format != "exact" or query.related_agents or query.related_activities or query.attachments:
        raise NotYet(
            "format other than exact, related_agents, related_activities and attachments are not served yet."
        )
    wanted = query.statement_id or query.voided_statement_id
    if wanted is not None:
        return _one(uuid.UUID(wanted), voided=query.voided_statement_id is not None, authority=authority)
    limit = min(query.limit or settings().max_statements, settings().max_statements)
    wanted_page = records.Filter(
        terms=_terms(query),
        since=query.since,
        until=query.until,
        ascending=query.ascending,
        authority_id=authority,
        after=_read_cursor(query.cursor) if query.cursor else None,
        limit=limit,
    )
    found = database().read(lambda session: records.find(session, wanted_page))
    more = _more(request.args.to_dict(), found[limit - 1]) if len(found) > limit else ""
    page = ",".join(_as_kept(one) for one in found[:limit])
    return _json(f'{{"statements":[{page}],"more":{json.dumps(more)}}}')


def _one(wanted: uuid.UUID, *, voided: bool, authority: int | None) -> Response:
    found = database().read(
        lambda session: records.by_id(session, wanted, voided=voided, authority_id=authority)
    )
    if found is None:
        raise NotFound(
            f"There is no {'voided ' if voided else ''}statement {wanted} that this credential may read."
        )
    answer = _json(_as_kept(found))
    answer.last_modified = found.stored
    return answer


def _as_kept(one: records.StoredStatement) -> str:
    """The statement as it was sent, with what the LRS sets (Data 2.4)."""
    set_here: dict[str, Any] = {
        "id": str(one.id),
        "stored": format_instant(one.stored),
        "timestamp": format_instant(one.happened),
        "authority": json.loads(one.authority),
        "version": one.version,
    }
    # members as they are: reading the values would trip over integers of thousands of digits
    said = msgspec.json.decode(one.body, type=dict[str, msgspec.Raw])
    for name in ("timestamp", "version"):  # the sender's own stands
        if name in said:
            del set_here[name]
    return documents.merge(one.body, set_here)


def _terms(query: StatementQuery) -> tuple[tuple[str, str], ...]:
    asked = {
        "agent": str(query.agent) if query.agent else None,
        "activity": query.activity,
        "registration": query.registration,
        "verb": query.verb,
    }
    return tuple((kind, text) for kind, text in asked.items() if text is not None)


def _more(args: Mapping[str, str], last: records.StoredStatement) -> str:
    cursor = base64.urlsafe_b64encode(f"{format_instant(last.stored)} {last.seq}".encode()).decode()
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
