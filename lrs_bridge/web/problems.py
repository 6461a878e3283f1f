"""Problem details of the Read API (RFC 9457): one type for each way in which a request can fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

PREFIX = "/api/v1"
MEDIA_TYPE = "application/problem+json"
DOCUMENT = f"{PREFIX}/openapi.json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """`mend`: what whoever asked can do about it."""

    name: str
    title: str
    mend: str


TYPES: Mapping[int, ProblemType] = {
    400: ProblemType("bad-request", "The request is wrong", "Mend every one of `problems`, and send it again."),
    401: ProblemType("unauthorised", "A credential is needed", "Send key and secret as HTTP Basic."),
    403: ProblemType(
        "forbidden", "This credential may not do that", "Ask whoever runs the service for what `detail` names."
    ),
    404: ProblemType("not-found", "There is nothing at this address", "Take the addresses of the API's document."),
    405: ProblemType("method-not-allowed", "This address takes other methods", "Use one that `Allow` names."),
    413: ProblemType("too-large", "The request is too large", "Ask for fewer agents at a time."),
    415: ProblemType("unsupported-media-type", "The body is of another type", "Send application/json."),
    429: ProblemType("too-many", "That was asked too often", "Try again after `Retry-After` seconds."),
    500: ProblemType("internal-error", "Something went wrong here", "Tell whoever runs the service when it was."),
    503: ProblemType("unavailable", "The service can't answer just now", "Try again after `Retry-After` seconds."),
}  # fmt: skip
"""HTTP status → the type of its problems. Any other status is of type about:blank."""


def is_of_read_api(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def type_address(name: str, public_url: str) -> str:
    """The URI that names a type, and leads to what the API's document says of it."""
    return f"{public_url}{DOCUMENT}#/x-problem-types/{name}"


def details(status: int, detail: str, extra: Mapping[str, Any], public_url: str) -> dict[str, Any]:
    known = TYPES.get(status)
    return {
        "type": type_address(known.name, public_url) if known else "about:blank",
        "title": known.title if known else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extra,
    }
