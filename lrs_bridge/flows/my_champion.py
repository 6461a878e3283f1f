"""Becoming a CSE Champion in one area, as the learner sees it: the standards, whom their posts' letters went to and what came of
them, and where the request stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from lrs_bridge.errors import NotFound
from lrs_bridge.flows import bulletin, line_managers, standings
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.ask_manager import reminder_day
from lrs_bridge.flows.explain import NOT_PROVEN, is_outdated
from lrs_bridge.flows.line_managers import Held
from lrs_bridge.flows.person import YOUR_STATUS, missing_in_words
from lrs_bridge.flows.recompute import matches_of
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.learning.champions import acts_in
from lrs_bridge.learning.history import Evidence, History, plain
from lrs_bridge.learning.mappings import MANAGER_SUPPORT, WORKING_KNOWLEDGE, Mappings
from lrs_bridge.moments import Calendar, in_words, parse_instant
from lrs_bridge.store import evidence, manager_letters, people, projections, timetable
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.store.manager_letters import Letter
from lrs_bridge.store.people import Person
from lrs_bridge.store.register import CHAMPIONS

Said = Literal["request", "withdraw", "leave"]
LetterState = Literal["open", "expired", "answered", "cancelled", "not_theirs", "taken_back"]


@dataclass(frozen=True, slots=True)
class MyLetter:
    """The last letter for a post. Days in words; `reminder`: when the address is or was reminded; `supports`, `knows_well`: of one
    that is answered."""

    number: int
    state: LetterState
    name: str
    address: str
    sent: str
    until: str
    reminder: str
    ended: str
    supports: bool = False
    knows_well: bool = False


@dataclass(frozen=True, slots=True)
class MyPost:
    """A post in the area, with its last letter; `may_ask`: a letter for it may be sent now, and would serve."""

    held: Held
    letter: MyLetter | None
    may_ask: bool


@dataclass(frozen=True, slots=True)
class MyChampion:
    """`standing`: as the Read API shows the area's; `words`, `since` in words; `place`: where the post is that the standing
    speaks for; `act_day`, `note`, `missing_then`: of the act that led to where the request or the role stands; `sent`: what
    they told the Board last, on `act_day`, if that is where things stand ("" where the Board has spoken since, or they said nothing)."""

    key: str
    area: str
    board: str
    status: str
    words: str
    since: str
    met: tuple[str, ...]
    missing: tuple[dict[str, Any], ...]
    posts: tuple[MyPost, ...]
    place: str
    asked: bool
    act_day: str
    note: str
    missing_then: tuple[str, ...]
    sent: Said | Literal[""]
    is_stale: bool
    gets_bulletin: bool
    not_proven: str = NOT_PROVEN

    @property
    def is_champion(self) -> bool:
        return self.status in CHAMPIONS

    @property
    def may_request(self) -> bool:
        return not self.missing and not self.asked and self.status != "champion"


def my_champion(
    session: Session, visitor: Visitor, area: str, calendar: Calendar, now: datetime
) -> MyChampion:
    """In a fixed number of queries for each post. Raises NotFound for an area where they have no current post."""
    mappings = mapping_flow.in_force(session, calendar)
    learner = visitor.learner
    if learner is None or area not in mappings.areas:
        raise NotFound(_NO_POST)
    person = people.load(session, [learner])[learner]
    held = line_managers.places(session, person, area, mappings, now)
    if not held:
        raise NotFound(_NO_POST)
    kept = projections.load_standings(session, [learner]).get(learner)
    own = (kept.body["eligibility"].get(area) if kept else None) or _NOTHING
    shown = {one["area"]["key"]: one for one in standings.shown(kept, mappings)["champion"]}
    one = shown.get(area) or {**_NOT_COMPUTED, "area": {"key": area}}
    letters = [each for each in manager_letters.of(session, learner) if each.area == area]
    state = own["champion"] or {}
    waiting = evidence.pending_with(session, [("agent", text) for text in person.identifiers])
    is_stale = bool(projections.pending_among(session, [learner]) or waiting) or is_outdated(
        kept, timetable.in_force(session)
    )
    said = _said_last(session, person, area, mappings, waiting)
    asked = "request" in (state.get("asked"), state.get("act"))
    status, asked = _as_said(said, one, asked=asked) if said and is_stale else (one["status"], asked)
    stands = said is not None and _stands(said.act, status, asked=asked)
    act_day = said.day if said and stands else _day(state.get("since"), calendar)
    return MyChampion(
        key=area,
        area=mappings.areas[area].name,
        board=mappings.areas[area].board,
        status=status,
        words=YOUR_STATUS[status],
        since=_day(one["since"], calendar),
        met=tuple(standard["name"] for standard in one["met"]),
        missing=tuple(missing_in_words(one, mappings, is_theirs=True)),
        posts=tuple(_post(each, letters, own, calendar, now) for each in held),
        place=", ".join(part for part in (own["organisation"], own["service_area"]) if part),
        asked=asked,
        act_day=act_day,
        note=state.get("note", ""),
        missing_then=_names(state, area, mappings),
        sent=said.act if said and stands else "",
        is_stale=is_stale,
        gets_bulletin=status in CHAMPIONS and bulletin.is_wanted(session, learner),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    act: Said
    day: str


def _said_last(
    session: Session, person: Person, area: str, mappings: Mappings, waiting: Sequence[int]
) -> _Said | None:
    """The last act in this area, if it is the learner's own to the Board; what is stored and not yet matched (`waiting`) included."""
    known = evidence.evidence_of(session, [person.learner])[person.learner]
    fresh = [
        Evidence(
            str(one.id),
            match.kind,
            match.key,
            one.source,
            one.happened,
            match.counts,
            match.because,
            detail=match.detail,
        )
        for one in records.to_match(session, waiting)
        for who, match in matches_of(one, mappings).matches
        if who.text in person.identifiers
    ]
    history = History(person.posts, (*known, *fresh), frozenset(person.identifiers))
    last = next(reversed(acts_in(history, area)), None)
    if last is None or last.detail["act"] not in get_args(Said) or last.detail.get("by"):
        return None
    return _Said(last.detail["act"], in_words(mappings.calendar.day_of(last.happened)))


