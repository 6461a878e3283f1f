"""News: where a standing differs from what a Board was told, until it settles, is held, or is decided upon."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.alerts import Alert, Announced
from lrs_bridge.moments import format_instant
from lrs_bridge.store.alert_tables import alert_decisions, alerts, area_summaries, news
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new, upsert
from lrs_bridge.store.identity import in_parts
from lrs_bridge.store.lrs_tables import pending_profiles
from lrs_bridge.store.schema import learners, pending_learners, pending_statements, set_aside, standings

Key = tuple[int, str]
"""Learner and area."""

Group = tuple[str, str]
"""Area and cause."""

_COUNTED_OVER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell. `since`: from when it has stood; `held`, `decision`: what stops it, or what somebody decided."""

    alert: Alert
    told: Announced
    since: datetime
    cause: str
    held: bool = False
    decision_id: int | None = None
    decision: str = ""

    @property
    def key(self) -> Key:
        return self.alert.learner, self.alert.area


@dataclass(frozen=True, slots=True)
class Window:
    """An area whose Board is told now. `since`: of each person only what happened from then on; None: of everything."""

    area: str
    since: datetime | None = None


def body_of(alert: Alert) -> dict[str, Any]:
    """What is kept of an alert beside its columns."""
    return {
        "kind": alert.kind,
        "organisation": alert.organisation,
        "since": format_instant(alert.since) if alert.since else None,
        "met": list(alert.met),
        "lost": list(alert.lost),
        "post_ended": alert.post_ended,
    }


def of(session: Session, numbers: Sequence[int]) -> dict[Key, News]:
    """What waits to be told of these learners."""
    return {
        one.key: one
        for part in in_parts(numbers)
        for one in map(_news, session.execute(_everything().where(news.c.learner_id.in_(part))))
    }


def lock(session: Session, numbers: Sequence[int]) -> None:
    """Locks what waits to be told of these learners, so that nobody decides upon it until the transaction ends. Read it
    afterwards: what was decided a moment before is then seen."""
    for part in in_parts(sorted(numbers)):
        rows = sa.select(news.c.learner_id).where(news.c.learner_id.in_(part))
        session.execute(rows.order_by(news.c.learner_id, news.c.area).with_for_update()).all()


def _everything() -> sa.Select[Any]:
    decided = news.outerjoin(alert_decisions, alert_decisions.c.id == news.c.decision_id)
    return sa.select(news, alert_decisions.c.decision).select_from(decided)


def _news(row: Any) -> News:
    body = json.loads(row.body)
    alert = Alert(
        id=row.alert_id,
        learner=row.learner_id,
        area=row.area,
        kind=row.kind,
        organisation=body["organisation"],
        since=row.happened,
        met=tuple(body["met"]),
        lost=tuple(body["lost"]),
        post_ended=body["post_ended"],
    )
    told = Announced(row.eligible, row.revision, row.state)
    return News(alert, told, row.since, row.cause, row.held, row.decision_id, row.decision or "")


def keep(session: Session, found: Sequence[News]) -> None:
    """Writes these in the place of what waited of the same learner and area."""
    rows = [
        {
            "learner_id": one.alert.learner,
            "area": one.alert.area,
            "since": one.since,
            "cause": one.cause,
            "held": one.held,
            "decision_id": one.decision_id,
            "alert_id": one.alert.id,
            "kind": one.alert.kind,
            "happened": one.alert.since,
            "body": json.dumps(body_of(one.alert)),
            "eligible": one.told.eligible,
            "state": one.told.state,
            "revision": one.told.revision,
        }
        for one in found
    ]
    if rows:
        session.execute(upsert(session, news, key=("learner_id", "area")), rows)


def forget(session: Session, keys: Sequence[Key]) -> None:
    """What has reversed, or has been told."""
    by_area: dict[str, list[int]] = {}
    for learner, area in keys:
        by_area.setdefault(area, []).append(learner)
    for area, numbers in by_area.items():
        for part in in_parts(numbers):
            session.execute(sa.delete(news).where(news.c.area == area, news.c.learner_id.in_(part)))


def is_empty(session: Session) -> bool:
    return session.execute(sa.select(news.c.area).limit(1)).one_or_none() is None


# --- what may be told now --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Now:
    """The moment at which news is looked at. `settled`: what has stood since then has settled; `digest`: of the mappings in
    force; `rematching`: the cause whose statements are still being matched anew, or ""."""

    at: datetime
    settled: datetime
    digest: str
    rematching: str


def _in_windows(windows: Sequence[Window]) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.false(),
        *(
            sa.and_(
                news.c.area == window.area,
                sa.true()
                if window.since is None
                else sa.or_(news.c.happened.is_(None), news.c.happened >= window.since),
            )
            for window in windows
        ),
    )


