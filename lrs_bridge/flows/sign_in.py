"""Signing in without an account: whoever reads the mailbox is the learner who is recorded under its address.

A letter carries a link, which works once in any browser, and a code for the browser that asked. Nobody is told whether an
address is known but by a letter to that address.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Literal

from lrs_bridge.errors import BadInput, Problem, TooMany, Undelivered
from lrs_bridge.flows.codes import in_groups, is_it, new_code
from lrs_bridge.flows.letters import letter, send_now
from lrs_bridge.learning.identity import folded
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import identity, people, roles, sessions
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.roles import NO_ROLES, Roles
from lrs_bridge.store.sessions import SignIn
from lrs_bridge.xapi.agents import parse_identifier

LETTER_LASTS = timedelta(minutes=30)
VISIT_LASTS = timedelta(hours=12)
IDLE_LASTS = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=5)
_WITHIN = timedelta(hours=1)
_MOST_LETTERS = 5
_MOST_TRIES = 5
_MOST_WRONG = 200
"""Of codes of all letters within the hour: at that pace guessing one takes half a year."""
_MOST_STRANGERS = 60
"""Letters within the hour to addresses that nobody is known by; beyond, none is sent, and the page says what it always says."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in: the address that they read, the learner recorded under it now (None where there is none), and what they may
    do. A mailbox that several people read is nobody's and may do nothing."""

    mbox: str
    learner: int | None
    roles: Roles = NO_ROLES

    @property
    def address(self) -> str:
        return self.mbox.removeprefix("mailto:")


def new_token() -> str:
    """For a cookie or a link: nobody guesses it."""
    return secrets.token_urlsafe(32)


