"""Refusals as problem+json (RFC 9457) for machines, as a page for people."""

from __future__ import annotations

import logging
import re
from typing import Any

from flask import Flask, Response, current_app, g, json, render_template, request
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge

from lrs_bridge.errors import BadInput, BridgeError, TooMany, Unauthorised, Unavailable
from lrs_bridge.web import problems, xapi

log = logging.getLogger(__name__)

_PROBLEMS_TOLD = 200
_HEADINGS = {
    400: "Something is wrong with the request",
    401: "A credential is needed",
    403: "This is not for you",
    404: "Page not found",
    405: "This can't be done here",
    409: "This can't be done now",
    410: "This is over",
    412: "This has changed meanwhile",
    413: "That is too large",
    429: "Try again later",
    500: "Something went wrong",
    503: "Not available just now",
}
_IN_BATCH = re.compile(r"\$\[(\d+)\]")


def register(app: Flask) -> None:
    app.register_error_handler(BridgeError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _refused(error: BridgeError) -> Response:
    title = error.title
    # What somebody who is signed in is told may name people; the log names none.
    told = type(error).__name__ if "visitor" in g else title
    log.warning("answered %s to %s %s: %s", error.status, request.method, _asked(), told)
    if isinstance(error, Unavailable):
        title = "The service can't reach its database just now; nothing was kept. Try again."
    g.refused_problems = error.problems
    answer = _answer(error.status, title, _told(error))
    if isinstance(error, Unauthorised):
        answer.headers["WWW-Authenticate"] = 'Basic realm="lrs_bridge", charset="UTF-8"'
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    if error.status == 503:
        answer.headers["Retry-After"] = "5"
    return answer


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    title = error.description or error.name
    if isinstance(error, RequestEntityTooLarge):
        title = "The request is larger than this service takes (setting max_body_bytes); send it in smaller batches."
    if status == 404 and error.description == NotFound.description:
        title = "If you typed the address, check it. If you pasted it, check that you copied all of it."
    answer = _answer(status, title, {})
    allowed = error.get_response().headers.get("Allow")
    if allowed:
        answer.headers["Allow"] = allowed
    return answer


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen while answering %s %s", request.method, _asked(), exc_info=error)
    return _answer(
        500, "Something went wrong here; nothing of the request was kept. The log has the details.", {}
    )


def _answer(status: int, title: str, extra: dict[str, Any]) -> Response:
    g.refused_because = title
    if problems.is_of_read_api(request.path):
        public_url = current_app.extensions["lrs_bridge.settings"].public_url
        body = problems.details(status, title, extra, public_url)
        text = json.dumps(body, ensure_ascii=False, sort_keys=False)
        return Response(text, status, mimetype=problems.MEDIA_TYPE)
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return Response(
            render_template("error.html", heading=_heading(status), title=title, back=_page_before()),
            status,
            mimetype="text/html",
        )
    body = {"title": title, "status": status, **extra}
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype=problems.MEDIA_TYPE)


def _heading(status: int) -> str:
    return _HEADINGS.get(status) or _HEADINGS[400 if status < 500 else 500]


def _page_before() -> str:
    """The address of our own page that led here, or ""."""
    before = request.referrer or ""
    if not before.startswith(request.host_url):
        return ""
    path = before.removeprefix(request.host_url.removesuffix("/"))
    is_this = path.partition("?")[0] == f"{request.script_root}{request.path}"
    return "" if is_this and request.method == "GET" else path


def _asked() -> str:
    """For the log: the address without what stands in its places, such as a link that signs somebody in."""
    return request.url_rule.rule if request.url_rule else request.path


def _told(error: BridgeError) -> dict[str, Any]:
    """The problems, as many as a person reads; how many more there are; and of a batch every statement that has one."""
    if not error.problems and not isinstance(error, BadInput):
        return {}
    told: dict[str, Any] = {"problems": [problem.as_json() for problem in error.problems[:_PROBLEMS_TOLD]]}
    if len(error.problems) > _PROBLEMS_TOLD:
        told["problems_not_shown"] = len(error.problems) - _PROBLEMS_TOLD
    at_fault = {int(found[1]) for problem in error.problems if (found := _IN_BATCH.match(problem.where))}
    if at_fault and xapi.is_under(request.path):
        told["statements"] = sorted(at_fault)
    return told
