"""The champion flow, act by act: the person asks, the Board registers or returns, the person leaves. Each is a statement.

An alert never stands in for a request, and eligible is not champion: the Board decides, on standards that are all met.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import by_hand
from lrs_bridge.flows.identifiers import identifier_named
from lrs_bridge.flows.recompute import history_now
from lrs_bridge.learning.champions import Act, ChampionState, Place, acts_in, place_of, state_in
from lrs_bridge.learning.eligibility import Eligibility, eligibility_in
from lrs_bridge.learning.history import Evidence, History, plain
from lrs_bridge.learning.identity import names_of
from lrs_bridge.learning.mappings import Champions, Mappings
from lrs_bridge.moments import Calendar, in_words
from lrs_bridge.store import people
from lrs_bridge.store import register as register_store
from lrs_bridge.store.database import Session
from lrs_bridge.store.register import Chosen
from lrs_bridge.xapi.agents import parse_identifier

DECISIONS = ("register", "return")
"""What the Board decides; the rest is the person's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done. `organisation`, `service_area`: needed where the person asks and has posts at several in the
    area; `by`: who at the Board decided; `happened`: when, not later than now."""

    act: Act
    identifier: str
    area: str
    happened: datetime
    organisation: str = ""
    service_area: str = ""
    by: str = ""
    by_name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What was kept: for whom, in which area (its key), for which post, and with which standards met and missing at that
    moment."""

    name: str
    area: str
    organisation: str
    service_area: str
    met: tuple[str, ...]
    missing: tuple[str, ...]


def act(session: Session, asked: Asked, mappings: Mappings, keeping: by_hand.Keeping) -> Done:
    """Keeps one act. Raises BadInput for what is no identifier or area, NotFound for nobody known, Conflict where the flow
    does not allow the act now, each saying what to do."""
    area, champions = _area_named(asked.area, mappings)
    asked = replace(asked, area=area)
    if asked.act in DECISIONS and not asked.by:
        raise BadInput(
            "Nothing was recorded.",
            [Problem("--by", "says nobody who decided", mend="the e-mail of who decided at the Board")],
        )
    text = identifier_named(session, asked.identifier)
    learner = people.learner_with(session, text)
    if learner is None:
        raise NotFound(
            f"Nobody is known by {text}. `lrs-bridge import people` makes them known, with their post."
        )
    person = people.load(session, [learner])[learner]
    by = str(parse_identifier(asked.by)) if asked.by else None
    if by and asked.act in DECISIONS and not names_of(person.identifiers).isdisjoint(names_of([by])):
        raise Conflict(f"{person.name or text} can't decide on themselves; name who decided at the Board.")
    history = history_now(session, person.learner, mappings, keeping.now)
    judged, place = _judged(history, person, asked, champions, mappings, keeping.now)
    name = person.name or text
    why_not = _why_not(asked, judged, champions) or _why_not_then(asked, judged, champions, mappings.calendar)
    if why_not:
        raise Conflict(f"{name} {why_not}")
    organisation, service_area = place
    record = by_hand.Record(
        kind="champion",
        key=asked.area,
        word=asked.act,
        learner=recorded_for(person),
        happened=asked.happened,
        subject=f"{plain(organisation)}/{plain(service_area)}",
        by=by,
        detail={
            "organisation": organisation,
            "service_area": service_area,
            "by_name": asked.by_name,
            "note": asked.note,
            "met": list(judged.met),
            "missing": list(judged.missing),
        },
    )
    [outcome] = by_hand.keep(session, [record], keeping)
    if outcome.word == "same":  # so its place in the order of acts is taken
        raise Conflict(
            f"{name} has “{asked.act}” on record for that very day in {_name(asked, champions)}; give another."
        )
    return Done(name, area, organisation, service_area, tuple(judged.met), judged.missing)


