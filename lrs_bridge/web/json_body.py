"""What a request carries."""

from __future__ import annotations

from flask import current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType


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
