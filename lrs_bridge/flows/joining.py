"""A Board's officer says that two records are one person, or are not: with both shown first, a reason, and a notice to both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lrs_bridge.errors import BadInput, BridgeError, Conflict, Problem
from lrs_bridge.flows import notices
from lrs_bridge.flows import people as people_flow
from lrs_bridge.flows.area_register import Place
from lrs_bridge.flows.identifiers import identifier_named
from lrs_bridge.flows.people import Unknown
from lrs_bridge.learning.identity import names_of
from lrs_bridge.moments import in_words
from lrs_bridge.store import audit, people, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.roles import Viewer

UNKNOWN_PAGE = 25
Result = Literal["joined", "parted", "apart_still"]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two records. `identifiers` without "mailto:"; `posts`: in words, those in the area."""

    typed: str
    text: str
    learner: int
    name: str
    identifiers: tuple[str, ...]
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    one: Side
    other: Side

    @property
    def are_one(self) -> bool:
        return self.one.learner == self.other.learner


def look(session: Session, place: Place, viewer: Viewer, one: str, other: str) -> Pair:
    """Both records, found by exactly these identifiers. Raises BadInput, by the fields "one" and "other", for what is no identifier
    and for whom this officer may not see: of these nothing is told, not even whether they are known. One of the two may be
    somebody without any post, who belongs to no area yet."""
    found: dict[str, Side] = {}
    problems = []
    for field, typed in (("one", one), ("other", other)):
        try:
            side = _side(session, place, typed)
        except BridgeError:
            problems.append(Problem(field, "Enter an e-mail address, or Organisation|number"))
            continue
        if side is None or not (roles.sees(session, viewer, side.learner) or _has_no_post(session, side)):
            problems.append(
                Problem(field, f"Nobody in {place.name}, or without any post, is known by {typed.strip()}")
            )
        else:
            found[field] = side
    if not problems and found["one"].text == found["other"].text:
        problems = [Problem("other", "Enter another identifier than the first")]
    if not problems and not any(roles.sees(session, viewer, side.learner) for side in found.values()):
        problems = [Problem("one", f"At least one of the two must have a post in {place.name}")]
    if problems:
        raise BadInput("Nothing was decided.", problems)
    return Pair(found["one"], found["other"])


def _side(session: Session, place: Place, typed: str) -> Side | None:
    text = identifier_named(session, typed.strip())
    learner = people.learner_with(session, text)
    if learner is None:
        return None
    person = people.load(session, [learner])[learner]
    posts = [
        f"{post.role or 'Post'} at {post.organisation}" for post in person.posts if post.area == place.key
    ]
    names = tuple(name.removeprefix("mailto:") for name in person.identifiers)
    return Side(typed.strip(), text, learner, person.name, names, tuple(posts))


def _has_no_post(session: Session, side: Side) -> bool:
    return not people.load(session, [side.learner])[side.learner].posts


def decide(
    session: Session,
    place: Place,
    viewer: Viewer,
    one: str,
    other: str,
    *,
    same: bool,
    reason: str,
    who: str,
    now: datetime,
) -> Result:
    """Joins or parts, keeps who did and why, and has both told by e-mail once that is committed. Raises BadInput as `look` and
    without a reason, Conflict about the officer's own records and where it is so already."""
    pair = look(session, place, viewer, one, other)
    if not reason.strip():
        raise BadInput("Nothing was decided.", [Problem("reason", "Say how you know")])
    own = names_of([f"mailto:{who}"])
    for side in (pair.one, pair.other):
        if not own.isdisjoint(names_of([side.text, *_mail(session, side)])):
            raise Conflict("About your own records another officer has to decide.")
    if pair.are_one == same:
        raise Conflict(
            "These two are one person already." if same else "These two are not one person anyway."
        )
    decided = people_flow.decide(
        session, pair.one.text, pair.other.text, same=same, reason=reason, who=who, now=now
    )
    act = "two records joined" if same else "two records parted"
    about = " and ".join(side.text.removeprefix("mailto:") for side in (pair.one, pair.other))
    audit.note(session, who=who, act=act, about=f"{place.name}: {about}", reason=reason.strip(), now=now)
    _tell(session, place, pair, same=same, who=who, now=now)
    if same and not decided.are_one:
        return "apart_still"
    return "joined" if decided.are_one else "parted"


def _mail(session: Session, side: Side) -> list[str]:
    person = people.load(session, [side.learner])[side.learner]
    return [text for text in person.identifiers if text.startswith("mailto:")]


def _tell(session: Session, place: Place, pair: Pair, *, same: bool, who: str, now: datetime) -> None:
    """Each at the address that was named, or else at the first that is known. What stands under the other one is not told: somebody
    else may read an old mailbox."""
    told: dict[str, None] = {}
    for side in (pair.one, pair.other):
        known = [side.text] if side.text.startswith("mailto:") else _mail(session, side)[:1]
        told |= {text.removeprefix("mailto:"): None for text in known}
    subject = "Your CSE training: two records were " + ("joined" if same else "parted")
    about = {
        "same": same,
        "board": place.area.board,
        "officer": who,
        "day": in_words(place.calendar.day_of(now)),
    }
    for address in told:
        notices.tell(session, address, subject, "records_joined", {**about, "address": address}, now)


def unknown(session: Session, place: Place, after: int, *, who: str, now: datetime) -> list[Unknown]:
    """People without any post, the latest met first, one more than a page shows. That somebody looked is kept."""
    where = f"{place.name}, from {after} on" if after else place.name
    audit.note(session, who=who, act="people without a post listed", about=where, now=now)
    return people_flow.unknown(session, after=after, limit=UNKNOWN_PAGE + 1)
