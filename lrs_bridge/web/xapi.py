"""What all xAPI resources share: their blueprint, and the version of each request (Communication 3.3; 2.0.0 4.1). Each resource is
a module that puts its routes on the blueprint; `app` imports them."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from lrs_bridge.xapi import forms, versions

PREFIX = "/xapi"
REFUSAL = "lrs_bridge.refusal"
"""In the environment of a request that was refused before it was routed: why."""
blueprint = Blueprint("xapi", __name__, url_prefix=PREFIX)


def is_under(path: str) -> bool:
    """Whether the address is one of the xAPI's, known or not."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def parameters() -> dict[str, list[str]]:
    """Each parameter of the address with all its values. Raises BadInput for what is not percent-encoded UTF-8."""
    return forms.gathered(forms.fields_of(request.query_string))


def add_header(answer: Response, name: str, value: str) -> None:
    """Where the answer has none of this name; `setdefault` would find that out by an exception at every answer."""
    if all(given != name for given, _ in answer.headers):
        answer.headers.add(name, value)


def no_content() -> Response:
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


@blueprint.before_request
def _negotiate() -> None:
    refusal = request.environ.get(REFUSAL)
    if refusal is not None:
        raise refusal
    g.version = versions.negotiate(request.headers.get(versions.HEADER))


@blueprint.after_app_request
def _say_version(answer: Response) -> Response:
    """On every answer under this prefix (Communication 3.3), those of unknown addresses and methods included."""
    if request.path.startswith(f"{PREFIX}/"):
        named = request.headers.get(versions.HEADER)
        add_header(answer, versions.HEADER, versions.answered(named))
    return answer
