"""Statements: written once, never changed; read back as they came, by id or by filter."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from lrs_bridge.moments import parse_instant
from lrs_bridge.store import raw
from lrs_bridge.store.database import Session
from lrs_bridge.store.schema import (
    authorities,
    clients,
    statement_index,
    statements,
    voidings,
)

ASKED_AT_ONCE = 10_000


@dataclass(slots=True)
class StoredStatement:
    """A statement as kept, with what the LRS set: id, happened and version where its text, of that `shape`
    (xapi.formats.Shape), needs them. Instants are RFC 3339, as `format_instant` writes them."""

    seq: int
    stored: str
    shape: int
    body: str
    authority: str
    id: uuid.UUID | None
    happened: str | None
    version: str | None


def term_key(kind: str, text: str) -> int:
    """64-bit digest of a term, so that an index entry is small whatever the length of an IRI."""
    return (_remembered_key if len(text) <= _LONGEST_REMEMBERED else _key)(kind, text)


def _key(kind: str, text: str) -> int:
    digest = hashlib.blake2b(f"{kind}\n{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


_LONGEST_REMEMBERED = 500
_remembered_key = lru_cache(10_000)(_key)


def bodies(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Id → the text that was sent, of those that are held."""
    found = sa.select(statements.c.id, statements.c.body)
    return {row.id: row.body for row in among(session, found, ids)}


@dataclass(frozen=True, slots=True)
class Held:
    """What is held under an id. `voided_by`: the id of the statement that voids it; `source`: of the credential that sent
    it."""

    body: str
    voided_by: uuid.UUID | None
    source: str

    @property
    def voided(self) -> bool:
        return self.voided_by is not None


def held(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Held]:
    """Id → what is held, of those that are."""
    found = sa.select(
        statements.c.id, statements.c.body, clients.c.source, voiding_id().label("voided_by")
    ).join(clients, clients.c.id == statements.c.client_id)
    return {row.id: Held(row.body, row.voided_by, row.source or "") for row in among(session, found, ids)}


def among(session: Session, found: sa.Select[Any], ids: Sequence[uuid.UUID]) -> Iterator[sa.Row[Any]]:
    """The rows with one of these ids. In parts: a batch may hold more than a database takes in one question."""
    for start in range(0, len(ids), ASKED_AT_ONCE):
        part = ids[start : start + ASKED_AT_ONCE]
        yield from session.execute(found.where(statements.c.id.in_(part)))


def voided_by_others(session: Session, targets: Iterable[uuid.UUID], authority_id: int) -> list[uuid.UUID]:
    """Of these targets, those held under another authority."""
    found = sa.select(statements.c.id).where(statements.c.authority_id != authority_id)
    return [row.id for row in among(session, found, list(targets))]


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


_COLUMNS = """
s.shape, s.body, s.authority_id,
CASE WHEN s.shape & 25 <> 1 THEN s.id END,
CASE WHEN s.shape & 26 <> 2 THEN CAST(s.happened AS text) END,
CASE WHEN s.shape & 28 <> 4 THEN s.version END
"""
_SELECT = f"SELECT s.seq, CAST(s.stored AS text), {_COLUMNS} FROM statements s "  # noqa: S608  # no value in it
_VOIDED = """
NOT s.is_voiding AND EXISTS (
  SELECT 1 FROM voidings v WHERE v.target = s.id AND (v.any_authority OR v.authority_id = s.authority_id)
)
"""


def _stored(session: Session, rows: Sequence[Sequence[Any]]) -> list[StoredStatement]:
    """Rows of seq, stored AS text, and _COLUMNS. An authority never changes, so a connection remembers those it has seen."""
    known: dict[int, str] = session.info.setdefault("lrs_authorities", {})
    if unknown := {row[4] for row in rows} - known.keys():
        if len(known) > _AUTHORITIES_REMEMBERED:
            known.clear()
            unknown = {row[4] for row in rows}
        found = sa.select(authorities.c.id, authorities.c.body).where(authorities.c.id.in_(unknown))
        known.update({row.id: row.body for row in session.execute(found)})
    return [
        StoredStatement(
            seq,
            raw.instant_text(stored),
            shape,
            body,
            known[authority],
            None if id_ is None else raw.read_identity(id_),
            None if happened is None else raw.instant_text(happened),
            version,
        )
        for seq, stored, shape, body, authority, id_, happened, version in rows
    ]


