"""Changes of mapping files that wait to be tried, are tried, or were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.operating_tables import what_ifs


@dataclass(frozen=True, slots=True)
class Asked:
    """`about`: the files that differ; `done` of `total`: how far it is; `result`: once it is done or failed."""

    number: int
    asked_at: datetime
    asked_by: str
    about: str
    files: dict[str, str]
    state: str
    done: int
    total: int
    result: Any


def add(session: Session, files: Mapping[str, str], about: str, *, who: str, now: datetime) -> int:
    row = {
        "asked_at": now,
        "asked_by": who,
        "about": about,
        "files": json.dumps(dict(files)),
        "state": "waiting",
        "claimed_until": None,
        "done": 0,
        "total": 0,
        "result": "null",
        "finished_at": None,
    }
    number: int = session.execute(sa.insert(what_ifs).values(row).returning(what_ifs.c.id)).scalar_one()
    return number


def is_one_open(session: Session) -> bool:
    found = sa.select(what_ifs.c.id).where(what_ifs.c.state.in_(("waiting", "running"))).limit(1)
    return session.scalar(found) is not None


def load(session: Session, number: int) -> Asked | None:
    row = session.execute(sa.select(what_ifs).where(what_ifs.c.id == number)).one_or_none()
    return _asked(row) if row else None


def claim_next(session: Session, *, now: datetime, for_seconds: int) -> Asked | None:
    """The one that waits longest and that nobody holds. A claim lapses, so one whose worker was killed is begun anew."""
    free = sa.or_(
        what_ifs.c.state == "waiting",
        sa.and_(what_ifs.c.state == "running", what_ifs.c.claimed_until <= now),
    )
    found = sa.select(what_ifs).where(free).order_by(what_ifs.c.id).limit(1)
    row = session.execute(found.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    values = {"state": "running", "claimed_until": now + timedelta(seconds=for_seconds)}
    session.execute(sa.update(what_ifs).where(what_ifs.c.id == row.id).values(values))
    return _asked(row)


def go_on(session: Session, number: int, *, done: int, total: int, now: datetime, for_seconds: int) -> None:
    """Keeps how far it is, and holds it for longer."""
    values = {"done": done, "total": total, "claimed_until": now + timedelta(seconds=for_seconds)}
    session.execute(sa.update(what_ifs).where(what_ifs.c.id == number).values(values))


def give_back(session: Session, number: int) -> None:
    """Lets it wait again."""
    values = {"state": "waiting", "claimed_until": None, "done": 0}
    session.execute(sa.update(what_ifs).where(what_ifs.c.id == number).values(values))


def finish(session: Session, number: int, state: str, result: Any, now: datetime) -> None:
    values = {"state": state, "result": json.dumps(result), "claimed_until": None, "finished_at": now}
    session.execute(sa.update(what_ifs).where(what_ifs.c.id == number).values(values))


def forget(session: Session, before: datetime) -> int:
    """Those that were asked for before then; how many."""
    return session.execute(sa.delete(what_ifs).where(what_ifs.c.asked_at < before)).rowcount


def _asked(row: sa.Row[Any]) -> Asked:
    return Asked(
        row.id,
        row.asked_at,
        row.asked_by,
        row.about,
        json.loads(row.files),
        row.state,
        row.done,
        row.total,
        json.loads(row.result),
    )
