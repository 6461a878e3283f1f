"""Evidence: what matching found in statements, and what it missed; kept with the digest of the mappings that made it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.history import Evidence, plain
from lrs_bridge.learning.mappings import Equivalence
from lrs_bridge.learning.matching import Match
from lrs_bridge.moments import format_instant, parse_instant
from lrs_bridge.store import people
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.store.schema import (
    equivalences,
    evidence,
    identifiers,
    pending_statements,
    set_aside,
    statement_index,
    statements,
    unmapped,
)
from lrs_bridge.xapi import documents


@dataclass(frozen=True, slots=True)
class MatchedStatement:
    """What matching found in one statement: matches per identifier, or the activity that no rule takes."""

    seq: int
    source: str
    matches: tuple[tuple[int, Match], ...]
    unmapped_activity: str | None
    verb: str
    equivalence: Match | None = None


def claim_pending(session: Session, limit: int) -> dict[int, str]:
    """Pending statements with their causes, oldest first, passing over those that another process holds."""
    found = sa.select(pending_statements.c.seq, pending_statements.c.cause)
    found = found.order_by(pending_statements.c.seq).limit(limit)
    return {row.seq: row.cause for row in session.execute(found.with_for_update(skip_locked=True))}


def pending_with(session: Session, terms: Iterable[tuple[str, str]]) -> list[int]:
    """Pending statements that any of these terms leads to: ("agent", an identifier), ("verb", its IRI)."""
    keys = [records.term_key(kind, text) for kind, text in terms]
    found = sa.select(pending_statements.c.seq).join(
        statement_index, statement_index.c.seq == pending_statements.c.seq
    )
    return sorted(set(session.scalars(found.where(statement_index.c.key.in_(keys)))))


def hold_pending(session: Session, seqs: Sequence[int]) -> list[int]:
    """Of these, those still pending once whoever matches them has done so; nobody else takes them until this transaction
    ends."""
    found = sa.select(pending_statements.c.seq).where(pending_statements.c.seq.in_(seqs))
    return list(session.scalars(found.order_by(pending_statements.c.seq).with_for_update()))


def agents_pending(session: Session, agents: Collection[str]) -> set[str]:
    """Of these identifiers, at most a few hundred, those that pending statements name."""
    by_key = {records.term_key("agent", agent): agent for agent in agents}
    found = sa.select(statement_index.c.key).join(
        pending_statements, pending_statements.c.seq == statement_index.c.seq
    )
    keys = session.scalars(found.where(statement_index.c.key.in_(list(by_key))))
    return {by_key[key] for key in keys}


def any_pending_statement(session: Session) -> bool:
    return session.execute(sa.select(pending_statements.c.seq).limit(1)).first() is not None


def done_pending(session: Session, seqs: Sequence[int]) -> None:
    session.execute(sa.delete(pending_statements).where(pending_statements.c.seq.in_(seqs)))


def write_matches(session: Session, found: Sequence[MatchedStatement], digest: str) -> set[int]:
    """Replaces what was matched of these statements. Returns the learners concerned, before and after.

    The statements are locked first: another transaction may be matching the same, and what it wrote is then replaced too.
    """
    seqs = [one.seq for one in found]
    rows_ = sa.select(statements.c.seq).where(statements.c.seq.in_(seqs)).order_by(statements.c.seq)
    session.execute(rows_.with_for_update(key_share=True)).all()
    concerned = learners_of(session, seqs) | _write_equivalences(session, found, digest)
    session.execute(sa.delete(evidence).where(evidence.c.seq.in_(seqs)))
    session.execute(sa.delete(unmapped).where(unmapped.c.seq.in_(seqs)))
    rows = [
        {
            "seq": one.seq,
            "ordinal": ordinal,
            "identifier_id": identifier,
            "kind": match.kind,
            "key": match.key,
            "source": one.source,
            "counts": match.counts,
            "because": match.because,
            "detail": json.dumps(dict(match.detail), default=format_instant, ensure_ascii=False),
            "digest": digest,
            "certificate": plain(str(match.detail.get("certificate") or "")),
        }
        for one in found
        for ordinal, (identifier, match) in enumerate(one.matches)
    ]
    if rows:
        session.execute(sa.insert(evidence), rows)
    missed = [
        {
            "seq": one.seq,
            "source": one.source,
            "activity_key": records.term_key("activity", one.unmapped_activity),
            "verb_key": records.term_key("verb", one.verb),
        }
        for one in found
        if one.unmapped_activity is not None
    ]
    if missed:
        session.execute(sa.insert(unmapped), missed)
    return concerned | learners_of(session, seqs)


def _write_equivalences(session: Session, found: Sequence[MatchedStatement], digest: str) -> set[int]:
    """Replaces the decisions among these statements. Returns whom they concern, before and after."""
    seqs = [one.seq for one in found]
    before = sa.select(equivalences.c.course).where(equivalences.c.seq.in_(seqs))
    courses = set(session.scalars(before))
    if courses:
        session.execute(sa.delete(equivalences).where(equivalences.c.seq.in_(seqs)))
    rows: list[dict[str, Any]] = [
        {"seq": one.seq, **equivalence_in(one.equivalence), "digest": digest}
        for one in found
        if one.equivalence is not None
    ]
    if rows:
        session.execute(sa.insert(equivalences), rows)
    return learners_with_course(session, courses | {row["course"] for row in rows})


def equivalence_in(match: Match) -> dict[str, str]:
    """What is kept of a decision on a course, beside its statement and the digest of the mappings."""
    return {
        "course": match.key,
        "counts_as": match.detail["counts_as"],
        "area": match.detail.get("area") or "",
        "organisation": match.detail.get("organisation") or "",
        "detail": json.dumps(dict(match.detail), default=format_instant, ensure_ascii=False),
    }


def kept_equivalences(session: Session, seqs: Sequence[int]) -> dict[int, dict[str, str]]:
    """Statement → what is kept of the decision that it is, as `equivalence_in` says it."""
    columns = [column for column in equivalences.c if column.name != "digest"]
    found = session.execute(sa.select(*columns).where(equivalences.c.seq.in_(seqs))).mappings()
    return {row["seq"]: {name: row[name] for name in row if name != "seq"} for row in found}


def learners_with_course(session: Session, courses: set[str]) -> set[int]:
    if not courses:
        return set()
    found = people.whom_it_concerns().join(evidence, evidence.c.identifier_id == identifiers.c.id)
    found = found.where(evidence.c.kind == "course", evidence.c.key.in_(courses))
    return people.concerned(session, found.distinct())


def standing_equivalences(session: Session) -> tuple[Equivalence, ...]:
    """The recorded decisions that nobody took back, in the order of their statements."""
    found = (
        sa.select(equivalences, statements.c.happened)
        .join(statements, statements.c.seq == equivalences.c.seq)
        .where(records.voiding_id().is_(None))
        .order_by(equivalences.c.seq)
    )
    return tuple(_equivalence(row) for row in session.execute(found))


def _equivalence(row: sa.Row[Any]) -> Equivalence:
    detail = _detail(row.detail)
    by = detail.get("by_name") or ", ".join(detail.get("by", ()))
    return Equivalence(
        course=row.course,
        counts_as=row.counts_as,
        decided_by=by,
        basis=detail.get("basis") or "",
        until=detail.get("until"),
        since=row.happened,
        area=row.area,
        organisation=row.organisation,
    )


def learners_of(session: Session, seqs: Sequence[int]) -> set[int]:
    found = people.whom_it_concerns().join(evidence, evidence.c.identifier_id == identifiers.c.id)
    return people.concerned(session, found.where(evidence.c.seq.in_(seqs)))


def learners_of_targets(session: Session, ids: Iterable[Any]) -> set[int]:
    """The learners to whom these statements (by id) are evidence, or whose courses they are decisions on."""
    targets = list(ids)
    courses = (
        sa.select(equivalences.c.course)
        .join(statements, statements.c.seq == equivalences.c.seq)
        .where(statements.c.id.in_(targets))
    )
    found = people.whom_it_concerns().join(evidence, evidence.c.identifier_id == identifiers.c.id)
    found = found.join(statements, statements.c.seq == evidence.c.seq).where(statements.c.id.in_(targets))
    return people.concerned(session, found) | learners_with_course(session, set(session.scalars(courses)))


def waiting_statements(session: Session, seqs: Sequence[int]) -> set[int]:
    """Of these, those not yet matched, or set aside."""
    found = sa.select(pending_statements.c.seq).where(pending_statements.c.seq.in_(seqs))
    aside_ = sa.select(set_aside.c.number).where(
        set_aside.c.kind == "statement", set_aside.c.number.in_(seqs)
    )
    return {*session.scalars(found), *session.scalars(aside_)}


def reason_aside(session: Session, seq: int) -> str | None:
    """Why this statement could not be matched and was set aside; None where it was not."""
    found = sa.select(set_aside.c.reason).where(set_aside.c.kind == "statement", set_aside.c.number == seq)
    reason: str | None = session.scalar(found)
    return reason


def kept_evidence(session: Session, seqs: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    """Statement → (identifier text, kind, key, counts, because) of its evidence."""
    found = (
        sa.select(evidence, identifiers.c.text)
        .join(identifiers, identifiers.c.id == evidence.c.identifier_id)
        .where(evidence.c.seq.in_(seqs))
    )
    kept: dict[int, list[tuple[Any, ...]]] = {}
    for row in session.execute(found):
        kept.setdefault(row.seq, []).append((row.text, row.kind, row.key, row.counts, row.because))
    return kept


def evidence_of(session: Session, numbers: Sequence[int]) -> dict[int, list[Evidence]]:
    """Learner → all evidence of all their identifiers, with the void that took it back, in one query."""
    found = (
        sa.select(
            identifiers.c.learner_id,
            statements.c.id,
            statements.c.happened,
            evidence.c.kind,
            evidence.c.key,
            evidence.c.source,
            evidence.c.counts,
            evidence.c.because,
            evidence.c.detail,
            records.voiding_id().label("voided_by"),
        )
        .join(evidence, evidence.c.identifier_id == identifiers.c.id)
        .join(statements, statements.c.seq == evidence.c.seq)
        .where(identifiers.c.learner_id.in_(numbers))
    )
    held: dict[int, list[Evidence]] = {number: [] for number in numbers}
    for row in session.execute(found):
        held[row.learner_id].append(
            Evidence(
                statement_id=str(row.id),
                kind=row.kind,
                key=row.key,
                source=row.source,
                happened=row.happened,
                counts=row.counts,
                because=row.because,
                voided_by=str(row.voided_by) if row.voided_by else None,
                detail=_detail(row.detail),
            )
        )
    return held


def _detail(text: str) -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(text)
    if detail.get("until"):
        detail["until"] = parse_instant(detail["until"])
    return detail


def identifiers_with_certificate(session: Session, number: str) -> list[str]:
    """Under which a certificate with this number was recorded, which stands."""
    wanted = plain(number)
    found = (
        sa.select(identifiers.c.text)
        .join(evidence, evidence.c.identifier_id == identifiers.c.id)
        .join(statements, statements.c.seq == evidence.c.seq)
        .where(evidence.c.certificate == wanted, evidence.c.certificate != "", evidence.c.counts)
        .where(records.voiding_id().is_(None))
        .distinct()
        .order_by(identifiers.c.text)
        .limit(_ENOUGH)
    )
    return list(session.scalars(found))


_ENOUGH = 10
"""Of identifiers with one certificate's number: by then it tells nobody apart."""


