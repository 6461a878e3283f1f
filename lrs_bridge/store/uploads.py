"""Tables that coordinators sent and have not taken in yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.metadata import number_of_its_own
from lrs_bridge.store.recording_tables import uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """`file`: its name, "" for what was typed into a form; `told`: folded heading → what it means; `constants`: column → what holds
    for every row; `counts`: of one that is done, outcome → how many."""

    number: int
    kind: str
    file: str
    content: bytes
    told: Mapping[str, str]
    constants: Mapping[str, str]
    done_at: datetime | None
    counts: Mapping[str, int]


def add(
    session: Session, *, organisation: int, who: str, kind: str, file: str, content: bytes, now: datetime
) -> int:
    """Its number, which no other ever has."""
    row = {
        "id": number_of_its_own(),
        "organisation_id": organisation,
        "who": who,
        "kind": kind,
        "file": file,
        "content": content,
        "told": "{}",
        "constants": "{}",
        "at": now,
    }
    number: int = session.execute(sa.insert(uploads).returning(uploads.c.id), row).scalar_one()
    return number


def get(session: Session, number: int, *, organisation: int, who: str) -> Upload | None:
    """The one of this organisation that they sent themselves; locked until a writing transaction ends."""
    found = sa.select(uploads).where(
        uploads.c.id == number, uploads.c.organisation_id == organisation, uploads.c.who == who
    )
    if session.get_execution_options().get("lrs_writing"):
        found = found.with_for_update()
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    return Upload(
        row.id,
        row.kind,
        row.file,
        row.content,
        json.loads(row.told),
        json.loads(row.constants),
        row.done_at,
        json.loads(row.counts),
    )


def last_told(
    session: Session, *, organisation: int, who: str, kind: str
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """`told` and `constants` of what they sent last and have not taken in."""
    found = (
        sa.select(uploads.c.told, uploads.c.constants)
        .where(
            uploads.c.organisation_id == organisation,
            uploads.c.who == who,
            uploads.c.kind == kind,
            uploads.c.file != "",
            uploads.c.done_at.is_(None),
        )
        .order_by(uploads.c.at.desc(), uploads.c.id)
        .limit(1)
    )
    row = session.execute(found).one_or_none()
    return (json.loads(row.told), json.loads(row.constants)) if row else ({}, {})


def tell(session: Session, number: int, told: Mapping[str, str], constants: Mapping[str, str]) -> None:
    said = {"told": json.dumps(dict(told)), "constants": json.dumps(dict(constants))}
    session.execute(sa.update(uploads).where(uploads.c.id == number).values(said))


def finish(session: Session, number: int, counts: Mapping[str, int], now: datetime) -> None:
    """What was sent is gone; what came of it stays for as long as its page may be looked at."""
    done = {"content": b"", "file": "", "told": "{}", "done_at": now, "counts": json.dumps(dict(counts))}
    session.execute(sa.update(uploads).where(uploads.c.id == number).values(done))


def forget(session: Session, number: int) -> None:
    session.execute(sa.delete(uploads).where(uploads.c.id == number))


def forget_before(session: Session, before: datetime) -> None:
    session.execute(sa.delete(uploads).where(uploads.c.at < before))
