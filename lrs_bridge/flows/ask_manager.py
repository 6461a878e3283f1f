"""Asking a line manager for their word: the learner's side. The letter carries a link; what whoever reads it says is in
`manager_word`. Limits keep it from being used to pester people: few letters a day, few to one address, one open for each post, and
none to somebody who said that the learner is not their staff."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

from lrs_bridge.connectors import DeliveryFailed
from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem, TooMany, Undelivered
from lrs_bridge.flows import line_managers
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.champion import recorded_for
from lrs_bridge.flows.letters import hand_in, letter, send_now, without_addresses
from lrs_bridge.flows.line_managers import Held
from lrs_bridge.flows.sign_in import Visitor, address_typed, digest_of_token, new_token
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar, Clock, in_words
from lrs_bridge.settings import Settings
from lrs_bridge.store import audit, identity, manager_letters, people, roles
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.manager_letters import Letter, NewLetter
from lrs_bridge.store.people import Person

log = logging.getLogger(__name__)

LASTS_DAYS = 28
REMINDED_AFTER = timedelta(days=7)
_DAY = timedelta(days=1)
_MOST_A_DAY = 3
_MOST_TO_ONE = 3
"""Letters of one learner to one address, while the first of them could be answered."""
_MOST_STRANGERS = 60
"""Letters within the hour to addresses that nobody is known by, of all learners together."""
_LONGEST_NAME = 80
_NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069/:@<>\\]|\.\w\w")
"""What a person's name has none of, and what makes of it a line or a link in somebody's letter."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """For which post (`line_managers.Held.number`), and whom the learner names where nobody is on record, as typed."""

    area: str
    place: int
    name: str = ""
    address: str = ""


def ask(database: Database, settings: Settings, clock: Clock, visitor: Visitor, wanted: Wanted) -> None:
    """Sends the letter. Raises NotFound for a post that they don't hold now; BadInput for what was typed, its problems at "name" and
    "address"; Conflict where nobody can be asked; TooMany; Undelivered where the mail server doesn't take it: then there is none."""
    link, now = new_token(), clock()

    def keep(session: Session) -> tuple[Letter, str, Held]:
        mappings = mapping_flow.in_force(session, settings.calendar)
        person, held = _held(session, visitor, wanted, mappings, now)
        mbox, name = _recipient(session, person, held, wanted)
        is_stranger, kept_for = _is_stranger(session, held, mbox), recorded_for(person)
        _limit(session, person, held, mbox, is_stranger=is_stranger, now=now)
        kept = manager_letters.add(
            session,
            NewLetter(
                identifier=people.numbers_of(session, [kept_for])[kept_for],
                organisation=held.post.organisation,
                area=held.post.area,
                service_area=held.post.service_area,
                asked_by=visitor.mbox,
                mbox=mbox,
                name=name,
                known=held.known,
                stranger=is_stranger,
                link=digest_of_token(link),
                asked_at=now,
                expires_at=settings.calendar.end_of(
                    settings.calendar.day_of(now) + timedelta(days=LASTS_DAYS)
                ),
            ),
        )
        about = f"{kept.address} for the post at {kept.organisation}, {kept.area}"
        audit.note(session, who=visitor.address, act="asked for the manager's word", about=about, now=now)
        return kept, person.name or visitor.address, held

    kept, who, held = database.write(keep)
    try:
        message = compose(
            kept, link, who, settings, database.read(_mappings(settings)), now, role=held.post.role
        )
        send_now(message, settings)
    except (BadInput, Undelivered):
        database.write(lambda session: manager_letters.forget(session, kept.number))
        raise


def cancel(session: Session, visitor: Visitor, number: int, now: datetime) -> None:
    """The learner takes a letter back that nobody has answered. Raises NotFound for one that is not theirs."""
    found = manager_letters.numbered(session, number)
    if found is None or found.learner != visitor.learner:
        raise NotFound("There is no such letter.")
    if found.is_open(now):
        manager_letters.close(session, number, "cancelled", now)
        about = f"{found.address} for the post at {found.organisation}, {found.area}"
        audit.note(session, who=visitor.address, act="asks the manager no longer", about=about, now=now)


