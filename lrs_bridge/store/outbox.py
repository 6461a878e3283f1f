"""Alerts decided and messages to send. Announced in one transaction with what was told; sent outside of any."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.alerts import Announced
from lrs_bridge.learning.mappings import Recipient
from lrs_bridge.moments import format_instant
from lrs_bridge.store import news as waiting
from lrs_bridge.store.alert_tables import (
    alert_decisions,
    alerts,
    announced,
    area_summaries,
    deliveries,
    delivery_alerts,
)
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many, upsert
from lrs_bridge.store.schema import learners

_DELIVERIES = uuid.UUID("8f1fd2a6-2f6a-5f5e-8a0c-3e8a6c1d7b55")


def announced_to(session: Session, numbers: Sequence[int]) -> dict[tuple[int, str], Announced]:
    """(learner, area) → what its Board last heard."""
    found = session.execute(sa.select(announced).where(announced.c.learner_id.in_(numbers)))
    return {(row.learner_id, row.area): Announced(row.eligible, row.revision, row.state) for row in found}


def tell(session: Session, told: Mapping[tuple[int, str], Announced], now: datetime) -> None:
    """Keeps what the Boards know now, by learner and area."""
    rows = [
        {
            "learner_id": learner,
            "area": area,
            "eligible": one.eligible,
            "revision": one.revision,
            "state": one.state,
            "at": now,
        }
        for (learner, area), one in told.items()
    ]
    if rows:
        session.execute(upsert(session, announced, key=("learner_id", "area")), rows)


def announce(
    session: Session,
    found: Sequence[waiting.News],
    recipients: Mapping[str, Sequence[Recipient]],
    *,
    now: datetime,
    digest_at: datetime,
) -> None:
    """Keeps the alerts, what was announced by them, and one delivery per recipient of the area, for what nobody dropped; a
    daily digest takes its alerts along at `digest_at`. The news is told then, and forgotten."""
    if not found:
        return
    rows = [
        {
            "id": one.alert.id,
            "learner_id": one.alert.learner,
            "area": one.alert.area,
            "kind": one.alert.kind,
            "body": json.dumps(waiting.body_of(one.alert)),
            "decided_at": now,
            "cause": one.cause,
            "decision_id": one.decision_id,
        }
        for one in found
    ]
    insert_many(session, alerts, rows)
    tell(session, {one.key: one.told for one in found}, now)
    waiting.forget(session, [one.key for one in found])
    messages, carried = [], []
    for area, those in recipients.items():
        ids = [one.alert.id for one in found if one.alert.area == area and one.decision != "drop"]
        for recipient in those if ids else ():
            if recipient.digest == "daily":
                digest = _digest(session, area, recipient, digest_at)
                carried += [{"delivery_id": digest, "alert_id": number} for number in ids]
                continue
            for number in ids:
                messages.append(_message(area, recipient, str(number), now))
                carried.append({"delivery_id": messages[-1]["id"], "alert_id": number})
    if messages:
        insert_many(session, deliveries, messages)
    if carried:
        insert_many(session, delivery_alerts, carried)


def summarise(session: Session, area: str, recipients: Sequence[Recipient], now: datetime) -> None:
    """One message to each recipient that tells how many, and names nobody."""
    rows = [
        _message(area, recipient, "summary", now) | {"is_digest": False, "is_summary": True}
        for recipient in recipients
    ]
    insert_many(session, deliveries, rows)


def _message(area: str, recipient: Recipient, about: str, due: datetime) -> dict[str, Any]:
    """A row of `deliveries`. Its id follows from recipient, area and what it is about."""
    name = f"{recipient.channel}/{recipient.address}/{area}/{about}"
    return {
        "id": uuid.uuid5(_DELIVERIES, name),
        "channel": recipient.channel,
        "address": recipient.address,
        "area": area,
        "secret_variable": recipient.secret_variable,
        "is_digest": recipient.digest == "daily",
        "state": "waiting",
        "due_at": due,
        "claimed_until": None,
        "tries": 0,
        "last_error": "",
        "sent_at": None,
        "is_summary": False,
    }


def _digest(session: Session, area: str, recipient: Recipient, due: datetime) -> uuid.UUID:
    """The digest of that moment, or of the first day after it whose digest nobody has tried to send yet."""
    while True:
        row = _message(area, recipient, format_instant(due), due)
        number: uuid.UUID = row["id"]
        held = session.execute(
            sa.select(deliveries).where(deliveries.c.id == number).with_for_update()
        ).one_or_none()
        if held is None:
            session.execute(sa.insert(deliveries).values(row))
            return number
        if (
            held.state == "waiting"
            and held.claimed_until is None
            and not (held.tries or held.last_error or held.sent_at)
        ):
            return number
        due += timedelta(days=1)  # that one is on its way already


@dataclass(frozen=True, slots=True)
class News:
    """One alert as a message tells it."""

    id: uuid.UUID
    learner: int
    name: str
    area: str
    kind: str
    decided_at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """What was true in an area before its Board's start date: how many of each kind of alert."""

    start: datetime
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message claimed for sending. `id` was minted once and is the same at every try; a summary tells no `news`."""

    id: uuid.UUID
    channel: str
    address: str
    area: str
    secret_variable: str
    is_digest: bool
    tries: int
    news: tuple[News, ...]
    summary: Summary | None = None


def claim_next(session: Session, *, now: datetime, for_seconds: int) -> uuid.UUID | None:
    """Claims the message that is due longest and that nobody holds; None if there is none. A claim lapses, so a killed
    sender loses nothing."""
    claim = timedelta(seconds=for_seconds)
    free = sa.or_(
        deliveries.c.claimed_until.is_(None),
        deliveries.c.claimed_until <= now,
        deliveries.c.claimed_until > now + 2 * claim,  # made before the clock went backwards
    )
    found = sa.select(deliveries.c.id).where(
        deliveries.c.state == "waiting", deliveries.c.due_at <= now, free
    )
    number: uuid.UUID | None = session.scalar(
        found.order_by(deliveries.c.due_at).limit(1).with_for_update(skip_locked=True)
    )
    if number is not None:
        session.execute(
            sa.update(deliveries).where(deliveries.c.id == number).values(claimed_until=now + claim)
        )
    return number


def load(session: Session, number: uuid.UUID) -> Delivery:
    row = session.execute(sa.select(deliveries).where(deliveries.c.id == number)).one()
    found = (
        sa.select(alerts, learners.c.name)
        .join(delivery_alerts, delivery_alerts.c.alert_id == alerts.c.id)
        .join(learners, learners.c.id == alerts.c.learner_id)
        .where(delivery_alerts.c.delivery_id == number)
        .order_by(alerts.c.decided_at, alerts.c.id)
    )
    news = tuple(
        News(one.id, one.learner_id, one.name, one.area, one.kind, one.decided_at, json.loads(one.body))
        for one in session.execute(found)
    )
    summary = _summary(session, row.area) if row.is_summary else None
    return Delivery(
        row.id,
        row.channel,
        row.address,
        row.area,
        row.secret_variable,
        row.is_digest,
        row.tries,
        news,
        summary,
    )


def _summary(session: Session, area: str) -> Summary:
    row = session.execute(sa.select(area_summaries).where(area_summaries.c.area == area)).one()
    return Summary(row.start, json.loads(row.counts))


def mark_sent(session: Session, number: uuid.UUID, now: datetime) -> None:
    values = {
        "state": "sent",
        "sent_at": now,
        "claimed_until": None,
        "tries": deliveries.c.tries + 1,
        "last_error": "",
    }
    session.execute(sa.update(deliveries).where(deliveries.c.id == number).values(values))


def mark_failed(
    session: Session, number: uuid.UUID, reason: str, *, retry_at: datetime | None, counts: bool = True
) -> None:
    """After a failed try: waiting again until `retry_at`, or failed for good where that is None. `counts`: whether it is
    one of the tries that a message has."""
    values: dict[str, Any] = {"claimed_until": None, "last_error": reason[:2000]}
    if counts:
        values["tries"] = deliveries.c.tries + 1
    values |= {"due_at": retry_at} if retry_at else {"state": "failed"}
    session.execute(sa.update(deliveries).where(deliveries.c.id == number).values(values))


def summary(session: Session) -> dict[str, Any]:
    """Messages by state, and the reasons of those that failed or wait to be tried again."""
    states = counts(session)
    trouble = sa.select(deliveries).where(deliveries.c.last_error != "", deliveries.c.state != "sent")
    failures = [
        {
            "id": str(row.id),
            "to": row.address,
            "area": row.area,
            "state": row.state,
            "tries": row.tries,
            "reason": row.last_error,
            "next_try": format_instant(row.due_at) if row.state == "waiting" else None,
        }
        for row in session.execute(trouble.order_by(deliveries.c.due_at.desc()).limit(20))
    ]
    return {
        "waiting": states.get("waiting", 0),
        "sent": states.get("sent", 0),
        "failed": states.get("failed", 0),
        "failures": failures,
    }


def purge_sent(session: Session, before: datetime) -> int:
    """Forgets messages sent before then; the alerts stay. Returns how many."""
    old = sa.select(deliveries.c.id).where(deliveries.c.state == "sent", deliveries.c.sent_at < before)
    session.execute(sa.delete(delivery_alerts).where(delivery_alerts.c.delivery_id.in_(old)))
    return session.execute(sa.delete(deliveries).where(deliveries.c.id.in_(old))).rowcount


# --- sending again ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """A message, whatever became of it."""

    id: uuid.UUID
    area: str
    address: str
    state: str


def counts(session: Session) -> dict[str, int]:
    """How many messages are in each state."""
    found = session.execute(sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state))
    return {row[0]: row[1] for row in found}


def messages_of(session: Session, number: uuid.UUID) -> list[Message]:
    """The message with this id, or those that carry the alert with it."""
    carrying = sa.select(delivery_alerts.c.delivery_id).where(delivery_alerts.c.alert_id == number)
    return _messages(session, sa.or_(deliveries.c.id == number, deliveries.c.id.in_(carrying)))


def failed_messages(session: Session) -> list[Message]:
    return _messages(session, deliveries.c.state == "failed")


def _messages(session: Session, condition: sa.ColumnElement[bool]) -> list[Message]:
    found = sa.select(deliveries).where(condition).order_by(deliveries.c.due_at, deliveries.c.id)
    return [Message(row.id, row.area, row.address, row.state) for row in session.execute(found)]


def why_unsent(session: Session, number: uuid.UUID) -> str | None:
    """Why an alert has no message: "drop", or "" where it was sent long ago and forgotten. None: there is no such alert."""
    found = sa.select(alerts.c.id, alert_decisions.c.decision).select_from(
        alerts.outerjoin(alert_decisions, alert_decisions.c.id == alerts.c.decision_id)
    )
    row = session.execute(found.where(alerts.c.id == number)).one_or_none()
    return None if row is None else ("drop" if row.decision == "drop" else "")


def send_again(session: Session, numbers: Sequence[uuid.UUID], now: datetime) -> None:
    """Makes these messages due, with all their tries, under the ids that they have. `last_error` and `sent_at` stay until
    the next try, so that no digest takes more news into a message that somebody may have had."""
    values = {"state": "waiting", "due_at": now, "claimed_until": None, "tries": 0}
    for number in numbers:
        session.execute(sa.update(deliveries).where(deliveries.c.id == number).values(values))


# --- lists -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as a list shows it. `kinds`: of the alerts that it carries, how many of each."""

    id: uuid.UUID
    area: str
    address: str
    state: str
    tries: int
    due_at: datetime
    sent_at: datetime | None
    last_error: str
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class Carried:
    """Whom an alert is about, and at which organisation."""

    learner: int
    name: str
    organisation: str


