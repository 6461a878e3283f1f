"""Who wants no bulletin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.board_tables import bulletin_optouts
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.identity import in_parts
from lrs_bridge.store.schema import identifiers


def opted_out(session: Session, numbers: Sequence[int]) -> set[int]:
    """Of these learners, those who want none."""
    found: set[int] = set()
    for part in in_parts(numbers):
        rows = sa.select(identifiers.c.learner_id).join(
            bulletin_optouts, bulletin_optouts.c.identifier_id == identifiers.c.id
        )
        found |= set(session.scalars(rows.where(identifiers.c.learner_id.in_(part))))
    return found


def opt_out(session: Session, learner: int, *, who: str, now: datetime) -> None:
    """By the identifier that they were first known by."""
    first = sa.select(sa.func.min(identifiers.c.id)).where(identifiers.c.learner_id == learner)
    row = {"identifier_id": session.execute(first).scalar_one(), "at": now, "by": who}
    session.execute(insert_new(session, bulletin_optouts), row)


def opt_in(session: Session, learner: int) -> None:
    own = sa.select(identifiers.c.id).where(identifiers.c.learner_id == learner)
    session.execute(sa.delete(bulletin_optouts).where(bulletin_optouts.c.identifier_id.in_(own)))
