"""A request to be registered as champion, as the Board's officer decides it: by what is true at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lrs_bridge.errors import BadInput, NotFound, Problem
from lrs_bridge.flows import by_hand, champion, named
from lrs_bridge.flows.area_register import Acted, Place, acted, standard_name
from lrs_bridge.learning.by_hand import SOURCE as BRIDGE
from lrs_bridge.learning.champions import same_place
from lrs_bridge.learning.history import Evidence
from lrs_bridge.learning.identity import names_of
from lrs_bridge.moments import in_words
from lrs_bridge.store import people, register
from lrs_bridge.store.database import Session

Word = Literal["register", "return"]

_LONGEST = 1000
_KNOWN_IN_WORDS: dict[register.Known, str] = {
    "lead": "is the CSE lead",
    "manager": "is somebody's line manager",
    "post": "has a post",
}


@dataclass(frozen=True, slots=True)
class Standard:
    """`evidence`: in words, by what it is met; `needed`: in words, what would meet it, all of it."""

    name: str
    met: bool
    evidence: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Whose word counts, and how their address is known: `is_manager`: as recorded for this very post; `known`: in words, how the
    organisation has it on record otherwise, "" where it has not."""

    what: str
    by: str
    day: str
    note: str
    is_manager: bool
    known: str


@dataclass(frozen=True, slots=True)
class Request:
    """`is_open`: whether it awaits the Board; `status` in the flow, "" where nothing was asked; `asked`: the day, or ""."""

    learner: int
    name: str
    organisation: str
    service_area: str
    status: str
    is_open: bool
    asked: str
    note: str
    standards: tuple[Standard, ...]
    confirmed: tuple[Confirmed, ...]
    acts: tuple[Acted, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.standards if not one.met)


def request_of(session: Session, place: Place, learner: int, now: datetime) -> Request:
    """To be called where the transaction may write. Raises NotFound for somebody of whom this Board has heard nothing."""
    seen = champion.seen_now(session, learner, place.key, place.mappings, now)
    state = seen.eligibility.champion
    if state is None:
        raise NotFound(f"{seen.person.name or 'This person'} has not asked to be registered.")
    open_act = state.open_act
    is_open = open_act is not None and open_act.detail["act"] == "request"
    organisation, service_area = seen.place
    return Request(
        learner=learner,
        name=seen.person.name,
        organisation=organisation,
        service_area=service_area,
        status=state.state,
        is_open=is_open,
        asked=in_words(place.calendar.day_of(open_act.happened)) if open_act and is_open else "",
        note=(open_act.detail.get("note") or "") if open_act and is_open else "",
        standards=tuple(_standards(seen, place)),
        confirmed=tuple(_confirmed(session, seen, place, now)),
        acts=tuple(acted(one, place) for one in reversed(seen.acts)),
    )


def decide(
    session: Session, place: Place, learner: int, word: Word, note: str, keeping: by_hand.Keeping
) -> champion.Done:
    """Registers, or returns with what is missing, as `keeping.who` at the Board decides. Raises BadInput for a note that is
    missing or too long, Conflict where the flow does not allow it now."""
    said = " ".join(note.split())
    if word == "return" and not said:
        raise BadInput(
            "Nothing was recorded.", [Problem("note", "Say why you return it: the person reads this")]
        )
    if len(said) > _LONGEST:
        raise BadInput(
            "Nothing was recorded.", [Problem("note", f"The note must be {_LONGEST} characters or fewer")]
        )
    person = people.load(session, [learner])[learner]
    asked = champion.Asked(
        word, champion.recorded_for(person), place.key, keeping.now, by=keeping.who, note=said
    )
    return champion.act(session, asked, place.mappings, keeping)


def _standards(seen: champion.Seen, place: Place) -> Iterator[Standard]:
    judged = seen.eligibility
    for key, found in judged.met.items():
        yield Standard(
            standard_name(key, place.champions),
            met=True,
            evidence=tuple(_evidence(one, place) for one in found),
        )
    for key, ways in judged.wanting.items():
        known = place.champions.standards.get(key)
        yield Standard(
            standard_name(key, place.champions),
            met=False,
            needed=named.needed(known.need, ways, place.mappings, is_theirs=False) if known else (),
        )


def _evidence(one: Evidence, place: Place) -> str:
    """What it is, when, and where it is from; whose word it was stands beside it."""
    day = in_words(place.calendar.day_of(one.happened))
    name = named.of(one.kind, one.key, place.mappings)
    if one.kind == "attestation":
        return f"The line manager's word: {name}, {day}"
    if one.kind == "membership":
        number = f", number {one.detail['number']}" if one.detail.get("number") else ""
        where = f", {one.detail['source']}" if one.detail.get("source") else ""
        return f"{name}, checked {day}{where}{number}"
    source = place.mappings.sources.get(one.source)
    said = "recorded by hand" if one.source == BRIDGE else f"from {source.name if source else one.source}"
    return f"{name}, {day}, {said}"


def _confirmed(session: Session, seen: champion.Seen, place: Place, now: datetime) -> Iterator[Confirmed]:
    words = {
        one.statement_id: one
        for found in seen.eligibility.met.values()
        for one in found
        if one.kind == "attestation"
    }
    managers = [
        post.manager
        for post in seen.person.posts
        if post.area == place.key
        and post.periods.at(now)
        and post.manager
        and same_place(seen.place, (post.organisation, post.service_area))
    ]
    for one in sorted(words.values(), key=lambda word: (word.happened, word.key)):
        by = one.detail.get("by", ())
        is_manager = not names_of(managers).isdisjoint(names_of(by))
        known = () if is_manager else register.known_at(session, seen.place[0], by, now)
        yield Confirmed(
            what=named.attestation(one.key),
            by=_by(one),
            day=in_words(place.calendar.day_of(one.happened)),
            note=one.detail.get("note") or "",
            is_manager=is_manager,
            known=" and ".join(words_ for key, words_ in _KNOWN_IN_WORDS.items() if key in known),
        )


def _by(one: Evidence) -> str:
    name = one.detail.get("by_name") or ""
    address = ", ".join(text.removeprefix("mailto:") for text in one.detail.get("by", ()))
    return f"{name} ({address})" if name and address else name or address
