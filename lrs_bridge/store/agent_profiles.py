"""The agent profiles that wait to be read for what they tell of people, and reading them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store import identity
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import lock_digest
from lrs_bridge.store.documents import kept_name, key_of
from lrs_bridge.store.lrs_tables import documents, pending_profiles
from lrs_bridge.store.schema import clients
from lrs_bridge.xapi.document_queries import DocumentQuery


def await_reading(session: Session, query: DocumentQuery, cause: str, now: datetime) -> None:
    """The document that `query` names was written or removed."""
    row = {"key": key_of(query), "agent": str(query.agent), "since": now, "cause": cause}
    session.execute(sa.insert(pending_profiles), row)


def await_reading_all(session: Session, name: str, cause: str, now: datetime) -> None:
    """All agent profiles with this profileId: other mapping files came into force."""
    told = sa.literal(now, pending_profiles.c.since.type).label("since")
    found = sa.select(documents.c.key, documents.c.agent, told, sa.literal(cause).label("cause"))
    found = found.where(documents.c.kind == "agent", documents.c.name == kept_name(name))
    columns = ["key", "agent", "since", "cause"]
    session.execute(sa.insert(pending_profiles).from_select(columns, found.order_by(documents.c.id)))


def any_pending(session: Session) -> bool:
    return session.execute(sa.select(pending_profiles.c.id).limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that waits. `key` names the document, `agent` is whose it is, in canonical text."""

    id: int
    key: bytes
    agent: str
    cause: str

    @property
    def number(self) -> int:
        """What the document is set aside under."""
        return int.from_bytes(self.key[:8], "big", signed=True)


def claim(session: Session, after: int, limit: int) -> list[Waiting]:
    """The oldest rows with numbers above `after`, passing over those that another process holds. Nobody writes their
    documents until the transaction ends."""
    found = sa.select(pending_profiles).where(pending_profiles.c.id > after)
    found = found.order_by(pending_profiles.c.id).limit(limit).with_for_update(skip_locked=True)
    rows = [Waiting(row.id, row.key, row.agent, row.cause) for row in session.execute(found)]
    for key in sorted({row.key for row in rows}):
        lock_digest(session, key)
    return rows


@dataclass(frozen=True, slots=True)
class Kept:
    """An agent profile as it is, and the credential that wrote it last."""

    content_type: str
    body: bytes
    source: str | None
    test: bool
    is_launch: bool
    home_pages: tuple[str, ...]
    mail_domains: tuple[str, ...]


def load(session: Session, keys: Iterable[bytes]) -> dict[bytes, Kept]:
    """By key, those that are there."""
    found: dict[bytes, Kept] = {}
    for part in identity.in_parts(keys):
        rows = sa.select(documents.c.key, documents.c.content_type, documents.c.body, clients)
        rows = rows.join(clients, clients.c.id == documents.c.client_id).where(documents.c.key.in_(part))
        for row in session.execute(rows):
            found[row[0]] = Kept(
                row.content_type,
                row.body,
                row.source,
                row.test,
                row.expires_at is not None,
                tuple(row.home_pages.splitlines()),
                tuple(row.mail_domains.splitlines()),
            )
    return found


def done(session: Session, numbers: Collection[int]) -> None:
    session.execute(sa.delete(pending_profiles).where(pending_profiles.c.id.in_(numbers)))
