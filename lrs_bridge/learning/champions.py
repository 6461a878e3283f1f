"""The champion flow of one area: what was asked for, decided and reported, folded into a state.

    request → requested;  withdraw → nothing again;  return → returned;  register → champion;  leave → left
    the register as it was before: list → legacy_unverified, until registered anew
    update: the annual update was attended, which changes no state

The role belongs to a post and ends with it. Evidence plays no part here: a champion whose standards lapse stays champion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lrs_bridge.learning.history import Evidence, History, plain, stretches
from lrs_bridge.learning.periods import Interval

Act = Literal["list", "request", "withdraw", "return", "register", "leave", "update"]
ACTS: tuple[Act, ...] = ("list", "request", "withdraw", "return", "register", "leave", "update")
"""In the order in which acts of one instant are read."""

State = Literal["requested", "returned", "champion", "left", "legacy_unverified"]

_ROLE: dict[str, State] = {"list": "legacy_unverified", "register": "champion", "leave": "left"}
_ASKED: dict[str, State | None] = {"request": "requested", "return": "returned", "withdraw": None}
_RANK: dict[State, int] = {"left": 0, "returned": 0, "requested": 1, "legacy_unverified": 2, "champion": 3}

Place = tuple[str, str]
"""An organisation, and a service area in it; "" leaves that open."""


def same_place(one: Place, other: Place) -> bool:
    services = {plain(one[1]), plain(other[1])} - {""}
    return plain(one[0]) == plain(other[0]) and len(services) <= 1


@dataclass(frozen=True, slots=True)
class ChampionState:
    """Where one learner stands in the flow, for one post.

    since        from when: the act's moment, or the end of the post
    act          the act that led here; `because_post_ended`: the post's end did
    asked        an act by which a champion asks to be registered anew or elsewhere, or was returned; None otherwise
    last_update  when the annual update was last attended
    """

    state: State
    since: datetime
    organisation: str
    service_area: str
    act: Evidence
    asked: Evidence | None = None
    last_update: datetime | None = None
    because_post_ended: bool = False

    @property
    def is_champion(self) -> bool:
        return self.state in ("champion", "legacy_unverified")

    @property
    def place(self) -> Place:
        return self.organisation, self.service_area

    @property
    def open_act(self) -> Evidence | None:
        """The request that awaits the Board, or its return."""
        return self.asked or (self.act if self.state in ("requested", "returned") else None)


def place_of(act: Evidence) -> Place:
    return act.detail.get("organisation") or "", act.detail.get("service_area") or ""


def acts_in(history: History, area: str) -> list[Evidence]:
    """The acts of this area that nobody took back, in the order they happened."""
    found = history.standing_evidence("champion", area)
    return sorted(found, key=lambda one: (one.happened, ACTS.index(one.detail["act"]), one.statement_id))


def state_in(history: History, area: str, now: datetime) -> ChampionState | None:
    """The state that speaks for this area: of several posts, the one that came furthest, else the last. A champion's request
    for another post is seen beside it."""
    acts = [act for act in acts_in(history, area) if act.happened <= now]
    states = [state for one in _by_place(acts) if (state := _fold(history, one, now))]
    best = max(states, key=lambda one: (_RANK[one.state], one.since), default=None)
    if best is None or not best.is_champion or best.asked:
        return best
    elsewhere = [one for one in states if one.state == "requested"]
    return replace(best, asked=elsewhere[-1].act) if elsewhere else best


def _by_place(acts: list[Evidence]) -> Iterable[list[Evidence]]:
    """The acts of each post. One that names no service area belongs to every one of that organisation."""
    places = dict.fromkeys((plain(place[0]), plain(place[1])) for place in map(place_of, acts))
    larger = {organisation for organisation, service in places if service}
    for organisation, service in places:
        if service or organisation not in larger:
            yield [act for act in acts if same_place(place_of(act), (organisation, service))]


def _fold(history: History, acts: Iterable[Evidence], now: datetime) -> ChampionState | None:
    """`role` is what the register says, `asked` what is between the person and the Board; each ends with its post."""
    role: ChampionState | None = None
    asked: ChampionState | None = None
    updated: datetime | None = None
    for act in acts:
        word = act.detail["act"]
        role, asked = _ended_with_post(history, role, act.happened), _held_on(history, asked, act.happened)
        if word == "update":
            updated = act.happened
        elif word in _ROLE:
            role, asked = _state(_ROLE[word], act), None
        else:
            to = _ASKED[word]
            asked = _state(to, act) if to else None
    role, asked = _ended_with_post(history, role, now), _held_on(history, asked, now)
    if role is not None and role.is_champion:
        return replace(role, asked=asked.act if asked else None, last_update=updated)
    return asked or role


def _state(state: State, act: Evidence) -> ChampionState:
    return ChampionState(state, act.happened, *place_of(act), act)


def _ended_with_post(history: History, role: ChampionState | None, now: datetime) -> ChampionState | None:
    """A champion whose post has ended has left the role."""
    if role is None or role.state == "left" or _held_on(history, role, now):
        return role
    held = _stretch(history, role.act)
    ended = held[1] if held else now
    return replace(role, state="left", since=ended, because_post_ended=True)


def _held_on(history: History, state: ChampionState | None, now: datetime) -> ChampionState | None:
    """None once the post it was for has ended."""
    held = _stretch(history, state.act) if state else None
    return None if held and now >= held[1] else state


def _stretch(history: History, act: Evidence) -> Interval | None:
    """The stretch of posts that an act belongs to: the one it happened in, else the first that began later (a register
    knows of champions since before their post was recorded)."""
    later = sorted(stretch for stretch in stretches(history.posts, act.detail) if act.happened < stretch[1])
    return later[0] if later else _last(stretches(history.posts, act.detail))


def _last(found: list[Interval]) -> Interval | None:
    return max(found, key=lambda stretch: stretch[1], default=None)
