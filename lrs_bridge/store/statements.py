"""Statements: written once, never changed; read back as they came, by id or by filter."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many, insert_new
from lrs_bridge.store.schema import (
    authorities,
    clients,
    pending_statements,
    statement_index,
    statements,
    voidings,
)

_ASKED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class NewStatement:
    """A validated statement on its way in. `terms`: what it can be asked for by, as (kind, text); `cause`: the one act
    that many such came by, or ""."""

    id: uuid.UUID
    stored: datetime
    happened: datetime
    client_id: int
    authority_id: int
    version: str
    voids: uuid.UUID | None
    may_void_any: bool
    fingerprint: bytes
    body: str
    terms: frozenset[tuple[str, str]]
    cause: str = ""


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement as kept, with what the LRS set."""

    seq: int
    id: uuid.UUID
    stored: datetime
    happened: datetime
    version: str
    body: str
    authority: str


def term_key(kind: str, text: str) -> int:
    """64-bit digest of a term, so that an index entry is small whatever the length of an IRI."""
    digest = hashlib.blake2b(f"{kind}\n{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def add(session: Session, new: Sequence[NewStatement]) -> dict[uuid.UUID, bytes]:
    """Writes those whose id is not yet held, with index, void and pending rows. Returns id → fingerprint of those that
    were held already; the caller compares. Rows go in id order, so crossing batches can't deadlock."""
    rows = [
        {
            "id": one.id,
            "stored": one.stored,
            "happened": one.happened,
            "client_id": one.client_id,
            "authority_id": one.authority_id,
            "version": one.version,
            "is_voiding": one.voids is not None,
            "fingerprint": one.fingerprint,
            "body": one.body,
        }
        for one in sorted(new, key=lambda one: one.id)
    ]
    written = {
        row.id: row.seq
        for row in session.execute(
            insert_new(session, statements).returning(statements.c.id, statements.c.seq), rows
        )
    }
    fresh = [one for one in new if one.id in written]
    if fresh:
        _write_beside(session, [(written[one.id], one) for one in fresh])
    held = [one.id for one in new if one.id not in written]
    found = sa.select(statements.c.id, statements.c.fingerprint)
    return {row.id: row.fingerprint for row in _among(session, found, held)}


def bodies(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Id → the text that was sent, of those that are held."""
    found = sa.select(statements.c.id, statements.c.body)
    return {row.id: row.body for row in _among(session, found, ids)}


@dataclass(frozen=True, slots=True)
class Held:
    """What is held under an id. `voided_by`: the id of the statement that voids it; `source`: of the credential that sent
    it."""

    fingerprint: bytes
    voided_by: uuid.UUID | None
    source: str

    @property
    def voided(self) -> bool:
        return self.voided_by is not None


def held(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Held]:
    """Id → what is held, of those that are."""
    found = sa.select(
        statements.c.id, statements.c.fingerprint, clients.c.source, voiding_id().label("voided_by")
    ).join(clients, clients.c.id == statements.c.client_id)
    return {
        row.id: Held(row.fingerprint, row.voided_by, row.source or "") for row in _among(session, found, ids)
    }


def _among(session: Session, found: sa.Select[Any], ids: Sequence[uuid.UUID]) -> Iterator[sa.Row[Any]]:
    """The rows with one of these ids. In parts: a batch may hold more than a database takes in one question."""
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        part = ids[start : start + _ASKED_AT_ONCE]
        yield from session.execute(found.where(statements.c.id.in_(part)))


def _write_beside(session: Session, fresh: list[tuple[int, NewStatement]]) -> None:
    entries = [
        {"key": key, "stored": one.stored, "seq": seq}
        for seq, one in fresh
        for key in {term_key(kind, text) for kind, text in one.terms}
    ]
    insert_many(session, statement_index, entries)
    insert_many(
        session,
        pending_statements,
        [{"seq": seq, "since": one.stored, "cause": one.cause} for seq, one in fresh],
    )
    voids = [
        {"seq": seq, "target": one.voids, "authority_id": one.authority_id, "any_authority": one.may_void_any}
        for seq, one in fresh
        if one.voids is not None
    ]
    if voids:
        session.execute(sa.insert(voidings), voids)


def voided_by_others(session: Session, targets: Iterable[uuid.UUID], authority_id: int) -> list[uuid.UUID]:
    """Of these targets, those held under another authority."""
    found = sa.select(statements.c.id).where(statements.c.authority_id != authority_id)
    return [row.id for row in _among(session, found, list(targets))]


def _void_of(target: Any = statements) -> sa.Exists:
    """Whether an effective void names the statement: by its own authority or one that may void any. A voiding statement
    can't itself be voided (xAPI-Data 2.3.2)."""
    return (
        sa.exists()
        .where(
            voidings.c.target == target.c.id,
            sa.or_(voidings.c.any_authority, voidings.c.authority_id == target.c.authority_id),
        )
        .correlate(target)
    )


def voiding_id(target: Any = statements) -> sa.ScalarSelect[Any]:
    """The id of the earliest statement that effectively voids `target`, as a column; NULL where none does."""
    voiding = statements.alias("voiding")
    return (
        sa.select(voiding.c.id)
        .join(voidings, voidings.c.seq == voiding.c.seq)
        .where(
            voidings.c.target == target.c.id,
            sa.not_(target.c.is_voiding),
            sa.or_(voidings.c.any_authority, voidings.c.authority_id == target.c.authority_id),
        )
        .order_by(voiding.c.seq)
        .limit(1)
        .correlate(target)
        .scalar_subquery()
    )


_COLUMNS = (
    statements.c.seq,
    statements.c.id,
    statements.c.stored,
    statements.c.happened,
    statements.c.version,
    statements.c.body,
    authorities.c.body.label("authority"),
)


def _stored(row: Any) -> StoredStatement:
    return StoredStatement(row.seq, row.id, row.stored, row.happened, row.version, row.body, row.authority)


def by_id(
    session: Session, id_: uuid.UUID, *, voided: bool, authority_id: int | None = None
) -> StoredStatement | None:
    """The statement with this id if it is (not) voided; `authority_id` restricts to that authority's own."""
    found = sa.select(*_COLUMNS).join(authorities, authorities.c.id == statements.c.authority_id)
    is_voided = sa.and_(sa.not_(statements.c.is_voiding), _void_of())
    found = found.where(statements.c.id == id_, is_voided if voided else sa.not_(is_voided))
    if authority_id is not None:
        found = found.where(statements.c.authority_id == authority_id)
    row = session.execute(found).one_or_none()
    return _stored(row) if row else None


def by_ids(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, StoredStatement]:
    """These statements, voided or not, of those that are held."""
    found = sa.select(*_COLUMNS).join(authorities, authorities.c.id == statements.c.authority_id)
    return {row.id: _stored(row) for row in _among(session, found, ids)}


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for: every term must match. `after`: (stored, seq) of the last one already given."""

    terms: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    authority_id: int | None = None
    after: tuple[datetime, int] | None = None
    limit: int = 100


def find(session: Session, wanted: Filter) -> list[StoredStatement]:
    """Statements in order of `stored`, without voided ones: at most `limit` + 1, the last telling that there are more."""
    if wanted.terms:
        first, *others = [statement_index.alias(f"term{place}") for place in range(len(wanted.terms))]
        place_by: Any = first
        found = sa.select(*_COLUMNS).select_from(first).join(statements, statements.c.seq == first.c.seq)
        found = found.where(first.c.key == term_key(*wanted.terms[0]))
        for other, term in zip(others, wanted.terms[1:], strict=True):
            same = sa.and_(
                other.c.key == term_key(*term), other.c.stored == first.c.stored, other.c.seq == first.c.seq
            )
            found = found.join(other, same)
    else:
        place_by = statements
        found = sa.select(*_COLUMNS)
    found = found.join(authorities, authorities.c.id == statements.c.authority_id)
    found = found.where(sa.or_(statements.c.is_voiding, sa.not_(_void_of())))
    stored, seq = place_by.c.stored, place_by.c.seq
    if wanted.since:
        found = found.where(stored > wanted.since)
    if wanted.until:
        found = found.where(stored <= wanted.until)
    if wanted.authority_id is not None:
        found = found.where(statements.c.authority_id == wanted.authority_id)
    if wanted.after:
        here, last = (
            sa.tuple_(stored, seq),
            sa.tuple_(*map(sa.literal, wanted.after, (stored.type, seq.type))),
        )
        found = found.where(here > last if wanted.ascending else here < last)
    order = (stored.asc(), seq.asc()) if wanted.ascending else (stored.desc(), seq.desc())
    return [_stored(row) for row in session.execute(found.order_by(*order).limit(wanted.limit + 1))]


@dataclass(frozen=True, slots=True)
class ToMatch:
    """A statement with what matching needs to know of its sender."""

    seq: int
    id: uuid.UUID
    happened: datetime
    body: str
    source: str
    test: bool
    home_pages: tuple[str, ...]
    mail_domains: tuple[str, ...]
    voids: uuid.UUID | None


def to_match(session: Session, seqs: Sequence[int]) -> list[ToMatch]:
    """These statements, in order of seq."""
    found = (
        sa.select(
            statements.c.seq,
            statements.c.id,
            statements.c.happened,
            statements.c.body,
            clients.c.source,
            clients.c.test,
            clients.c.home_pages,
            clients.c.mail_domains,
            voidings.c.target,
        )
        .join(clients, clients.c.id == statements.c.client_id)
        .outerjoin(voidings, voidings.c.seq == statements.c.seq)
        .where(statements.c.seq.in_(seqs))
        .order_by(statements.c.seq)
    )
    return [
        ToMatch(
            row.seq,
            row.id,
            row.happened,
            row.body,
            row.source or "",
            row.test,
            tuple(row.home_pages.split("\n")) if row.home_pages else (),
            tuple(row.mail_domains.split("\n")) if row.mail_domains else (),
            row.target,
        )
        for row in session.execute(found)
    ]


def seqs_naming(session: Session, agents: Sequence[str], after: int, until: int) -> list[int]:
    """Statements whose agents include any of these identifiers, with after < seq <= until."""
    keys = [term_key("agent", agent) for agent in agents]
    found = sa.select(statement_index.c.seq).distinct().where(statement_index.c.key.in_(keys))
    found = found.where(statement_index.c.seq > after, statement_index.c.seq <= until)
    return list(session.scalars(found.order_by(statement_index.c.seq)))


def highest_seq(session: Session) -> int:
    return session.scalar(sa.select(sa.func.coalesce(sa.func.max(statements.c.seq), 0))) or 0


def seqs_after(session: Session, seq: int, until: int, limit: int) -> list[int]:
    found = sa.select(statements.c.seq).where(statements.c.seq > seq, statements.c.seq <= until)
    return list(session.scalars(found.order_by(statements.c.seq).limit(limit)))


def seqs_of_sources(session: Session, sources: Collection[str], seq: int, limit: int) -> list[int]:
    """The next statements after this one that credentials of these sources have sent."""
    found = sa.select(statements.c.seq).where(statements.c.seq > seq, _sent_by(sources))
    return list(session.scalars(found.order_by(statements.c.seq).limit(limit)))


def count_of_sources(session: Session, sources: Collection[str]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(statements).where(_sent_by(sources))) or 0


def _sent_by(sources: Collection[str]) -> sa.ColumnElement[bool]:
    senders = sa.select(clients.c.id).where(clients.c.source.in_(sorted(sources)))
    return statements.c.client_id.in_(senders)


def voided_by(session: Session, seqs: Sequence[int]) -> dict[int, uuid.UUID]:
    """Statement → the id of the statement that effectively voids it, of those that are voided."""
    by = voiding_id().label("by")
    found = sa.select(statements.c.seq, by).where(statements.c.seq.in_(seqs), by.is_not(None))
    return {row.seq: row.by for row in session.execute(found)}
