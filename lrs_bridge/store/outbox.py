"""Alerts decided and messages to send. Decided in the transaction that wrote the standing; sent outside of any."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.alerts import Alert, Announced
from lrs_bridge.learning.mappings import Recipient
from lrs_bridge.moments import format_instant
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import upsert
from lrs_bridge.store.schema import alerts, announced, deliveries, delivery_alerts, learners

_DELIVERIES = uuid.UUID("8f1fd2a6-2f6a-5f5e-8a0c-3e8a6c1d7b55")


def announced_to(session: Session, numbers: Sequence[int]) -> dict[tuple[int, str], Announced]:
    """(learner, area) → what its Board last heard."""
    found = session.execute(sa.select(announced).where(announced.c.learner_id.in_(numbers)))
    return {(row.learner_id, row.area): Announced(row.eligible, row.revision) for row in found}


def announce(
    session: Session,
    alert: Alert,
    told: Announced,
    recipients: Sequence[Recipient],
    *,
    now: datetime,
    digest_at: datetime,
) -> None:
    """Keeps the alert, what was announced by it, and one delivery per recipient; a daily digest takes it along at
    `digest_at`."""
    body = {
        "kind": alert.kind,
        "organisation": alert.organisation,
        "since": format_instant(alert.since) if alert.since else None,
        "met": list(alert.met),
        "lost": list(alert.lost),
    }
    session.execute(
        sa.insert(alerts).values(
            id=alert.id,
            learner_id=alert.learner,
            area=alert.area,
            kind=alert.kind,
            body=json.dumps(body),
            decided_at=now,
        )
    )
    row = {
        "learner_id": alert.learner,
        "area": alert.area,
        "eligible": told.eligible,
        "revision": told.revision,
        "at": now,
    }
    session.execute(upsert(session, announced, key=("learner_id", "area")), row)
    for recipient in recipients:
        delivery = _delivery(session, alert, recipient, now=now, digest_at=digest_at)
        session.execute(sa.insert(delivery_alerts).values(delivery_id=delivery, alert_id=alert.id))


def _delivery(
    session: Session, alert: Alert, recipient: Recipient, *, now: datetime, digest_at: datetime
) -> uuid.UUID:
    is_digest = recipient.digest == "daily"
    due = digest_at if is_digest else now
    name = f"{recipient.channel}/{recipient.address}/{alert.area}"
    number = uuid.uuid5(_DELIVERIES, f"{name}/{format_instant(due) if is_digest else alert.id}")
    while is_digest:
        held = session.execute(
            sa.select(deliveries).where(deliveries.c.id == number).with_for_update()
        ).one_or_none()
        if held is None:
            break
        if held.state == "waiting" and held.claimed_until is None and held.tries == 0:
            return number
        due += timedelta(days=1)  # that one is on its way already
        number = uuid.uuid5(_DELIVERIES, f"{name}/{format_instant(due)}")
    row = {
        "id": number,
        "channel": recipient.channel,
        "address": recipient.address,
        "area": alert.area,
        "secret_variable": recipient.secret_variable,
        "is_digest": is_digest,
        "state": "waiting",
        "due_at": due,
        "claimed_until": None,
        "tries": 0,
        "last_error": "",
        "sent_at": None,
    }
    session.execute(sa.insert(deliveries).values(row))
    return number


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
class Delivery:
    """A message claimed for sending. `id` was minted once and is the same at every try."""

    id: uuid.UUID
    channel: str
    address: str
    area: str
    secret_variable: str
    is_digest: bool
    tries: int
    news: tuple[News, ...]


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
    return Delivery(
        row.id, row.channel, row.address, row.area, row.secret_variable, row.is_digest, row.tries, news
    )


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
    counts = session.execute(sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state))
    states = {row[0]: row[1] for row in counts}
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
