"""Sends what the outbox holds: claim, commit, send, commit. A claim lapses, so a killed sender loses nothing; the id was
minted once, so what was sent twice is known as one."""

from __future__ import annotations

import json
import logging
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from lrs_bridge.connectors import DeliveryFailed, mail, webhooks
from lrs_bridge.errors import BadInput
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.letters import NotSetUp, hand_in, render
from lrs_bridge.flows.wording import WORDS, counted, sentence
from lrs_bridge.learning.eligibility import POST
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Clock, format_instant
from lrs_bridge.settings import Settings
from lrs_bridge.store import outbox
from lrs_bridge.store.database import Database

log = logging.getLogger(__name__)

CLAIM_SECONDS = 300
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=12)

_LOOK_AGAIN = timedelta(minutes=5)


@dataclass
class Sent:
    """How many messages one run sent, and how many failed (now or for good)."""

    sent: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.failed} failed"


def deliver(
    database: Database, settings: Settings, clock: Clock, environ: Mapping[str, str] = os.environ
) -> Sent:
    """Sends everything that is due, each message apart."""
    done = Sent()
    while True:
        number = database.write(
            lambda session: outbox.claim_next(session, now=clock(), for_seconds=CLAIM_SECONDS)
        )
        if number is None:
            return done
        delivery = database.read(partial(outbox.load, number=number))
        mappings = database.read(lambda session: mapping_flow.in_force(session, settings.calendar))
        failure = _try(delivery, mappings, settings, clock(), environ)
        if failure is None:
            done.sent += 1
            database.write(partial(outbox.mark_sent, number=number, now=clock()))
            continue
        done.failed += 1
        log.warning("message %s to %s was not sent: %s", number, delivery.address, failure)
        mark = partial(
            outbox.mark_failed,
            number=number,
            reason=str(failure),
            retry_at=next_try(delivery.tries, failure, settings, clock()),
            counts=not isinstance(failure, NotSetUp),
        )
        database.write(mark)


def _try(
    delivery: outbox.Delivery,
    mappings: Mappings,
    settings: Settings,
    now: datetime,
    environ: Mapping[str, str],
) -> DeliveryFailed | None:
    try:
        if delivery.channel == "email":
            _mail(delivery, mappings, settings, now)
        else:
            _post(delivery, settings, now, environ)
    except DeliveryFailed as failure:
        return failure
    except BadInput as wrong:
        return DeliveryFailed(str(wrong), permanent=True)
    except Exception as wrong:
        log.exception("message %s could not be made", delivery.id)
        return DeliveryFailed(f"{type(wrong).__name__}: {wrong}", permanent=False)
    return None


def next_try(tries: int, failure: DeliveryFailed, settings: Settings, now: datetime) -> datetime | None:
    """When to try again after that many tries before this one; None after the last, or where another can't help."""
    if isinstance(failure, NotSetUp):
        return now + _LOOK_AGAIN
    if failure.permanent or tries + 1 >= settings.delivery_tries:
        return None
    wait: timedelta = min(_FIRST_WAIT * 4 ** min(tries, 6), _LONGEST_WAIT)
    wait *= random.uniform(0.8, 1.2)  # noqa: S311  # jitter, not a secret
    return now + max(wait, timedelta(seconds=failure.retry_after or 0))


def _mail(delivery: outbox.Delivery, mappings: Mappings, settings: Settings, now: datetime) -> None:
    about = described(delivery, mappings, settings)
    host = urlsplit(settings.public_url).hostname or "localhost"
    message = mail.compose(
        sender=settings.mailer,
        recipient=delivery.address,
        subject=" ".join(render("alert.subject.txt", about).split()),
        text=render("alert.txt", about),
        html=render("alert.html", about),
        message_id=f"<{delivery.id}@{host}>",
        sent_at=now,
    )
    hand_in(message, settings)


def _post(delivery: outbox.Delivery, settings: Settings, now: datetime, environ: Mapping[str, str]) -> None:
    secret = environ.get(delivery.secret_variable, "")
    if not secret:
        raise NotSetUp(f"the environment variable {delivery.secret_variable} holds no secret")
    body = json.dumps(payload(delivery, settings), ensure_ascii=False).encode()
    webhooks.post(delivery.address, body, secret=secret, delivery_id=str(delivery.id), sent_at=now)


def payload(delivery: outbox.Delivery, settings: Settings) -> dict[str, Any]:
    """The JSON that a webhook gets: `id` of the message, and its alerts, each with an id to tell repeats by. The one message
    of what was before a Board's start has `summary` in their place."""
    body: dict[str, Any] = {"id": str(delivery.id), "area": delivery.area, "from": settings.public_url}
    if delivery.summary is not None:
        body["summary"] = {
            "before": format_instant(delivery.summary.start),
            "number": sum(delivery.summary.counts.values()),
            "kinds": delivery.summary.counts,
        }
    body["alerts"] = [
        {
            "id": str(one.id),
            "kind": one.kind,
            "decided": format_instant(one.decided_at),
            "learner": {"number": one.learner, "name": one.name},
            "organisation": one.body["organisation"],
            "since": one.body["since"],
            "standards_met": one.body["met"],
            "standards_missing": one.body["lost"],
        }
        for one in delivery.news
    ]
    return body


def described(delivery: outbox.Delivery, mappings: Mappings, settings: Settings) -> dict[str, Any]:
    """What the e-mail templates are given: names of standards and areas in words, and little about the person."""
    area = mappings.areas.get(delivery.area)
    where = area.name if area else delivery.area
    champions = mappings.champions_of(delivery.area)
    names = {key: standard.name for key, standard in champions.standards.items()} if champions else {}
    names[POST] = "A current post in the area"
    kinds = dict.fromkeys(one.kind for one in delivery.news)
    return {
        "area": where,
        "board": area.board if area else "the Board",
        "is_digest": delivery.is_digest,
        "public_url": settings.public_url,
        "summary": _summary(delivery.summary, settings) if delivery.summary else None,
        "then": list(dict.fromkeys(WORDS[kind].then for kind in kinds if WORDS[kind].then)),
        "alerts": [
            {
                "id": one.id,
                "name": one.name or "A learner without a recorded name",
                "number": one.learner,
                "subject": WORDS[one.kind].subject,
                "sentence": sentence(one.kind, one.name, one.body, where),
                **{
                    part: [names.get(key, key) for key in one.body[part]]
                    if part in WORDS[one.kind].shows
                    else []
                    for part in ("met", "lost")
                },
                "day": _day(one.decided_at, settings),
            }
            for one in delivery.news
        ],
    }


def _summary(summary: outbox.Summary, settings: Settings) -> dict[str, Any]:
    number = sum(summary.counts.values())
    return {
        "day": _day(summary.start, settings),
        "number": "1 person" if number == 1 else f"{number} people",
        "lines": counted(summary.counts),
    }


def _day(moment: datetime, settings: Settings) -> str:
    return f"{settings.calendar.day_of(moment):%d %B %Y}"
