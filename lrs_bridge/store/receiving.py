"""Writing statements: the hot path, one question to the database for a whole group of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from lrs_bridge.moments import Clock
from lrs_bridge.store import raw
from lrs_bridge.store.database import Session
from lrs_bridge.store.lrs_tables import statement_references
from lrs_bridge.store.schema import voidings
from lrs_bridge.store.statements import term_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IN_FLIGHT_SINCE = 100_000
"""High half of an advisory lock's key that is a moment in microseconds; keys of other locks are smaller."""


class NewStatement(NamedTuple):
    """A validated statement on its way in. `terms`: what it can be asked for by, as (kind, text); `refers_to`: the
    statement that is its object; `shape`: xapi.formats.Shape; `cause`: the one act that many such came by, or ""."""

    id: uuid.UUID
    stored: datetime
    happened: datetime
    client_id: int
    authority_id: int
    version: str
    voids: uuid.UUID | None
    refers_to: uuid.UUID | None
    may_void_any: bool
    fingerprint: bytes
    shape: int
    body: str
    terms: Collection[tuple[str, str]]
    cause: str = ""


def stamp(session: Session, clock: Clock) -> datetime:
    """The moment that statements written in this transaction are `stored` at, or later. While it runs, nobody is told that
    all statements up to this moment are there to be read (`in_flight_since`).

    On SQLite, where writers wait for one another, the moments follow the order of commits."""
    if raw.is_postgres(session):
        raw.rows(session, *_in_flight(clock()))
    return clock()


def _in_flight(now: datetime) -> tuple[str, tuple[int]]:
    return "SELECT pg_advisory_xact_lock_shared(?)", (microseconds(now),)


def microseconds(now: datetime) -> int:
    """Of the epoch: the key of the lock that is held while statements `stored` at this moment or later are written."""
    return (now - _EPOCH) // timedelta(microseconds=1)


def in_flight_since(session: Session) -> int | None:
    """Microseconds of the epoch before which no transaction in flight will have stored anything; None where there is
    none. PostgreSQL alone."""
    [(since,)] = raw.rows(
        session,
        "SELECT min((classid::bigint << 32) | objid::bigint) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
        " AND mode = 'ShareLock'"  # locks of names are exclusive
        " AND classid::bigint > ? AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (_IN_FLIGHT_SINCE,),
    )
    found: int | None = since
    return found


@dataclass(frozen=True, slots=True)
class Added:
    """fresh: id → seq of those written; held: id → fingerprint of those that were there; awaited: those written that a
    statement which came earlier refers to."""

    fresh: Mapping[uuid.UUID, int]
    held: Mapping[uuid.UUID, bytes]
    awaited: Collection[uuid.UUID]


def add(session: Session, new: Sequence[NewStatement]) -> Added:
    """Writes those whose id is not yet held, with index, void, reference and pending rows; each id at most once in `new`.
    Rows go in id order, so crossing batches can't deadlock."""
    ordered = sorted(new, key=lambda one: one.id.int)
    write = _add_postgres if raw.is_postgres(session) else _add_sqlite
    written = write(session, ordered)
    fresh = {id_: seq for id_, seq, _ in written}
    _write_references(
        session, [(fresh[one.id], one) for one in ordered if one.refers_to is not None and one.id in fresh]
    )
    held = [one.id for one in ordered if one.id not in fresh]
    return Added(
        fresh, _fingerprints(session, held) if held else {}, {id_ for id_, _, awaited in written if awaited}
    )


