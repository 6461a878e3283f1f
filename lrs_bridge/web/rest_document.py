"""The Read API as an OpenAPI 3.1 document, drawn from the schemas that check its requests and make its answers."""

from __future__ import annotations

from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from lrs_bridge import __version__
from lrs_bridge.flows.credentials import COURSES, LINKS, READ_API_SCOPES, SIGN_IN, STANDINGS
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.web.problems import MEDIA_TYPE, PREFIX, TYPES, type_address
from lrs_bridge.web.rest_schemas import (
    CodeRequest,
    CodeTaken,
    Courses,
    LinkRequest,
    ProblemDetails,
    SentCode,
    SignInLink,
    SignInRequest,
    Standings,
    StandingsRequest,
)
from lrs_bridge.xapi.agents import IFI_MEMBERS

_ABOUT = (
    "A site's credential reads where its own learners stand, and which courses count; and lets a learner join their account "
    "with their e-mail address, by a code that is sent there, or leads them to their page here. Nothing else is changed by it. Every answer is "
    f"private and not to be stored on the way. {NOT_PROVEN}"
)
_ALWAYS = (401, 500, 503)


@cache
def document(public_url: str) -> dict[str, Any]:
    spec = APISpec(
        title="lrs_bridge Read API",
        version=__version__,
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
        info={"description": _ABOUT},
        servers=[{"url": public_url}],
        security=[{"credential": []}],
        **{"x-problem-types": _problem_types(public_url)},
    )
    spec.components.security_scheme(
        "credential",
        {
            "type": "http",
            "scheme": "basic",
            "description": "Key and secret, made by `lrs-bridge add-client`.",
        },
    )
    spec.path(
        f"{PREFIX}/standings",
        operations={
            "post": {
                "operationId": "postStandings",
                "summary": "Where these agents stand",
                "description": _needs(STANDINGS),
                "requestBody": {"required": True, "content": _json(StandingsRequest)},
                "responses": _responses(Standings, 400, 403, 413, 415),
            }
        },
    )
    spec.path(
        f"{PREFIX}/courses",
        operations={
            "get": {
                "operationId": "getCourses",
                "summary": "Which courses count, and for what",
                "description": _needs(COURSES),
                "responses": _responses(Courses, 400, 403),
            }
        },
    )
    spec.path(f"{PREFIX}/links", operations={"post": _LINK})
    spec.path(f"{PREFIX}/links/code", operations={"post": _CODE})
    spec.path(f"{PREFIX}/sign-in-links", operations={"post": _SIGN_IN_LINK})
    spec.path(
        f"{PREFIX}/openapi.json",
        operations={
            "get": {
                "operationId": "getDocument",
                "summary": "This document",
                "description": "Any credential reads it.",
                "responses": _responses(None, 400),
            }
        },
    )
    drawn: dict[str, Any] = spec.to_dict()
    drawn["components"]["schemas"]["Agent"]["oneOf"] = [{"required": [name]} for name in IFI_MEMBERS]
    return drawn


def _problem_types(public_url: str) -> dict[str, Any]:
    return {
        one.name: {
            "type": type_address(one.name, public_url),
            "title": one.title,
            "status": status,
            "mend": one.mend,
        }
        for status, one in TYPES.items()
    }


def _needs(scope: str) -> str:
    return f"Needs the scope `{scope}`: {READ_API_SCOPES[scope]}."


def _json(schema: type[Schema] | None) -> dict[str, Any]:
    return {"application/json": {"schema": schema or {"type": "object"}}}


def _responses(answer: type[Schema] | None, *refusals: int) -> dict[str, Any]:
    refused = {
        str(status): {"description": TYPES[status].title, "content": {MEDIA_TYPE: {"schema": ProblemDetails}}}
        for status in sorted({*refusals, *_ALWAYS})
    }
    return {"200": {"description": "The answer", "content": _json(answer)}, **refused}


_LINK: dict[str, Any] = {
    "operationId": "postLink",
    "summary": "Send a code to the address that a learner wants to join with their account",
    "description": f"{_needs(LINKS)} The answer is the same whether anybody is known by the address or not.",
    "requestBody": {"required": True, "content": _json(LinkRequest)},
    "responses": _responses(SentCode, 400, 403, 413, 415, 429),
}
_CODE: dict[str, Any] = {
    "operationId": "postLinkCode",
    "summary": "Take the code that the learner typed",
    "description": f"{_needs(LINKS)} A code may be tried five times, within half an hour.",
    "requestBody": {"required": True, "content": _json(CodeRequest)},
    "responses": _responses(CodeTaken, 400, 403, 413, 415),
}
_SIGN_IN_LINK: dict[str, Any] = {
    "operationId": "postSignInLink",
    "summary": "Make a link that opens a page for a learner who is signed in at the site",
    "description": f"{_needs(SIGN_IN)} It needs `{STANDINGS}` too. The link works once, for 60 seconds; the page shows what "
    "`/standings` tells of that account, and nothing else.",
    "requestBody": {"required": True, "content": _json(SignInRequest)},
    "responses": _responses(SignInLink, 400, 403, 413, 415),
}
