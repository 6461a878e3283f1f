"""Asking for erasure: a learner asks, operators and the Boards of their posts are told, and an operator answers within a month.

What is to be erased is decided by people. A Board may have to keep what shows that somebody who works with children was trained, and
statements that a system sent come back unless they are erased there first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import notices
from lrs_bridge.flows.certificates import learner_of
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.moments import Calendar, Duration, in_words
from lrs_bridge.store import audit, erasures, identity, people, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.erasures import Request

LONGEST = 2_000
"""Of what somebody writes, in characters."""
_About = dict[str, str | int]
_WITHIN = Duration(months=1)
_SUBJECTS = {
    "asked": "Your request to erase your data",
    "operator": "A learner asks for erasure",
    "board": "A learner asks for erasure",
    "done": "Your data: what was erased",
    "refused": "Your data: why it is kept",
}


def standing_request(session: Session, who: Visitor) -> Request | None:
    """The visitor's open request, or the one closed last; None where they never asked."""
    own = erasures.of_learner(session, learner_of(who))
    return next((one for one in own if one.state == "open"), own[0] if own else None)


def ask(session: Session, who: Visitor, what: str, calendar: Calendar, now: datetime) -> None:
    """Raises Conflict where a request of theirs is open, BadInput for one that is too long, NotFound for a visitor of whom nothing
    is recorded."""
    learner = learner_of(who)
    said = what.strip()
    if len(said) > LONGEST:
        problem = Problem("what", f"it is longer than {LONGEST:,} characters")
        raise BadInput("Nothing was asked for.", [problem])
    identity.lock_learners(session, [learner])  # two of them at once are one
    if any(one.state == "open" for one in erasures.of_learner(session, learner)):
        raise Conflict("You have asked already, and will be answered.")
    due = calendar.after(now, _WITHIN)
    number = erasures.add(session, learner, who.mbox, said, now, due)
    audit.note(session, who=who.address, act="asked for erasure", about=f"learner {learner}", now=now)
    about: _About = {"number": number, "due": in_words(calendar.day_of(due)), "learner": learner}
    _tell(session, who.address, "asked", about, now)
    for grant in roles.grants(session, role="operator"):
        _tell(session, grant.mbox.removeprefix("mailto:"), "operator", about, now)
    _tell_boards(session, learner, about, calendar, now)


def _tell_boards(session: Session, learner: int, about: _About, calendar: Calendar, now: datetime) -> None:
    """Officers of the areas of posts that haven't ended; once each area."""
    mappings = mapping_flow.in_force(session, calendar)
    person = people.load(session, [learner])[learner]
    areas = dict.fromkeys(post.area for post in person.posts if post.ends is None or post.ends > now)
    for key in areas:
        area = mappings.areas.get(key)
        for grant in roles.grants(session, role="board", area=key):
            told = {**about, "area": area.name if area else key, "area_key": key}
            _tell(session, grant.mbox.removeprefix("mailto:"), "board", told, now)


def withdraw(session: Session, who: Visitor, now: datetime) -> None:
    """Raises NotFound where the visitor has no open request."""
    one = standing_request(session, who)
    if one is None or not erasures.close(
        session, one.number, "withdrawn", by=who.address, reason="", now=now
    ):
        raise NotFound("You have no open request.")
    audit.note(
        session, who=who.address, act="asks for erasure no longer", about=f"learner {one.learner}", now=now
    )


def close(
    session: Session, number: int, state: Literal["done", "refused"], *, reason: str, who: str, now: datetime
) -> Request:
    """Answers a request; the learner is told the reason. Raises NotFound for one that is not open, BadInput without a reason."""
    if not reason.strip():
        problem = Problem("--reason", "is empty", mend="it is what the learner is told")
        raise BadInput("Nothing was changed.", [problem])
    one = erasures.numbered(session, number)
    if one is None or not erasures.close(session, number, state, by=who, reason=reason.strip(), now=now):
        raise NotFound(f"There is no open request with number {number}.")
    audit.note(
        session,
        who=who,
        act=f"erasure {state}",
        about=f"learner {one.learner}",
        reason=reason.strip(),
        now=now,
    )
    _tell(session, one.address, state, {"number": number, "reason": reason.strip()}, now)
    return one


def _tell(session: Session, address: str, what: str, about: _About, now: datetime) -> None:
    title = _SUBJECTS[what]
    notices.tell(session, address, title, "erasure", {"what": what, "title": title, **about}, now)
