"""Evidence and standings: computed, kept with the digest of the mappings that made them, and rebuilt at will."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.history import Evidence
from lrs_bridge.learning.matching import Match
from lrs_bridge.moments import format_instant, parse_instant
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.schema import (
    evidence,
    identifiers,
    learners,
    pending_learners,
    pending_statements,
    set_aside,
    standings,
    statements,
    unmapped,
)
from lrs_bridge.xapi import documents

# --- matching: pending statements in, evidence out -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatchedStatement:
    """What matching found in one statement: matches per identifier, or the activity that no rule takes."""

    seq: int
    source: str
    matches: tuple[tuple[int, Match], ...]
    unmapped_activity: str | None
    verb: str


def claim_pending(session: Session, limit: int) -> list[int]:
    """Pending statements, oldest first, passing over those that another process holds."""
    found = sa.select(pending_statements.c.seq).order_by(pending_statements.c.seq).limit(limit)
    return list(session.scalars(found.with_for_update(skip_locked=True)))


def any_pending_statement(session: Session) -> bool:
    return session.execute(sa.select(pending_statements.c.seq).limit(1)).first() is not None


def done_pending(session: Session, seqs: Sequence[int]) -> None:
    session.execute(sa.delete(pending_statements).where(pending_statements.c.seq.in_(seqs)))


def write_matches(session: Session, found: Sequence[MatchedStatement], digest: str) -> set[int]:
    """Replaces what was matched of these statements. Returns the learners concerned, before and after."""
    seqs = [one.seq for one in found]
    concerned = learners_of(session, seqs)
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


def learners_of(session: Session, seqs: Sequence[int]) -> set[int]:
    found = (
        sa.select(identifiers.c.learner_id)
        .join(evidence, evidence.c.identifier_id == identifiers.c.id)
        .where(evidence.c.seq.in_(seqs))
    )
    return set(session.scalars(found))


def learners_of_targets(session: Session, ids: Iterable[Any]) -> set[int]:
    """The learners to whom these statements (by id) are evidence."""
    found = (
        sa.select(identifiers.c.learner_id)
        .join(evidence, evidence.c.identifier_id == identifiers.c.id)
        .join(statements, statements.c.seq == evidence.c.seq)
        .where(statements.c.id.in_(list(ids)))
    )
    return set(session.scalars(found))


def waiting_statements(session: Session, seqs: Sequence[int]) -> set[int]:
    """Of these, those not yet matched, or set aside."""
    found = sa.select(pending_statements.c.seq).where(pending_statements.c.seq.in_(seqs))
    aside_ = sa.select(set_aside.c.number).where(
        set_aside.c.kind == "statement", set_aside.c.number.in_(seqs)
    )
    return {*session.scalars(found), *session.scalars(aside_)}


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


# --- standings -------------------------------------------------------------------------------------------------------


def next_pending_learners(session: Session, limit: int) -> list[int]:
    """Learners with pending rows, the longest waiting first. Reads the first rows alone, however many there are."""
    rows = sa.select(pending_learners.c.learner_id).order_by(pending_learners.c.id).limit(4 * limit)
    return list(dict.fromkeys(session.scalars(rows)))[:limit]


def pending_among(session: Session, numbers: Sequence[int]) -> set[int]:
    found = sa.select(pending_learners.c.learner_id).where(pending_learners.c.learner_id.in_(numbers))
    return set(session.scalars(found))


def pending_rows(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    """Pending row → learner, of these learners as seen now: exactly those that a recompute may delete afterwards."""
    found = sa.select(pending_learners.c.id, pending_learners.c.learner_id)
    return {
        row.id: row.learner_id
        for row in session.execute(found.where(pending_learners.c.learner_id.in_(numbers)))
    }


def mark_outdated(session: Session, digest: str, now: datetime) -> None:
    """Marks every live learner whose standing was not computed by these mappings."""
    outdated = (
        sa.select(learners.c.id, sa.literal(now, type_=pending_learners.c.since.type))
        .outerjoin(standings, standings.c.learner_id == learners.c.id)
        .where(learners.c.joined_into.is_(None))
        .where(sa.or_(standings.c.digest.is_(None), standings.c.digest != digest))
        .order_by(learners.c.id)
    )
    session.execute(sa.insert(pending_learners).from_select(["learner_id", "since"], outdated))


def outdate_standings(session: Session) -> None:
    """Forgets by which mappings the standings were computed, so that all are computed anew."""
    session.execute(sa.update(standings).values(digest=""))


def settle(session: Session, numbers: Sequence[int]) -> None:
    """Takes from these learners the moment at which the clock would ask for them again."""
    session.execute(sa.update(standings).where(standings.c.learner_id.in_(numbers)).values(changes_at=None))


def done_learners(session: Session, rows: Collection[int]) -> None:
    if rows:
        session.execute(sa.delete(pending_learners).where(pending_learners.c.id.in_(rows)))


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


@dataclass(frozen=True, slots=True)
class KeptStanding:
    learner: int
    body: dict[str, Any]
    changes_at: datetime | None
    digest: str
    computed_at: datetime


def keep_standings(session: Session, kept: Sequence[KeptStanding]) -> None:
    rows = [
        {
            "learner_id": one.learner,
            "body": json.dumps(one.body, ensure_ascii=False),
            "changes_at": one.changes_at,
            "digest": one.digest,
            "computed_at": one.computed_at,
        }
        for one in kept
    ]
    if rows:
        session.execute(upsert(session, standings, key=("learner_id",)), rows)


def standing(session: Session, learner: int) -> KeptStanding | None:
    return next(iter(load_standings(session, [learner]).values()), None)


def load_standings(session: Session, numbers: Sequence[int]) -> dict[int, KeptStanding]:
    found = session.execute(sa.select(standings).where(standings.c.learner_id.in_(numbers)))
    return {
        row.learner_id: KeptStanding(
            row.learner_id, json.loads(row.body), row.changes_at, row.digest, row.computed_at
        )
        for row in found
    }


def mark_due(session: Session, now: datetime) -> int:
    """Marks the learners whose standing the clock alone has changed by now, and who aren't pending yet. Returns how many."""
    waits = sa.exists().where(pending_learners.c.learner_id == standings.c.learner_id)
    due = sa.select(standings.c.learner_id, sa.literal(now, type_=pending_learners.c.since.type))
    due = due.where(standings.c.changes_at <= now, sa.not_(waits)).order_by(standings.c.changes_at)
    return session.execute(sa.insert(pending_learners).from_select(["learner_id", "since"], due)).rowcount


