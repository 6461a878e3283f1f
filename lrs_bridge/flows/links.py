"""Joining an account, or one e-mail address, with another address, by who has both: a learner who is signed in by the one types the
code that was sent to the other. Whoever has only one of them joins nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Literal

from lrs_bridge.errors import Forbidden, TooMany, Undelivered
from lrs_bridge.flows import credentials
from lrs_bridge.flows.codes import in_groups, is_it, new_code
from lrs_bridge.flows.letters import letter, send_now
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.flows.standings import account_named
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


@dataclass(frozen=True, slots=True)
class Asker:
    """Who joins something with an address: the identifier that they are signed in by, in canonical text; where, for the letter;
    and who saw to it that they are, for the record."""

    identifier: str
    signed_in: str
    source: str


def asker_at_site(client: Client, agent: dict[str, Any]) -> Asker:
    """Whoever is signed in at a site, by the account that the site names: a valid Agent. Raises Forbidden as `permit`; BadInput
    for an agent that is no account of its site."""
    permit(client)
    account = account_named(agent, client, "Nothing was joined.")
    return Asker(account, f"at {account.rpartition('|')[0]}", client.name)


def asker_here(visitor: Visitor, settings: Settings) -> Asker:
    """Whoever is signed in on the bridge's own pages."""
    return Asker(visitor.mbox, f"at {settings.public_url} as {visitor.address}", "their own sign-in")


def send_code(database: Database, settings: Settings, clock: Clock, asker: Asker, mbox: str) -> SentCode:
    """Sends a code to an address, whoever is or isn't known by it. `mbox`: valid. Raises BadInput for what no mail can be sent
    to, TooMany after three in an hour for the asker or the address, Undelivered where the mail server doesn't take it: then
    there is no code."""
    address = str(identifier_of({"mbox": mbox}))
    folded = address.casefold()
    now = clock()
    code, salt, digest = new_code()
    message = _letter(code, asker, address, settings, now)

    def keep(session: Session) -> int:
        asked = links.asked_since(session, asker.identifier, folded, now - _WITHIN)
        if len(asked) >= _MOST_ASKED:
            wait = asked[-_MOST_ASKED] + _WITHIN - now
            raise TooMany(
                "Codes were sent three times within an hour for this account or to this address.",
                max(1, round(wait.total_seconds())),
            )
        return links.add(session, agent=asker.identifier, mbox=folded, salt=salt, digest=digest, now=now)

    number = database.write(keep)
    try:
        send_now(message, settings)
    except Undelivered:
        database.write(lambda session: links.forget(session, number))
        raise
    return SentCode(address, now + LIFETIME)


def waits_for(session: Session, asker: Asker, now: datetime) -> str | None:
    """The address that a code was sent to last and that is still good."""
    sent = links.newest(session, asker.identifier)
    return sent.mbox.removeprefix("mailto:") if sent and _is_good(sent, now) else None


def take_code(session: Session, asker: Asker, code: str, now: datetime) -> tuple[Result, int]:
    """Joins the asker's identifier with the address that the last code was sent to, if this is it; and how many more tries that
    code has. kept_apart: it is the right one, and somebody decided that the two are not one person, or that several people read
    the mailbox."""
    sent = links.newest(session, asker.identifier)
    if sent is None or not _is_good(sent, now):
        return "expired", 0
    if not is_it(code, sent.salt, sent.digest):
        links.count_try(session, sent.id)
        return "wrong", _MOST_TRIES - sent.tries - 1
    links.forget_all_of(session, asker.identifier)
    both = [_as_known(session, text) for text in (asker.identifier, sent.mbox)]
    numbers = people.learn(session, [people.Sighting(text) for text in both], now)
    edge = (numbers[both[0]], numbers[both[1]])
    identity.prove(session, [edge], kind="mail_code", source=asker.source, now=now)
    learners = people.learner_numbers(session, edge)
    return ("linked" if len(set(learners.values())) == 1 else "kept_apart"), 0


def forget_old(session: Session, now: datetime) -> None:
    """Codes that are of no use, and count for no limit."""
    links.forget_before(session, now - _WITHIN)


def _as_known(session: Session, text: str) -> str:
    """Of an address, the spelling that is on record, where one is: what was decided of it is to hold."""
    return next(iter(sorted(people.spellings_of(session, text))), text)


def _is_good(sent: links.Code, now: datetime) -> bool:
    return now < sent.at + LIFETIME and sent.tries < _MOST_TRIES


def _letter(code: str, asker: Asker, address: str, settings: Settings, now: datetime) -> EmailMessage:
    return letter(
        settings,
        to=address.removeprefix("mailto:"),
        subject="Your code to join your CSE training records",
        template="link_code",
        about={
            "code": in_groups(code),
            "signed_in": asker.signed_in,
            "until": f"{(now + LIFETIME).astimezone(settings.calendar.zone):%H:%M}",
        },
        now=now,
    )
