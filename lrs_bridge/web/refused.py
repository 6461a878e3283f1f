"""Which answers are refusals that whoever runs the service should see, and keeping them: after the answer is out, in a
transaction of its own, so that nothing here delays or changes an answer."""

from __future__ import annotations

import dataclasses
import logging
import threading
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, request

from lrs_bridge.errors import Unavailable
from lrs_bridge.flows import refused as refused_flow
from lrs_bridge.settings import Settings
from lrs_bridge.store import refused
from lrs_bridge.store.database import Database
from lrs_bridge.web import here, problems, xapi

log = logging.getLogger(__name__)

_WINDOW = timedelta(seconds=1)
_WRITES_IN_A_WINDOW = 10
_MOST_WAITING = 200
_PAUSE = timedelta(seconds=30)


class Keeper:
    """Writes refusals, at most ten times a second; what comes faster is added up and written a second later. While the database is
    away they are let go: they stand in the log."""

    def __init__(self, database: Database, most: int) -> None:
        self._database, self._most = database, most
        self._lock = threading.Lock()
        self._waiting: dict[bytes, refused.Refusal] = {}
        self._window: datetime | None = None
        self._written = 0
        self._not_before: datetime | None = None
        self._timer: threading.Timer | None = None

    def keep(self, one: refused.Refusal) -> None:
        with self._lock:
            if self._is_away(one.at):
                return
            before = self._waiting.get(one.digest)
            if before is not None:
                one = dataclasses.replace(one, times=before.times + 1)
            elif len(self._waiting) >= _MOST_WAITING:
                return
            self._waiting[one.digest] = one
            if not self._may_write(one.at):
                self._write_later()
                return
        self._write()

    def _write(self) -> None:
        with self._lock:
            together = list(self._waiting.values())
            self._waiting.clear()
        if not together:
            return
        try:
            self._database.write(lambda session: refused.keep(session, together, self._most))
        except Exception as wrong:
            if isinstance(wrong, Unavailable):
                log.warning("refused requests could not be kept: %s", wrong)
            else:
                log.exception("refused requests could not be kept")
            self._not_before = together[-1].at + _PAUSE

    def _write_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(_WINDOW.total_seconds(), self._write_waiting)
            self._timer.daemon = True
            self._timer.start()

    def _write_waiting(self) -> None:
        with self._lock:
            self._timer = None
        self._write()

    def _is_away(self, now: datetime) -> bool:
        return self._not_before is not None and self._not_before - _PAUSE <= now < self._not_before

    def _may_write(self, now: datetime) -> bool:
        if self._window is None or not self._window <= now < self._window + _WINDOW:
            self._window, self._written = now, 0
        self._written += 1
        return self._written <= _WRITES_IN_A_WINDOW


def attach(app: Flask, database: Database, settings: Settings) -> None:
    app.extensions["lrs_bridge.refused"] = Keeper(database, settings.refused_kept)
    app.after_request(_note)


def _note(answer: Response) -> Response:
    if _is_to_be_kept(answer.status_code):
        keeper: Keeper = current_app.extensions["lrs_bridge.refused"]
        try:
            one = _refusal(answer)
        except Exception:  # the answer stands, whatever is wrong here
            log.exception("a refused request could not be described")
            return answer
        answer.call_on_close(lambda: keeper.keep(one))
    return answer


def _refusal(answer: Response) -> refused.Refusal:
    client = g.get("client")
    return refused_flow.refusal(
        at=here.now(),
        client_id=client.id if client else None,
        method=request.method,
        path=request.path,
        parameters=sorted(request.args),
        status=answer.status_code,
        title=g.get("refused_because", answer.status),
        problems=g.get("refused_problems", ()),
        body=g.get("sent", b""),
    )


def _is_to_be_kept(status: int) -> bool:
    if not 400 <= status < 500:
        return False
    if problems.is_of_read_api(request.path):
        return status in (401, 403, 429)
    if not xapi.is_under(request.path):
        return False
    if status == 404:  # asking for what isn't there is how content finds out that it begins anew
        return request.url_rule is None or request.method not in ("GET", "HEAD")
    if status in (409, 412):  # documents: two wrote at once, and the second looks again
        return request.path == f"{xapi.PREFIX}/statements"
    return True
