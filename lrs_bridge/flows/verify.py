"""Rebuilding projections, and comparing what is kept with what a rebuild would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.recompute import matches_of, rebuilt_standings
from lrs_bridge.learning.standing import Standing, standing_as_json
from lrs_bridge.moments import Calendar
from lrs_bridge.store import evidence, post_standings, projections, timetable
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Database, Session

_AT_ONCE = 500


def rebuild(database: Database) -> None:
    """Marks every statement to be matched anew and every learner to be computed; `recompute` does the work."""

    def journey(session: Session) -> None:
        timetable.lock_to_change_mappings(session)
        row = timetable.in_force(session)
        if row is not None:
            projections.outdate_standings(session)
            timetable.rematch_all(session, row.id, records.highest_seq(session))

    database.write(journey)


@dataclass
class Compared:
    """What a comparison saw. `differences` name statement or learner, and how."""

    statements: int = 0
    learners: int = 0
    skipped: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.statements} statements and {self.learners} learners compared with a rebuild, "
            f"{self.skipped} not yet computed, {len(self.differences)} differences"
        )


def verify(
    session: Session,
    calendar: Calendar,
    now: datetime,
    *,
    sample: int | None = None,
    progress: Callable[[Compared], None] = lambda _seen: None,
) -> Compared:
    """Compares in the caller's snapshot; changes nothing. What is pending or due is counted as skipped. `sample`: at most
    about so many statements and learners, another part of them each day."""
    mappings = mapping_flow.in_force(session, calendar)
    seen = Compared()
    first_seq, first_learner = _starts(session, sample, now)
    for one, kept in _statements(session, first_seq, sample):
        if kept is None:
            seen.skipped += 1
            continue
        matched = matches_of(one, mappings)
        fresh: list[tuple[Any, ...]] = sorted(
            [(who.text, match.kind, match.key, match.counts, match.because) for who, match in matched.matches]
        )
        if matched.equivalence:
            fresh.append(tuple(evidence.equivalence_in(matched.equivalence).items()))
        if fresh != kept:
            seen.differences.append(f"statement {one.id}: kept {kept}, rebuilt {fresh}")
        seen.statements += 1
        if seen.statements % 1000 == 0:
            progress(seen)
    last = first_learner
    while numbers := projections.learners_after(session, last, _AT_ONCE):
        last = numbers[-1]
        _compare_learners(session, numbers, rebuilt_standings(session, numbers, mappings, now), now, seen)
        progress(seen)
        if sample is not None and seen.learners >= sample:
            break
    return seen


def _starts(session: Session, sample: int | None, now: datetime) -> tuple[int, int]:
    """After which statement and learner a sample begins; it moves on with the day."""
    if sample is None:
        return 0, 0
    step = now.toordinal() * sample
    return step % (records.highest_seq(session) + 1), step % (projections.highest_learner(session) + 1)


def _statements(
    session: Session, first: int, sample: int | None
) -> Iterator[tuple[records.ToMatch, list[tuple[Any, ...]] | None]]:
    """Every statement with its kept evidence, and the decision on a course that it is; None where it has yet to be matched under the mappings in force."""
    row = timetable.in_force(session)
    last, highest = first, records.highest_seq(session)
    if sample is not None:
        highest = min(highest, first + sample)
    while seqs := records.seqs_after(session, last, highest, _AT_ONCE):
        last = seqs[-1]
        waiting = evidence.waiting_statements(session, seqs)
        kept = evidence.kept_evidence(session, seqs)
        decided = evidence.kept_equivalences(session, seqs)
        for one in records.to_match(session, seqs):
            unmatched = one.seq in waiting or (row is not None and row.rematched < one.seq <= row.rematch_to)
            decision = [tuple(decided[one.seq].items())] if one.seq in decided else []
            yield one, None if unmatched else [*sorted(kept.get(one.seq, [])), *decision]


def _compare_learners(
    session: Session, numbers: list[int], rebuilt: dict[int, Standing], now: datetime, seen: Compared
) -> None:
    waiting = projections.pending_among(session, numbers)
    row = timetable.in_force(session)
    kept = projections.load_standings(session, numbers)
    champions = projections.kept_champion_states(session, numbers)
    posts = post_standings.kept(session, numbers)
    unplaced = projections.kept_as_unplaced(session, numbers)
    unplaced_rebuilt = projections.unplaced_among(
        session, {number: standing_as_json(one) for number, one in rebuilt.items()}
    )
    posts_rebuilt = post_standings.rows(session, {number: one.posts for number, one in rebuilt.items()})
    for number in numbers:
        standing = kept.get(number)
        if number not in rebuilt:  # an identifier that went to another learner
            continue
        if (
            number in waiting
            or (standing and standing.changes_at and standing.changes_at <= now)
            or (row is not None and row.is_rematching and (standing is None or standing.digest != row.digest))
        ):
            seen.skipped += 1
            continue
        seen.learners += 1
        body = standing_as_json(rebuilt[number])
        if standing is None or standing.body != body:
            differs = _first_difference(standing.body if standing else {}, body)
        elif champions[number] != (fresh := projections.champion_states_in(number, body)):
            differs = f"champion states kept {champions[number]}, rebuilt {fresh}"
        elif posts[number] != posts_rebuilt[number]:
            differs = f"posts kept {posts[number]}, rebuilt {posts_rebuilt[number]}"
        elif (number in unplaced) != (number in unplaced_rebuilt):
            differs = f"kept as without a post: {number in unplaced}, rebuilt: {number in unplaced_rebuilt}"
        else:
            continue
        seen.differences.append(f"learner {number}: {differs}")


def _first_difference(kept: Any, fresh: Any, where: str = "") -> str:
    if isinstance(kept, dict) and isinstance(fresh, dict):
        for key in sorted({*kept, *fresh}):
            if kept.get(key) != fresh.get(key):
                return _first_difference(kept.get(key), fresh.get(key), f"{where}.{key}")
    return f"{where.lstrip('.')}: kept {kept!r}, rebuilt {fresh!r}"
