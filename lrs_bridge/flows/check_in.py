"""Checking in: those in the room enter themselves by a link that is shown there, and whoever runs the session confirms who was. Nobody
who enters learns whether they, or anybody else, are known or on the list."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lrs_bridge.connectors.tables import csv_of, read_csv
from lrs_bridge.errors import BadInput, NotFound, Problem
from lrs_bridge.flows import named, recording
from lrs_bridge.flows.attendees import attendee
from lrs_bridge.flows.days import moment_of
from lrs_bridge.flows.imports.cells import folded
from lrs_bridge.flows.imports.scope import scope_of
from lrs_bridge.flows.recording import Desk
from lrs_bridge.moments import in_words
from lrs_bridge.store import check_ins, organisations
from lrs_bridge.store.check_ins import CheckIn
from lrs_bridge.store.database import Session
from lrs_bridge.store.organisations import Organisation
from lrs_bridge.xapi.agents import parse_identifier

HOURS = (1, 2, 3, 4, 8)
KEPT = timedelta(days=7)
"""How long a list waits to be confirmed after its link has closed."""
_MOST_ENTRIES = 300
_MOST_OF_BROWSER = 5
_LONGEST_NAME = 100
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_NOT_THERE = "There is no such page, or it is not yours to see."
_NO_LONGER = "This link is closed, or was not typed as it is shown. Ask whoever runs the session."


def new_token() -> str:
    """Of letters that can be read from a screen at the other end of a room; nobody guesses one of 31 to the power of twelve."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def open_check_in(session: Session, desk: Desk, columns: Mapping[str, str], hours: int) -> int:
    """`columns`: of an import of sessions, without who attends. Raises BadInput as the import would."""
    somebody = {**columns, "attendees": "somebody@check-in.invalid"}
    recording.prepare(session, desk, "sessions", read_csv(csv_of([somebody])))
    if hours not in HOURS:
        raise BadInput("No link was opened.", [Problem("hours", "is none of the choices")])
    return check_ins.add(
        session,
        organisation=desk.organisation.number,
        token=new_token(),
        columns=columns,
        who=desk.who,
        now=desk.now,
        closes_at=desk.now + timedelta(hours=hours),
    )


# --- in the room -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InRoom:
    """What whoever opens the link is shown. `takes_badges`: whether it is recorded where the organisation's badges come from."""

    title: str
    organisation: str
    takes_badges: bool


def in_room(session: Session, token: str, now: datetime) -> InRoom:
    """Raises NotFound where there is none, and where it has closed."""
    found = _open(session, token, now)
    organisation = _organisation(session, found)
    return InRoom(found.session["title"], organisation.name, bool(organisation.home_page))


def enter(session: Session, token: str, *, name: str, known_by: str, browser: str, now: datetime) -> None:
    """Puts somebody on the list, once. Raises NotFound as `in_room`; BadInput, naming the field, for what names nobody, and where
    the list or the browser has had enough."""
    found = _open(session, token, now)
    called = " ".join(name.split())
    problems = []
    if not called or len(called) > _LONGEST_NAME:
        problems.append(
            Problem("name", "Enter your name, in at most 100 letters" if called else "Enter your name")
        )
    identifier = _identifier(session, found, known_by, problems)
    if problems:
        raise BadInput("You are not on the list yet.", problems)
    digest = hashlib.sha256(browser.encode()).digest()
    if check_ins.count(session, found.number, digest) >= _MOST_OF_BROWSER:
        what = f"{_MOST_OF_BROWSER} people have entered by this browser. Tell whoever runs the session who you are"
        raise BadInput("The list takes no more of this browser.", [Problem("name", what)])
    if check_ins.count(session, found.number) >= _MOST_ENTRIES:
        what = "The list is full. Tell whoever runs the session who you are"
        raise BadInput("The list is full.", [Problem("name", what)])
    check_ins.enter(session, found.number, identifier=identifier, name=called, browser=digest, now=now)


