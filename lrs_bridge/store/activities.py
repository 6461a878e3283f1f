"""What the LRS holds of activities: the canonical definition of each, merged from those that came (Data 2.4.4.1)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.lrs_tables import activities
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.formats import merged

Definition = dict[str, Any]


def _key(activity: str) -> bytes:
    return blake2b(activity.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def definitions(session: Session, ids: Collection[str]) -> dict[str, Definition]:
    """Activity id → the definition held, of those of which there is one."""
    keys = {_key(one): one for one in ids}
    found = sa.select(activities.c.key, activities.c.definition).where(activities.c.key.in_(list(keys)))
    return {keys[row.key]: documents.parse(row.definition.encode()) for row in session.execute(found)}


def definition_text(session: Session, activity: str) -> str | None:
    """The definition held, as the JSON that it is kept as; None where there is none."""
    found: str | None = session.scalar(
        sa.select(activities.c.definition).where(activities.c.key == _key(activity))
    )
    return found


def learn(session: Session, came: Mapping[str, Definition], now: datetime, *, may_change: bool) -> None:
    """Takes these definitions over. Without `may_change` only those of activities that none is held of: to change one needs
    the scope “define” (Communication 4.2). Rows go in order, so crossing writers can't deadlock."""
    held = definitions(session, came)
    rows: dict[bytes, dict[str, Any]] = {}
    for activity, definition in came.items():
        before = held.get(activity)
        if before is not None and not may_change:
            continue
        after = definition if before is None else merged(before, definition)
        if after != before:
            text = json.dumps(after, ensure_ascii=True, default=str)
            key = _key(activity)
            rows[key] = {"key": key, "id": activity, "definition": text, "updated_at": now}
    if rows:
        session.execute(upsert(session, activities, key=("key",)), [rows[key] for key in sorted(rows)])