def courses_of(session: Session, learners: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """These learners → courses that they completed → when last."""
    found = (
        sa.select(identifiers.c.learner_id, evidence.c.key, sa.func.max(statements.c.happened).label("when"))
        .join(evidence, evidence.c.identifier_id == identifiers.c.id)
        .join(statements, statements.c.seq == evidence.c.seq)
        .where(identifiers.c.learner_id.in_(learners), evidence.c.kind == "course", evidence.c.counts)
        .where(records.voiding_id().is_(None))
        .group_by(identifiers.c.learner_id, evidence.c.key)
        .order_by(evidence.c.key)
    )
    held: dict[int, dict[str, datetime]] = {learner: {} for learner in learners}
    for row in session.execute(found):
        held[row.learner_id][row.key] = row.when
    return held


@dataclass(frozen=True, slots=True)
class UnmappedGroup:
    """Completion-like statements of one source about one activity that no rule takes; `sample` is the newest."""

    source: str
    sample: str
    verbs: dict[str, int]
    first: datetime
    last: datetime

    @property
    def count(self) -> int:
        return sum(self.verbs.values())


def unmapped_groups(
    session: Session, source: str | None, newest: int | None = None
) -> Iterator[UnmappedGroup]:
    """By source and activity; `newest`: among so many statements that came last alone."""
    grouped = sa.select(
        unmapped.c.source,
        unmapped.c.activity_key,
        unmapped.c.verb_key,
        sa.func.count().label("times"),
        sa.func.max(unmapped.c.seq).label("sample"),
        sa.func.min(statements.c.happened).label("first"),
        sa.func.max(statements.c.happened).label("last"),
    ).join(statements, statements.c.seq == unmapped.c.seq)
    if source is not None:
        grouped = grouped.where(unmapped.c.source == source)
    if newest is not None:
        last = sa.select(unmapped.c.seq).order_by(unmapped.c.seq.desc()).limit(newest)
        grouped = grouped.where(unmapped.c.seq.in_(sa.select(last.subquery().c.seq)))
    part = grouped.group_by(unmapped.c.source, unmapped.c.activity_key, unmapped.c.verb_key).subquery()
    found = sa.select(part, statements.c.body).join(statements, statements.c.seq == part.c.sample)
    groups: dict[tuple[str, int], list[sa.Row[Any]]] = {}
    for row in session.execute(found.order_by(part.c.sample)):
        groups.setdefault((row.source, row.activity_key), []).append(row)
    for (name, _), rows in groups.items():
        verbs = {documents.parse(row.body.encode())["verb"]["id"]: row.times for row in rows}
        yield UnmappedGroup(
            name, rows[-1].body, verbs, min(row.first for row in rows), max(row.last for row in rows)
        )


def count_unmapped(session: Session) -> int:
    """How many activities of any source no rule takes."""
    each = sa.select(unmapped.c.source, unmapped.c.activity_key).distinct().subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(each)) or 0
