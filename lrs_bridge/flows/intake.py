"""Statements of many requests at once, in few transactions: while one transaction is on its way to the disk, those that
come meanwhile gather for the next. Nobody waits for company: a request that comes alone is written alone, at once."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict, deque
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

import msgspec

from lrs_bridge.errors import Unavailable
from lrs_bridge.flows import credentials
from lrs_bridge.flows.receive import Delivery, Incoming, accept_together, are_plain, new_statements
from lrs_bridge.moments import Clock
from lrs_bridge.store import receiving, references
from lrs_bridge.store.activities import Definition
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.lane import Lane

log = logging.getLogger(__name__)

_STATEMENTS_TOGETHER = 500
_DEFINITIONS_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 500  # characters of an activity's id


class Intake:
    """Of one process; its methods may be called by any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._mutex = threading.Lock()
        self._waiting: deque[_Request] = deque()
        self._is_writing = False
        self._lane = Lane(database, clock) if database.engine.dialect.name == "postgresql" else None
        self._definitions = _Remembered(_DEFINITIONS_REMEMBERED)

    def store(self, incoming: Sequence[Incoming], sender: Client) -> list[uuid.UUID]:
        """`receive.accept` in a transaction that is committed when it returns. Raises as that does, and Unauthorised where
        the credential was revoked since it was checked."""
        request = _Request(incoming, sender, self._definitions)
        if any(one.contents for one in incoming):
            self._write([request])  # attachments may be large, and nobody is to wait for them
        else:
            self._write_in_turn(request)
        if request.refused is not None:
            raise request.refused
        return [one.id for one in incoming]

    def _write_in_turn(self, request: _Request) -> None:
        with self._mutex:
            self._waiting.append(request)
            writes = not self._is_writing
            self._is_writing = True
        if not writes:
            writes = request.wait()
        if writes:
            self._write_next()

    def _write_next(self) -> None:
        """Writes the requests that have waited longest, and hands on to one that waits."""
        with self._mutex:
            group = self._next_group()
            another_follows = bool(self._waiting)
        try:
            if not self._write_quickly(group, another_follows):
                self._write(group)
        finally:
            with self._mutex:
                if self._waiting:
                    self._waiting[0].take_over()
                else:
                    self._is_writing = False
            for request in group:
                request.finish()

    def _next_group(self) -> list[_Request]:
        """One request, however large, and others while they are few together and no id stands in two."""
        group = [self._waiting.popleft()]
        ids = group[0].ids
        while self._waiting:
            more = self._waiting[0].ids
            if len(ids) + len(more) > _STATEMENTS_TOGETHER or not ids.isdisjoint(more):
                break
            ids = ids | more
            group.append(self._waiting.popleft())
        return group

    def _write(self, group: list[_Request]) -> None:
        try:
            deliveries = [request.delivery for request in group]
            self._database.write(lambda session: self._store(session, deliveries))
        except Exception as refused:  # noqa: BLE001  # handed to the request it belongs to
            if len(group) == 1 or isinstance(refused, Unavailable):
                for request in group:
                    request.refused = refused
            else:  # One of them is to be refused, and the others are not to suffer for it.
                for request in group:
                    self._write([request])
            return
        for request in group:
            request.refused = None
            self._definitions.add(request.learnt)

    def _write_quickly(self, group: list[_Request], another_follows: bool) -> bool:
        """Whether it did."""
        if self._lane is None:
            return False
        deliveries = [request.delivery for request in group]
        if not are_plain(deliveries):
            self._lane.rest()
            return False
        senders = {delivery.sender.id for delivery in deliveries}
        awaited = self._lane.store(
            lambda now: new_statements(deliveries, now), senders, another_follows=another_follows
        )
        if awaited is None:
            return False
        for request in group:
            request.refused = None
        if awaited:
            self._complete(awaited)
        return True

    def _complete(self, awaited: Collection[uuid.UUID]) -> None:
        """They are stored, whatever becomes of this: what fails here is made up for when they are matched."""
        try:
            self._database.write(lambda session: references.complete(session, awaited))
        except Exception:
            log.exception("what refers to statements that came later is not found by them yet")

    def _store(self, session: Session, deliveries: Sequence[Delivery]) -> None:
        now = receiving.stamp(session, self._clock)
        credentials.hold_live(session, {delivery.sender.id for delivery in deliveries}, now)
        accept_together(session, deliveries, now)


class _Request:
    """A thread's own, until the thread that writes is done with it. `refused`: what to raise."""

    def __init__(self, incoming: Sequence[Incoming], sender: Client, known: _Remembered) -> None:
        self.delivery = Delivery(incoming, sender, is_known=self._is_known)
        self.learnt: dict[str, bytes] = {}
        self._may_define = sender.may("define")
        self._known = known
        self.ids = frozenset(one.id for one in incoming)
        self.refused: Exception | None = Unavailable("The statements were not written. Send them again.")
        self._woken = threading.Event()
        self._writes = False

    def _is_known(self, activity: str, definition: Definition) -> bool:
        """Whether taking it over would change nothing, as far as is remembered."""
        last = self._known.last(activity)
        if last is not None and not self._may_define:
            return True
        digest = _digest(definition) if self._may_define else _SOME
        if last == digest:
            return True
        if len(activity) <= _LONGEST_REMEMBERED:
            self.learnt[activity] = digest
        return False

    def wait(self) -> bool:
        """Until it is written, or its thread is to write: which of the two."""
        self._woken.wait()
        return self._writes

    def take_over(self) -> None:
        self._writes = True
        self._woken.set()

    def finish(self) -> None:
        self._woken.set()


_SOME = b""
"""In the place of the digest of a definition: that of this activity there is one, whichever."""


class _Remembered:
    """Of activities that came not long ago, the definition last taken over, so that the same again costs no question to the
    database."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._mutex = threading.Lock()
        self._last: OrderedDict[str, bytes] = OrderedDict()

    def last(self, activity: str) -> bytes | None:
        return self._last.get(activity)

    def add(self, learnt: Mapping[str, bytes]) -> None:
        if learnt:
            with self._mutex:
                self._last.update(learnt)
                while len(self._last) > self._most:
                    self._last.popitem(last=False)


def _digest(definition: Definition) -> bytes:
    return blake2b(msgspec.json.encode(definition), digest_size=16).digest()
