"""Records kept by hand become statements of the bridge's own and go through the one door."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from lrs_bridge.errors import Conflict, NotFound
from lrs_bridge.flows import receive
from lrs_bridge.learning.by_hand import RECORD, SOURCE, VERBS, RecordKind, activity_id
from lrs_bridge.moments import Clock, format_instant
from lrs_bridge.store import clients, receiving
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import as_actor, identifier_of, parse_identifier
from lrs_bridge.xapi.equivalence import fingerprint
from lrs_bridge.xapi.validity import VOIDED

_RECORDS = uuid.UUID("5c6f0f0a-6f0e-5b52-9d43-6f6d7c0a7d21")

Word = Literal["new", "same", "corrected", "taken_back"]
BY = "by"
"""Stands among the details for who vouched, delivered or decided, though a statement has it as its instructor."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Who took a record back, when, and why."""

    who: str
    when: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a record came to. `statement`: the one that says it; `changes`: of one that was corrected, what differs: detail →
    (before, now), None where there is nothing, and `before`: all its details before; `taken_back`: of one that somebody took
    back, and that was not kept therefore."""

    word: Word
    statement: uuid.UUID
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    taken_back: TakenBack | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """Who keys records, when, and what their consequences are put down to. `again`: whether what somebody took back is kept
    anew; `clock`: by which they are `stored`, when the transaction that began after `now` comes to it."""

    public_url: str
    who: str
    now: datetime
    cause: str = ""
    again: bool = True
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One thing to keep: `learner` and `by` are canonical identifiers; `subject` tells records of one day apart; `word`
    chooses the verb (`learning.by_hand.VERBS`); `open`: the details (and BY) that are not said here, and stay as they are
    where the record is held already."""

    kind: RecordKind
    key: str
    word: str
    learner: str
    happened: datetime
    subject: str = ""
    by: str | None = None
    title: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    open: frozenset[str] = frozenset()


def statement_of(record: Record, revision: int) -> dict[str, Any]:
    """The xAPI statement that says this. Its id follows from person, kind, subject, day and revision, so that the same
    record is the same statement."""
    about = record.key if record.kind != "champion" else f"{record.key}/{record.word}"
    natural = f"{record.kind}/{about}/{record.learner}/{record.subject}/{format_instant(record.happened)}/{revision}"
    detail = {name: value for name, value in record.detail.items() if value not in (None, "", [])}
    context: dict[str, Any] = {"extensions": {RECORD: detail}}
    if record.by:
        context["instructor"] = as_actor(parse_identifier(record.by))
    return {
        "id": str(uuid.uuid5(_RECORDS, natural)),
        "actor": as_actor(parse_identifier(record.learner)),
        "verb": {"id": VERBS[record.kind][record.word], "display": {"en": record.word}},
        "object": {
            "objectType": "Activity",
            "id": activity_id(record.kind, record.key),
            "definition": {"name": {"en": record.title or record.key.replace("_", " ")}},
        },
        "timestamp": format_instant(record.happened),
        "context": context,
    }


@dataclass(slots=True)
class _Plan:
    """A record on its way to the revision under which it will be kept. `taken_back`: the statement by which somebody took
    back its newest revision."""

    record: Record
    again: bool
    revision: int = 0
    taken_back: uuid.UUID | None = None
    replaced: uuid.UUID | None = None
    word: Word | None = None
    before: dict[str, Any] | None = None
    statement: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> uuid.UUID:
        return uuid.UUID(self.statement["id"])

    def write(self) -> None:
        self.statement = statement_of(self.record, self.revision)
        if self.before is not None:
            _leave(self.statement["context"], self.before["context"], self.record.open)

    def differs(self, found: records.Held | None) -> bool:
        if found is None or found.voided:
            return False
        return fingerprint(documents.parse(found.body.encode())) != fingerprint(self.statement)

    def look_at(self, found: records.Held | None) -> None:
        """Decides by what is held under this revision's id, or goes on to the next revision."""
        if found is None:
            # A correction stands as the next revision at once: a voided one without a next was taken back.
            kept: Word = "corrected" if self.replaced else "new"
            self.word = "taken_back" if self.taken_back and not (self.replaced or self.again) else kept
        elif not found.voided and not self.differs(found):
            self.word = "same"
        else:
            self.replaced = self.replaced if found.voided else self.id
            self.taken_back = found.voided_by
            self.revision += 1

    def outcome(self, taken_back: Mapping[uuid.UUID, TakenBack]) -> Outcome:
        if self.word == "taken_back" and self.taken_back:
            return Outcome(self.word, self.id, taken_back=taken_back[self.taken_back])
        if self.word != "corrected" or self.before is None:
            return Outcome(self.word or "same", self.id)
        was, now = (_details(one["context"]) for one in (self.before, self.statement))
        names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        return Outcome(self.word, self.id, {name: (was.get(name), now.get(name)) for name in names}, was)


