"""Statements about statements: one whose object is a StatementRef is also found by whatever its target is found by, and so
on along the chain (Communication 2.1.3, Filter Conditions for StatementRefs; 2.0.0 4.1.6.1).

The entries are written when the later of the two arrives, so that asking costs nothing. Two that were being written at once
did not see each other; for them it is done when they are matched."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.lrs_tables import statement_references
from lrs_bridge.store.schema import statement_index, statements
from lrs_bridge.store.statements import ASKED_AT_ONCE, among, term_key
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.terms import Term, referenced_statement, terms_of


def complete(session: Session, ids: Collection[uuid.UUID]) -> None:
    """Of these statements, those that refer to another take over its terms, and those that refer to them, directly or by
    others, take over theirs. Does nothing where that has been done."""
    known = {one.id: one for one in _by_ids(session, list(ids))}
    referring = {one.id for one in known.values() if one.refers_to is not None}
    frontier = list(known)
    while frontier:
        found = {one.id: one for one in _referring_to(session, frontier) if one.id not in referring}
        known.update(found)
        referring.update(found)
        frontier = list(found)
    frontier = list(referring)
    while frontier:
        targets = {known[id_].refers_to for id_ in frontier if id_ in known} - known.keys() - {None}
        found = {one.id: one for one in _by_ids(session, [target for target in targets if target])}
        known.update(found)
        frontier = list(found)
    # in one order, so that two who complete the same don't lock each other out
    _add_terms(session, ((known[id_], _terms_along(known[id_], known)) for id_ in sorted(referring)))


def complete_pending(session: Session, seqs: Collection[int]) -> None:
    """As `complete`, for those among these statements that refer to another or are referred to. Of two that were written at
    once, whichever is matched last finds the other."""
    refers = sa.exists().where(statement_references.c.seq == statements.c.seq)
    is_referred_to = sa.exists().where(statement_references.c.target == statements.c.id)
    found = sa.select(statements.c.id).where(statements.c.seq.in_(seqs), refers | is_referred_to)
    concerned = list(session.scalars(found))
    if concerned:
        complete(session, concerned)


def _terms_along(first: _Referring, known: dict[uuid.UUID, _Referring]) -> set[Term]:
    """The terms of all that this one refers to, by however many others. Statements may refer to one another in a ring."""
    terms: set[Term] = set()
    seen: set[uuid.UUID] = set()
    target = first.refers_to
    while target is not None and target in known and target not in seen:
        seen.add(target)
        terms |= known[target].terms
        target = known[target].refers_to
    return terms


@dataclass(frozen=True)
class _Referring:
    """A statement among those that refer to one another."""

    seq: int
    id: uuid.UUID
    stored: datetime
    body: str

    @cached_property
    def _read(self) -> tuple[frozenset[Term], uuid.UUID | None]:
        statement = documents.parse(self.body.encode())
        target = referenced_statement(statement)
        return terms_of(statement), uuid.UUID(target) if target else None

    @property
    def terms(self) -> frozenset[Term]:
        return self._read[0]

    @property
    def refers_to(self) -> uuid.UUID | None:
        return self._read[1]


_REFERRING = (statements.c.seq, statements.c.id, statements.c.stored, statements.c.body)


def _by_ids(session: Session, ids: Sequence[uuid.UUID]) -> list[_Referring]:
    found = sa.select(*_REFERRING)
    return [_Referring(row.seq, row.id, row.stored, row.body) for row in among(session, found, ids)]


def _referring_to(session: Session, targets: Sequence[uuid.UUID]) -> list[_Referring]:
    """The statements whose object is one of these, held or not."""
    found: list[_Referring] = []
    for start in range(0, len(targets), ASKED_AT_ONCE):
        asked = (
            sa.select(*_REFERRING)
            .join(statement_references, statement_references.c.seq == statements.c.seq)
            .where(statement_references.c.target.in_(targets[start : start + ASKED_AT_ONCE]))
        )
        found += [_Referring(row.seq, row.id, row.stored, row.body) for row in session.execute(asked)]
    return found


def _add_terms(session: Session, terms: Iterable[tuple[_Referring, Iterable[tuple[str, str]]]]) -> None:
    """Lets these statements be found by these terms too."""
    rows = [
        {"key": key, "stored": one.stored, "seq": one.seq}
        for one, more in terms
        for key in sorted({term_key(kind, text) for kind, text in more})
    ]
    if rows:
        session.execute(insert_new(session, statement_index), rows)
