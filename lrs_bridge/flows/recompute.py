"""From what was received to where everybody stands: match pending statements, then compute the learners concerned.

Everything that can change a standing comes this way: statements, voids, people, mappings, time. Each step is a transaction
of its own, right when two run at once, and leaves exactly what is still to be done in the pending tables.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.errors import Conflict, Unavailable
from lrs_bridge.flows import agent_profiles as profile_flow
from lrs_bridge.flows import announce as announcing
from lrs_bridge.flows import limits
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.learning import by_hand
from lrs_bridge.learning.history import History
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.learning.matching import Match, Speaker, match_statement
from lrs_bridge.learning.standing import Standing, standing_as_json, standing_of
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import agent_profiles, evidence, identity, people, projections, references, timetable
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Database, Session
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import identifier_of, is_group

log = logging.getLogger(__name__)

STATEMENTS_AT_ONCE = 200
LEARNERS_AT_ONCE = 50
_WAIT_SECONDS = 0.1
LARGEST_GROUP = 100
"""A larger Group's statement is kept and listed for none of its members: it would only make records of people of whom it
tells nothing."""
_DECIDED = ("verb", by_hand.VERBS["equivalence"]["decided"])
_TOLD_OF_GROUP = "the statement's actor is a Group, so nobody in particular did it"


@dataclass(frozen=True, slots=True)
class Found:
    """What one statement says, before identifiers have numbers."""

    seq: int
    source: str
    matches: tuple[tuple[people.Sighting, Match], ...]
    unmapped_activity: str | None
    verb: str
    equivalence: Match | None = None


def matches_of(one: records.ToMatch, mappings: Mappings) -> Found:
    """Pure: what this statement is evidence of, for whom. One that does not count names nobody either: its sender may not
    speak for them."""
    statement = documents.parse(one.body.encode())
    verb, source = statement["verb"]["id"], one.source
    actor, people_meant = statement["actor"], [statement["actor"]]
    objection = limits.objection(one.launched, statement)
    if not is_group(actor):
        objection = Speaker(one.test, one.home_pages, one.mail_domains).objection(actor) or objection
    if is_group(actor):
        members = actor.get("member", [])
        objection, people_meant = _TOLD_OF_GROUP, members if len(members) <= LARGEST_GROUP else []
    if one.source == by_hand.SOURCE:
        found, missed = by_hand.match_by_hand(statement, _instructors(statement)), None
    else:
        found, missed = match_statement(statement, mappings.sources.get(one.source), one.happened)
    if objection:
        found = tuple(Match(match.kind, match.key, counts=False, because=objection) for match in found)
    decided = next((match for match in found if match.kind == "equivalence"), None)
    if decided is not None:  # of nobody's learning: its actor is who decided
        return Found(one.seq, source, (), None, verb, decided)
    sighted = [
        people.Sighting(str(ifi), "" if objection else str(person.get("name", "")).replace("\0", ""))
        for person in people_meant
        if (ifi := identifier_of(person)) is not None
    ]
    pairs = tuple((who, match) for who in dict.fromkeys(sighted) for match in found)
    return Found(one.seq, source, pairs, missed.activity if missed else None, verb)


def _instructors(statement: dict[str, Any]) -> list[str]:
    instructor = statement.get("context", {}).get("instructor")
    ifi = identifier_of(instructor) if instructor else None
    return [str(ifi)] if ifi else []


def match(session: Session, seqs: Sequence[int], mappings: Mappings, now: datetime) -> set[int]:
    """Matches these statements (anew). Returns every learner concerned, before and after, and by voids."""
    found: list[Found] = []
    targets: list[uuid.UUID] = []
    failed: list[int] = []
    for one in records.to_match(session, seqs):
        try:
            found.append(matches_of(one, mappings))
        except Exception as wrong:
            log.exception("statement %s could not be matched and is set aside", one.id)
            projections.put_aside(session, "statement", one.seq, _reason(wrong), now)
            failed.append(one.seq)
        if one.voids:
            targets.append(one.voids)
    numbers = people.learn(session, (who for one in found for who, _ in one.matches), now, join=False)
    matched = [
        evidence.MatchedStatement(
            one.seq,
            one.source,
            tuple((numbers[who.text], found_match) for who, found_match in one.matches),
            one.unmapped_activity,
            one.verb,
            one.equivalence,
        )
        for one in found
    ]
    concerned = evidence.write_matches(session, matched, mappings.digest)
    if targets:
        concerned |= evidence.learners_of_targets(session, targets)
    projections.take_back(session, "statement", [seq for seq in seqs if seq not in failed])
    return concerned


def match_pending(
    session: Session, mappings: Mappings, now: datetime, limit: int = STATEMENTS_AT_ONCE
) -> int:
    """One chunk of pending statements. Returns how many; none if other mappings have come into force."""
    if timetable.still_in_force(session, mappings.digest) is None:
        return 0
    claimed = evidence.claim_pending(session, limit)
    references.complete_pending(session, claimed.keys())
    for cause in sorted(set(claimed.values())):
        seqs = [seq for seq, own in claimed.items() if own == cause]
        people.mark_pending(session, match(session, seqs, mappings, now), now, cause)
    if claimed:
        evidence.done_pending(session, list(claimed))
    return len(claimed)


def rematch(session: Session, mappings: Mappings, now: datetime) -> int:
    """One chunk of the statements that were matched under earlier mappings. Returns how many.

    Learners are marked when the last chunk is done, not by each: a standing computed by half-matched evidence would tell a
    Board what never was so. Who is concerned by fresh work meanwhile is brought up to date by `compute`.
    """
    row = timetable.still_in_force(session, mappings.digest)
    row = timetable.lock_rematch(session, row.id) if row else None
    if row is None:
        return 0
    seqs = records.seqs_after(session, row.rematched, row.rematch_to, STATEMENTS_AT_ONCE)
    if seqs:
        match(session, seqs, mappings, now)
    done_to = seqs[-1] if len(seqs) == STATEMENTS_AT_ONCE else row.rematch_to
    timetable.rematched(session, row.id, done_to)
    if done_to >= row.rematch_to:
        projections.mark_outdated(session, mappings.digest, now, row.cause)
    return max(1, len(seqs))


def compute(
    session: Session, numbers: Sequence[int], mappings: Mappings, settings: Settings, now: datetime
) -> int:
    """The standings of these learners, and what news they are to a Board, in this transaction. One that fails is set aside.

    Learners without pending rows are passed over: somebody else has computed them. So are those that another transaction
    holds, such as an import that takes minutes: they stay pending. Returns how many were computed.
    """
    row = timetable.still_in_force(session, mappings.digest)
    if row is None:
        return 0
    numbers, equal_mail = identity.lock_to_compute(session, numbers)
    done = projections.pending_rows(session, numbers)
    causes = {row.learner: row.cause for row in reversed(done) if row.cause}
    numbers = sorted({row.learner for row in done})
    heirs = people.heirs(session, numbers)
    for number, heir in heirs.items():
        if heir in numbers:
            causes.setdefault(heir, causes.get(number, ""))
        else:
            people.mark_pending(session, [heir], now, causes.get(number, ""))
    if identity.join_equal_mail(session, equal_mail, now):  # whoever was joined is pending again
        heirs = people.heirs(session, numbers)
        for number in heirs.keys() & causes.keys():
            people.mark_pending(session, [heirs[number]], now, causes[number])
    numbers = [number for number in numbers if number not in heirs]
    if row.is_rematching:
        _catch_up(session, numbers, row, mappings, now)
    kept: list[projections.KeptStanding] = []
    judged: list[announcing.Judged] = []
    for history, learner in _histories(session, numbers):
        try:
            standing = standing_of(history, mappings, now)
        except Exception as wrong:
            log.exception("learner %s could not be computed and is set aside", learner)
            _put_learner_aside(session, learner, wrong, now)
            continue
        body = standing_as_json(standing)
        kept.append(
            projections.KeptStanding(learner, body, standing.changes_at, mappings.digest, now, standing.posts)
        )
        judged.append(announcing.Judged(learner, standing.eligibility, causes.get(learner, "")))
    projections.keep_standings(session, kept)
    areas = announcing.told_areas(mappings, settings)
    announcing.note(session, judged, areas, row.cause if row.is_rematching else "", now)
    projections.take_back(session, "learner", [one.learner for one in kept])
    projections.done_learners(session, [row.id for row in done])
    return len({row.learner for row in done} - heirs.keys())


def _catch_up(
    session: Session, numbers: Sequence[int], row: timetable.InForce, mappings: Mappings, now: datetime
) -> None:
    """Matches anew, ahead of the rest, every statement of these learners that `rematch` has yet to come to."""
    names = [text for person in people.load(session, numbers).values() for text in person.identifiers]
    for start in range(0, len(names), STATEMENTS_AT_ONCE):
        seqs = records.seqs_naming(
            session, names[start : start + STATEMENTS_AT_ONCE], row.rematched, row.rematch_to
        )
        for first in range(0, len(seqs), STATEMENTS_AT_ONCE):
            match(session, seqs[first : first + STATEMENTS_AT_ONCE], mappings, now)


def _put_learner_aside(session: Session, learner: int, wrong: Exception, now: datetime) -> None:
    projections.put_aside(session, "learner", learner, _reason(wrong), now)
    projections.settle(session, [learner])


def _reason(wrong: Exception) -> str:
    return f"{type(wrong).__name__}: {wrong}"


def _histories(session: Session, numbers: Sequence[int]) -> Iterator[tuple[History, int]]:
    """The histories of those that are learners of their own (not joined into another)."""
    found = evidence.evidence_of(session, numbers)
    equivalences = evidence.standing_equivalences(session)
    for number, person in people.load(session, numbers).items():
        if person.identifiers:
            own = frozenset(person.identifiers)
            yield History(person.posts, tuple(found[number]), own, equivalences), number


def history_now(session: Session, learner: int, mappings: Mappings, now: datetime) -> History:
    """Everything known of this learner, what was just stored and not yet matched included, decisions on courses too. To be
    called where the transaction may write: the learner stays locked, so that two acts on one person follow each other.
    Raises Conflict where somebody has just joined the learner to another."""
    identity.lock_learners(session, [learner])
    names = people.load(session, [learner])[learner].identifiers
    seqs = evidence.pending_with(session, [_DECIDED, *(("agent", name) for name in names)])
    seqs = evidence.hold_pending(session, seqs)
    if seqs:
        match(session, seqs, mappings, now)
    history = next((history for history, _ in _histories(session, [learner])), None)
    if history is None:
        raise Conflict("This person was joined to another at this moment; do it again.")
    return history


def decided_courses(session: Session, mappings: Mappings) -> frozenset[str]:
    """The courses that somebody's decision counts as one of ours; those just stored and not yet matched included."""
    pending = records.to_match(session, evidence.pending_with(session, [_DECIDED]))
    fresh = [found.equivalence.key for one in pending if (found := matches_of(one, mappings)).equivalence]
    return frozenset([*fresh, *(one.course for one in evidence.standing_equivalences(session))])