def recorded_for(person: people.Person) -> str:
    """The identifier that acts are recorded for: an e-mail where there is one."""
    return min(
        person.identifiers, key=lambda text: (not text.startswith("mailto:"), person.identifiers.index(text))
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A person of an area at this moment, as the next decision would judge them: `eligibility` in the post that it would be
    about, and where that is; `acts` of the area's flow, in the order they happened."""

    person: people.Person
    eligibility: Eligibility
    place: Place
    acts: tuple[Evidence, ...]


def seen_now(session: Session, learner: int, area: str, mappings: Mappings, now: datetime) -> Seen:
    """By everything stored so far: to be called where the transaction may write. Raises BadInput for an unknown area."""
    area, champions = _area_named(area, mappings)
    person = people.load(session, [learner])[learner]
    history = history_now(session, learner, mappings, now)
    judged, place = _judged(history, person, Asked("register", "", area, now), champions, mappings, now)
    return Seen(person, judged, place, tuple(acts_in(history, area)))


def _judged(
    history: History,
    person: people.Person,
    asked: Asked,
    champions: Champions,
    mappings: Mappings,
    now: datetime,
) -> tuple[Eligibility, Place]:
    """Where the person stands at this moment in the post that the act is about, and where that is: the one named or held, if
    they ask; else the one that the Board has heard of."""
    if asked.act == "request":
        judged = eligibility_in(history, asked.area, champions, mappings, now, _asked_for(person, asked, now))
        return judged, (judged.organisation, judged.service_area)
    heard = _heard_of(state_in(history, asked.area, now), asked)
    judged = eligibility_in(history, asked.area, champions, mappings, now, heard)
    return judged, heard or (judged.organisation, judged.service_area)


def _asked_for(person: people.Person, asked: Asked, now: datetime) -> Place:
    """The one place where the person holds a post, and which the request may name."""
    held = {
        (plain(post.organisation), plain(post.service_area)): (post.organisation, post.service_area)
        for post in person.posts
        if post.area == asked.area and post.periods.at(now)
    }
    if not held:
        raise Conflict(
            f"{person.name or 'This person'} has no current post in {asked.area};"
            " record it first, with `lrs-bridge import people`."
        )
    named = [place for place in held.values() if _is_named(place, asked)]
    if not named:
        said = ", ".join(part for part in (asked.organisation, asked.service_area) if part)
        raise Conflict(
            f"No current post at {said} in {asked.area} is recorded, but at {_listed(held.values())}."
        )
    if len(named) > 1:
        raise Conflict(
            f"There are posts at {_listed(named)}: say for which, with --organisation or --service-area."
        )
    return named[0]


def _is_named(place: Place, asked: Asked) -> bool:
    said = (asked.organisation, asked.service_area)
    return all(not text or plain(text) == plain(own) for text, own in zip(said, place, strict=True))


def _heard_of(state: ChampionState | None, asked: Asked) -> Place | None:
    """The place of the request, where the act answers one, else of the role. None where the Board has heard nothing."""
    if state is None:
        return None
    answers = asked.act in (*DECISIONS, "withdraw")
    place = place_of(state.open_act) if answers and state.open_act else state.place
    if not _is_named(place, asked):
        what = "The request" if answers and state.open_act else "What is on record"
        said = ", ".join(part for part in (asked.organisation, asked.service_area) if part)
        raise Conflict(f"{what} in {asked.area} is for {_spoken(place)}, not for {said}.")
    return place


def _spoken(place: Place) -> str:
    return ", ".join(part for part in place if part)


def _listed(places: Iterable[Place]) -> str:
    return " and ".join(sorted(map(_spoken, places)))


def _why_not(asked: Asked, judged: Eligibility, champions: Champions) -> str | None:
    """Why the flow does not allow this act now; None where it does."""
    state, where = judged.champion, f"in {_name(asked, champions)}"
    status = state.state if state else None
    open_act = state.open_act.detail["act"] if state and state.open_act else None
    if asked.act == "request" and status == "champion":
        return f"is registered already {where}."
    if asked.act == "request" and open_act == "request":
        return f"has asked already {where}; the Board decides next."
    if asked.act == "withdraw" and open_act is None:
        return f"has not asked {where}, so there is nothing to withdraw."
    if asked.act == "return":
        if open_act != "request":
            return f"has no request open {where} that could be returned."
        if judged.standards_met and not asked.note:
            return "meets every standard; say why the request is returned."
    if asked.act in ("leave", "update") and not (state and state.is_champion):
        return f"is no champion {where}."
    return _why_not_registered(asked, judged, champions, open_act) if asked.act == "register" else None


def _name(asked: Asked, champions: Champions) -> str:
    return champions.areas[asked.area].name


def _why_not_then(asked: Asked, judged: Eligibility, champions: Champions, calendar: Calendar) -> str | None:
    """Acts are read in the order they happened, so what answers another can't lie before it."""
    state = judged.champion
    last = (state.asked or state.act) if state else None
    if state is not None and asked.act == "update":  # attended as champion, whatever was asked since
        last = state.act
    if last is None or asked.happened >= last.happened:
        return None
    day = in_words(calendar.day_of(last.happened))
    return f"has “{last.detail['act']}” on record for {day} in {_name(asked, champions)}; give that day or a later one."


def _why_not_registered(
    asked: Asked, judged: Eligibility, champions: Champions, open_act: str | None
) -> str | None:
    status = judged.champion.state if judged.champion else None
    if status == "champion":
        return f"is registered already in {_name(asked, champions)}."
    if open_act is None and status != "legacy_unverified":
        return (
            f"has not asked to be registered in {_name(asked, champions)}; record the request first,"
            " also one that came as a signed form."
        )
    if judged.standards_met:
        return None
    names = [
        champions.standards[key].name if key in champions.standards else "a current post in the area"
        for key in judged.missing
    ]
    return (
        f"can't be registered in {_name(asked, champions)} yet. Missing: {'; '.join(names)}."
        " Record what is missing, or return the request."
    )


# --- the register ----------------------------------------------------------------------------------------------------

Which = Literal["champions", "requests", "eligible", "left"]

_STATUSES: dict[Which, tuple[str, ...]] = {
    "champions": register_store.CHAMPIONS,
    "requests": ("requested", "returned"),
    "eligible": ("eligible",),
    "left": ("left",),
}

REGISTER_COLUMNS = (
    "name",
    "organisation",
    "service_area",
    "sector",
    "contact",
    "status",
    "since",
    "register_by",
    "last_update",
    "update_due",
    "standards_met",
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A line of the register. Days are the Board's. `register_by`: the last day for a champion from before to be registered
    anew, None for others and where none is set; it ends nothing. `update_due`: when the next annual update is, None where
    none is asked for; `standards_met` False: a champion who misses some now, which only the Board ends."""

    entry: register_store.Entry
    since: date
    register_by: date | None
    last_update: date | None
    update_due: date | None

    def as_json(self) -> dict[str, Any]:
        entry = self.entry
        return {
            "name": entry.name,
            "organisation": entry.organisation,
            "service_area": entry.service_area,
            "sector": entry.sector,
            "contact": entry.contact,
            "status": entry.status,
            "since": self.since.isoformat(),
            "register_by": self.register_by.isoformat() if self.register_by else None,
            "last_update": self.last_update.isoformat() if self.last_update else None,
            "update_due": self.update_due.isoformat() if self.update_due else None,
            "standards_met": "yes" if entry.standards_met else "no",
        }


def register(session: Session, area: str, which: Which, mappings: Mappings) -> list[Registered]:
    """The register of an area, or who has asked, is eligible, or has left. Raises BadInput for an unknown area."""
    area, champions = _area_named(area, mappings)
    asking = ("request", "return") if which == "requests" else ()
    found = register_store.entries(session, area, Chosen(_STATUSES[which], asking))
    return [line(one, champions, mappings.calendar) for one in found]


def line(one: register_store.Entry, champions: Champions, calendar: Calendar) -> Registered:
    return Registered(
        entry=one,
        since=calendar.day_of(one.since),
        register_by=calendar.last_day_before(champions.transition_deadline)
        if champions.transition_deadline and one.status == "legacy_unverified"
        else None,
        last_update=calendar.day_of(one.last_update) if one.last_update else None,
        update_due=calendar.day_of(calendar.after(one.last_update or one.since, champions.annual_update))
        if champions.annual_update and one.status in register_store.CHAMPIONS
        else None,
    )


def gaps(session: Session, area: str, mappings: Mappings, now: datetime) -> list[register_store.Gap]:
    """Organisations and service areas without a champion, those of the sectors that should have one first; and such sectors
    of which no organisation is on record here. Sectors by their keys."""
    area, champions = _area_named(area, mappings)
    sectors = champions.sectors
    found = register_store.without_champion(session, area, now)
    seen = register_store.sectors_at_work(session, area, now)
    unheard = [register_store.Gap("", "", key) for key in sectors if key not in seen]
    return [
        *(one for one in found if one.sector in sectors),
        *(one for one in found if one.sector not in sectors),
        *unheard,
    ]


def _area_named(typed: str, mappings: Mappings) -> tuple[str, Champions]:
    """The key of an area, typed as its key or its name, and its standards. Raises BadInput for an unknown one."""
    for champions in mappings.champions.values():
        for key, area in champions.areas.items():
            if plain(typed) in (plain(key), plain(area.name)):
                return key, champions
    known = ", ".join(sorted(mappings.areas))
    raise BadInput(
        "There is no such area.", [Problem("--area", f"unknown area “{typed}”", mend=f"one of {known}")]
    )