def _identifier(session: Session, found: CheckIn, typed: str, problems: list[Problem]) -> str:
    organisation = _organisation(session, found)
    try:
        known = attendee(" ".join(typed.split()), organisation).identifier
        return folded(str(parse_identifier(known)))
    except BadInput:
        badge = ", or the number of your badge" if organisation.home_page else ""
        problems.append(Problem("known_by", f"Enter your e-mail address, like name@example.org{badge}"))
        return ""


def _organisation(session: Session, found: CheckIn) -> Organisation:
    [one] = organisations.named(session, [found.organisation])
    return next(iter(organisations.load(session, [one.name]).values()))


def _open(session: Session, token: str, now: datetime) -> CheckIn:
    found = check_ins.by_token(session, token.strip().lower())
    if found is None or not found.is_open(now):
        raise NotFound(_NO_LONGER)
    return found


# --- at the desk -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnList:
    """`is_new`: not among the organisation's people."""

    number: int
    name: str
    known_by: str
    is_new: bool


def check_in_of(session: Session, desk: Desk, number: int) -> CheckIn:
    """Raises NotFound for one of another organisation."""
    found = check_ins.get(session, number, desk.organisation.number)
    if found is None:
        raise NotFound(_NOT_THERE)
    return found


def on_list(session: Session, desk: Desk, found: CheckIn) -> list[OnList]:
    scope = scope_of(session, desk.organisation.name, desk.viewer)
    return [
        OnList(
            one.number,
            one.name,
            one.identifier.removeprefix("mailto:").rpartition("|")[2],
            scope.learner(one.identifier) is None,
        )
        for one in check_ins.entries(session, found.number)
    ]


def session_of(desk: Desk, found: CheckIn) -> list[tuple[str, str]]:
    """Label and text of what is recorded for each who was there."""
    said, calendar = found.session, desk.mappings.calendar
    items = [one for one in said.get("items", "").split(";") if one]
    courses = [named.course(one, desk.mappings) for one in said.get("courses", "").split(";") if one]
    by = [said.get("delivered_by_name", ""), said["delivered_by"]]
    return [
        ("Day", in_words(calendar.day_of(moment_of(said["date"], "date", calendar, desk.now)))),
        ("Delivered by", ", ".join(part for part in by if part)),
        (
            "Area",
            desk.mappings.areas[said["area"]].name if said["area"] in desk.mappings.areas else said["area"],
        ),
        ("Gives", ", ".join([*courses, *items])),
    ]


def confirm(session: Session, desk: Desk, number: int, there: Collection[int], last_seen: int) -> None:
    """Records the session with those who were there, by the numbers of their entries, and forgets the list; a second time does
    nothing. Raises BadInput where nobody was, where somebody entered after `last_seen`, and as the import would."""
    found = check_in_of(session, desk, number)
    if found.recorded_at is not None:
        return
    entered = check_ins.entries(session, number)
    later = sum(one.number > last_seen for one in entered)
    if later:
        what = f"{later} more entered while you looked at the list. Look at it again"
        raise BadInput("The list has changed.", [Problem("there", what)])
    rows = [
        {**found.session, "attendees": one.identifier, "attendee_name": one.name}
        for one in entered
        if one.number in there
    ]
    if not rows:
        raise BadInput("Nothing was recorded.", [Problem("there", "Choose who was there")])
    recording.record(session, desk, "sessions", rows)
    check_ins.finish(session, number, len(rows), desk.now)


def close(session: Session, desk: Desk, number: int) -> None:
    check_ins.close(session, check_in_of(session, desk, number).number, desk.now)


def cancel(session: Session, desk: Desk, number: int) -> bool:
    """Forgets it, and who entered. Whether it is cancelled: what is recorded already stays so, and says so."""
    found = check_in_of(session, desk, number)
    if found.recorded_at is None:
        check_ins.forget(session, number)
    return found.recorded_at is None


def forget_old(session: Session, now: datetime) -> None:
    """Lists that nobody confirmed, and what was left of those that somebody did."""
    check_ins.forget_closed_before(session, now - KEPT)
