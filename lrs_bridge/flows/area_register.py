"""What a Board's officer sees of the register of their area, a page at a time, and records of several champions at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from lrs_bridge.errors import BadInput, BridgeError, Conflict, NotFound, Problem
from lrs_bridge.flows import by_hand, champion
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.learning.champions import ACTS, Act, place_of
from lrs_bridge.learning.history import Evidence
from lrs_bridge.learning.mappings import Area, Champions, Mappings
from lrs_bridge.moments import Calendar, Duration, in_words
from lrs_bridge.store import evidence, news, people, register
from lrs_bridge.store.database import Session
from lrs_bridge.store.register import CHAMPIONS, Chosen

PAGE = 50
"""How many a page shows."""


@dataclass(frozen=True, slots=True)
class Place:
    """An area, and by what its champions are judged."""

    key: str
    area: Area
    champions: Champions
    mappings: Mappings

    @property
    def name(self) -> str:
        return self.area.name

    @property
    def calendar(self) -> Calendar:
        return self.mappings.calendar


def place(session: Session, area: str, calendar: Calendar) -> Place:
    """Raises NotFound for an area that the mappings in force don't know."""
    mappings = mapping_flow.in_force(session, calendar)
    champions = mappings.champions_of(area)
    if champions is None:
        raise NotFound("The mapping files in force know no such area.")
    return Place(area, mappings.areas[area], champions, mappings)


@dataclass(frozen=True, slots=True)
class Overview:
    """How many there are of what a Board looks after. `gaps`: organisations; `held`: alerts."""

    people: register.Counts
    gaps: int
    held: int


def overview(session: Session, place: Place, now: datetime) -> Overview:
    due = _last_before(place, now)
    return Overview(
        register.counts(session, place.key, due),
        register.count_with_gap(session, place.key, now),
        sum(one.number for one in news.groups(session, [place.key]) if one.held),
    )


Which = Literal["requests", "returned", "eligible", "champions", "left"]
Flag = Literal["", "lapsed", "legacy", "update"]

