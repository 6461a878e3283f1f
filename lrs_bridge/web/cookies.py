"""Two cookies, for pages alone. One holds the token of a visit, given on signing in. The other marks the browser: forms carry a
digest of it, so that no other site's form is taken for ours, and a code is good only in the browser that asked for it."""

from __future__ import annotations

import hashlib
import hmac

from flask import Response, g, request
from werkzeug.exceptions import BadRequest

from lrs_bridge.flows.sign_in import new_token
from lrs_bridge.web import here

_VISIT, _BROWSER = "lrs_visit", "lrs_browser"


def of_visit() -> str:
    """The token, or ""."""
    return request.cookies.get(_name(_VISIT), "")


def give_visit(answer: Response, token: str) -> None:
    _give(answer, _VISIT, token)


def take_all(answer: Response) -> None:
    """Who sits down at this browser next finds nothing of who was there."""
    for name in (_VISIT, _BROWSER):
        answer.delete_cookie(_name(name), secure=_is_https(), httponly=True, samesite="Lax")


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


def _name(name: str) -> str:
    """By https with the prefix that keeps other hosts of the domain from setting it."""
    return f"__Host-{name}" if _is_https() else name


def _is_https() -> bool:
    return here.settings().public_url.startswith("https://")