def remind(database: Database, settings: Settings, clock: Clock) -> int:
    """Sends each letter that has waited a week once more, with a link of its own, once. Returns how many were sent. Right when two
    run at once; of what the mail server doesn't take now each is tried anew by the next run. Whoever is killed between claiming a
    letter and sending it leaves that one at the first letter."""
    sent, failed = 0, list[int]()
    while True:
        link, now = new_token(), clock()
        one = database.write(
            lambda session: manager_letters.claim_reminder(
                session,
                asked_before=now - REMINDED_AFTER,  # noqa: B023  # runs at once
                link=digest_of_token(link),  # noqa: B023  # runs at once
                now=now,  # noqa: B023  # runs at once
                but=failed,
            )
        )
        if one is None:
            break
        try:
            sent += _send_reminder(database, settings, one, link, now)
        except (DeliveryFailed, Undelivered) as failure:
            log.warning("a reminder was not sent: %s", without_addresses(failure))
            if not (isinstance(failure, DeliveryFailed) and failure.permanent):
                failed.append(one.number)
                database.write(partial(manager_letters.not_reminded, number=one.number))
    return sent


def _send_reminder(database: Database, settings: Settings, one: Letter, link: str, now: datetime) -> bool:
    """False where the letter asks in vain by now, or its address takes none."""
    mappings = database.read(_mappings(settings))

    def look(session: Session) -> tuple[str, str] | None:
        person = people.load(session, [one.learner])[one.learner]
        held = place_of(session, one, person, mappings, now)
        return (person.name, held.post.role) if held else None

    found = database.read(look)
    if found is None:
        return False
    name, role = found[0] or one.asked_by.removeprefix("mailto:"), found[1]
    try:
        hand_in(compose(one, link, name, settings, mappings, now, role=role, is_reminder=True), settings)
    except BadInput:
        return False
    return True


def place_of(session: Session, one: Letter, person: Person, mappings: Mappings, now: datetime) -> Held | None:
    """The post that a letter is about, held now, where the word of its reader still counts and can be theirs."""
    for held in line_managers.places(session, person, one.area, mappings, now):
        if held.is_at(one.organisation, one.service_area):
            is_heard = line_managers.is_heard(held.post, one.mbox, mappings)
            return held if is_heard and not line_managers.why_not(session, one.mbox, person) else None
    return None


def _mappings(settings: Settings) -> Any:
    return lambda session: mapping_flow.in_force(session, settings.calendar)


def _held(
    session: Session, visitor: Visitor, wanted: Wanted, mappings: Mappings, now: datetime
) -> tuple[Person, Held]:
    if visitor.learner is None:
        raise NotFound("Nothing is recorded under your address.")
    identity.lock_learners(session, [visitor.learner])  # so that letters are counted one by one
    person = people.load(session, [visitor.learner])[visitor.learner]
    found = line_managers.places(session, person, wanted.area, mappings, now)
    held = next((one for one in found if one.number == wanted.place), None)
    if held is None:
        raise NotFound("You have no such post now.")
    return person, held


def _recipient(session: Session, person: Person, held: Held, wanted: Wanted) -> tuple[str, str]:
    """Address and name of whoever is on record, else of whom the learner names."""
    if held.problem:
        raise Conflict(held.problem)
    if held.mbox:
        return held.mbox, held.name
    name, problems = " ".join(wanted.name.split()), list[Problem]()
    if not name:
        problems.append(Problem("name", "Enter your line manager's name"))
    elif len(name) > _LONGEST_NAME:
        said = f"The name is {len(name)} characters long. Enter one of {_LONGEST_NAME} characters or fewer"
        problems.append(Problem("name", said))
    elif _NO_NAME.search(name):
        problems.append(Problem("name", "Enter a name, without links or signs that names don't have"))
    mbox = ""
    try:
        mbox = address_typed(wanted.address).casefold()
    except BadInput:
        said = "Enter an e-mail address in the correct format, like name@example.org"
        problems.append(Problem("address", said))
    why = line_managers.why_not(session, mbox, person) if mbox else ""
    if why:
        problems.append(Problem("address", f"Enter your line manager's own address: {why}"))
    if problems:
        raise BadInput("No e-mail was sent.", problems)
    return mbox, name