def _is_known_whole(now: Now) -> sa.ColumnElement[bool]:
    """Nothing of the same cause is still to be computed: only then is it known how many it concerns."""
    return sa.or_(
        news.c.cause == "",
        sa.and_(
            news.c.cause != now.rematching,
            sa.not_(
                sa.exists().where(
                    pending_statements.c.cause == news.c.cause, pending_statements.c.cause != ""
                )
            ),
            sa.not_(sa.exists().where(pending_learners.c.cause == news.c.cause)),
            sa.not_(sa.exists().where(pending_profiles.c.cause == news.c.cause)),
        ),
    )


def _is_set_aside() -> sa.ColumnElement[bool]:
    return sa.exists().where(set_aside.c.kind == "learner", set_aside.c.number == news.c.learner_id)


def _is_of_now(now: Now) -> sa.ColumnElement[bool]:
    """The standing that it was decided by is the learner's standing at this moment."""
    return sa.and_(
        sa.exists().where(
            standings.c.learner_id == news.c.learner_id,
            standings.c.digest == now.digest,
            sa.or_(standings.c.changes_at.is_(None), standings.c.changes_at > now.at),
        ),
        sa.not_(sa.exists().where(pending_learners.c.learner_id == news.c.learner_id)),
        sa.not_(_is_set_aside()),
    )


def _has_settled(now: Now) -> sa.ColumnElement[bool]:
    return sa.or_(news.c.since <= now.settled, news.c.since > now.at)  # the latter: the clock went backwards


def ready(
    session: Session, windows: Sequence[Window], areas: Sequence[str], now: Now, limit: int
) -> list[Key]:
    """Learners and areas of whom something may be told now, what has stood longest first. `areas`: those with somebody to
    tell; what somebody decided upon neither settles nor waits for their windows."""
    found = sa.select(news.c.learner_id, news.c.area).where(*_may_be_told(windows, areas, now))
    found = found.order_by(news.c.since, news.c.learner_id, news.c.area).limit(limit)
    return [(row.learner_id, row.area) for row in session.execute(found)]


def still_ready(
    session: Session, keys: Sequence[Key], windows: Sequence[Window], areas: Sequence[str], now: Now
) -> list[News]:
    """Of these, whose learners are locked, what may still be told; locked until the transaction ends."""
    wanted, numbers = set(keys), sorted({learner for learner, _ in keys})
    lock(session, numbers)
    found = _everything().where(news.c.learner_id.in_(numbers), *_may_be_told(windows, areas, now))
    rows = session.execute(found.order_by(news.c.learner_id, news.c.area)).all()
    return [one for one in map(_news, rows) if one.key in wanted]


def _may_be_told(
    windows: Sequence[Window], areas: Sequence[str], now: Now
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        sa.not_(news.c.held),
        news.c.area.in_(areas),
        sa.or_(news.c.decision_id.is_not(None), sa.and_(_has_settled(now), _in_windows(windows))),
        _is_known_whole(now),
        _is_of_now(now),
    )


def masses(session: Session, windows: Sequence[Window], now: Now, above: int) -> list[Group]:
    """Causes that would send more than so many alerts to one area, with what they sent in the last 24 hours, and that
    nobody has decided upon. One statement, so that what another process sends meanwhile is counted once."""
    sent = (
        sa.select(sa.func.count())
        .select_from(alerts)
        .where(
            alerts.c.area == news.c.area,
            alerts.c.cause == news.c.cause,
            alerts.c.decided_at > now.at - _COUNTED_OVER,
            alerts.c.decision_id.is_(None),
        )
        .correlate(news)
        .scalar_subquery()
    )
    settled = sa.func.sum(sa.case((sa.and_(_has_settled(now), sa.not_(news.c.held)), 1), else_=0))
    found = (
        sa.select(news.c.area, news.c.cause)
        .where(news.c.cause != "", news.c.decision_id.is_(None), _in_windows(windows), _is_known_whole(now))
        .group_by(news.c.area, news.c.cause)
        .having(settled > 0, sa.func.count() + sent > above)
    )
    return [(row.area, row.cause) for row in session.execute(found)]


def hold(session: Session, groups: Sequence[Group]) -> int:
    """Holds what these causes have to tell these areas until somebody decides. Returns how many."""
    held = 0
    for area, cause in groups:
        meant = (news.c.area == area, news.c.cause == cause, news.c.decision_id.is_(None))
        held += session.execute(
            sa.update(news).where(*meant, sa.not_(news.c.held)).values(held=True)
        ).rowcount
    return held


# --- the start of an area --------------------------------------------------------------------------------------------


def summarised(session: Session) -> set[str]:
    """The areas whose Boards have had their one summary."""
    return set(session.scalars(sa.select(area_summaries.c.area)))


def before(session: Session, area: str, start: datetime, now: Now) -> list[News] | None:
    """All that was true before an area's start, once it has settled; None while some of it may still change. Whoever could
    not be computed and is set aside is left out, and told of by name once that is mended."""
    early = (
        news.c.area == area,
        news.c.happened < start,
        news.c.decision_id.is_(None),
        sa.not_(_is_set_aside()),
    )
    number, settled = session.execute(
        sa.select(sa.func.count(), sa.func.sum(sa.case((_has_settled(now), 1), else_=0))).where(*early)
    ).one()
    if not settled:
        return None
    found = [_news(row) for row in session.execute(_everything().where(*early, _is_of_now(now)))]
    return found if len(found) == number else None


