"""A line manager's word, given on the page that a letter leads to: the manager's side. Whoever reads the mailbox gives it, nothing
else proves who they are; the record keeps the address, and whether the organisation knows it. Looking changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import by_hand, notices
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.ask_manager import place_of
from lrs_bridge.flows.champion import recorded_for
from lrs_bridge.flows.line_managers import Held
from lrs_bridge.flows.sign_in import digest_of_token
from lrs_bridge.learning.history import plain
from lrs_bridge.learning.mappings import MANAGER_SUPPORT, WORKING_KNOWLEDGE, Mappings
from lrs_bridge.moments import in_words
from lrs_bridge.settings import Settings
from lrs_bridge.store import audit, identity, manager_letters, people
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.store.manager_letters import Closed, Known, Letter
from lrs_bridge.store.people import Person

NOTES: dict[Known, str] = {
    "on_record": "by e-mail; this line manager's address is on record at the organisation",
    "stand_in": "by e-mail; the post has no line manager, and the Board named this address in their place",
    "named": "by e-mail; the learner named this address, the organisation has no line manager on record",
}
"""What is kept with the word: how the address came to be asked."""

LONGEST_REASON = 500

State = Literal["open", "answered", "not_theirs", "taken_back", "over"]
"""over: it can't be answered any more, or was never sent; an answer that was given shows on, also once its post has ended."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link leads to. `who`, `post`, `area` and `board` in words; `until`: the last day to answer, and `answered_on`, likewise;
    `holds`: the word can be taken back, as the post goes on."""

    state: State
    letter: Letter
    who: str
    post: str
    area: str
    board: str
    until: str
    answered_on: str
    is_yearly: bool
    holds: bool


def opened(session: Session, link: str, settings: Settings, now: datetime) -> Opened | None:
    """None for a link that there is not, or that is no longer good."""
    one = manager_letters.by_link(session, digest_of_token(link))
    if one is None:
        return None
    mappings = mapping_flow.in_force(session, settings.calendar)
    person = people.load(session, [one.learner])[one.learner]
    held = place_of(session, one, person, mappings, now)
    state = _state(one, held, now)
    if state == "over":
        return None
    area, champions = mappings.areas.get(one.area), mappings.champions_of(one.area)
    calendar = settings.calendar
    place = ", ".join(part for part in (one.organisation, one.service_area) if part)
    return Opened(
        state=state,
        letter=one,
        who=_name(person, one),
        post=held.words if held else place,
        area=area.name if area else one.area,
        board=area.board if area else "the Board",
        until=in_words(calendar.last_day_before(one.expires_at)),
        answered_on=in_words(calendar.day_of(one.answered_at)) if one.answered_at else "",
        is_yearly=bool(champions and champions.annual_update),
        holds=held is not None,
    )


def _state(one: Letter, held: Held | None, now: datetime) -> State:
    if one.closed == "cancelled":
        return "over"
    if one.closed:
        return one.closed
    if one.answered_at:
        return "answered"
    return "open" if held and one.is_open(now) else "over"


@dataclass(frozen=True, slots=True)
class Answers:
    """What whoever reads the mailbox says: that they are the line manager (or give the word in their place); that they support it
    and give time; that the working knowledge is good. The last two matter only where the first is so."""

    is_manager: bool
    supports: bool
    knows_well: bool


def answer(session: Session, link: str, said: Answers, settings: Settings, now: datetime) -> bool:
    """Keeps the word, a no as well as a yes; of somebody who is no staff of theirs none at all. The learner is told that there is an
    answer. False where the link can't be answered, or was."""
    one = manager_letters.by_link(session, digest_of_token(link))
    if one is None or not one.is_open(now):
        return False
    mappings = mapping_flow.in_force(session, settings.calendar)
    person = people.load(session, [one.learner])[one.learner]
    held = place_of(session, one, person, mappings, now)
    if held is None:
        return False
    if not said.is_manager:
        _close(session, one, "not_theirs", f"not the line manager of {_name(person, one)}", now)
    else:
        words = {"support": said.supports, "knowledge": said.knows_well}
        outcomes = by_hand.keep(
            session,
            [
                _record(person, one, held, MANAGER_SUPPORT, now, is_yes=said.supports),
                _record(person, one, held, WORKING_KNOWLEDGE, now, is_yes=said.knows_well),
            ],
            _keeping(one, settings, now),
        )
        manager_letters.answered(session, one.number, words, [kept.statement for kept in outcomes], now)
    _tell(session, one, "answered" if said.is_manager else "not_theirs", mappings, now)
    return True


