"""State and profile documents: read, written, merged and removed (Communication 2.2; 2.0.0 4.1.6.2)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.errors import Forbidden, NotFound, TooLarge
from lrs_bridge.flows import credentials, limits
from lrs_bridge.learning.matching import same_site
from lrs_bridge.store import agent_profiles, documents
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Session
from lrs_bridge.store.documents import Document
from lrs_bridge.xapi.agent_profiles import is_agent_profile
from lrs_bridge.xapi.document_queries import DocumentQuery, Kind, Method, checked_type, posted
from lrs_bridge.xapi.preconditions import Preconditions, etag_of
from lrs_bridge.xapi.versions import Version

_SCOPE: dict[Kind, str] = {"state": "state", "activity": "profile", "agent": "profile"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for documents, its parameters read."""

    client: Client
    method: Method
    query: DocumentQuery
    preconditions: Preconditions
    version: Version


def permit(asked: Asked) -> None:
    """The one place where a credential is held to what it may do with documents of that kind, activity, agent and
    registration. Raises Forbidden."""
    scope = _SCOPE[asked.query.kind]
    scopes = (scope, "all/read") if asked.method == "GET" else (scope,)
    if not asked.client.may(*scopes):
        doing = "read" if asked.method == "GET" else "change"
        raise Forbidden(
            f"The credential “{asked.client.name}” may not {doing} {scope} documents (scope {scope})."
        )
    query = asked.query
    limits.hold_documents(
        asked.client,
        query.kind,
        activity=query.activity,
        agent=query.agent,
        registration=query.registration,
    )
    if is_agent_profile(query):
        _hold_to_own_people(asked)


def _hold_to_own_people(asked: Asked) -> None:
    """Who somebody is, by name and e-mail, is a matter between a site and its own accounts."""
    may_any = asked.client.may("all/read") if asked.method == "GET" else asked.client.may("all")
    home_page = str(asked.query.agent).partition("|")[0]
    if not may_any and not any(same_site(home_page, own) for own in asked.client.home_pages):
        raise Forbidden(
            f"The credential “{asked.client.name}” has nothing to do with the profiles of people on {home_page}: "
            "that is not one of its home pages."
        )


def read_one(session: Session, asked: Asked) -> Document:
    """Raises NotFound."""
    permit(asked)
    found = documents.fetch(session, asked.query)
    if found is None:
        raise NotFound("There is no such document.")
    return found


def read_names(session: Session, asked: Asked) -> tuple[list[str], datetime | None]:
    """The names of those that the query takes, and when the latest was changed."""
    permit(asked)
    return documents.listed(session, asked.query, launched_as=_launched_as(asked))


def write(
    session: Session, asked: Asked, content_type: str | None, body: bytes, now: datetime, *, longest: int
) -> None:
    """Stores what was put, or merges what was posted. Raises BadInput, Conflict, PreconditionFailed or, where it would grow
    beyond `longest` octets, TooLarge, and has changed nothing then; Unauthorised where the credential was revoked since it
    was let in."""
    permit(asked)
    credentials.hold_live(session, {asked.client.id}, now)
    kept_type = checked_type(content_type)
    held = documents.hold(session, asked.query)
    asked.preconditions.check_change(
        asked.query.kind, asked.method, asked.version, held.etag if held else None
    )
    if asked.method == "POST":
        body = posted(asked.query.kind, kept_type, body, (held.content_type, held.body) if held else None)
        kept_type = held.content_type if held else kept_type
    if len(body) > longest:
        raise TooLarge(f"The document would be larger than {longest} octets (setting max_body_bytes).")
    document = Document(kept_type, body, etag_of(body), now)
    documents.put(session, asked.query, document, asked.client.id)
    _await_reading(session, asked, now)


def remove(session: Session, asked: Asked, now: datetime) -> None:
    """Removes one document, which need not be there, or all of its context. Raises PreconditionFailed, and Unauthorised as
    `write` does."""
    permit(asked)
    credentials.hold_live(session, {asked.client.id}, now)
    held = documents.hold(session, asked.query) if asked.query.name is not None else None
    asked.preconditions.check(held.etag if held else None)
    documents.remove(session, asked.query, launched_as=_launched_as(asked))
    if held is not None:
        _await_reading(session, asked, now)


def _await_reading(session: Session, asked: Asked, now: datetime) -> None:
    """Of a document that tells who somebody is. What a site's profiles bring may come in masses, like a backfill."""
    if is_agent_profile(asked.query):
        agent_profiles.await_reading(session, asked.query, f"profiles-by-{asked.client.id}", now)


def _launched_as(asked: Asked) -> uuid.UUID | None:
    """The registration that a launch is held to: beside it only what belongs to none is a launch's own."""
    return uuid.UUID(asked.client.launch.registration) if asked.client.launch else None
