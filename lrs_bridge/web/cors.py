"""Content hosted elsewhere (the Fetch standard's CORS): which web pages may send requests to the xAPI, and read the answers.

A preflight carries no credential, so it is answered for every origin that some credential allows; the request itself is held
to the origins of its own. Requests that no web page sent have no Origin, and pass by.
"""

from __future__ import annotations

import contextlib
import threading
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, request
from flask.globals import request_ctx

from lrs_bridge.errors import BadSettings, Forbidden, Problem, Unavailable
from lrs_bridge.flows.origins import origin_of
from lrs_bridge.store import clients
from lrs_bridge.store.database import Database
from lrs_bridge.web import here, xapi

_TAKEN = (
    "Authorization, Content-Type, X-Experience-API-Version, If-Match, If-None-Match, Accept, Accept-Language, "
    "Content-Language, X-Experience-API-Hash, X-Requested-With"
)
_SHOWN = (
    "ETag, Last-Modified, Content-Length, Allow, Retry-After, WWW-Authenticate, X-Experience-API-Version, "
    "X-Experience-API-Consistent-Through"
)
_PREFLIGHT_SECONDS = "3600"
_REMEMBERED = timedelta(seconds=1)


class AllowedOrigins:
    """The origins that some credential allows, asked of the database at most once a second. `own`: that of the service."""

    def __init__(self, database: Database, public_url: str) -> None:
        try:
            self.own = origin_of(public_url)
        except ValueError as wrong:
            raise BadSettings(f"public_url: {public_url} can't be reached by a browser: {wrong}") from wrong
        self._database = database
        self._lock = threading.Lock()
        self._read: tuple[datetime, frozenset[str]] | None = None

    def has(self, origin: str, now: datetime) -> bool:
        """While the database is away, by what was last read; raises Unavailable where nothing was."""
        with self._lock:
            if self._read is None or not self._read[0] <= now < self._read[0] + _REMEMBERED:
                try:
                    found = self._database.read(lambda session: clients.allowed_origins(session, now))
                except Unavailable:
                    if self._read is None:
                        raise
                    found = self._read[1]
                self._read = (now, found)
            return origin in self._read[1]


def attach(app: Flask, database: Database, public_url: str) -> None:
    app.extensions["lrs_bridge.origins"] = AllowedOrigins(database, public_url)
    app.before_request(_preflight)
    app.after_request(_tell)


def require_origin() -> None:
    """After the credential is known: raises Forbidden where the page that sent this is not one it allows."""
    origin = _origin()
    if origin is None or origin == _allowed().own:
        return
    if origin not in g.client.origins:
        raise _not_allowed(origin, f"The credential “{g.client.name}” may not be used by this web page.")
    g.origin_allowed = True


def _preflight() -> Response | None:
    if request.method != "OPTIONS":
        return None
    origin = _origin()
    if (
        origin is None
        or "Access-Control-Request-Method" not in request.headers
        or not xapi.is_under(request.path)
    ):
        return None
    adapter = request_ctx.url_adapter
    methods = {*(adapter.allowed_methods() if adapter else ())} - {"OPTIONS"}
    if not methods:
        return None
    if not _is_allowed(origin):
        raise _not_allowed(origin, "No credential may be used by this web page.")
    g.origin_allowed = True
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    answer.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(methods))
    answer.headers["Access-Control-Allow-Headers"] = _TAKEN
    answer.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    if "Access-Control-Request-Private-Network" in request.headers:
        answer.headers["Access-Control-Allow-Private-Network"] = "true"
    answer.vary.update(("Access-Control-Request-Method", "Access-Control-Request-Headers"))
    return answer


def _tell(answer: Response) -> Response:
    """What the browser asks: whether the page may read the answer. A refusal, and what needs no credential, may be read wherever
    some credential allows the origin, so that content can say why."""
    origin = _origin()
    if origin is None or not xapi.is_under(request.path):
        return answer
    answer.vary.add("Origin")
    with contextlib.suppress(Unavailable):  # then the answer itself says that the database is away
        if g.get("origin_allowed") or _is_allowed(origin):
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = _SHOWN
    return answer


def _origin() -> str | None:
    """Of the page that sent this. From the environment itself: this is asked of every request."""
    origin: str | None = request.environ.get("HTTP_ORIGIN")
    return origin


def _allowed() -> AllowedOrigins:
    found: AllowedOrigins = current_app.extensions["lrs_bridge.origins"]
    return found


def _is_allowed(origin: str) -> bool:
    return _allowed().has(origin, here.now())


def _not_allowed(origin: str, title: str) -> Forbidden:
    mend = (
        "a page opened from a file or a sandboxed frame has no origin: serve it by http"
        if origin == "null"
        else f"a credential made with `lrs-bridge add-client --origin {origin}`, or a launch link"
    )
    return Forbidden(title, [Problem("Origin", f"it comes from {origin}", "CORS", mend)])