def rebuilt_standings(
    session: Session, numbers: Sequence[int], mappings: Mappings, now: datetime
) -> dict[int, Standing]:
    """Learner → the standing that computing now would keep; keeps nothing."""
    return {learner: standing_of(history, mappings, now) for history, learner in _histories(session, numbers)}


@dataclass
class Done:
    """What one run did."""

    statements: int = 0
    rematched: int = 0
    learners: int = 0
    profiles: int = 0

    def __str__(self) -> str:
        return (
            f"{self.statements} statements matched, {self.rematched} matched anew, "
            f"{self.profiles} agent profiles read, {self.learners} learners computed"
        )


def recompute(
    database: Database,
    settings: Settings,
    clock: Clock,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Done], None] = lambda _done: None,
) -> Done:
    """Does what is pending until nothing is, or `stop` says so: fresh statements and learners in turn, and when there are
    none, what a change of mappings left to match anew."""
    done = Done()
    after = 0  # pending rows so far are of learners whom other transactions hold
    while not stop():
        progress(done)
        mappings = database.read(lambda session: mapping_flow.in_force(session, settings.calendar))
        matched = (
            match_apart(database, mappings, clock) if database.read(evidence.any_pending_statement) else 0
        )
        done.statements += matched
        read = read_profiles(database, mappings, clock) if database.read(agent_profiles.any_pending) else 0
        done.profiles += read
        waiting = database.read(
            lambda session: projections.next_pending_learners(session, LEARNERS_AT_ONCE, after)  # noqa: B023  # runs at once
        )
        computed = compute_apart(database, list(waiting), mappings, settings, clock) if waiting else 0
        done.learners += computed
        after = max(waiting.values()) if waiting and not computed else 0
        if not (matched or read or waiting):
            row = database.read(timetable.in_force)
            if row is None or not row.is_rematching:
                if not any(database.read(timetable.count_pending)):
                    return done
                time.sleep(_WAIT_SECONDS)  # another process is at it
                continue
            done.rematched += database.write(lambda session: rematch(session, mappings, clock()))  # noqa: B023  # runs at once
    return done


