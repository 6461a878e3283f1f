"""X-Experience-API-Consistent-Through: up to when everything that is stored is there to be read (Communication 2.1.3)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from lrs_bridge.moments import Clock
from lrs_bridge.store import receiving
from lrs_bridge.store.database import Database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PROBE_SECONDS = 0.05
"""On SQLite asking holds writers up for a moment, so it is not done at every request."""


class Consistency:
    """Of one process. What it says stays true for ever, so an older answer is a good one, only less useful."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._known: datetime | None = None
        self._asked = -1_000_000.0

    def through(self) -> datetime:
        """Every statement `stored` at this moment or before will be in what is read from now on."""
        return self._through(_PROBE_SECONDS if self._database.engine.dialect.name == "sqlite" else 0)

    def lately(self) -> datetime:
        """The same, up to a second old: for answers that bring no statements."""
        return self._through(1.0)

    def _through(self, seconds: float) -> datetime:
        if self._known is None or time.monotonic() - self._asked > seconds:
            asked = time.monotonic()
            found = self._find_out()
            if found is not None:
                self._known, self._asked = found, asked
        return self._known or _EPOCH

    def _find_out(self) -> datetime | None:
        if self._database.engine.dialect.name == "sqlite":
            quiet = self._database.quiet(self._clock)
            return quiet - _MICROSECOND if quiet else None
        now = self._clock()
        since = self._database.glance(receiving.in_flight_since)
        return (now if since is None else _EPOCH + since * _MICROSECOND) - _MICROSECOND
