"""The one door for statements: HTTP, imports, pages and pulls all come through `examine` and `accept`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.errors import BadInput, Conflict, Forbidden, Problem
from lrs_bridge.moments import parse_instant
from lrs_bridge.store import statements as records
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.equivalence import equivalent, fingerprint, voided_statement
from lrs_bridge.xapi.terms import Term, terms_of
from lrs_bridge.xapi.validity import problems_of, problems_of_batch
from lrs_bridge.xapi.versions import Version


@dataclass(frozen=True, slots=True)
class Incoming:
    """A valid statement, not yet stored. `id`: its own, or a new one; `happened`: its timestamp, if it has one."""

    id: uuid.UUID
    text: str
    version: str
    happened: datetime | None
    voids: uuid.UUID | None
    fingerprint: bytes
    terms: frozenset[Term]


def examine(body: bytes, version: Version, *, put_id: str | None = None) -> list[Incoming]:
    """The statements of a request body: one, or an array of them (Communication 2.1.1, 2.1.2).

    `put_id`: the statementId of a PUT, whose body is exactly one statement. Raises BadInput with every problem of every
    statement: paths begin with $[index] in an array.
    """
    batch = documents.split(body)
    problems: list[Problem] = []
    if put_id is not None and batch.was_array:
        problems.append(
            Problem(
                "$", "PUT takes one statement, not an array", "Communication 2.1.1", "use POST for several"
            )
        )
    values = [sent.value for sent in batch]
    problems += problems_of_batch(values, version) if batch.was_array else problems_of(values[0], version)
    if put_id is not None and not problems:
        said = values[0].get("id", put_id)
        if said.lower() != put_id.lower():
            problems.append(
                Problem(
                    "$.id",
                    f"is {said}, but statementId is {put_id}",
                    "Communication 2.1.1",
                    "make them equal",
                )
            )
    if problems:
        raise BadInput(
            "The request holds statements that the standard does not allow; none was stored.", problems
        )
    return [_incoming(sent, version, put_id) for sent in batch]


def _incoming(sent: documents.Sent, version: Version, put_id: str | None) -> Incoming:
    statement: dict[str, Any] = sent.value
    voids = voided_statement(statement)
    said = statement.get("id") or put_id
    return Incoming(
        id=uuid.UUID(said) if said else uuid.uuid4(),
        text=sent.text,
        version=statement.get("version") or version,
        happened=parse_instant(statement["timestamp"]) if "timestamp" in statement else None,
        voids=uuid.UUID(voids) if voids else None,
        fingerprint=fingerprint(statement),
        terms=terms_of(statement),
    )


def accept(
    session: Session, incoming: Sequence[Incoming], sender: Client, now: datetime, cause: str | None = None
) -> list[uuid.UUID]:
    """Stores all of them, with index entries, voids and pending rows, or none. Sent again is success and changes nothing.
    `cause`: the one act that brings them all, as an import; by default a sender's voids and what it sends belatedly.

    Raises Conflict where an id is held with other content (Communication 2.1.1), Forbidden where the sender may not write
    or would void another authority's statement (Data 2.3.2).
    """
    if not sender.may("statements/write"):
        raise Forbidden(f"The credential “{sender.name}” may not write statements (scope statements/write).")
    targets = [one.voids for one in incoming if one.voids]
    if targets and not sender.may("all"):
        others = records.voided_by_others(session, targets, sender.authority_id)
        if others:
            listed = ", ".join(map(str, others))
            raise Forbidden(
                f"Only their own authority, or a credential with the scope “all”, may void: {listed}"
            )
    new = [
        records.NewStatement(
            id=one.id,
            # a microsecond apart, so that the order of the request is the order of reading
            stored=(stored := now + timedelta(microseconds=place)),
            happened=one.happened or stored,
            client_id=sender.id,
            authority_id=sender.authority_id,
            version=one.version,
            voids=one.voids,
            may_void_any=sender.may("all"),
            fingerprint=one.fingerprint,
            body=one.text,
            terms=one.terms,
            cause=_late(one, sender, now) if cause is None else cause,
        )
        for place, one in enumerate(incoming)
    ]
    if new:
        held = records.add(session, new)
        differing = [one for one in incoming if one.id in held and held[one.id] != one.fingerprint]
        conflicting = _not_equivalent(session, differing)
        if conflicting:
            raise Conflict(f"Held already, with other content; nothing was stored: {', '.join(conflicting)}")
    return [one.id for one in incoming]


_BELATED = timedelta(days=2)


def _late(one: Incoming, sender: Client, now: datetime) -> str:
    """What one sender voids, or sends long after it happened, may come in masses: a clean-up, or a backfill."""
    if one.voids:
        return f"voids-by-{sender.id}"
    return f"backfill-by-{sender.id}" if one.happened and one.happened < now - _BELATED else ""


def _not_equivalent(session: Session, differing: Sequence[Incoming]) -> list[str]:
    """Of statements whose fingerprints differ from those held, the ids of those that are really other ones: a sender
    may give back the timestamp that was set here (Data 2.3.1)."""
    held = records.bodies(session, [one.id for one in differing])
    return [
        str(one.id)
        for one in differing
        if not equivalent(documents.parse(one.text.encode()), documents.parse(held[one.id].encode()))
    ]