def digest_of_token(token: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def send_letter(database: Database, settings: Settings, clock: Clock, typed: str, browser: str) -> None:
    """Sends a letter to an address as somebody typed it in the browser with this token. Raises BadInput for what is no e-mail
    address, TooMany after five letters in an hour, Undelivered where the mail server doesn't take it."""
    address = address_typed(typed)
    mbox = address.casefold()
    now = clock()
    link, (code, salt, digest) = new_token(), new_code()
    letters = {
        is_known: _letter(address, settings, now, link=link, code=code, is_known=is_known)
        for is_known in (True, False)
    }

    def keep(session: Session) -> tuple[int, EmailMessage | None]:
        asked = sessions.asked_since(session, mbox, now - _WITHIN)
        if len(asked) >= _MOST_LETTERS:
            wait = asked[-_MOST_LETTERS] + _WITHIN - now
            raise TooMany(
                "Five letters were sent to this address within an hour.", max(1, round(wait.total_seconds()))
            )
        who = _who(session, mbox)
        is_known = bool(who.learner or who.roles)
        is_sent = is_known or sessions.strangers_since(session, now - _WITHIN) < _MOST_STRANGERS
        one = SignIn(mbox, digest_of_token(link), digest_of_token(browser), salt, digest, now, is_known)
        return sessions.add_sign_in(session, one), letters[is_known] if is_sent else None

    number, message = database.write(keep)
    try:
        if message is not None:
            send_now(message, settings)
    except Undelivered:
        database.write(lambda session: sessions.forget_letter(session, number))
        raise


def address_asked(session: Session, browser: str, now: datetime) -> str | None:
    """The address that the last letter from this browser went to, while it is good."""
    found = sessions.by_browser(session, digest_of_token(browser))
    return found[1].mbox.removeprefix("mailto:") if found and _is_good(found[1], now) else None


def opens(session: Session, link: str, now: datetime) -> str | None:
    """The address that a link signs in; None where it does not, or no longer. Looking spends nothing: mail scanners open links."""
    found = sessions.by_link(session, digest_of_token(link))
    return found[1].mbox.removeprefix("mailto:") if found and _is_good(found[1], now) else None


def enter_by_link(session: Session, link: str, now: datetime) -> str | None:
    """Spends a link. Returns the cookie's token of a new visit; None as `opens`."""
    found = sessions.by_link(session, digest_of_token(link))
    if found is None or not _is_good(found[1], now):
        return None
    return _enter(session, found, now)


Refusal = Literal["wrong", "expired", "paused"]
"""paused: so many wrong codes were typed within an hour, by whomever, that somebody may be guessing; links work on."""


def enter_by_code(
    session: Session, browser: str, code: str, now: datetime
) -> tuple[str | None, Refusal | None]:
    """Takes a code typed in the browser that asked: the cookie's token of a new visit, or why there is none."""
    found = sessions.by_browser(session, digest_of_token(browser))
    if found is None or not _is_good(found[1], now) or found[1].tries >= _MOST_TRIES:
        return None, "expired"
    if sessions.wrong_since(session, now - _WITHIN) >= _MOST_WRONG:
        return None, "paused"
    number, letter = found
    if not is_it(code, letter.salt, letter.code):
        sessions.count_try(session, number)
        return None, "wrong" if letter.tries + 1 < _MOST_TRIES else "expired"
    return _enter(session, found, now), None


def visitor(database: Database, cookie: str, now: datetime) -> Visitor | None:
    """Who is signed in by this cookie."""
    digest = digest_of_token(cookie)
    found = database.read(lambda session: _visit(session, digest, now))
    if found is None:
        return None
    visit, who = found
    if now >= visit.seen_at + _SEEN_EVERY:
        database.write(lambda session: sessions.seen(session, digest, now))
    return who


def visitor_in(session: Session, cookie: str, now: datetime) -> Visitor | None:
    """As `visitor`, within a transaction; without its being noted that the visit goes on."""
    found = _visit(session, digest_of_token(cookie), now)
    return found[1] if found else None


def _visit(session: Session, digest: bytes, now: datetime) -> tuple[sessions.Visit, Visitor] | None:
    visit = sessions.visit(session, digest)
    if visit is None or now >= min(visit.began_at + VISIT_LASTS, visit.seen_at + IDLE_LASTS):
        return None
    return visit, _who(session, visit.mbox)


def leave(session: Session, cookie: str) -> None:
    sessions.end(session, digest_of_token(cookie))


def leave_everywhere(session: Session, who: Visitor) -> None:
    """Ends every visit of whoever reads that mailbox."""
    sessions.end_all_of(session, who.mbox)


def forget_old(session: Session, now: datetime) -> None:
    """Letters and visits that are of no use."""
    sessions.forget_letters_before(session, now - _WITHIN)
    sessions.end_all_unseen_since(session, now - IDLE_LASTS)


def _enter(session: Session, found: tuple[int, SignIn], now: datetime) -> str:
    number, letter = found
    sessions.spend(session, number)
    return begin_visit(session, letter.mbox, now)


def begin_visit(session: Session, mbox: str, now: datetime) -> str:
    """The cookie's token of a visit of whoever reads this mailbox, in lower case; that they do has been seen to."""
    cookie = new_token()
    sessions.begin(session, digest_of_token(cookie), mbox, now)
    return cookie


def _is_good(letter: SignIn, now: datetime) -> bool:
    return not letter.used and now < letter.at + LETTER_LASTS


def _who(session: Session, mbox: str) -> Visitor:
    fold = folded(mbox)
    if fold is None or identity.shared_mailboxes(session, [fold]):
        return Visitor(mbox, None)
    return Visitor(mbox, people.learner_with(session, mbox), roles.roles_of(session, mbox))


def address_typed(typed: str, otherwise: str = "No e-mail was sent.") -> str:
    """Canonical text of an e-mail address as somebody typed it. Raises BadInput, which begins with `otherwise`, for anything
    else."""
    problem = Problem("email", "is not an e-mail address", "", "an address such as name@example.org")
    try:
        address = str(parse_identifier(typed.strip()))
    except BadInput as wrong:
        raise BadInput(otherwise, [problem]) from wrong
    if not address.startswith("mailto:") or not address.isascii():  # no mail can be sent elsewhere
        raise BadInput(otherwise, [problem])
    return address


def _letter(
    address: str, settings: Settings, now: datetime, *, link: str, code: str, is_known: bool
) -> EmailMessage:
    about = {
        "address": address.removeprefix("mailto:"),
        "code": in_groups(code),
        "link": f"{settings.public_url}/sign-in/link/{link}",
        "until": f"{(now + LETTER_LASTS).astimezone(settings.calendar.zone):%H:%M}",
    }
    template = "sign_in" if is_known else "sign_in_unknown"
    subject = "Sign in to see your CSE training" if is_known else "Your CSE training: address not known"
    return letter(settings, to=about["address"], subject=subject, template=template, about=about, now=now)
