"""What ran when, who leads, and which mappings are in force."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import lock_mappings, upsert
from lrs_bridge.store.lrs_tables import pending_profiles
from lrs_bridge.store.schema import job_runs, leases, mappings_in_force, pending_learners, pending_statements

_NOTHING_YET = -1  # before the first seq, so that an empty database too comes to the end of its rematch


@dataclass(frozen=True, slots=True)
class JobRun:
    name: str
    started: datetime
    finished: datetime | None
    outcome: str
    detail: str
    seconds: float | None


def job_run(session: Session, name: str) -> JobRun | None:
    return next((run for run in all_job_runs(session) if run.name == name), None)


def all_job_runs(session: Session) -> list[JobRun]:
    found = session.execute(sa.select(job_runs).order_by(job_runs.c.name))
    return [
        JobRun(row.name, row.started, row.finished, row.outcome, row.detail, row.seconds) for row in found
    ]


def record_run(session: Session, run: JobRun) -> None:
    row = {
        "name": run.name,
        "started": run.started,
        "finished": run.finished,
        "outcome": run.outcome,
        "detail": run.detail[:4000],
        "seconds": run.seconds,
    }
    session.execute(upsert(session, job_runs, key=("name",)), row)


def database_now(session: Session) -> datetime:
    """The database's clock, which all processes share."""
    if session.dialect.name == "sqlite":
        text = session.scalar(sa.text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"))
        return datetime.fromisoformat(f"{text}+00:00")
    now: datetime | None = session.scalar(sa.select(sa.func.clock_timestamp()))
    if now is None:
        raise AssertionError("the database tells no time")
    return now


def hold_lease(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Takes or renews the lease; False while another holds it. It only saves work: every job is right without it."""
    now = database_now(session)
    held = session.execute(sa.select(leases).where(leases.c.name == name).with_for_update()).one_or_none()
    if held and held.holder != holder and now < held.until <= now + timedelta(seconds=10 * seconds):
        return False
    row = {"name": name, "holder": holder, "until": now + timedelta(seconds=seconds)}
    session.execute(upsert(session, leases, key=("name",)), row)
    return True


def drop_lease(session: Session, name: str, holder: str) -> None:
    session.execute(sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def oldest_pending(session: Session) -> datetime | None:
    """Since when the oldest pending row waits."""
    found = [
        session.scalar(sa.select(sa.func.min(table.c.since)))
        for table in (pending_statements, pending_learners, pending_profiles)
    ]
    return min((since for since in found if since is not None), default=None)


def count_pending(session: Session) -> tuple[int, int]:
    """How many statements wait to be matched; and how many pending rows of learners wait to be computed, those of agent
    profiles to be read among them."""
    counts = [
        session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in (pending_statements, pending_learners, pending_profiles)
    ]
    return counts[0], counts[1] + counts[2]


# --- mappings in force -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InForce:
    """The mapping files that everybody computes by."""

    id: int
    digest: str
    since: datetime
    put_by: str
    rematch_to: int
    rematched: int

    @property
    def is_rematching(self) -> bool:
        return self.rematched < self.rematch_to

    @property
    def cause(self) -> str:
        """What a change that these mappings bring is put down to."""
        return f"mappings-{self.id}"


def in_force(session: Session) -> InForce | None:
    return next(iter(history(session, 1)), None)


def history(session: Session, limit: int | None) -> list[InForce]:
    """The newest first, which is in force; each was until the one before it came."""
    columns = [column for column in mappings_in_force.c if column.name != "files"]
    found = session.execute(sa.select(*columns).order_by(mappings_in_force.c.id.desc()).limit(limit))
    return [
        InForce(row.id, row.digest, row.since, row.put_by, row.rematch_to, row.rematched) for row in found
    ]


def put_in_force_as(session: Session, numbers: Iterable[int]) -> dict[int, InForce]:
    """Number → the mappings that were put in force under it."""
    wanted = set(numbers)
    return {row.id: row for row in history(session, None) if row.id in wanted} if wanted else {}


def files_in_force(session: Session, number: int) -> dict[str, str]:
    found: Any = session.scalar(sa.select(mappings_in_force.c.files).where(mappings_in_force.c.id == number))
    files: dict[str, str] = json.loads(found)
    return files


def lock_to_change_mappings(session: Session) -> None:
    lock_mappings(session, to_change=True)


def still_in_force(session: Session, digest: str) -> InForce | None:
    """The row in force if it has this digest, which then stays so until the transaction ends; None if others came."""
    lock_mappings(session, to_change=False)
    row = in_force(session)
    return row if row and row.digest == digest else None


def put_in_force(
    session: Session, digest: str, files: Mapping[str, str], *, rematch_to: int, now: datetime, who: str
) -> None:
    session.execute(
        sa.insert(mappings_in_force).values(
            digest=digest,
            files=json.dumps(dict(files)),
            since=now,
            put_by=who,
            rematch_to=rematch_to,
            rematched=_NOTHING_YET,
        )
    )


def lock_rematch(session: Session, number: int) -> InForce | None:
    """The row, locked, if it has statements to match anew; None where another process is at it."""
    row = sa.select(mappings_in_force.c.id).where(mappings_in_force.c.id == number)
    if not session.execute(row.with_for_update(skip_locked=True)).all():
        return None
    now = in_force(session)
    return now if now and now.id == number and now.is_rematching else None


def rematched(session: Session, number: int, seq: int) -> None:
    session.execute(
        sa.update(mappings_in_force).where(mappings_in_force.c.id == number).values(rematched=seq)
    )


def rematch_all(session: Session, number: int, rematch_to: int) -> None:
    values = {"rematched": _NOTHING_YET, "rematch_to": rematch_to}
    session.execute(sa.update(mappings_in_force).where(mappings_in_force.c.id == number).values(values))