def _fingerprints(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    among, listed = raw.in_list(session, [raw.identity(session, one) for one in ids])
    found = raw.rows(session, f"SELECT id, fingerprint FROM statements WHERE id {among}", (listed,))  # noqa: S608  # no value in it
    return {raw.read_identity(id_): bytes(fingerprint) for id_, fingerprint in found}


# --- PostgreSQL: one question, the rows as arrays ----------------------------------------------------------------------

COLUMNS = "seq, id, stored, happened, client_id, authority_id, version, is_voiding, fingerprint, shape, body"
SENT = """
WITH sent AS MATERIALIZED (
  SELECT nextval('statements_seq_seq') AS seq, one.* FROM unnest(?::uuid[], ?::timestamptz[], ?::timestamptz[], ?::bigint[],
    ?::bigint[], ?::text[], ?::boolean[], ?::bytea[], ?::smallint[], ?::text[], ?::text[]) WITH ORDINALITY
    AS one(id, stored, happened, client_id, authority_id, version, is_voiding, fingerprint, shape, body, cause, place)
), found_by AS (
  SELECT sent.id, key, stored, seq FROM unnest(?::integer[], ?::bigint[]) AS entry(place, key) JOIN sent USING (place)
)
"""
"""The statements, which `columns` gives, and their entries in the index."""
POSTGRES = f"""{SENT}, fresh AS (
  INSERT INTO statements ({COLUMNS}) SELECT {COLUMNS} FROM sent ON CONFLICT (id) DO NOTHING RETURNING id, seq
), entries AS (
  INSERT INTO statement_index (key, stored, seq) SELECT key, stored, found_by.seq FROM found_by JOIN fresh USING (id)
), waiting AS (
  INSERT INTO pending_statements (seq, since, cause) SELECT fresh.seq, stored, cause FROM fresh JOIN sent USING (id)
)
SELECT id, seq, EXISTS (SELECT 1 FROM statement_references WHERE target = fresh.id) FROM fresh
"""  # noqa: S608  # no value in it


_Written = list[tuple[uuid.UUID, int, bool]]
"""Of each statement written: id, seq, and whether a statement that came earlier refers to it."""


def _add_postgres(session: Session, new: Sequence[NewStatement]) -> _Written:
    return raw.rows(session, POSTGRES, columns(new))


def columns(new: Sequence[NewStatement]) -> list[bytes]:
    """The arrays that SENT takes."""
    from lrs_bridge.store import packed  # noqa: PLC0415  # needs the driver, an extra: whoever comes here has it

    entries = [(place, key) for place, one in enumerate(new, 1) for key in _keys(one)]
    return [
        packed.uuids([one.id.bytes for one in new]),
        packed.instants(one.stored for one in new),
        packed.instants(one.happened for one in new),
        packed.bigints([one.client_id for one in new]),
        packed.bigints([one.authority_id for one in new]),
        packed.texts([one.version for one in new]),
        packed.booleans([one.voids is not None for one in new]),
        packed.byteas([one.fingerprint for one in new]),
        packed.smallints([one.shape for one in new]),
        packed.texts([one.body for one in new]),
        packed.texts([one.cause for one in new]),
        packed.integers([place for place, _ in entries]),
        packed.bigints([key for _, key in entries]),
    ]


# --- SQLite: nobody else writes meanwhile, so seqs are given here ------------------------------------------------------

SQLITE = """
INSERT INTO statements
  (seq, id, stored, happened, client_id, authority_id, version, is_voiding, fingerprint, shape, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _add_sqlite(session: Session, new: Sequence[NewStatement]) -> _Written:
    among, listed = raw.in_list(session, [one.id.hex for one in new])
    found = raw.rows(session, f"SELECT id FROM statements WHERE id {among}", (listed,))  # noqa: S608  # no value in it
    held = {id_ for (id_,) in found}
    last = raw.rows(session, "SELECT seq FROM sqlite_sequence WHERE name = 'statements'")
    following = (last[0][0] if last else 0) + 1
    fresh = [one for one in new if one.id.hex not in held]
    written = {one.id: seq for seq, one in enumerate(fresh, following)}
    stored = {one.id: raw.instant(session, one.stored) for one in fresh}
    raw.many(
        session,
        SQLITE,
        (
            (
                written[one.id],
                one.id.hex,
                stored[one.id],
                raw.instant(session, one.happened),
                one.client_id,
                one.authority_id,
                one.version,
                one.voids is not None,
                one.fingerprint,
                one.shape,
                one.body,
            )
            for one in fresh
        ),
    )
    raw.many(
        session,
        "INSERT INTO statement_index (key, stored, seq) VALUES (?, ?, ?)",
        ((key, stored[one.id], written[one.id]) for one in fresh for key in _keys(one)),
    )
    raw.many(
        session,
        "INSERT INTO pending_statements (seq, since, cause) VALUES (?, ?, ?)",
        ((written[one.id], stored[one.id], one.cause) for one in fresh),
    )
    referred = raw.rows(
        session,
        f"SELECT DISTINCT target FROM statement_references WHERE target {among}",  # noqa: S608  # no value in it
        (listed,),
    )
    awaited = {target for (target,) in referred}
    return [(one.id, written[one.id], one.id.hex in awaited) for one in fresh]


def _keys(one: NewStatement) -> set[int]:
    return {term_key(kind, text) for kind, text in one.terms}


# --- what few statements have ------------------------------------------------------------------------------------------


def _write_references(session: Session, referring: Sequence[tuple[int, NewStatement]]) -> None:
    if not referring:
        return
    references = [{"target": one.refers_to, "seq": seq} for seq, one in referring]
    session.execute(sa.insert(statement_references), references)
    voids = [
        {"seq": seq, "target": one.voids, "authority_id": one.authority_id, "any_authority": one.may_void_any}
        for seq, one in referring
        if one.voids is not None
    ]
    if voids:
        session.execute(sa.insert(voidings), voids)
