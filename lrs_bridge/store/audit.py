"""The log of what people did that is neither a statement nor an import: roles, credentials, joins, exports, settings of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.role_tables import audit_log


@dataclass(frozen=True, slots=True)
class Entry:
    """`who`: an e-mail address, or an account at the command line; `about`: whom or what, in words."""

    number: int
    at: datetime
    who: str
    act: str
    about: str
    reason: str


def note(session: Session, *, who: str, act: str, about: str, now: datetime, reason: str = "") -> None:
    """Keeps a line, in the transaction of what it tells of."""
    row = {"at": now, "who": who, "act": act, "about": about, "reason": reason}
    session.execute(sa.insert(audit_log), row)


def entries(session: Session, *, below: int = 0, limit: int = 50, who: str = "") -> list[Entry]:
    """The latest first; the next page begins below the number of the last one shown. `who`: of them alone."""
    found = sa.select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if below:
        found = found.where(audit_log.c.id < below)
    if who:
        found = found.where(audit_log.c.who == who)
    return [Entry(row.id, row.at, row.who, row.act, row.about, row.reason) for row in session.execute(found)]
