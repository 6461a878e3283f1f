"""The State, Activity Profile and Agent Profile resources (Communication 2.3, 2.6, 2.7; 2.0.0 4.1.6.2, 4.1.6.5, 4.1.6.6)."""

from __future__ import annotations

from typing import ClassVar

from flask import Response, g, json, request
from flask.views import MethodView

from lrs_bridge.flows import documents
from lrs_bridge.flows.documents import Asked
from lrs_bridge.web.here import clock, database, settings
from lrs_bridge.web.json_body import whole_body
from lrs_bridge.web.xapi import blueprint, no_content, parameters
from lrs_bridge.xapi import versions
from lrs_bridge.xapi.document_queries import Kind, Method, parse_document_query
from lrs_bridge.xapi.preconditions import Preconditions

# What somebody stored as a page must not act as one of ours.
_INERT = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Documents(MethodView):
    """GET one or the names of many, PUT, POST and DELETE, of one kind of document."""

    init_every_request: ClassVar[bool] = False

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def _asked(self, method: Method) -> Asked:
        return Asked(
            client=g.client,
            method=method,
            query=parse_document_query(self.kind, method, parameters(), g.version),
            preconditions=Preconditions(
                request.headers.get("If-Match"),
                request.headers.get("If-None-Match"),
                may_be_silent=versions.precedes_1_0_3(request.headers.get(versions.HEADER)),
            ),
            version=g.version,
        )

    def get(self) -> Response:
        asked = self._asked("GET")
        if asked.query.name is None:
            names, latest = database().read(lambda session: documents.read_names(session, asked))
            answer = Response(json.dumps(names, ensure_ascii=False), mimetype="application/json")
            if latest is not None:
                answer.last_modified = latest
            return answer
        found = database().read(lambda session: documents.read_one(session, asked))
        answer = Response(found.body)
        answer.headers["Content-Type"] = found.content_type
        answer.headers["Content-Security-Policy"] = _INERT
        answer.set_etag(found.etag)
        answer.make_conditional(request.environ)
        # after that, so that ETags alone decide: a document may change twice within the second that HTTP dates tell
        answer.last_modified = found.updated_at
        return answer

    def put(self) -> Response:
        return self._write("PUT")

    def post(self) -> Response:
        return self._write("POST")

    def _write(self, method: Method) -> Response:
        asked = self._asked(method)
        body, content_type = whole_body(), request.headers.get("Content-Type")
        longest = settings().max_body_bytes
        database().write(
            lambda session: documents.write(session, asked, content_type, body, clock()(), longest=longest)
        )
        return no_content()

    def delete(self) -> Response:
        asked = self._asked("DELETE")
        database().write(lambda session: documents.remove(session, asked, clock()()))
        return no_content()


for _kind, _path in (
    ("state", "/activities/state"),
    ("activity", "/activities/profile"),
    ("agent", "/agents/profile"),
):
    blueprint.add_url_rule(_path, view_func=Documents.as_view(f"{_kind}_documents", _kind))