def messages_page(
    session: Session, *, area: str = "", state: str = "", after: uuid.UUID | None, limit: int
) -> list[Listed]:
    """So many messages of an area, or in a state, the latest due first, from behind the message `after` on."""
    order = sa.tuple_(deliveries.c.due_at, deliveries.c.id)
    found = sa.select(deliveries)
    for column, value in ((deliveries.c.area, area), (deliveries.c.state, state)):
        found = found.where(column == value) if value else found
    if after is not None:
        place = sa.select(deliveries.c.due_at).where(deliveries.c.id == after)
        due = session.scalar(place.where(deliveries.c.area == area) if area else place)
        if due is not None:
            found = found.where(
                order < sa.tuple_(sa.literal(due, deliveries.c.due_at.type), sa.literal(after, sa.Uuid()))
            )
    rows = session.execute(
        found.order_by(deliveries.c.due_at.desc(), deliveries.c.id.desc()).limit(limit)
    ).all()
    kinds: dict[uuid.UUID, dict[str, int]] = {}
    counted = (
        sa.select(delivery_alerts.c.delivery_id, alerts.c.kind, sa.func.count().label("number"))
        .join(alerts, alerts.c.id == delivery_alerts.c.alert_id)
        .where(delivery_alerts.c.delivery_id.in_([row.id for row in rows]))
        .group_by(delivery_alerts.c.delivery_id, alerts.c.kind)
        .order_by(alerts.c.kind)
    )
    for row in session.execute(counted):
        kinds.setdefault(row.delivery_id, {})[row.kind] = row.number
    return [
        Listed(
            row.id,
            row.area,
            row.address,
            row.state,
            row.tries,
            row.due_at,
            row.sent_at,
            row.last_error,
            kinds.get(row.id, {}),
        )
        for row in rows
    ]


def carried(session: Session, messages: Sequence[uuid.UUID], most: int) -> dict[uuid.UUID, list[Carried]]:
    """Message → whom the alerts that it carries are about; of each message so many, the first decided first."""
    order = (alerts.c.decided_at, alerts.c.id)
    place = sa.func.row_number().over(partition_by=delivery_alerts.c.delivery_id, order_by=order)
    found = (
        sa.select(
            delivery_alerts.c.delivery_id,
            alerts.c.learner_id,
            alerts.c.body,
            learners.c.name,
            place.label("place"),
        )
        .join(alerts, alerts.c.id == delivery_alerts.c.alert_id)
        .join(learners, learners.c.id == alerts.c.learner_id)
        .where(delivery_alerts.c.delivery_id.in_(messages))
        .subquery()
    )
    told: dict[uuid.UUID, list[Carried]] = {}
    for row in session.execute(
        sa.select(found).where(found.c.place <= most).order_by(found.c.delivery_id, found.c.place)
    ):
        organisation = json.loads(row.body).get("organisation") or ""
        told.setdefault(row.delivery_id, []).append(Carried(row.learner_id, row.name, organisation))
    return told