def _is_stranger(session: Session, held: Held, mbox: str) -> bool:
    if held.known != "named":
        return False
    return people.learner_with(session, mbox) is None and not roles.roles_of(session, mbox)


def _limit(
    session: Session, person: Person, held: Held, mbox: str, *, is_stranger: bool, now: datetime
) -> None:
    sent = manager_letters.of(session, person.learner)
    if any(
        one.is_open(now) and held.is_at(one.organisation, one.service_area) and one.area == held.post.area
        for one in sent
    ):
        raise Conflict("Somebody has been asked for this post already. Cancel that first.")
    to_them = [one for one in sent if one.mbox == mbox]
    if any(one.closed == "not_theirs" for one in to_them):
        raise BadInput(
            "No e-mail was sent.",
            [Problem("address", "Whoever reads this address said that you are not one of their staff")],
        )
    today = [one.asked_at for one in sent if one.asked_at > now - _DAY]
    if len(today) >= _MOST_A_DAY:
        _too_many("You have sent three letters within a day.", today[_MOST_A_DAY - 1] + _DAY - now)
    lately = [one.asked_at for one in to_them if one.asked_at > now - timedelta(days=LASTS_DAYS)]
    if len(lately) >= _MOST_TO_ONE:
        wait = lately[_MOST_TO_ONE - 1] + timedelta(days=LASTS_DAYS) - now
        _too_many("You have written to this address three times within four weeks. Talk to them.", wait)
    if is_stranger and manager_letters.strangers_since(session, now - timedelta(hours=1)) >= _MOST_STRANGERS:
        _too_many("Many people are asking their managers just now. Try again later.", timedelta(hours=1))


def _too_many(title: str, wait: timedelta) -> None:
    raise TooMany(title, max(1, round(wait.total_seconds())))


def compose(
    one: Letter,
    link: str,
    who: str,
    settings: Settings,
    mappings: Mappings,
    now: datetime,
    *,
    role: str,
    is_reminder: bool = False,
) -> EmailMessage:
    """The letter, or its reminder. `who`: the learner's name; `role`: that of the post, "" where none is recorded."""
    area, champions, calendar = (
        mappings.areas.get(one.area),
        mappings.champions_of(one.area),
        settings.calendar,
    )
    about = {
        "who": who,
        "name": one.name,
        "role": role,
        "organisation": ", ".join(part for part in (one.organisation, one.service_area) if part),
        "area": area.name if area else one.area,
        "board": area.board if area else "the Board",
        "known": one.known,
        "asked_by": one.asked_by.removeprefix("mailto:"),
        "asked_on": in_words(calendar.day_of(one.asked_at)),
        "until": in_words(calendar.last_day_before(one.expires_at)),
        "is_yearly": bool(champions and champions.annual_update),
        "is_reminder": is_reminder,
        "reminded_on": in_words(reminder_day(one, calendar)),
        "link": f"{settings.public_url}/manager/{link}",
    }
    subject = f"{who} asks for your word: CSE Champion at {one.organisation}"
    if is_reminder:
        subject = f"Reminder: {subject}"
    return letter(
        settings,
        to=one.address,
        subject=" ".join(subject.split()),
        template="manager_letter",
        about=about,
        now=now,
    )


def reminder_day(one: Letter, calendar: Calendar) -> Any:
    return calendar.day_of(one.asked_at + REMINDED_AFTER)
