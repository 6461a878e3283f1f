"""Records kept by hand become statements of the bridge's own and go through the one door."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import tincan

from lrs_bridge.flows import receive
from lrs_bridge.learning.by_hand import RECORD, VERBS, activity_id
from lrs_bridge.learning.matching import Kind
from lrs_bridge.moments import format_instant
from lrs_bridge.store import clients
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import as_actor, parse_identifier
from lrs_bridge.xapi.equivalence import fingerprint

_RECORDS = uuid.UUID("5c6f0f0a-6f0e-5b52-9d43-6f6d7c0a7d21")
_SPOKEN: dict[str, str] = {"attestation": "attested", "membership": "joined"}

Outcome = Literal["new", "same", "corrected"]


@dataclass(frozen=True, slots=True)
class Record:
    """One thing to keep: `learner` and `by` are canonical identifiers; `subject` tells records of one day apart."""

    kind: Kind
    key: str
    learner: str
    name: str
    happened: datetime
    subject: str
    by: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def statement_of(record: Record, revision: int) -> dict[str, Any]:
    """The xAPI statement that says this. Its id follows from person, kind, subject, day and revision, so that the same
    record is the same statement."""
    natural = f"{record.kind}/{record.key}/{record.learner}/{record.subject}/{format_instant(record.happened)}/{revision}"
    detail = {name: value for name, value in record.detail.items() if value not in (None, "")}
    statement = tincan.Statement(
        id=str(uuid.uuid5(_RECORDS, natural)),
        actor={
            **as_actor(parse_identifier(record.learner)),
            **({"name": record.name} if record.name else {}),
        },
        verb={"id": VERBS[record.kind], "display": {"en": _SPOKEN[record.kind]}},
        object={
            "objectType": "Activity",
            "id": activity_id(record.kind, record.key),
            "definition": {"name": {"en": record.key.replace("_", " ")}},
        },
        context={
            "extensions": {RECORD: detail},
            **({"instructor": as_actor(parse_identifier(record.by))} if record.by else {}),
        },
        timestamp=record.happened,
    )
    written: dict[str, Any] = json.loads(statement.to_json())
    return written


def keep(session: Session, record: Record, *, public_url: str, who: str, now: datetime) -> Outcome:
    """Keeps a record. The same again changes nothing; one that differs for the same person, subject and day voids the
    earlier statement and stands as the next revision."""
    sender = clients.own(session, public_url=public_url, who=who, now=now)
    revision = 0
    replaced = None
    while True:
        statement = statement_of(record, revision)
        number = uuid.UUID(statement["id"])
        live = records.by_id(session, number, voided=False)
        if live is not None and fingerprint(json.loads(live.body)) == fingerprint(statement):
            return "same"
        if live is not None:
            replaced = number
        if live is None and records.by_id(session, number, voided=True) is None:
            break
        revision += 1
    if replaced is not None:
        _send(session, voiding_statement(replaced, public_url, who), sender, now)
    _send(session, statement, sender, now)
    return "corrected" if replaced else "new"


def voiding_statement(target: uuid.UUID, public_url: str, who: str) -> dict[str, Any]:
    """A voiding statement (Data 2.3.2) by an account of the bridge."""
    statement = tincan.Statement(
        id=str(uuid.uuid5(_RECORDS, f"void/{target}")),
        actor={"objectType": "Agent", "account": {"homePage": public_url, "name": who}},
        verb={"id": "http://adlnet.gov/expapi/verbs/voided", "display": {"en": "voided"}},
        object={"objectType": "StatementRef", "id": str(target)},
    )
    written: dict[str, Any] = json.loads(statement.to_json())
    return written


def _send(session: Session, statement: dict[str, Any], sender: clients.Client, now: datetime) -> None:
    body = json.dumps(statement, ensure_ascii=False).encode()
    receive.accept(session, receive.examine(body, "1.0.3"), sender, now)