def take_back(session: Session, link: str, reason: str, settings: Settings, now: datetime) -> bool:
    """Takes back what was said of the learner in that post, in answer to other letters too, while the post goes on. False where
    there is nothing to take back. Raises BadInput for a reason that is too long."""
    why = " ".join(reason.split())
    if len(why) > LONGEST_REASON:
        said = f"What you wrote is {len(why):,} characters long. Use {LONGEST_REASON:,} or fewer"
        raise BadInput("Nothing was taken back.", [Problem("reason", said)])
    one = manager_letters.by_link(session, digest_of_token(link))
    if one is None or one.closed or one.answered_at is None:
        return False
    mappings = mapping_flow.in_force(session, settings.calendar)
    person = people.load(session, [one.learner])[one.learner]
    if place_of(session, one, person, mappings, now) is None:
        return False
    why = why or "taken back by who gave it"
    for letter in _answered_alike(session, one):
        held = records.held(session, letter.statements)
        for statement in letter.statements:
            if statement in held and not held[statement].voided:
                by_hand.take_back(session, statement, why, _keeping(one, settings, now))
        manager_letters.close(session, letter.number, "taken_back", now)
    _tell(session, one, "taken_back", mappings, now)
    return True


def _answered_alike(session: Session, one: Letter) -> list[Letter]:
    """This letter, and others that the same mailbox has answered about the same post: whoever takes their word back means all of it."""
    identity.lock_learners(session, [one.learner])
    place = (plain(one.organisation), one.area, plain(one.service_area))
    return [
        letter
        for letter in manager_letters.of(session, one.learner)
        if letter.mbox == one.mbox
        and (plain(letter.organisation), letter.area, plain(letter.service_area)) == place
        and letter.answered_at
        and not letter.closed
    ]


def _close(session: Session, one: Letter, why: Closed, act: str, now: datetime) -> None:
    manager_letters.close(session, one.number, why, now)
    about = f"the post at {one.organisation}, {one.area}"
    audit.note(session, who=one.address, act=f"says: {act}", about=about, now=now)


def _record(
    person: Person, one: Letter, held: Held, key: str, now: datetime, *, is_yes: bool
) -> by_hand.Record:
    post = held.post
    service_area = f"/{plain(post.service_area)}" if post.service_area else ""
    return by_hand.Record(
        kind="attestation",
        key=key,
        word="attested",
        learner=recorded_for(person),
        happened=now,
        subject=f"{post.organisation.casefold()}/{post.area}/{one.mbox}{service_area}",
        by=one.mbox,
        detail={
            "organisation": post.organisation,
            "area": post.area,
            "service_area": post.service_area,
            "by_name": one.name,
            "note": NOTES[one.known],
            "answer": None if is_yes else "no",
        },
    )


def _keeping(one: Letter, settings: Settings, now: datetime) -> by_hand.Keeping:
    return by_hand.Keeping(settings.public_url, one.address, now)


def _name(person: Person, one: Letter) -> str:
    return person.name or one.asked_by.removeprefix("mailto:")


_TOLD = {
    "answered": "Your line manager has answered",
    "not_theirs": "Your letter did not reach your line manager",
    "taken_back": "Your line manager has taken back their word",
}


def _tell(session: Session, one: Letter, what: str, mappings: Mappings, now: datetime) -> None:
    """Without what was said: that stands on the learner's own page."""
    area = mappings.areas.get(one.area)
    about = {
        "what": what,
        "title": _TOLD[what],
        "organisation": one.organisation,
        "area": area.name if area else one.area,
        "address": one.address,
        "page": f"/me/champion/{one.area}",
    }
    address = one.asked_by.removeprefix("mailto:")
    notices.tell(session, address, f"{_TOLD[what]}: CSE Champion", "manager_answered", about, now)