def begin(session: Session, area: str, start: datetime, counts: Mapping[str, int], now: datetime) -> bool:
    """Keeps that the area has had its summary. False where another process did so first."""
    row = {"area": area, "start": start, "counts": json.dumps(dict(counts)), "at": now}
    made = session.execute(insert_new(session, area_summaries).returning(area_summaries.c.area), row)
    return made.one_or_none() is not None


# --- what an operator sees and decides -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """News of one area, cause and state: how many of each kind, since when, and one of them with the person's name."""

    area: str
    cause: str
    held: bool
    decision: str
    kinds: dict[str, int]
    since: datetime
    latest: datetime
    example: News
    name: str

    @property
    def number(self) -> int:
        return sum(self.kinds.values())


def groups(session: Session, areas: Sequence[str] | None = None) -> list[Waiting]:
    """Everything that waits, by area, cause and state: held first, then the longest waiting."""
    decided = news.outerjoin(alert_decisions, alert_decisions.c.id == news.c.decision_id)
    found = (
        sa.select(
            news.c.area,
            news.c.cause,
            news.c.held,
            sa.func.coalesce(alert_decisions.c.decision, "").label("decision"),
            news.c.kind,
            sa.func.count().label("number"),
            sa.func.min(news.c.since).label("since"),
            sa.func.max(news.c.since).label("latest"),
            sa.func.min(news.c.learner_id).label("first"),
        )
        .select_from(decided)
        .group_by(news.c.area, news.c.cause, news.c.held, alert_decisions.c.decision, news.c.kind)
        .order_by(sa.desc("number"))
    )
    if areas is not None:
        found = found.where(news.c.area.in_(areas))
    by_group: dict[tuple[Any, ...], list[Any]] = {}
    for row in session.execute(found):
        by_group.setdefault((row.area, row.cause, row.held, row.decision), []).append(row)
    firsts = [rows[0].first for rows in by_group.values()]
    examples, names = of(session, firsts), _names(session, firsts)
    made = [
        Waiting(
            area=group[0],
            cause=group[1],
            held=group[2],
            decision=group[3],
            kinds={row.kind: row.number for row in rows},
            since=min(row.since for row in rows),
            latest=max(row.latest for row in rows),
            example=examples[rows[0].first, group[0]],
            name=names[rows[0].first],
        )
        for group, rows in by_group.items()
    ]
    return sorted(made, key=lambda one: (not one.held, one.since, one.area, one.cause))


def _names(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    found = sa.select(learners.c.id, learners.c.name).where(learners.c.id.in_(numbers))
    return {row.id: row.name for row in session.execute(found)}


def counts(session: Session) -> tuple[int, dict[Group, tuple[int, datetime]]]:
    """How many wait; and of what is held, by area and cause, how many and since when."""
    waiting = session.scalar(sa.select(sa.func.count()).select_from(news).where(sa.not_(news.c.held))) or 0
    found = (
        sa.select(
            news.c.area,
            news.c.cause,
            sa.func.count().label("number"),
            sa.func.min(news.c.since).label("since"),
        )
        .where(news.c.held)
        .group_by(news.c.area, news.c.cause)
        .order_by("since")
    )
    return waiting, {(row.area, row.cause): (row.number, row.since) for row in session.execute(found)}


def is_being_computed(session: Session, cause: str) -> bool:
    """Whether something of this cause has yet to be matched or computed."""
    return bool(cause) and any(
        session.execute(sa.select(table.c.cause).where(table.c.cause == cause).limit(1)).all()
        for table in (pending_statements, pending_learners, pending_profiles)
    )


def decide(
    session: Session, area: str, cause: str, decision: str, *, reason: str, who: str, now: datetime
) -> int:
    """Records what somebody decided of everything that waits for an area by one cause. Returns how many; 0: nothing waits,
    and nothing was recorded."""
    meant = (news.c.area == area, news.c.cause == cause, news.c.decision_id.is_(None))
    number = session.scalar(sa.select(sa.func.count()).select_from(news).where(*meant)) or 0
    if not number:
        return 0
    row = {"decision": decision, "area": area, "cause": cause, "message": "", "number": number}
    made = record(session, row | {"reason": reason, "who": who, "at": now})
    changed = session.execute(sa.update(news).where(*meant).values(decision_id=made, held=False))
    session.execute(
        sa.update(alert_decisions).where(alert_decisions.c.id == made).values(number=changed.rowcount)
    )
    return changed.rowcount


def record(session: Session, row: Mapping[str, Any]) -> int:
    """Keeps a decision (a row of `alert_decisions`). Returns its number."""
    number: int = session.execute(
        sa.insert(alert_decisions).values(row).returning(alert_decisions.c.id)
    ).scalar_one()
    return number