def by_id(
    session: Session, id_: uuid.UUID, *, voided: bool, authority_id: int | None = None
) -> StoredStatement | None:
    """The statement with this id if it is (not) voided; `authority_id` restricts to that authority's own."""
    sql = f"{_SELECT} WHERE s.id = ? AND {'' if voided else 'NOT'} ({_VOIDED})"
    values: list[Any] = [raw.identity(session, id_)]
    if authority_id is not None:
        sql += " AND s.authority_id = ?"
        values.append(authority_id)
    found = _stored(session, raw.rows(session, sql, values))
    return found[0] if found else None


def by_ids(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[datetime, str]]:
    """Id → when it was stored, and the text that was sent; voided or not, of those that are held."""
    found = sa.select(statements.c.id, statements.c.stored, statements.c.body)
    return {row.id: (row.stored, row.body) for row in among(session, found, ids)}


def stored_at(session: Session, seq: int) -> datetime | None:
    """When the statement with this number was stored."""
    found: datetime | None = session.scalar(sa.select(statements.c.stored).where(statements.c.seq == seq))
    return found


def keepers(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, datetime]]:
    """Id → the authority, as JSON, and when it was stored; of those that are held."""
    found = sa.select(statements.c.id, authorities.c.body, statements.c.stored).join(
        authorities, authorities.c.id == statements.c.authority_id
    )
    return {row.id: (row.body, row.stored) for row in among(session, found, ids)}


def authority_number(session: Session, key: str) -> int | None:
    """The number of the authority that this identifier, in its canonical text, is."""
    found: int | None = session.scalar(sa.select(authorities.c.id).where(authorities.c.key == key))
    return found


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for: every term must match; since is exclusive, until inclusive. `authority_id`: that authority's own
    alone; `after`: (stored, seq) of the last one already given."""

    terms: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    authority_id: int | None = None
    after: tuple[datetime, int] | None = None
    limit: int = 100


def find(session: Session, wanted: Filter) -> list[StoredStatement]:
    """Statements in order of `stored`, without voided ones: at most `limit` + 1, the last telling that there are more.

    Entries are taken in their order, a few at a time, each with its statement where all else matches too. A single
    question would leave the plan to the planner's guess of how many there are. Where several things are asked for, each
    way in takes its turn, so that the one with the fewest entries decides what it costs."""
    by_authority = [_Way(wanted, None)] if wanted.terms and wanted.authority_id is not None else []
    ways = [_Way(wanted, term) for term in wanted.terms] + by_authority or [_Way(wanted, None)]
    for way in itertools.cycle(ways):
        if way.go_on(session):
            return way.found[: wanted.limit + 1]
    raise AssertionError("there is always a way")


class _Way:
    """Through the entries of one term or, without one, of the authority or of all."""

    def __init__(self, wanted: Filter, by: tuple[str, str] | None) -> None:
        self._wanted, self._by = wanted, by
        self._after = wanted.after
        self._number = _at_least(wanted.limit + 1)
        self._seen = 0
        self.found: list[StoredStatement] = []

    def go_on(self, session: Session) -> bool:
        """Whether it has come to its end, or the page is full."""
        limit, number = self._wanted.limit, self._number
        entries = raw.rows(session, *self._question(session))
        self._seen += len(entries)
        self.found += _stored(session, [row for row in entries if row[_SHAPE] is not None])
        if len(self.found) > limit or len(entries) < number:
            return True
        self._after = (parse_instant(raw.instant_text(entries[-1][1])), entries[-1][0])
        wanted = 4 * number
        if self.found:
            # often only a few voided ones were among them: twice as many as those left open should take
            wanted = min(wanted, 2 * (limit + 1 - len(self.found)) * self._seen // len(self.found))
        self._number = _at_least(wanted)
        return False

    def _question(self, session: Session) -> tuple[str, list[Any]]:
        """For the next entries, beside each its statement where all else matches, or NULLs; and the question's values."""
        wanted = self._wanted
        source, conditions, values = "statements", [], []
        if self._by is not None:
            source, conditions, values = "statement_index", ["key = ?"], [term_key(*self._by)]
        elif wanted.authority_id is not None:
            conditions, values = ["authority_id = ?"], [wanted.authority_id]
        for moment, condition in ((wanted.since, "stored > ?"), (wanted.until, "stored <= ?")):
            if moment is not None:
                conditions.append(condition)
                values.append(raw.instant(session, moment))
        if self._after is not None:
            conditions.append(f"(stored, seq) {'>' if wanted.ascending else '<'} (?, ?)")
            values += [raw.instant(session, self._after[0]), self._after[1]]
        order = "ASC" if wanted.ascending else "DESC"
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        also = [f"NOT ({_VOIDED})"]
        for term in wanted.terms:
            if term != self._by:
                also.append(_ALSO)
                values.append(term_key(*term))
        if self._by is not None and wanted.authority_id is not None:
            also.append("s.authority_id = ?")
            values.append(wanted.authority_id)
        sql = (
            f"SELECT t.seq, CAST(t.stored AS text), {_COLUMNS} FROM"  # noqa: S608  # no value in it
            f" (SELECT stored, seq FROM {source} {where} ORDER BY stored {order}, seq {order} LIMIT {self._number}) t"
            f" LEFT JOIN statements s ON s.seq = t.seq AND {' AND '.join(also)}"
            f" ORDER BY t.stored {order}, t.seq {order}"
        )
        return sql, values


