"""The hot path on PostgreSQL: a connection that a web process keeps, by which it stores a group of plain statements in one
round trip, the check of their senders and the end of the transaction included."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from lrs_bridge.errors import Unavailable
from lrs_bridge.moments import Clock
from lrs_bridge.store import raw
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.receiving import COLUMNS, SENT, NewStatement, columns, microseconds

# Divides by zero where a sender may no longer write: there is no plainer way for a single statement to fail. It fails as well
# where a statement is held already. Of the locks the first holds until what is written can be read, and the last is for the
# group that follows.
_ADD_ALL = f"""{SENT}, written AS (
  INSERT INTO statements ({COLUMNS}) SELECT {COLUMNS} FROM sent
), entries AS (
  INSERT INTO statement_index (key, stored, seq) SELECT key, stored, seq FROM found_by
), waiting AS (
  INSERT INTO pending_statements (seq, since, cause) SELECT seq, stored, cause FROM sent
)
SELECT awaited.id, checked.* FROM (
  SELECT 1 / CASE WHEN EXISTS (
      SELECT 1 FROM unnest(?::bigint[]) AS sender(id) LEFT JOIN clients ON clients.id = sender.id
      WHERE clients.id IS NULL OR revoked_at IS NOT NULL OR expires_at <= ?::timestamptz
    ) THEN 0 ELSE 1 END AS all_may,
    pg_advisory_xact_lock_shared(?::bigint), pg_advisory_unlock_shared(?::bigint), pg_advisory_lock_shared(?::bigint)
) AS checked LEFT JOIN (
  SELECT id FROM sent WHERE EXISTS (SELECT 1 FROM statement_references WHERE target = sent.id)
) AS awaited ON true
"""  # noqa: S608  # no value in it


class Lane:
    """Of one process; one thread at a time. It stores what goes without a question or nothing at all: then a transaction of the
    ordinary kind is to store it, or to find out what is the matter.

    Like `receiving.stamp` it holds a lock on a moment before those that its statements are `stored` at. While it writes one
    group it takes that of the next, so that only the first group of a busy while needs a round trip for it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._session: Session | None = None
        self._held: int | None = None

    def store(
        self,
        statements: Callable[[datetime], Sequence[NewStatement]],
        senders: Collection[int],
        *,
        another_follows: bool,
    ) -> Collection[uuid.UUID] | None:
        """Stores durably what `statements` makes of the moment it is given, none of which refers to another. Returns those that
        a statement which came earlier refers to; None where nothing was stored, as far as is known. `another_follows`: so does
        a call of `store` or of `rest`, at once."""
        found = None
        try:
            session = self._ready()
            now = self._clock()
            following = microseconds(now) if another_follows else None
            locks = (self._held, self._held, following)
            if self._held is not None:
                # in the order in which everybody writes, so that crossing groups can't deadlock
                ordered = sorted(statements(now), key=lambda one: one.id.int)
                values = (*columns(ordered), list(senders), now, *locks)
                found = raw.at_once(session, _ADD_ALL, values)
        except (DBAPIError, Unavailable):
            pass  # the transaction that follows tells
        finally:
            if found is None:
                self.rest()
        if found is None:
            return None
        self._held = following
        awaited = (found.get_value(row, 0) for row in range(found.ntuples))
        return [uuid.UUID(id_.decode()) for id_ in awaited if id_ is not None]

    def rest(self) -> None:
        """Holds nobody up."""
        if self._held is None or self._session is None:
            return
        self._held = None
        if raw.at_once(self._session, "SELECT pg_advisory_unlock_all()") is None:
            self._database.drop(self._session)
            self._session = None

    def _ready(self) -> Session:
        """With a lock held, if it could be had."""
        if self._session is None:
            self._session = self._database.keep()
        if self._held is None:
            self._held = microseconds(self._clock())
            if raw.at_once(self._session, "SELECT pg_advisory_lock_shared(?)", (self._held,)) is None:
                self.rest()
        return self._session
