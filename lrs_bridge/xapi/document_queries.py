"""State and profile documents (Communication 2.2, 2.3, 2.6, 2.7; 2.0.0 4.1.6.2, 4.1.6.5, 4.1.6.6): which one a request names,
and what it may hold."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi import documents, notations
from lrs_bridge.xapi.agents import Ifi
from lrs_bridge.xapi.parameters import Known, identifier, instant, iri, plain, read_parameters
from lrs_bridge.xapi.parameters import uuid as a_uuid
from lrs_bridge.xapi.paths import quoted
from lrs_bridge.xapi.versions import Version

Kind = Literal["state", "activity", "agent"]
Method = Literal["GET", "PUT", "POST", "DELETE"]
JSON: Final = "application/json"
UNTOLD_TYPE: Final = "application/octet-stream"
"""Of a document that came without a Content-Type (RFC 9110 8.3)."""


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """Which documents are meant: one where `name` (stateId, profileId) is given, else all of that context. activity and agent
    are None where that kind doesn't have them; `since` is exclusive and for lists alone."""

    kind: Kind
    activity: str | None = None
    agent: Ifi | None = None
    registration: uuid.UUID | None = None
    name: str | None = None
    since: datetime | None = None


_NAME: Final[dict[Kind, str]] = {"state": "stateId", "activity": "profileId", "agent": "profileId"}
_CONTEXT: Final[dict[Kind, tuple[str, ...]]] = {
    "state": ("activityId", "agent"),
    "activity": ("activityId",),
    "agent": ("agent",),
}
_READERS: Final[Known] = {
    "activityId": ("activity", iri),
    "agent": ("agent", identifier),
    "registration": ("registration", lambda text, version: uuid.UUID(a_uuid(text, version))),
    "stateId": ("name", plain),
    "profileId": ("name", plain),
    "since": ("since", instant),
}
_ByMethod = Mapping[str, str]
_MISSING: Final[dict[tuple[Kind, str], _ByMethod]] = {
    ("state", "activityId"): {"PUT": "00210", "POST": "00209", "GET": "00208", "DELETE": "00207"},
    ("state", "agent"): {"PUT": "00215", "POST": "00214", "GET": "00213", "DELETE": "00212"},
    ("state", "stateId"): {"PUT": "00206", "POST": "00211"},
    ("agent", "agent"): {"PUT": "00264", "POST": "00263", "GET": "00261", "DELETE": "00262"},
    ("agent", "profileId"): {"PUT": "00267", "POST": "00266", "DELETE": "00265"},
    ("activity", "activityId"): {"PUT": "00299", "POST": "00298", "GET": "00296", "DELETE": "00297"},
    ("activity", "profileId"): {"PUT": "00302", "POST": "00301", "DELETE": "00300"},
}
"""The requirement that a parameter is there; where there is none, it may be left out."""
_WRONG: Final[dict[tuple[Kind, str], _ByMethod]] = {
    ("state", "agent"): {"PUT": "00199", "POST": "00198", "GET": "00197", "DELETE": "00196"},
    ("state", "registration"): {"PUT": "00203", "POST": "00202", "GET": "00201", "DELETE": "00200"},
    ("state", "since"): {"GET": "00204"},
    ("agent", "agent"): {"PUT": "00257", "POST": "00256", "GET": "00258", "DELETE": "00255"},
    ("agent", "since"): {"GET": "00260"},
    ("activity", "since"): {"GET": "00295"},
}
"""The requirement that a parameter is in its format."""


def parse_document_query(
    kind: Kind, method: Method, args: Mapping[str, list[str]], version: Version
) -> DocumentQuery:
    """Which documents a request means by these decoded parameters, each name with all its values.

    Raises BadInput with every problem; its `where` begins with the parameter's name.
    """
    names = [*_CONTEXT[kind], _NAME[kind]]
    if kind == "state":
        names.append("registration")
    if method == "GET":
        names.append("since")
    known = {name: _READERS[name] for name in names}
    fields, problems = read_parameters(args, known, version, once="Communication 2.2")
    problems = [_named(problem, kind, method) for problem in problems]
    for name in names:
        rule = _MISSING.get((kind, name), {}).get(method)
        if rule and name not in args:
            problems.append(Problem(name, "the parameter is missing", f"XAPI-{rule}"))
    if problems:
        raise BadInput("The request doesn't say which document it means", problems)
    return DocumentQuery(kind, **fields)


def _named(problem: Problem, kind: Kind, method: Method) -> Problem:
    """A value in the wrong format breaks the requirement on that parameter of that resource, if it has a number."""
    if problem.rule in ("XAPI-00324", "XAPI-00325", "Communication 2.2"):
        return problem
    parameter = problem.where.partition(".")[0].partition("[")[0]
    rule = _WRONG.get((kind, parameter), {}).get(method)
    return Problem(problem.where, problem.what, f"XAPI-{rule}", problem.mend) if rule else problem


def checked_type(content_type: str | None) -> str:
    """The Content-Type to keep with a document. Raises BadInput for what is no media type, and couldn't be told back."""
    if not content_type:
        return UNTOLD_TYPE
    if not notations.is_media_type(content_type):
        what = f"{quoted(content_type)} is not a media type"
        problem = Problem("Content-Type", what, "Communication 2.2", "such as application/json")
        raise BadInput("The document was not stored", [problem])
    return content_type


def is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == JSON


_POST_RULES: Final[dict[Kind, tuple[str, str, str]]] = {
    "state": ("XAPI-00232", "XAPI-00229", "XAPI-00235"),
    "agent": ("XAPI-00278", "XAPI-00281", "XAPI-00284"),
    "activity": ("XAPI-00309", "XAPI-00313", "XAPI-00314"),
}
"""What is posted is JSON; what is held is; what says it is, is a JSON object."""


def posted(kind: Kind, content_type: str, body: bytes, held: tuple[str, bytes] | None) -> bytes:
    """The document after a POST: `held` (its Content-Type and bytes) with the top-level members of what was posted put in
    place or added, each member's value keeping its bytes; without one, what was posted.

    Raises BadInput where both are not JSON objects of type application/json (Communication 2.2; 2.0.0 4.1.6.2).
    """
    not_json, held_is_not, no_object = _POST_RULES[kind]
    problems: list[Problem] = []
    if is_json(content_type):
        problems += _problems_of_object(body, no_object, "")
    elif held is not None:
        what = f"{quoted(content_type)} can't be merged into the document that is there"
        problems.append(Problem("Content-Type", what, not_json, f"{JSON}, or PUT it in its place"))
    if held is not None and not is_json(held[0]):
        what = f"the document that is there is {held[0]}, which nothing can be merged into"
        problems.append(Problem("", what, held_is_not, "PUT this one in its place"))
    elif held is not None:
        problems += _problems_of_object(held[1], held_is_not, "the document that is there: ")
    if problems:
        raise BadInput("The document was not stored", problems)
    return body if held is None else _merged(held[1], body)


def _problems_of_object(body: bytes, rule: str, whose: str) -> list[Problem]:
    try:
        value = documents.parse(body)
    except BadInput as fault:
        return [Problem(one.where, whose + one.what, rule, one.mend) for one in fault.problems]
    if isinstance(value, dict):
        return []
    return [Problem("$", f"{whose}{quoted(value)} is not a JSON object", rule, "an object")]


def _merged(held: bytes, new: bytes) -> bytes:
    members: dict[str, Any] = {}
    for text in (held, new):
        members |= msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw])
    written = (msgspec.json.encode(name) + b":" + bytes(raw) for name, raw in members.items())
    return b"{" + b",".join(written) + b"}"