_WHICH: dict[Which, Chosen] = {
    "requests": Chosen(("requested",), ("request",)),
    "returned": Chosen(("returned",), ("return",)),
    "eligible": Chosen(("eligible",)),
    "champions": Chosen(CHAMPIONS),
    "left": Chosen(("left",)),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which people: `sector` None: of any; `flag`: of champions, those whose standards are not all met, who are from before and not
    registered anew, or whose annual update is due."""

    which: Which
    sector: str | None = None
    flag: Flag = ""


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: the number by which the next page is asked for, or None."""

    lines: tuple[champion.Registered, ...]
    after: int | None


def page(session: Session, place: Place, wanted: Filter, now: datetime, after: int = 0) -> Page:
    """By organisation, so many at a time."""
    found = register.page(session, place.key, _chosen(place, wanted, now), after=after, limit=PAGE + 1)
    lines = tuple(champion.line(one, place.champions, place.calendar) for one in found[:PAGE])
    return Page(lines, lines[-1].entry.learner if len(found) > PAGE else None)


def everybody(session: Session, place: Place, wanted: Filter, now: datetime) -> list[champion.Registered]:
    """All of them, for a file."""
    found = register.entries(session, place.key, _chosen(place, wanted, now))
    return [champion.line(one, place.champions, place.calendar) for one in found]


def _chosen(place: Place, wanted: Filter, now: datetime) -> Chosen:
    chosen = replace(_WHICH[wanted.which], sector=wanted.sector)
    if wanted.flag == "lapsed":
        return replace(chosen, lapsed=True)
    if wanted.flag == "legacy":
        return replace(chosen, statuses=("legacy_unverified",))
    if wanted.flag == "update":
        due = _last_before(place, now)
        return replace(chosen, last_before=due) if due else replace(chosen, statuses=())
    return chosen


def _last_before(place: Place, now: datetime) -> datetime | None:
    """Whose last update lies before then is due for another today; None where the Board asks for none."""
    each = place.champions.annual_update
    return due_before(place.calendar.day_of(now), each, place.calendar) if each else None


def due_before(today: date, each: Duration, calendar: Calendar) -> datetime:
    """The first moment from which on what is due `each` so long after it is due only after today."""
    back = Duration(months=-each.months, days=-each.days, seconds=-each.seconds)
    day = calendar.day_of(calendar.after(calendar.start_of(today), back)) - timedelta(days=2)
    while calendar.day_of(calendar.after(calendar.start_of(day), each)) <= today:
        day += timedelta(days=1)
    return calendar.start_of(day)


# --- one champion ----------------------------------------------------------------------------------------------------

ACTS_IN_WORDS: dict[str, str] = {
    "list": "Put on the register from before",
    "request": "Asked to be registered",
    "withdraw": "Took the request back",
    "return": "Request returned by the Board",
    "register": "Registered by the Board",
    "leave": "Left the role",
    "update": "Attended the annual update",
}


@dataclass(frozen=True, slots=True)
class Acted:
    """One act in words. `by`: who decided or said so; `missing`: the standards missing at that moment, by name;
    `taken_back`: by a later record, so that it does not count."""

    day: str
    what: str
    where: str
    by: str
    note: str
    missing: tuple[str, ...]
    taken_back: bool


@dataclass(frozen=True, slots=True)
class History:
    """What the flow of one area tells of a learner; `line`: their line of the register, None while they have none."""

    learner: int
    name: str
    line: champion.Registered | None
    acts: tuple[Acted, ...]


def history(session: Session, place: Place, learner: int) -> History:
    """By what is computed so far: what was recorded a moment ago follows."""
    person = people.load(session, [learner])[learner]
    found = evidence.evidence_of(session, [learner])[learner]
    acts = [one for one in found if one.kind == "champion" and one.key == place.key and one.counts]
    acts.sort(key=lambda one: (one.happened, ACTS.index(one.detail["act"]), one.statement_id))
    entry = register.of_learner(session, place.key, learner)
    return History(
        learner,
        person.name,
        champion.line(entry, place.champions, place.calendar) if entry else None,
        tuple(acted(one, place) for one in acts),
    )


def acted(one: Evidence, place: Place) -> Acted:
    detail = one.detail
    by = detail.get("by_name") or ", ".join(name.removeprefix("mailto:") for name in detail.get("by", ()))
    decided = detail["act"] in champion.DECISIONS
    missing = detail.get("missing") or () if decided else ()
    return Acted(
        day=in_words(place.calendar.day_of(one.happened)),
        what=ACTS_IN_WORDS[detail["act"]],
        where=", ".join(part for part in place_of(one) if part),
        by=by,
        note=detail.get("note") or "",
        missing=tuple(standard_name(key, place.champions) for key in missing),
        taken_back=one.voided_by is not None,
    )


def standard_name(key: str, champions: Champions) -> str:
    known = champions.standards.get(key)
    return known.name if known else "A current post in this area"


# --- several at once -------------------------------------------------------------------------------------------------


def act_on(
    session: Session,
    place: Place,
    act: Act,
    learners: Sequence[int],
    happened: datetime,
    note: str,
    keeping: by_hand.Keeping,
) -> list[champion.Done]:
    """Records what champions reported, of all of them or of nobody. Raises BadInput where none is chosen, NotFound for who is no
    champion of the area as far as is known, Conflict with every reason why it can't be."""
    if not learners:
        raise BadInput("Nothing was recorded.", [Problem("learner", "Choose at least one champion")])
    chosen = sorted(set(learners))
    if register.among(session, place.key, CHAMPIONS, chosen) != set(chosen):
        raise NotFound("Some of those chosen are not champions of this area any longer.")
    persons = people.load(session, chosen)
    done, refused = [], []
    for number in chosen:
        asked = champion.Asked(
            act,
            champion.recorded_for(persons[number]),
            place.key,
            happened,
            by=keeping.who,
            note=note,
        )
        try:
            done.append(champion.act(session, asked, place.mappings, keeping))
        except BridgeError as no:
            refused.append(no.title)
    if refused:
        raise Conflict("Nothing was recorded.", [Problem("", why) for why in refused])
    return done
