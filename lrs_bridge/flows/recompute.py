"""From what was received to where everybody stands: match pending statements, then compute the learners concerned.

Everything that can change a standing comes this way: statements, voids, people, mappings, time. Each step is a transaction
of its own, right when two run at once, and leaves exactly what is still to be done in the pending tables.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.errors import Unavailable
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.learning import by_hand
from lrs_bridge.learning.alerts import Announced, decide
from lrs_bridge.learning.history import History
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.learning.matching import Match, Speaker, match_statement
from lrs_bridge.learning.standing import standing_as_json, standing_of
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import outbox, people, projections, timetable
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Database, Session
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import identifier_of, is_group

log = logging.getLogger(__name__)

STATEMENTS_AT_ONCE = 200
LEARNERS_AT_ONCE = 50
_TOLD_OF_GROUP = "the statement's actor is a Group, so nobody in particular did it"


@dataclass(frozen=True, slots=True)
class Found:
    """What one statement says, before identifiers have numbers."""

    seq: int
    source: str
    matches: tuple[tuple[people.Sighting, Match], ...]
    unmapped_activity: str | None
    verb: str


def matches_of(one: records.ToMatch, mappings: Mappings) -> Found:
    """Pure: what this statement is evidence of, for whom."""
    statement = documents.parse(one.body.encode())
    verb, source = statement["verb"]["id"], one.source
    actor, people_meant = statement["actor"], [statement["actor"]]
    objection = (
        Speaker(one.test, one.home_pages, one.mail_domains).objection(actor) if not is_group(actor) else None
    )
    if is_group(actor):
        objection, people_meant = _TOLD_OF_GROUP, actor.get("member", [])
    if one.source == by_hand.SOURCE:
        found, missed = by_hand.match_by_hand(statement, _instructors(statement)), None
    else:
        found, missed = match_statement(statement, mappings.sources.get(one.source), one.happened)
    if objection:
        found = tuple(Match(match.kind, match.key, counts=False, because=objection) for match in found)
    sighted = [
        people.Sighting(str(ifi), str(person.get("name", "")).replace("\0", ""))
        for person in people_meant
        if (ifi := identifier_of(person)) is not None
    ]
    pairs = tuple((who, match) for who in dict.fromkeys(sighted) for match in found)
    return Found(one.seq, source, pairs, missed.activity if missed else None, verb)


def _instructors(statement: dict[str, Any]) -> list[str]:
    instructor = statement.get("context", {}).get("instructor")
    ifi = identifier_of(instructor) if instructor else None
    return [str(ifi)] if ifi else []


def match(session: Session, seqs: Sequence[int], mappings: Mappings, now: datetime) -> None:
    """Matches these statements (anew) and marks every learner concerned as pending, those before and after."""
    found: list[Found] = []
    targets: list[uuid.UUID] = []
    failed: list[int] = []
    for one in records.to_match(session, seqs):
        try:
            found.append(matches_of(one, mappings))
        except Exception as wrong:
            log.exception("statement %s could not be matched and is set aside", one.id)
            projections.put_aside(session, "statement", one.seq, f"{type(wrong).__name__}: {wrong}", now)
            failed.append(one.seq)
        if one.voids:
            targets.append(one.voids)
    numbers = people.learn(session, (who for one in found for who, _ in one.matches), now)
    matched = [
        projections.MatchedStatement(
            one.seq,
            one.source,
            tuple((numbers[who.text], found_match) for who, found_match in one.matches),
            one.unmapped_activity,
            one.verb,
        )
        for one in found
    ]
    concerned = projections.write_matches(session, matched, mappings.digest)
    if targets:
        concerned |= projections.learners_of_targets(session, targets)
    people.mark_pending(session, concerned, now)
    projections.take_back(session, "statement", [seq for seq in seqs if seq not in failed])


def match_pending(session: Session, mappings: Mappings, now: datetime) -> int:
    """One chunk of pending statements. Returns how many."""
    seqs = projections.claim_pending(session, STATEMENTS_AT_ONCE)
    if seqs:
        match(session, seqs, mappings, now)
        projections.done_pending(session, seqs)
    return len(seqs)


def rematch(session: Session, mappings: Mappings, now: datetime) -> int:
    """One chunk of the statements that were matched under earlier mappings. Returns how many."""
    row = timetable.in_force(session)
    row = timetable.lock_rematch(session, row.id) if row else None
    if row is None or row.digest != mappings.digest:
        return 0
    seqs = records.seqs_after(session, row.rematched, row.rematch_to, STATEMENTS_AT_ONCE)
    if seqs:
        match(session, seqs, mappings, now)
    timetable.rematched(session, row.id, seqs[-1] if seqs else row.rematch_to)
    return len(seqs)


def compute(
    session: Session, numbers: Sequence[int], mappings: Mappings, settings: Settings, now: datetime
) -> None:
    """The standings of these learners, and the alerts they call for, in this transaction. One that fails is set aside."""
    people.lock_learners(session, sorted(numbers))
    done = projections.pending_rows(session, numbers)
    kept: list[projections.KeptStanding] = []
    told = outbox.announced_to(session, numbers)
    for history, learner in _histories(session, numbers):
        try:
            standing = standing_of(history, mappings, now)
        except Exception as wrong:
            log.exception("learner %s could not be computed and is set aside", learner)
            projections.put_aside(session, "learner", learner, f"{type(wrong).__name__}: {wrong}", now)
            continue
        kept.append(
            projections.KeptStanding(
                learner, standing_as_json(standing), standing.changes_at, mappings.digest, now
            )
        )
        areas = {*standing.eligibility, *(area for number, area in told if number == learner)}
        for area in sorted(areas):
            before = told.get((learner, area), Announced())
            news = decide(learner, area, before, standing.eligibility.get(area))
            if news is not None:
                where = mappings.areas.get(area)
                outbox.announce(
                    session,
                    *news,
                    where.recipients if where else (),
                    now=now,
                    digest_at=next_digest(settings, now),
                )
    projections.keep_standings(session, kept)
    projections.take_back(session, "learner", [one.learner for one in kept])
    projections.done_learners(session, done)


def _histories(session: Session, numbers: Sequence[int]) -> Iterator[tuple[History, int]]:
    """The histories of those that are learners of their own (not joined into another)."""
    evidence = projections.evidence_of(session, numbers)
    for number, person in people.load(session, numbers).items():
        if person.identifiers:
            yield History(person.posts, tuple(evidence[number]), frozenset(person.identifiers)), number


def rebuilt_standings(
    session: Session, numbers: Sequence[int], mappings: Mappings, now: datetime
) -> dict[int, dict[str, Any]]:
    """Learner → the standing that computing now would keep; keeps nothing."""
    return {
        learner: standing_as_json(standing_of(history, mappings, now))
        for history, learner in _histories(session, numbers)
    }


def next_digest(settings: Settings, now: datetime) -> datetime:
    """The next morning's digest: today's if its hour is still to come."""
    calendar = settings.calendar
    local = now.astimezone(calendar.zone)
    today = local.replace(hour=settings.digest_hour, minute=0, second=0, microsecond=0)
    return today if local < today else today + timedelta(days=1)


@dataclass
class Done:
    """What one run did."""

    statements: int = 0
    rematched: int = 0
    learners: int = 0

    def __str__(self) -> str:
        return f"{self.statements} statements matched, {self.rematched} matched anew, {self.learners} learners computed"


def recompute(
    database: Database,
    settings: Settings,
    clock: Clock,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Done], None] = lambda _done: None,
) -> Done:
    """Does what is pending until nothing is, or `stop` says so: fresh statements first, then learners, then what a change
    of mappings left to match anew."""
    done = Done()
    while not stop():
        progress(done)
        mappings = database.read(lambda session: mapping_flow.in_force(session, settings.calendar))
        fresh = _step(database, lambda session: match_pending(session, mappings, clock()))  # noqa: B023  # runs at once
        done.statements += fresh
        if fresh == STATEMENTS_AT_ONCE:
            continue
        learners = database.read(lambda session: projections.next_pending_learners(session, LEARNERS_AT_ONCE))
        if learners:
            compute_apart(database, learners, mappings, settings, clock)
            done.learners += len(learners)
            continue
        again = database.write(lambda session: rematch(session, mappings, clock()))  # noqa: B023  # runs at once
        done.rematched += again
        if not fresh and not again:
            return done
    return done


def _step(database: Database, journey: Callable[[Session], int]) -> int:
    """A chunk; nothing is opened for writing when nothing is pending."""
    waiting, _ = database.read(timetable.count_pending)
    return database.write(journey) if waiting else 0


def compute_apart(
    database: Database, numbers: Sequence[int], mappings: Mappings, settings: Settings, clock: Clock
) -> None:
    """`compute` in one transaction; if the database refuses it, each learner in its own, and the one that fails aside."""
    try:
        database.write(lambda session: compute(session, numbers, mappings, settings, clock()))
    except Unavailable:
        raise
    except Exception as wrong:
        if len(numbers) > 1:
            for number in numbers:
                compute_apart(database, [number], mappings, settings, clock)
            return
        log.exception("learner %s could not be computed and is set aside", numbers[0])
        reason = f"{type(wrong).__name__}: {wrong}"

        def aside(session: Session) -> None:
            projections.put_aside(session, "learner", numbers[0], reason, clock())
            projections.done_learners(session, projections.pending_rows(session, numbers))

        database.write(aside)


def due_by_clock(database: Database, clock: Clock) -> int:
    """Marks the learners whose standing the clock alone has changed. Returns how many."""

    def journey(session: Session) -> int:
        due = projections.learners_due(session, clock(), 1000)
        fresh = [
            number for number in due if number not in set(projections.next_pending_learners(session, 10_000))
        ]
        people.mark_pending(session, fresh, clock())
        return len(fresh)

    return database.write(journey)