_SHAPE = 2  # of a row, the column that is NULL where there is no statement
_NUMBERS = (2, 11, 26, 51, 101, 201, 501, 1_001, 2_000)
"""Of entries asked for together. Few different ones, which stand in the question itself: PostgreSQL would plan anew each time
for a number that it is given beside it."""


def _at_least(number: int) -> int:
    """As many entries, or some more; 2,000 at most."""
    return next((one for one in _NUMBERS if one >= number), _NUMBERS[-1])


_AUTHORITIES_REMEMBERED = 1_000
_ALSO = "EXISTS (SELECT 1 FROM statement_index o WHERE o.key = ? AND o.stored = t.stored AND o.seq = t.seq)"


def find_any(session: Session, alternatives: Sequence[Filter]) -> list[StoredStatement]:
    """What any of these filters takes, which differ in terms and authority alone, each statement once: at most `limit` + 1,
    as `find`."""
    if len(alternatives) == 1:
        return find(session, alternatives[0])
    found = {one.seq: one for wanted in alternatives for one in find(session, wanted)}
    if not alternatives:
        return []
    ordered = sorted(
        found.values(), key=lambda one: (one.stored, one.seq), reverse=not alternatives[0].ascending
    )
    return ordered[: alternatives[0].limit + 1]


@dataclass(frozen=True, slots=True)
class Sent:
    """When a statement came and from whom: key, name and source ("" for none) of the credential."""

    seq: int
    stored: datetime
    happened: datetime
    key: str
    sender: str
    source: str
    test: bool
    is_launch: bool


def sent(session: Session, id_: uuid.UUID) -> Sent | None:
    """Of a statement, voided or not."""
    found = (
        sa.select(statements.c.seq, statements.c.stored, statements.c.happened, clients)
        .join(clients, clients.c.id == statements.c.client_id)
        .where(statements.c.id == id_)
    )
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    is_launch = row.expires_at is not None
    return Sent(row.seq, row.stored, row.happened, row.key, row.name, row.source or "", row.test, is_launch)


@dataclass(frozen=True, slots=True)
class ToMatch:
    """A statement with what matching needs to know of its sender. `launched`: the activity that its credential was made for, or
    ""."""

    seq: int
    id: uuid.UUID
    happened: datetime
    body: str
    source: str
    test: bool
    home_pages: tuple[str, ...]
    mail_domains: tuple[str, ...]
    launched: str
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
            clients.c.only_activity,
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
            row.only_activity,
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
