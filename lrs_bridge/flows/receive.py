"""The one door for statements: HTTP, imports, pages and pulls all come through `examine` and `accept`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count
from typing import Any, NamedTuple

from lrs_bridge.errors import BadInput, Conflict, Forbidden, Problem
from lrs_bridge.flows import attachments, limits
from lrs_bridge.moments import parse_instant
from lrs_bridge.store import activities, receiving, references
from lrs_bridge.store import statements as records
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents, quick
from lrs_bridge.xapi.equivalence import equivalent, voided_statement
from lrs_bridge.xapi.formats import definitions_in, shape_of
from lrs_bridge.xapi.terms import Term, referenced_statement, terms_of
from lrs_bridge.xapi.validity import problems_of, problems_of_batch
from lrs_bridge.xapi.versions import Version


class Incoming(NamedTuple):
    """A valid statement, not yet stored. `id`: its own, or a new one; `happened`: its timestamp, if it has one; `contents`:
    what came along for its attachments."""

    id: uuid.UUID
    text: str
    version: str
    happened: datetime | None
    voids: uuid.UUID | None
    refers_to: uuid.UUID | None
    fingerprint: bytes
    shape: int
    terms: frozenset[Term]
    definitions: Mapping[str, activities.Definition]
    contents: tuple[attachments.Content, ...] = ()


def _nothing_known(_activity: str, _definition: activities.Definition) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """The statements of one request and who sent them. `cause`: as in `accept`; `is_known`: of a definition of an activity,
    whether it has been taken over before."""

    incoming: Sequence[Incoming]
    sender: Client
    cause: str | None = None
    is_known: Callable[[str, activities.Definition], bool] = _nothing_known


def examine(
    body: bytes,
    version: Version,
    *,
    put_id: str | None = None,
    received: attachments.Received | None = None,
) -> list[Incoming]:
    """The statements of a request body: one, or an array of them (Communication 2.1.1, 2.1.2).

    `put_id`: the statementId of a PUT, whose body is exactly one statement; `received`: the multipart request that the body
    was the first part of, left open until the statements are accepted. Raises BadInput with every problem of every
    statement: paths begin with $[index] in an array.
    """
    if put_id is None and received is None and (valid := quick.valid(body, version)) is not None:
        return [_plainly_incoming(one, version) for one in valid]
    batch = attachments.split(body, received)
    problems: list[Problem] = []
    if put_id is not None and batch.was_array:
        problems.append(
            Problem(
                "$", "PUT takes one statement, not an array", "Communication 2.1.1", "use POST for several"
            )
        )
    values = [sent.value for sent in batch]
    problems += problems_of_batch(values, version) if batch.was_array else problems_of(values[0], version)
    problems += attachments.problems_of(batch, received)
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
    return [_incoming(sent, version, put_id, received) for sent in batch]


def _incoming(
    sent: documents.Sent, version: Version, put_id: str | None, received: attachments.Received | None
) -> Incoming:
    statement: dict[str, Any] = sent.value
    voids = voided_statement(statement)
    target = referenced_statement(statement)
    said = statement.get("id") or put_id
    return Incoming(
        id=uuid.UUID(said) if said else uuid.uuid4(),
        text=sent.text,
        version=statement.get("version") or version,
        happened=parse_instant(statement["timestamp"]) if "timestamp" in statement else None,
        voids=uuid.UUID(voids) if voids else None,
        refers_to=uuid.UUID(target) if target else None,
        fingerprint=_digest(sent.text),
        shape=shape_of(statement),
        terms=terms_of(statement),
        definitions=definitions_in(statement),
        contents=attachments.contents_of(statement, received),
    )


def _plainly_incoming(one: quick.Valid, version: Version) -> Incoming:
    """Of a statement that refers to no other and brings nothing along."""
    statement = one.value
    said = statement.get("id")
    return Incoming(
        id=uuid.UUID(said) if said else uuid.uuid4(),
        text=one.text,
        version=statement.get("version") or version,
        happened=parse_instant(statement["timestamp"]) if "timestamp" in statement else None,
        voids=None,
        refers_to=None,
        fingerprint=_digest(one.text),
        shape=one.shape,
        terms=one.terms,
        definitions=one.definitions,
    )


def _digest(text: str) -> bytes:
    """What is sent again is most often the same to the letter; whatever isn't is compared member by member."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def accept(
    session: Session, incoming: Sequence[Incoming], sender: Client, now: datetime, cause: str | None = None
) -> list[uuid.UUID]:
    """Stores all of them, with index entries, voids and pending rows, or none. Sent again is success and changes nothing.
    `now`: from `receiving.stamp`, in the same transaction; `cause`: the one act that brings them all, as an import; by
    default a sender's voids and what it sends belatedly.

    Raises Conflict where an id is held with other content (Communication 2.1.1), Forbidden where the sender may not write
    or would void another authority's statement (Data 2.3.2), or where what it sends is not of the launch it is held to.
    """
    accept_together(session, [Delivery(incoming, sender, cause)], now)
    return [one.id for one in incoming]


