"""What the LRS holds of activities: the canonical definition of each, merged from those that came (Data 2.4.4.1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.lrs_tables import activities
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.formats import merged, write

Definition = dict[str, Any]


def _key(activity: str) -> bytes:
    return blake2b(activity.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def definitions(session: Session, ids: Collection[str]) -> dict[str, Definition]:
    """Activity id → the definition held, of those of which there is one."""
    return _held(session, ids, to_change=False)


def _held(session: Session, ids: Collection[str], *, to_change: bool) -> dict[str, Definition]:
    keys = {_key(one): one for one in ids}
    found = sa.select(activities.c.key, activities.c.definition).where(activities.c.key.in_(list(keys)))
    if to_change:
        found = found.order_by(activities.c.key).with_for_update()
    return {keys[row.key]: documents.parse(row.definition.encode()) for row in session.execute(found)}


def definition_text(session: Session, activity: str) -> str | None:
    """The definition held, as the JSON that it is kept as; None where there is none."""
    found: str | None = session.scalar(
        sa.select(activities.c.definition).where(activities.c.key == _key(activity))
    )
    return found


@dataclass(frozen=True, slots=True)
class Came:
    """A definition that a statement brought. Without `may_change` it counts only where none is held of that activity: to
    change one needs the scope “define” (Communication 4.2)."""

    activity: str
    definition: Definition
    may_change: bool


def learn(session: Session, came: Sequence[Came], now: datetime) -> None:
    """Takes these definitions over, in their order. Rows are locked and written in the order of their keys, so crossing
    writers can't deadlock."""
    ids = {one.activity for one in came}
    held = _held(session, ids, to_change=any(one.may_change for one in came))
    after = dict(held)
    for one in came:
        before = after.get(one.activity)
        if before is None:
            after[one.activity] = one.definition
        elif one.may_change:
            after[one.activity] = merged(before, one.definition)
    rows = {
        _key(activity): {"id": activity, "definition": write(definition), "updated_at": now}
        for activity, definition in after.items()
        if definition != held.get(activity)
    }
    if rows:
        ordered = [{"key": key, **rows[key]} for key in sorted(rows)]
        session.execute(upsert(session, activities, key=("key",)), ordered)