def _leave(context: dict[str, Any], before: Mapping[str, Any], open_: frozenset[str]) -> None:
    """Puts what is not said as it was."""
    detail, was = context["extensions"][RECORD], before.get("extensions", {}).get(RECORD, {})
    detail |= {name: was[name] for name in open_ & was.keys()}
    for name in open_ & detail.keys() - was.keys():
        del detail[name]
    if BY in open_ and "instructor" in before:
        context["instructor"] = before["instructor"]


def _details(context: Mapping[str, Any]) -> dict[str, Any]:
    details = dict(context.get("extensions", {}).get(RECORD, {}))
    vouched = identifier_of(context["instructor"]) if "instructor" in context else None
    return {**details, BY: str(vouched)} if vouched else details


def keep(session: Session, wanted: Sequence[Record], keeping: Keeping) -> list[Outcome]:
    """Keeps records together. The same again changes nothing; one that differs for the same person, subject and day voids
    the earlier statement and stands as the next revision; one that somebody took back stays so, unless `keeping.again`."""
    plans = [_Plan(record, keeping.again) for record in wanted]
    while undecided := [plan for plan in plans if plan.word is None]:
        _decide(session, undecided)
    first: dict[uuid.UUID, _Plan] = {}
    for plan in plans:
        if first.setdefault(plan.id, plan) is not plan:
            plan.word = "same"
    fresh = [plan for plan in first.values() if plan.word in ("new", "corrected")]
    voids = [_voiding(plan.replaced, keeping) for plan in fresh if plan.replaced]
    _send(session, [*voids, *(plan.statement for plan in fresh)], keeping)
    voiding = [plan.taken_back for plan in plans if plan.word == "taken_back" and plan.taken_back]
    told = {id_: taken_back(stored, body) for id_, (stored, body) in records.by_ids(session, voiding).items()}
    return [plan.outcome(told) for plan in plans]


def taken_back(stored: datetime, body: str) -> TakenBack:
    """Of a voiding statement of the bridge's own: when it was stored, and its text."""
    statement = documents.parse(body.encode())
    actor = statement["actor"]
    reason = statement.get("context", {}).get("extensions", {}).get(RECORD, {}).get("reason", "")
    return TakenBack(actor.get("account", actor).get("name") or "somebody", stored, reason)


def _decide(session: Session, plans: Sequence[_Plan]) -> None:
    for plan in plans:
        plan.write()
    held = records.held(session, [plan.id for plan in plans])
    differing = [plan for plan in plans if plan.differs(held.get(plan.id))]
    bodies = records.bodies(session, [plan.id for plan in differing])
    for plan in differing:
        plan.before = documents.parse(bodies[plan.id].encode())
        plan.write()
    for plan in plans:
        plan.look_at(held.get(plan.id))


def take_back(session: Session, target: uuid.UUID, reason: str, keeping: Keeping) -> None:
    """Voids a record that was kept by hand. Raises NotFound where there is none, Conflict where it isn't one."""
    held = records.held(session, [target]).get(target)
    if held is None:
        raise NotFound(f"There is no statement {target}.")
    if held.source != SOURCE:
        raise Conflict(f"The statement {target} was sent by a source; only its sender may void it.")
    if held.voided:
        raise Conflict(f"The statement {target} is voided already.")
    _send(session, [_voiding(target, keeping, reason)], keeping)


def _voiding(
    target: uuid.UUID, keeping: Keeping, reason: str = "corrected by the next revision"
) -> dict[str, Any]:
    """A voiding statement (Data 2.3.2) by an account of the bridge."""
    return {
        "id": str(uuid.uuid5(_RECORDS, f"void/{target}")),
        "actor": {"objectType": "Agent", "account": {"homePage": keeping.public_url, "name": keeping.who}},
        "verb": {"id": VOIDED, "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": str(target)},
        "context": {"extensions": {RECORD: {"reason": reason}}},
    }


def _send(session: Session, statements: Sequence[dict[str, Any]], keeping: Keeping) -> None:
    if not statements:
        return
    sender = clients.own(session, public_url=keeping.public_url, who=keeping.who, now=keeping.now)
    body = json.dumps(list(statements), ensure_ascii=False).encode()
    stored = receiving.stamp(session, keeping.clock) if keeping.clock else keeping.now
    receive.accept(session, receive.examine(body, "1.0.3"), sender, stored, keeping.cause)
