"""Reminding an organisation's people who are below the tier that their post requires: by a letter that was looked at before, and not
more often than the Board allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.flows import notices
from lrs_bridge.flows.letters import render
from lrs_bridge.flows.recording import Desk
from lrs_bridge.moments import Duration
from lrs_bridge.store import audit, people, post_standings, posts, reminders
from lrs_bridge.store.database import Session
from lrs_bridge.store.post_standings import Choice
from lrs_bridge.store.reminders import Below

MOST = 500
_USUAL = Duration(days=30)
_SUBJECT = "Your CSE training: something is missing"


@dataclass(frozen=True, slots=True)
class Reminder:
    """`about`: what the letter's template is given."""

    learner: int
    name: str
    address: str
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reminding:
    """`below`: how many posts are held below the required tier; `letters`: those that can be sent now, at most MOST, `is_all`
    whether that is all of them; `unreachable`: number and name of those without an e-mail address of their own; `days`: how
    long nobody is reminded again, by area; `example`: the first letter's text."""

    below: int
    letters: tuple[Reminder, ...]
    is_all: bool
    unreachable: tuple[tuple[int, str], ...]
    days: tuple[tuple[str, int], ...]
    subject: str
    example: str


def reminding(session: Session, desk: Desk) -> Reminding:
    since = _since(desk)
    found = reminders.due(session, desk.viewer, desk.organisation.number, since, MOST + 1)
    letters, unreachable = _letters(session, desk, found[:MOST])
    text = render("reminder.txt", {**letters[0].about, "public_url": desk.public_url}) if letters else ""
    areas, day_of = {one.area for one in found}, desk.mappings.calendar.day_of
    return Reminding(
        below=post_standings.count(session, desk.organisation.number, Choice(below=True), desk.now),
        letters=letters,
        is_all=len(found) <= MOST,
        unreachable=unreachable,
        days=tuple(
            (desk.mappings.areas[area].name, (day_of(desk.now) - day_of(at)).days)
            for area, at in since.items()
            if area in areas
        ),
        subject=_SUBJECT,
        example=text,
    )


def send(session: Session, desk: Desk) -> int:
    """Has the letters sent that `reminding` shows, and says how many. Twice is once: whoever was reminded is due no more."""
    organisation = desk.organisation
    reminders.lock(session)
    found = reminders.due(session, desk.viewer, organisation.number, _since(desk), MOST)
    letters, _ = _letters(session, desk, found)
    for one in letters:
        notices.tell(session, one.address, _SUBJECT, "reminder", one.about, desk.now)
    numbers = people.numbers_of(session, [f"mailto:{one.address}" for one in letters])
    reminders.note(session, numbers.values(), organisation=organisation.number, who=desk.who, now=desk.now)
    if letters:
        about = f"{organisation.name}: {len(letters)} people below the tier that their post requires"
        audit.note(session, who=desk.who, act="reminders sent", about=about, now=desk.now)
    return len(letters)


def _since(desk: Desk) -> dict[str, datetime]:
    """Area → whoever was reminded after this is not reminded again yet."""
    found: dict[str, datetime] = {}
    for champions in desk.mappings.champions.values():
        every = champions.remind_every or _USUAL
        before = Duration(-every.months, -every.days, -every.seconds)
        found |= dict.fromkeys(champions.areas, desk.mappings.calendar.after(desk.now, before))
    return found


def _letters(
    session: Session, desk: Desk, found: Sequence[Below]
) -> tuple[tuple[Reminder, ...], tuple[tuple[int, str], ...]]:
    """The letters, and those whom none can reach. They go rather to the address that the post here is recorded for than to one of
    another employer."""
    persons = people.load(session, [one.learner for one in found])
    known_here = posts.identifiers_at(session, desk.organisation.number, list(persons))
    own = notices.own_addresses(session, persons.values(), known_here)
    letters, unreachable = [], []
    for one in found:
        address = own.get(one.learner)
        if address:
            letters.append(Reminder(one.learner, one.name or address, address, _about(one, desk)))
        else:
            unreachable.append((one.learner, one.name or "Somebody without a recorded name"))
    return tuple(letters), tuple(unreachable)


def _about(one: Below, desk: Desk) -> dict[str, Any]:
    framework = desk.mappings.framework_of(one.area)
    tiers = framework.tiers if framework else {}

    def named(key: str) -> str:
        return f"{key} {tiers[key].name}" if key in tiers else key

    return {
        "name": one.name,
        "organisation": desk.organisation.name,
        "required": named(one.required),
        "goal": named(one.goal),
        "covered": one.covered,
        "total": one.total,
    }