def accept_together(session: Session, deliveries: Sequence[Delivery], now: datetime) -> None:
    """What `accept` does, for several requests at once: all are stored, or it raises what one of them is refused for. No id
    may stand in two of them."""
    for delivery in deliveries:
        _admit(session, delivery.incoming, delivery.sender)
    new = new_statements(deliveries, now)
    if not new:
        return
    added = receiving.add(session, new)
    _refuse_others_content(session, deliveries, added.held)
    referring = [one.id for one in new if one.refers_to is not None and one.id in added.fresh]
    if referring or added.awaited:
        references.complete(session, {*referring, *added.awaited})
    came = [
        activities.Came(activity, definition, delivery.sender.may("define"))
        for delivery in deliveries
        for one in delivery.incoming
        for activity, definition in one.definitions.items()
        if not delivery.is_known(activity, definition)
    ]
    if came:
        activities.learn(session, came, now)
    attachments.keep(
        session,
        {
            added.fresh[one.id]: one.contents
            for delivery in deliveries
            for one in delivery.incoming
            if one.contents and one.id in added.fresh
        },
    )


def are_plain(deliveries: Sequence[Delivery]) -> bool:
    """Whether they bring statements that refer to no other, from those who may send them, and nothing else: they need no
    more than `new_statements` gives to be written."""
    return all(
        delivery.sender.may("statements/write")
        and not delivery.sender.launch
        and all(
            one.refers_to is None
            and not one.contents
            and all(delivery.is_known(*definition) for definition in one.definitions.items())
            for one in delivery.incoming
        )
        for delivery in deliveries
    )


def new_statements(deliveries: Sequence[Delivery], now: datetime) -> list[receiving.NewStatement]:
    """What is to be written of them, `stored` at `now` and a microsecond apart, so that the order of the requests is the order
    of reading."""
    moments = (now + timedelta(microseconds=place) for place in count())
    return [
        _new_statement(one, delivery, stored)
        for delivery in deliveries
        for one, stored in zip(delivery.incoming, moments, strict=False)
    ]


def _admit(session: Session, incoming: Sequence[Incoming], sender: Client) -> None:
    """Raises Forbidden where this sender may not store these."""
    if not sender.may("statements/write"):
        raise Forbidden(f"The credential “{sender.name}” may not write statements (scope statements/write).")
    limits.hold_statements(sender, (one.text for one in incoming))
    targets = [one.voids for one in incoming if one.voids]
    if targets and not sender.may("all"):
        others = records.voided_by_others(session, targets, sender.authority_id)
        if others:
            listed = ", ".join(map(str, others))
            raise Forbidden(
                f"Only their own authority, or a credential with the scope “all”, may void: {listed}"
            )


def _new_statement(one: Incoming, delivery: Delivery, stored: datetime) -> receiving.NewStatement:
    sender, cause = delivery.sender, delivery.cause
    return receiving.NewStatement(
        id=one.id,
        stored=stored,
        happened=one.happened or stored,
        client_id=sender.id,
        authority_id=sender.authority_id,
        version=one.version,
        voids=one.voids,
        refers_to=one.refers_to,
        may_void_any=sender.may("all"),
        fingerprint=one.fingerprint,
        shape=one.shape,
        body=one.text,
        terms=one.terms,
        cause=_late(one, sender, stored) if cause is None else cause,
    )


def _refuse_others_content(
    session: Session, deliveries: Sequence[Delivery], held: Mapping[uuid.UUID, bytes]
) -> None:
    """Raises Conflict where an id is held with other content, naming every such statement by its place in its request."""
    differing = [
        (f"$[{place}].id" if len(delivery.incoming) > 1 else "$.id", one)
        for delivery in deliveries
        for place, one in enumerate(delivery.incoming)
        if one.id in held and held[one.id] != one.fingerprint
    ]
    others = _not_equivalent(session, [one for _, one in differing])
    if others:
        refused = [(where, one.id) for where, one in differing if one.id in others]
        raise Conflict(
            f"Held already, with other content; nothing was stored: {', '.join(str(id_) for _, id_ in refused)}",
            [
                Problem(
                    where,
                    f"{id_} is held already, with other content",
                    "Communication 2.1.1",
                    "leave it out, or send what is another fact under another id",
                )
                for where, id_ in refused
            ],
        )


_BELATED = timedelta(days=2)


def _late(one: Incoming, sender: Client, now: datetime) -> str:
    """What one sender voids, or sends long after it happened, may come in masses: a clean-up, or a backfill."""
    if one.voids:
        return f"voids-by-{sender.id}"
    return f"backfill-by-{sender.id}" if one.happened and one.happened < now - _BELATED else ""


def _not_equivalent(session: Session, differing: Sequence[Incoming]) -> set[uuid.UUID]:
    """Of statements that are not to the letter those held, the ids of those that are really other ones (Data 2.3.1)."""
    held = records.bodies(session, [one.id for one in differing])
    return {
        one.id
        for one in differing
        if not equivalent(documents.parse(one.text.encode()), documents.parse(held[one.id].encode()))
    }
