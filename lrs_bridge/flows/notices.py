"""Telling people by e-mail what has happened: a notice is kept with what it tells, and sent when that is committed."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from lrs_bridge.connectors import DeliveryFailed
from lrs_bridge.errors import BadInput, Undelivered
from lrs_bridge.flows.deliver import CLAIM_SECONDS, Sent, next_try
from lrs_bridge.flows.letters import NotSetUp, hand_in, letter, without_addresses
from lrs_bridge.learning.identity import folded
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import audit, identity, notices
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.notices import Notice
from lrs_bridge.store.people import Person

log = logging.getLogger(__name__)


def tell(
    session: Session, address: str, subject: str, template: str, about: dict[str, Any], now: datetime
) -> None:
    """Has an e-mail sent, from the templates of that name, once this transaction is committed. `about`: what JSON can hold."""
    notices.add(session, Notice(uuid.uuid4(), address, " ".join(subject.split()), template, about), now)


def own_addresses(
    session: Session, persons: Iterable[Person], rather: Collection[str] = ()
) -> dict[int, str]:
    """Learner → the first e-mail address that they are known by and that nobody else reads, one of `rather` (identifiers) before others;
    without those who have none."""
    mail = {
        person.learner: sorted(
            (text for text in person.identifiers if text.startswith("mailto:")),
            key=lambda text: text not in rather,
        )
        for person in persons
    }
    shared = identity.shared_mailboxes(
        session, {fold for texts in mail.values() for text in texts if (fold := folded(text))}
    )
    found = {
        learner: next((text for text in texts if folded(text) not in shared), "")
        for learner, texts in mail.items()
    }
    return {learner: text.removeprefix("mailto:") for learner, text in found.items() if text}


def reasons(session: Session, limit: int) -> list[tuple[str, int]]:
    """Why e-mails were not sent, and how many each, the most frequent first; without the addresses that mail servers repeat."""
    found: Counter[str] = Counter()
    for reason, number in notices.reasons(session, _REASONS_LOOKED_AT):
        found[without_addresses(reason)] += number
    return found.most_common(limit)


_REASONS_LOOKED_AT = 200


def again(session: Session, *, who: str, now: datetime) -> int:
    """Has those that were given up tried again. Returns how many."""
    number = notices.again(session, now)
    if number:
        audit.note(
            session, who=who, act="e-mails to people sent again", about=f"{number} that had failed", now=now
        )
    return number


def send(database: Database, settings: Settings, clock: Clock) -> Sent:
    """Sends every notice that is due; right when two run at once, and when one is killed."""
    done = Sent()
    while True:
        claimed = database.write(
            lambda session: notices.claim_next(session, now=clock(), for_seconds=CLAIM_SECONDS)
        )
        if claimed is None:
            return done
        failure = _try(claimed, settings, clock())
        if failure is None:
            done.sent += 1
            database.write(partial(notices.sent, number=claimed.id))
            continue
        done.failed += 1
        log.warning("a notice (%s) was not sent: %s", claimed.template, without_addresses(failure))
        mark = partial(
            notices.failed,
            number=claimed.id,
            reason=str(failure),
            retry_at=next_try(claimed.tries, failure, settings, clock()),
            counts=not isinstance(failure, NotSetUp),
        )
        database.write(mark)


def _try(notice: Notice, settings: Settings, now: datetime) -> DeliveryFailed | None:
    try:
        message = letter(
            settings,
            to=notice.address,
            subject=notice.subject,
            template=notice.template,
            about=notice.about,
            now=now,
            number=notice.id,
        )
        hand_in(message, settings)
    except DeliveryFailed as failure:
        return failure
    except BadInput as wrong:
        return DeliveryFailed(str(wrong), permanent=True)
    except Undelivered as wrong:
        return DeliveryFailed(str(wrong), permanent=False)
    except Exception as wrong:
        log.exception("a notice (%s) could not be made", notice.template)
        return DeliveryFailed(f"{type(wrong).__name__}: {wrong}", permanent=False)
    return None
