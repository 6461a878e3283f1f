"""Launching content: one link for one learner in one activity, with a credential of its own that soon ends."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows.credentials import source_problems
from lrs_bridge.flows.origins import is_loopback, origin_of
from lrs_bridge.store import clients
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import Ifi, as_actor, parse_identifier
from lrs_bridge.xapi.notations import is_iri, is_uuid

SCOPES = ("statements/write", "statements/read/mine", "state")
"""What content needs to report and to resume, and no more: profiles, definitions and others' statements stay shut, for
everybody who sees the link holds the credential."""

_PARAMETERS = ("endpoint", "auth", "actor", "registration", "activity_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A launch as somebody asks for it. `learner`: an identifier as people type it; `registration`: "" for a new one."""

    content: str
    learner: str
    activity: str
    registration: str
    source: str | None
    hours: int
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """`url` holds the secret; it can be read only here."""

    url: str
    key: str
    learner: str
    activity: str
    registration: str
    origin: str
    expires_at: datetime


def make_link(
    session: Session,
    wanted: Wanted,
    *,
    known_sources: tuple[str, ...],
    public_url: str,
    now: datetime,
    who: str,
) -> Link:
    """Makes the credential and the link. Raises BadInput with all that is wrong with what is asked for."""
    problems = _content_problems(wanted.content, public_url)
    problems += source_problems(wanted.source, known_sources)
    learner = _learner(wanted, problems)
    if not is_iri(wanted.activity):
        problems.append(
            Problem("--activity", f"“{wanted.activity}” is no IRI", "Data 2.4.4.1", "the activity's whole id")
        )
    if wanted.registration and not is_uuid(wanted.registration):
        problems.append(Problem("--registration", f"“{wanted.registration}” is no UUID", "Data 2.4.6.1"))
    if problems or learner is None:
        raise BadInput("The link was not made.", problems)
    launch = clients.Launch(str(learner), wanted.activity, wanted.registration.lower() or str(uuid.uuid4()))
    origin, expires_at = origin_of(wanted.content), now + timedelta(hours=wanted.hours)
    made = clients.add(
        session,
        name=f"launch of {wanted.activity}",
        source=wanted.source,
        scopes=SCOPES,
        test=False,
        home_pages=(),
        mail_domains=(),
        public_url=public_url,
        now=now,
        created_by=who,
        origins=(origin,),
        expires_at=expires_at,
        launch=launch,
    )
    actor = as_actor(learner) | ({"name": wanted.name} if wanted.name else {})
    url = _with_parameters(wanted.content, _parameters(launch, actor, made, public_url))
    return Link(url, made.key, launch.agent, launch.activity, launch.registration, origin, expires_at)


def _learner(wanted: Wanted, problems: list[Problem]) -> Ifi | None:
    problems += [
        Problem(option, "holds a character that can't be shown")
        for option, text in (("--name", wanted.name), ("--learner", wanted.learner))
        if not text.isprintable()
    ]
    try:
        return parse_identifier(wanted.learner)
    except BadInput as wrong:
        problems += [Problem("--learner", one.what, one.rule, one.mend) for one in wrong.problems]
        return None


def _content_problems(content: str, public_url: str) -> list[Problem]:
    where = "CONTENT_URL"
    try:
        origin = origin_of(content)
    except ValueError as wrong:
        return [Problem(where, f"“{content}”: {wrong}", "", "such as https://content.example.org/course/")]
    problems = []
    if not content.isprintable() or " " in content:
        problems.append(Problem(where, "holds a blank", "", "write it as %20"))
    if origin.startswith("http:") and not is_loopback(origin):
        # Whoever is on the way would read the credential, and could send what the learner never did.
        problems.append(Problem(where, f"{origin} is not encrypted", "", "serve the content by https://"))
    service = origin_of(public_url)
    if origin.startswith("https:") and service.startswith("http:") and not is_loopback(service):
        mend = "serve the bridge by https:// and set public_url so"
        problems.append(
            Problem("public_url", f"a browser lets no page of {origin} send to {service}", "", mend)
        )
    taken = sorted(
        {name for name, _ in parse_qsl(urlsplit(content).query, keep_blank_values=True)} & {*_PARAMETERS}
    )
    if taken:
        problems.append(
            Problem(where, f"has {', '.join(taken)} already", "", "leave them out: the link adds them")
        )
    return problems


def _parameters(
    launch: clients.Launch, actor: dict[str, Any], made: clients.NewClient, public_url: str
) -> dict[str, str]:
    credential = base64.b64encode(f"{made.key}:{made.secret}".encode()).decode()
    values = (
        f"{public_url}/xapi/",
        f"Basic {credential}",
        json.dumps(actor, separators=(",", ":")),
        launch.registration,
        launch.activity,
    )
    return dict(zip(_PARAMETERS, values, strict=True))


def _with_parameters(content: str, parameters: dict[str, str]) -> str:
    """The address with these at the end of its query. Blanks as %20: content decodes by decodeURIComponent, which leaves a
    plus as it is."""
    page, hash_, fragment = content.partition("#")
    added = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    divider = "?" if "?" not in page else "" if page.endswith(("?", "&")) else "&"
    return f"{page}{divider}{added}{hash_}{fragment}"
