"""X-Experience-API-Consistent-Through: up to when everything that is stored is there to be read (Communication 2.1.3)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from lrs_bridge.moments import Clock
from lrs_bridge.store import receiving
from lrs_bridge.store.database import Database, Session

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATELY_SECONDS = 1.0
_FRESH_SECONDS = 0.05
"""Asking costs a round trip, on SQLite it holds writers up for a moment: it is not done at every request."""


class Consistency:
    """Of one process. What it says stays true for ever, so an older answer is a good one, only less useful."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._known: datetime | None = None
        self._asked = -1_000_000.0

    def through(self, session: Session) -> datetime:
        """Every statement `stored` at this moment or before will be in what `session`, one of `Database.glance`, reads from
        now on."""
        if session.dialect.name == "sqlite":
            return self._quiet(_FRESH_SECONDS)
        if self._known is not None and time.monotonic() - self._asked < _FRESH_SECONDS:
            return self._known
        now = self._clock()
        since = receiving.in_flight_since(session)
        found = (now if since is None else _EPOCH + since * _MICROSECOND) - _MICROSECOND
        self._known, self._asked = found, time.monotonic()
        return found

    def lately(self) -> datetime:
        """The same, up to a second old: for answers that bring no statements."""
        if self._database.engine.dialect.name == "sqlite":
            return self._quiet(_LATELY_SECONDS)
        if self._known is None or time.monotonic() - self._asked > _LATELY_SECONDS:
            return self._database.glance(self.through)
        return self._known

    def _quiet(self, seconds: float) -> datetime:
        if self._known is None or time.monotonic() - self._asked > seconds:
            found = self._database.quiet(self._clock)
            if found is not None:
                self._known, self._asked = found - _MICROSECOND, time.monotonic()
        return self._known or _EPOCH