def learners_after(session: Session, number: int, limit: int) -> list[int]:
    """Live learners (not joined into another) in order of number: walk with the last one seen."""
    found = sa.select(learners.c.id).where(learners.c.id > number, learners.c.joined_into.is_(None))
    return list(session.scalars(found.order_by(learners.c.id).limit(limit)))


def count_learners(session: Session) -> int:
    return (
        session.scalar(
            sa.select(sa.func.count()).select_from(learners).where(learners.c.joined_into.is_(None))
        )
        or 0
    )


def highest_learner(session: Session) -> int:
    return session.scalar(sa.select(sa.func.coalesce(sa.func.max(learners.c.id), 0))) or 0


# --- what could not be done ------------------------------------------------------------------------------------------


def put_aside(session: Session, kind: str, number: int, reason: str, now: datetime) -> None:
    row = {"kind": kind, "number": number, "reason": reason[:2000], "at": now}
    session.execute(upsert(session, set_aside, key=("kind", "number")), row)


def take_back(session: Session, kind: str, numbers: Sequence[int]) -> None:
    session.execute(sa.delete(set_aside).where(set_aside.c.kind == kind, set_aside.c.number.in_(numbers)))


def aside(session: Session) -> list[dict[str, Any]]:
    found = sa.select(set_aside).order_by(set_aside.c.at).limit(100)
    return [
        {"kind": row.kind, "number": row.number, "reason": row.reason, "at": row.at}
        for row in session.execute(found)
    ]


# --- unmapped --------------------------------------------------------------------------------------------------------


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


def unmapped_groups(session: Session, source: str | None) -> Iterator[UnmappedGroup]:
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