def _as_said(said: _Said, one: dict[str, Any], *, asked: bool) -> tuple[str, bool]:
    """Status, and whether a request is open, as what was said last will have made them once it is worked out."""
    is_champion = one["status"] in CHAMPIONS
    if said.act == "leave":
        return "left", False
    if said.act == "request":
        return one["status"] if is_champion else "requested", True
    met = "not_eligible" if one["missing"] else "eligible"
    return one["status"] if is_champion or not asked else met, False


def _stands(act: Said, status: str, *, asked: bool) -> bool:
    """Whether things still are as the act left them: a post that ends takes its request with it."""
    if act == "leave":
        return status == "left"
    return asked is (act == "request")


_NO_POST = "You have no current post in such an area."
_NOT_COMPUTED: dict[str, Any] = {"since": None, "met": [], "missing": [], "status": "not_eligible"}
_NOTHING: dict[str, Any] = {
    "champion": None,
    "organisation": "",
    "service_area": "",
    "wanting": {},
    "missing": [],
}


def wish_bulletin(
    session: Session, visitor: Visitor, area: str, calendar: Calendar, *, wants: bool, now: datetime
) -> None:
    """Keeps whether a champion wants the Boards' bulletins. Raises NotFound for whoever is none in this area."""
    found = my_champion(session, visitor, area, calendar, now)
    if visitor.learner is None or not found.is_champion:
        raise NotFound("You are not a CSE Champion there.")
    bulletin.wish(session, visitor.learner, wants=wants, who=visitor.address, now=now)


def my_place(
    session: Session, visitor: Visitor, area: str, place: int, calendar: Calendar, now: datetime
) -> MyPost:
    """One of the posts, by its number. Raises NotFound where they hold no such post now."""
    found = my_champion(session, visitor, area, calendar, now)
    mine = next((one for one in found.posts if one.held.number == place), None)
    if mine is None:
        raise NotFound("You have no such post now.")
    return mine


def _post(
    held: Held, letters: list[Letter], own: dict[str, Any], calendar: Calendar, now: datetime
) -> MyPost:
    last = next((one for one in letters if held.is_at(one.organisation, one.service_area)), None)
    letter = _letter(last, calendar, now) if last else None
    is_judged = (plain(own["organisation"]), plain(own["service_area"])) == (
        plain(held.post.organisation),
        plain(held.post.service_area),
    )
    wanting = {key for keys in own["wanting"].values() for key in keys}
    has_word = is_judged and wanting.isdisjoint((MANAGER_SUPPORT, WORKING_KNOWLEDGE))
    is_open = letter is not None and letter.state == "open"
    is_given = letter is not None and letter.state == "answered" and letter.supports and letter.knows_well
    return MyPost(held, letter, may_ask=not (has_word or is_open or is_given or held.problem))


def _letter(one: Letter, calendar: Calendar, now: datetime) -> MyLetter:
    state: LetterState
    if one.closed:
        state = one.closed
    elif one.answered_at:
        state = "answered"
    else:
        state = "open" if one.is_open(now) else "expired"
    ended = one.closed_at or one.answered_at
    return MyLetter(
        number=one.number,
        state=state,
        name=one.name,
        address=one.address,
        sent=in_words(calendar.day_of(one.asked_at)),
        until=in_words(calendar.last_day_before(one.expires_at)),
        reminder=in_words(
            calendar.day_of(one.reminded_at) if one.reminded_at else reminder_day(one, calendar)
        ),
        ended=in_words(calendar.day_of(ended)) if ended else "",
        supports=one.answers.get("support", False),
        knows_well=one.answers.get("knowledge", False),
    )


def _names(state: dict[str, Any], area: str, mappings: Mappings) -> tuple[str, ...]:
    """The standards that were missing when the act happened, in words."""
    champions = mappings.champions_of(area)
    known = champions.standards if champions else {}
    keys = state.get("standards_then", {}).get("missing", ())
    return tuple(known[key].name if key in known else key.replace("_", " ") for key in keys)


def _day(instant: str | None, calendar: Calendar) -> str:
    return in_words(calendar.day_of(parse_instant(instant))) if instant else ""
