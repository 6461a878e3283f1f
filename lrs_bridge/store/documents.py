"""State and profile documents: kept byte for byte, one row each, replaced or removed."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import lock_digest, upsert
from lrs_bridge.store.lrs_tables import documents
from lrs_bridge.xapi.document_queries import DocumentQuery


@dataclass(frozen=True, slots=True)
class Document:
    content_type: str
    body: bytes
    etag: str
    updated_at: datetime


def _digest(*parts: str | None) -> bytes:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).digest()


def key_of(query: DocumentQuery) -> bytes:
    """What names the one document that `query` does."""
    registration = str(query.registration) if query.registration else None
    return _digest(*_context(query), registration, query.name)


def _context(query: DocumentQuery) -> tuple[str | None, ...]:
    # the identifier's own value: its text shows U+0000 as another character
    who = (query.agent.kind, query.agent.value) if query.agent else (None, None)
    return (query.kind, query.activity, *who)


def kept_name(name: str) -> str:
    """As JSON, for PostgreSQL holds no U+0000."""
    return json.dumps(name, ensure_ascii=False)


def fetch(session: Session, query: DocumentQuery) -> Document | None:
    """The one document that `query` names."""
    return _document(session, sa.select(documents).where(documents.c.key == key_of(query)))


def hold(session: Session, query: DocumentQuery) -> Document | None:
    """As `fetch`; until the transaction ends nobody else changes that document, or makes it if there is none."""
    key = key_of(query)
    lock_digest(session, key)
    # The row too: removing the documents of a context locks nothing but rows.
    return _document(session, sa.select(documents).where(documents.c.key == key).with_for_update())


def _document(session: Session, found: sa.Select[tuple[object, ...]]) -> Document | None:
    row = session.execute(found).one_or_none()
    return Document(row.content_type, row.body, row.etag, row.updated_at) if row else None


def put(session: Session, query: DocumentQuery, document: Document, client_id: int) -> None:
    """Writes it in the place of the one that is there, if there is one. `hold` comes first."""
    session.execute(
        upsert(session, documents, key=("key",), kept=("id",)),
        {
            "key": key_of(query),
            "owner": _digest(*_context(query)),
            "kind": query.kind,
            "activity": query.activity or "",
            "agent": str(query.agent) if query.agent else "",
            "registration": query.registration,
            "name": kept_name(query.name or ""),
            "content_type": document.content_type,
            "body": document.body,
            "etag": document.etag,
            "updated_at": document.updated_at,
            "client_id": client_id,
        },
    )


def remove(session: Session, query: DocumentQuery, *, launched_as: uuid.UUID | None = None) -> None:
    """The one that `query` names or, without a name, all of its context; of a state's only those of the registration, if it
    names one (Communication 2.3). `launched_as`: as `listed` has it."""
    gone = sa.delete(documents)
    if query.name is not None:
        session.execute(gone.where(documents.c.key == key_of(query)))
    else:
        session.execute(gone.where(*_of_context(query, launched_as)))


def listed(
    session: Session, query: DocumentQuery, *, launched_as: uuid.UUID | None = None
) -> tuple[list[str], datetime | None]:
    """The names of the documents of a context, changed after `since`, the one changed longest ago first; and when the
    latest was changed. `launched_as`: those of this registration and of none alone."""
    updated_at = sa.func.max(documents.c.updated_at).label("updated_at")
    found = (
        sa.select(documents.c.name, updated_at)
        .where(*_of_context(query, launched_as))
        .group_by(documents.c.name)
        .order_by(updated_at, documents.c.name)
    )
    rows = session.execute(found).all()
    return [json.loads(row.name) for row in rows], rows[-1].updated_at if rows else None


def _of_context(query: DocumentQuery, launched_as: uuid.UUID | None) -> list[sa.ColumnElement[bool]]:
    wanted = [documents.c.owner == _digest(*_context(query))]
    if launched_as is not None:
        own = documents.c.registration == launched_as
        wanted.append(sa.or_(own, documents.c.registration.is_(None)))
    if query.registration is not None:
        wanted.append(documents.c.registration == query.registration)
    if query.since is not None:
        wanted.append(documents.c.updated_at > query.since)
    return wanted
