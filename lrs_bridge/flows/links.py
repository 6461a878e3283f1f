"""Joining a site's account with an e-mail address, by who has both: a learner who is signed in at the site types the code that was
sent to the address. Whoever only has the account, or only the mailbox, joins nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from lrs_bridge.connectors import DeliveryFailed, mail
from lrs_bridge.errors import BadInput, Forbidden, Problem, TooMany, Undelivered
from lrs_bridge.flows import credentials
from lrs_bridge.flows.codes import in_groups, is_it, new_code
from lrs_bridge.flows.letters import hand_in, render
from lrs_bridge.flows.standings import own_account
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import identity, links, people
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Database, Session
from lrs_bridge.xapi.agents import identifier_of

LIFETIME = timedelta(minutes=30)
_WITHIN = timedelta(hours=1)
_MOST_ASKED = 3
_MOST_TRIES = 5
_SECONDS_FOR_MAIL = 8.0

Result = Literal["linked", "wrong", "expired", "kept_apart"]


@dataclass(frozen=True, slots=True)
class SentCode:
    """To which address, and until when it is good."""

    mbox: str
    expires_at: datetime


def permit(client: Client) -> None:
    """Raises Forbidden for a credential without the scope, without a home page of its own, or that is only for trying out."""
    credentials.require(client, credentials.LINKS)
    if client.test:
        raise Forbidden(f"The credential “{client.name}” is for trying out, and changes nothing of anybody.")


def send_code(
    database: Database,
    settings: Settings,
    clock: Clock,
    client: Client,
    agent: dict[str, Any],
    mbox: str,
) -> SentCode:
    """Sends a code to an address, whoever is or isn't known by it. `agent`: a valid Agent, an account of the credential's own
    site. Raises Forbidden as `permit`, BadInput for another site's account, TooMany after three in an hour for the account or
    the address, Undelivered where the mail server doesn't take it: then there is no code."""
    account = _account(client, agent)
    address = str(identifier_of({"mbox": mbox}))
    now = clock()
    code, salt, digest = new_code()

    def keep(session: Session) -> int:
        links.forget_before(session, now - _WITHIN)
        asked = links.asked_since(session, account, address, now - _WITHIN)
        if len(asked) >= _MOST_ASKED:
            wait = asked[-_MOST_ASKED] + _WITHIN - now
            raise TooMany(
                "Codes were sent three times within an hour for this account or to this address.",
                max(1, round(wait.total_seconds())),
            )
        return links.add(session, agent=account, mbox=address, salt=salt, digest=digest, now=now)

    number = database.write(keep)
    try:
        hand_in(_letter(code, account, address, settings, now), settings, timeout=_SECONDS_FOR_MAIL)
    except DeliveryFailed as failure:
        database.write(lambda session: links.forget(session, number))
        raise Undelivered(f"The code could not be sent: {failure}") from failure
    return SentCode(address, now + LIFETIME)


def take_code(
    session: Session, client: Client, agent: dict[str, Any], code: str, now: datetime
) -> tuple[Result, int]:
    """Joins the account with the address that the last code was sent to, if this is it; and how many more tries that code has.
    kept_apart: it is the right one, and somebody decided that the two are not one person, or that several people read the
    mailbox. Raises Forbidden as `permit`, BadInput for another site's account."""
    account = _account(client, agent)
    sent = links.newest(session, account)
    if sent is None or now >= sent.at + LIFETIME or sent.tries >= _MOST_TRIES:
        return "expired", 0
    if not is_it(code, sent.salt, sent.digest):
        links.count_try(session, sent.id)
        return "wrong", _MOST_TRIES - sent.tries - 1
    links.forget(session, sent.id)
    numbers = people.learn(session, [people.Sighting(account), people.Sighting(sent.mbox)], now)
    edge = (numbers[account], numbers[sent.mbox])
    identity.prove(session, [edge], kind="mail_code", source=client.name, now=now)
    learners = people.learner_numbers(session, edge)
    return ("linked" if len(set(learners.values())) == 1 else "kept_apart"), 0


def _account(client: Client, agent: dict[str, Any]) -> str:
    """Raises Forbidden as `permit`; BadInput for an agent that is no account of its site."""
    permit(client)
    account = own_account(agent, client)
    if account is None:
        pages = ", ".join(client.home_pages)
        problem = Problem(
            "$.agent",
            "is no account of this credential's site",
            "Read API",
            f"an account with homePage {pages}",
        )
        raise BadInput("Nothing was joined.", [problem])
    return account


def _letter(code: str, account: str, address: str, settings: Settings, now: datetime) -> Any:
    public = urlsplit(settings.public_url)
    about = {
        "code": in_groups(code),
        "site": account.rpartition("|")[0],
        "until": f"{(now + LIFETIME).astimezone(settings.calendar.zone):%H:%M}",
        "public_url": settings.public_url,
    }
    return mail.compose(
        sender=settings.mailer,
        recipient=address.removeprefix("mailto:"),
        subject="Your code to join your CSE training records",
        text=render("link_code.txt", about),
        html=render("link_code.html", about),
        message_id=f"<{uuid.uuid4()}@{public.hostname or 'localhost'}>",
        sent_at=now,
    )
