"""Cookies, for pages alone. One holds the token of a visit, given on signing in. Another marks the browser: forms carry a digest of
it, so that no other site's form is taken for ours, and a code is good only in the browser that asked for it. The third holds what was
looked for last, where that is a person, whom no address of a page may name; the fourth, which page somebody wanted who had to sign in
first."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from flask import Response, current_app, g, request
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import RoutingException

from lrs_bridge.flows.sign_in import new_token
from lrs_bridge.web import here

_VISIT, _BROWSER, _SOUGHT, _WANTED = "lrs_visit", "lrs_browser", "lrs_sought", "lrs_wanted"
_SOUGHT_LETTERS = 300


def of_visit() -> str:
    """The token, or ""."""
    return request.cookies.get(_name(_VISIT), "")


def give_visit(answer: Response, token: str) -> None:
    _give(answer, _VISIT, token)


def take_all(answer: Response) -> None:
    """Who sits down at this browser next finds nothing of who was there."""
    for name in (_VISIT, _BROWSER, _SOUGHT, _WANTED):
        _take(answer, name)


def browser_token() -> str:
    """This browser's token; one that has none gets it with the answer."""
    given = request.cookies.get(_name(_BROWSER)) or g.get("new_browser_token")
    if given is None:
        given = g.new_browser_token = new_token()
    return str(given)


def give_browser_token(answer: Response) -> Response:
    token = g.get("new_browser_token")
    if token is not None:
        _give(answer, _BROWSER, token)
    return answer


def keep_sought(answer: Response, fields: Mapping[str, str]) -> None:
    """What was typed to look for somebody, of each field so much as a cookie holds: for this page alone, and until something else is
    looked for. By it the browser's way back to the list works, which it doesn't to the answer to a form."""
    told = {name: text[:_SOUGHT_LETTERS] for name, text in fields.items() if text}
    kept = json.dumps([request.path, told], ensure_ascii=False).encode("utf-8", "replace")
    _give(answer, _SOUGHT, base64.urlsafe_b64encode(kept).decode())


def sought() -> dict[str, str]:
    """What is kept so for this page, where its address says that it's about that (`sought=yes`); else nothing."""
    if "sought" not in request.args:
        return {}
    try:
        path, told = json.loads(base64.urlsafe_b64decode(request.cookies.get(_name(_SOUGHT), "")))
        return {str(name): str(text) for name, text in told.items()} if path == request.path else {}
    except (ValueError, TypeError, AttributeError):  # as no page of ours has written it
        return {}


def keep_wanted(answer: Response, path: str) -> None:
    """The page that whoever signs in next wanted; "" for none."""
    if _is_page(path):
        _give(answer, _WANTED, path)
    elif _name(_WANTED) in request.cookies:
        _take(answer, _WANTED)


def wanted() -> str:
    """The address of that page, or ""."""
    path = request.cookies.get(_name(_WANTED), "")
    return request.script_root + path if _is_page(path) else ""


def _is_page(path: str) -> bool:
    """One of ours, to which nobody signs in."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, "GET")
    except (HTTPException, RoutingException):
        return False
    return path.startswith("/") and endpoint.partition(".")[0] not in {"sign_in", "site_entrance"}


def form_token() -> str:
    """What each form of ours carries, for this browser alone."""
    return hmac.new(browser_token().encode(), b"form", hashlib.sha256).hexdigest()


def require_form_of_ours() -> None:
    """Raises BadRequest for a form that this browser wasn't given, and for what no keyboard writes and no database keeps."""
    written = [*(request.view_args or {}).values(), *(text for _, text in request.values.items(multi=True))]
    if any("\0" in text for text in written if isinstance(text, str)):
        raise BadRequest("What was sent holds a letter that can't be kept. Go back and type it again.")
    if request.method != "POST":
        return
    if not hmac.compare_digest(request.form.get("form_token", "").encode(), form_token().encode()):
        raise BadRequest(
            "This form is out of date, or the browser takes no cookies, which it needs. Go back, load the page again, and send it once more."
        )


def _give(answer: Response, name: str, token: str) -> None:
    """Until the browser is closed."""
    answer.set_cookie(_name(name), token, secure=_is_https(), httponly=True, samesite="Lax")


def _take(answer: Response, name: str) -> None:
    answer.delete_cookie(_name(name), secure=_is_https(), httponly=True, samesite="Lax")


def _name(name: str) -> str:
    """By https with the prefix that keeps other hosts of the domain from setting it."""
    return f"__Host-{name}" if _is_https() else name


def _is_https() -> bool:
    return here.settings().public_url.startswith("https://")
