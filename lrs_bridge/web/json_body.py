"""What a request carries."""

from __future__ import annotations

import contextlib

from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

_READ_AT_ONCE = 65_536


def json_body(what: str) -> bytes:
    """The body, as it was sent. `what` it holds, in the plural, for the refusal of another Content-Type (415); 413 for more
    than the setting max_body_bytes."""
    if request.mimetype != "application/json":
        said = request.mimetype or "none"
        raise UnsupportedMediaType(f"The Content-Type is {said}; {what} are sent as application/json.")
    return whole_body()


def whole_body() -> bytes:
    """The body, as it was sent; 413 for more than the setting max_body_bytes."""
    body = request.get_data(cache=False)
    g.sent = body  # what is kept of a refused request begins with it
    # a body sent in chunks says no length before; Werkzeug stops reading at the limit without a word
    if request.content_length is None and len(body) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
    return body


def read_to_end(answer: Response) -> Response:
    """A request that is refused by its head has a body still. Left unread it would end the connection, and the client's
    next request on it would get no answer. What is larger than the service takes is left, and so is what comes from
    somebody unknown, who could keep us waiting for it."""
    if "client" not in g:
        return answer
    with contextlib.suppress(HTTPException, OSError):  # too large, or gone
        while request.stream.read(_READ_AT_ONCE):
            pass
    return answer