def read_profiles(database: Database, mappings: Mappings, clock: Clock) -> int:
    """All agent profiles that wait, of people whom nobody else holds. Returns how many were read."""
    read, after = 0, 0
    while True:
        some, after = database.write(
            lambda session: profile_flow.take_pending(
                session,
                mappings,
                clock(),
                after=after,  # noqa: B023  # runs at once
                limit=STATEMENTS_AT_ONCE,
            )
        )
        read += some
        if not after:
            return read


def match_apart(database: Database, mappings: Mappings, clock: Clock) -> int:
    """`match_pending` in one transaction; if the database refuses it, each statement in its own, and the one that fails
    aside."""
    try:
        return database.write(lambda session: match_pending(session, mappings, clock()))
    except Unavailable:
        raise
    except Exception:
        log.exception("a chunk of statements could not be matched, and is taken one by one")
    return sum(_match_one(database, mappings, clock) for _ in range(STATEMENTS_AT_ONCE))


def _match_one(database: Database, mappings: Mappings, clock: Clock) -> int:
    try:
        return database.write(lambda session: match_pending(session, mappings, clock(), limit=1))
    except Unavailable:
        raise
    except Exception as wrong:
        log.exception("a statement could not be matched and is set aside")
        reason = _reason(wrong)

        def aside(session: Session) -> int:
            seqs = list(evidence.claim_pending(session, 1))
            for seq in seqs:
                projections.put_aside(session, "statement", seq, reason, clock())
            evidence.done_pending(session, seqs)
            return len(seqs)

        return database.write(aside)


def compute_apart(
    database: Database, numbers: Sequence[int], mappings: Mappings, settings: Settings, clock: Clock
) -> int:
    """`compute` in one transaction; if the database refuses it, each learner in its own, and the one that fails aside."""
    try:
        return database.write(lambda session: compute(session, numbers, mappings, settings, clock()))
    except Unavailable:
        raise
    except Exception as wrong:
        if len(numbers) > 1:
            return sum(compute_apart(database, [number], mappings, settings, clock) for number in numbers)
        log.exception("learner %s could not be computed and is set aside", numbers[0])
        failure = wrong

        def aside(session: Session) -> int:
            _put_learner_aside(session, numbers[0], failure, clock())
            projections.done_learners(session, [row.id for row in projections.pending_rows(session, numbers)])
            return 1

        return database.write(aside)


def due_by_clock(database: Database, clock: Clock) -> int:
    """Marks the learners whose standing the clock alone has changed. Returns how many."""
    return database.write(lambda session: projections.mark_due(session, clock()))
