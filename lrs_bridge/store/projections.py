"""Standings: computed, kept with the digest of the mappings that made them, and rebuilt at will; and what waits for it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.history import plain
from lrs_bridge.learning.post_standings import PostStanding
from lrs_bridge.moments import parse_instant
from lrs_bridge.store import post_standings
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.schema import (
    champion_states,
    identifiers,
    learners,
    pending_learners,
    posts,
    set_aside,
    standings,
)


def next_pending_learners(session: Session, limit: int, after: int = 0) -> dict[int, int]:
    """Learners with pending rows → the last of these that was read, the longest waiting first; from the row `after` on.
    Reads the first rows alone, however many there are."""
    rows = sa.select(pending_learners).where(pending_learners.c.id > after)
    found: dict[int, int] = {}
    for row in session.execute(rows.order_by(pending_learners.c.id).limit(4 * limit)):
        if len(found) == limit and row.learner_id not in found:
            break
        found[row.learner_id] = row.id
    return found


def pending_among(session: Session, numbers: Sequence[int]) -> set[int]:
    found = sa.select(pending_learners.c.learner_id).where(pending_learners.c.learner_id.in_(numbers))
    return set(session.scalars(found))


@dataclass(frozen=True, slots=True)
class PendingRow:
    id: int
    learner: int
    cause: str


def pending_rows(session: Session, numbers: Sequence[int]) -> list[PendingRow]:
    """The pending rows of these learners as seen now: exactly those that a recompute may delete afterwards."""
    found = sa.select(pending_learners).where(pending_learners.c.learner_id.in_(numbers))
    rows = session.execute(found.order_by(pending_learners.c.id))
    return [PendingRow(row.id, row.learner_id, row.cause) for row in rows]


def mark_outdated(session: Session, digest: str, now: datetime, cause: str) -> None:
    """Marks every live learner whose standing was not computed by these mappings."""
    outdated = (
        sa.select(learners.c.id, sa.literal(now, type_=pending_learners.c.since.type), sa.literal(cause))
        .outerjoin(standings, standings.c.learner_id == learners.c.id)
        .where(learners.c.joined_into.is_(None))
        .where(sa.or_(standings.c.digest.is_(None), standings.c.digest != digest))
        .order_by(learners.c.id)
    )
    session.execute(sa.insert(pending_learners).from_select(["learner_id", "since", "cause"], outdated))


def outdate_standings(session: Session) -> None:
    """Forgets by which mappings the standings were computed, so that all are computed anew."""
    session.execute(sa.update(standings).values(digest=""))


def settle(session: Session, numbers: Sequence[int]) -> None:
    """Takes from these learners the moment at which the clock would ask for them again."""
    session.execute(sa.update(standings).where(standings.c.learner_id.in_(numbers)).values(changes_at=None))


def done_learners(session: Session, rows: Collection[int]) -> None:
    if rows:
        session.execute(sa.delete(pending_learners).where(pending_learners.c.id.in_(rows)))


@dataclass(frozen=True, slots=True)
class KeptStanding:
    """`posts` are kept beside it, and not read again with it."""

    learner: int
    body: dict[str, Any]
    changes_at: datetime | None
    digest: str
    computed_at: datetime
    posts: Sequence[PostStanding] = ()


def keep_standings(session: Session, kept: Sequence[KeptStanding]) -> None:
    without_post = unplaced_among(session, {one.learner: one.body for one in kept})
    rows = [
        {
            "learner_id": one.learner,
            "body": json.dumps(one.body, ensure_ascii=False),
            "changes_at": one.changes_at,
            "digest": one.digest,
            "computed_at": one.computed_at,
            "unplaced": one.learner in without_post,
        }
        for one in kept
    ]
    if rows:
        session.execute(upsert(session, standings, key=("learner_id",)), rows)
    _keep_champion_states(session, kept)
    post_standings.keep(session, {one.learner: one.posts for one in kept})


def unplaced_among(session: Session, bodies: Mapping[int, dict[str, Any]]) -> set[int]:
    """Learner → standing: those who have completed something that counts, and never had a post."""
    learned = [
        learner
        for learner, body in bodies.items()
        if any(one["counts"] and one["kind"] == "course" for one in body["evidence"])
    ]
    placed = sa.select(identifiers.c.learner_id).join(posts, posts.c.identifier_id == identifiers.c.id)
    held = session.scalars(placed.where(identifiers.c.learner_id.in_(learned))) if learned else ()
    return set(learned).difference(held)


def kept_as_unplaced(session: Session, numbers: Sequence[int]) -> set[int]:
    found = sa.select(standings.c.learner_id).where(standings.c.learner_id.in_(numbers), standings.c.unplaced)
    return set(session.scalars(found))


def unplaced_below(session: Session, number: int, limit: int) -> list[int]:
    """Those learners, the latest met first, with a number below this one (0: from the latest)."""
    has_post = sa.exists().where(
        posts.c.identifier_id == identifiers.c.id, identifiers.c.learner_id == standings.c.learner_id
    )
    found = sa.select(standings.c.learner_id).where(standings.c.unplaced, sa.not_(has_post))
    if number:
        found = found.where(standings.c.learner_id < number)
    return list(session.scalars(found.order_by(standings.c.learner_id.desc()).limit(limit)))


def _champion_states(eligibility: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of one area: where the person stands, and, beside that, the role they left in another post."""
    champion = eligibility["champion"]
    status = eligibility["status"]
    if status != "not_eligible":
        in_flow = champion and champion["state"] == status
        yield _champion_state(eligibility, status, champion if in_flow else eligibility)
    if champion and champion["state"] == "left" != status:
        yield _champion_state(eligibility, "left", champion)


def _champion_state(eligibility: dict[str, Any], status: str, told: dict[str, Any]) -> dict[str, Any]:
    champion = eligibility["champion"] or {}
    last_update = champion.get("last_update")
    return {
        "status": status,
        "asked": champion.get("asked") or "",
        "organisation": told["organisation"],
        "service_area": told["service_area"],
        "organisation_folded": plain(told["organisation"]),
        "service_area_folded": plain(told["service_area"]),
        "since": parse_instant(told["since"]),
        "standards_met": eligibility["standards_met"],
        "last_update": parse_instant(last_update) if last_update else None,
    }


def _keep_champion_states(session: Session, kept: Sequence[KeptStanding]) -> None:
    numbers = [one.learner for one in kept]
    session.execute(sa.delete(champion_states).where(champion_states.c.learner_id.in_(numbers)))
    rows = [row for one in kept for row in champion_states_in(one.learner, one.body)]
    if rows:
        session.execute(sa.insert(champion_states), rows)


def champion_states_in(learner: int, standing: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `champion_states` that this standing makes, by area and status."""
    rows = [
        {"learner_id": learner, "area": area, **row}
        for area, eligibility in standing["eligibility"].items()
        for row in _champion_states(eligibility)
    ]
    return sorted(rows, key=lambda row: (row["area"], row["status"]))


def kept_champion_states(session: Session, numbers: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    found = sa.select(champion_states).where(champion_states.c.learner_id.in_(numbers))
    kept: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    for row in session.execute(found.order_by(champion_states.c.area, champion_states.c.status)):
        kept[row.learner_id].append(dict(row._mapping))  # noqa: SLF001  # public, by its documentation
    return kept


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
