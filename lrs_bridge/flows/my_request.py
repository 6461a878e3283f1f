"""What the learner says to the Board on their own pages: I ask to be registered, I ask no longer, I leave, I do this elsewhere now. The
acts, and whether they are allowed, are those of `flows.champion`; a transaction that raises keeps none of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.errors import Conflict, NotFound
from lrs_bridge.flows import by_hand, champion, line_managers
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.line_managers import Held
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.learning.champions import Act
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import parse_instant
from lrs_bridge.settings import Settings
from lrs_bridge.store import people, projections
from lrs_bridge.store.database import Session

_CHAMPION = ("champion", "legacy_unverified")


@dataclass(frozen=True, slots=True)
class Role:
    """The role in an area, and where else they hold a post now, but in areas where they are registered already. `key`: of the area;
    `words`: where the role is; `elsewhere`: value → what it is called."""

    key: str
    area: str
    board: str
    words: str
    elsewhere: dict[str, str]


def role(session: Session, visitor: Visitor, area: str, settings: Settings, now: datetime) -> Role:
    """Raises NotFound where they are no champion in this area, as far as is computed."""
    mappings = mapping_flow.in_force(session, settings.calendar)
    state = _state(session, visitor, area)
    known = mappings.areas.get(area)
    if known is None or not state or state["state"] not in _CHAMPION:
        raise NotFound("You are not a CSE Champion there.")
    place = (state["organisation"], state["service_area"])
    return Role(
        key=area,
        area=known.name,
        board=known.board,
        words=", ".join(part for part in place if part),
        elsewhere={
            value: f"{held.words}, {mappings.areas[held.post.area].name}"
            for value, held in _posts(session, visitor, mappings, now).items()
            if (
                not held.is_at(*place)
                if held.post.area == area
                else _state(session, visitor, held.post.area).get("state") != "champion"
            )
        },
    )


def request(session: Session, visitor: Visitor, area: str, settings: Settings, now: datetime) -> None:
    """Asks the Board to register them, for the post that meets every standard. Raises Conflict where one is missing, or the flow
    does not allow it now; NotFound for an area where they hold no post."""
    mappings = mapping_flow.in_force(session, settings.calendar)
    if not any(held.post.area == area for held in _posts(session, visitor, mappings, now).values()):
        raise NotFound("You have no current post in such an area.")
    kept = _eligibility(session, visitor, area)
    asked = replace(
        _asked("request", visitor, area, now),
        organisation=kept.get("organisation", ""),
        service_area=kept.get("service_area", ""),
    )
    done = champion.act(session, asked, mappings, _keeping(visitor, settings, now))
    if done.missing:
        known = mappings.champions_of(area)
        names = [known.standards[key].name for key in done.missing if known and key in known.standards]
        raise Conflict(f"Nothing was sent: not every standard is met. Missing: {'; '.join(names)}.")


def withdraw(session: Session, visitor: Visitor, area: str, settings: Settings, now: datetime) -> None:
    """Raises Conflict where nothing was asked."""
    _act(session, _asked("withdraw", visitor, area, now), visitor, settings, now)


def leave(session: Session, visitor: Visitor, area: str, settings: Settings, now: datetime) -> None:
    """Raises Conflict where they are no champion."""
    _act(session, _asked("leave", visitor, area, now), visitor, settings, now)


def move(session: Session, visitor: Visitor, area: str, to: str, settings: Settings, now: datetime) -> str:
    """Leaves the role in this area, and asks to be registered for another post (`Role.elsewhere`), whatever is missing there yet:
    the Board sees it. Returns the other's area. Raises NotFound for what is no such post, Conflict as `leave` and `request`."""
    mappings = mapping_flow.in_force(session, settings.calendar)
    here = role(session, visitor, area, settings, now)
    if to not in here.elsewhere:
        raise NotFound("You have no such post now.")
    post = _posts(session, visitor, mappings, now)[to].post
    state = _state(session, visitor, area)
    # A moment before the request, since acts of one instant are read in an order of their own; never before the role began.
    left = max(parse_instant(state["since"]), now - timedelta(milliseconds=1))
    keeping = _keeping(visitor, settings, now)
    leaving = replace(_asked("leave", visitor, area, left), note=f"Goes on at {post.organisation}")
    champion.act(session, leaving, mappings, keeping)
    asking = replace(
        _asked("request", visitor, post.area, now),
        organisation=post.organisation,
        service_area=post.service_area,
        note=f"Was a CSE Champion at {here.words}, {here.area}",
    )
    champion.act(session, asking, mappings, keeping)
    return post.area


def _act(
    session: Session, asked: champion.Asked, visitor: Visitor, settings: Settings, now: datetime
) -> None:
    mappings = mapping_flow.in_force(session, settings.calendar)
    if (
        visitor.learner is None
        or asked.area not in mappings.areas
        or not _eligibility(session, visitor, asked.area)
    ):
        raise NotFound("You have no standing in such an area.")
    champion.act(session, asked, mappings, _keeping(visitor, settings, now))


def _asked(act: Act, visitor: Visitor, area: str, happened: datetime) -> champion.Asked:
    return champion.Asked(act, visitor.mbox, area, happened)


def _keeping(visitor: Visitor, settings: Settings, now: datetime) -> by_hand.Keeping:
    return by_hand.Keeping(settings.public_url, visitor.address, now)


def _posts(session: Session, visitor: Visitor, mappings: Mappings, now: datetime) -> dict[str, Held]:
    """“essex/1” → the post of that number in that area."""
    if visitor.learner is None:
        return {}
    person = people.load(session, [visitor.learner])[visitor.learner]
    areas = [area for area in mappings.areas if any(post.area == area for post in person.posts)]
    return {
        f"{area}/{held.number}": held
        for area in areas
        for held in line_managers.places(session, person, area, mappings, now)
    }


def _eligibility(session: Session, visitor: Visitor, area: str) -> dict[str, Any]:
    """What is kept of where they stand there, {} for nothing."""
    kept = projections.standing(session, visitor.learner) if visitor.learner is not None else None
    return kept.body["eligibility"].get(area) or {} if kept else {}


def _state(session: Session, visitor: Visitor, area: str) -> dict[str, Any]:
    return _eligibility(session, visitor, area).get("champion") or {}
