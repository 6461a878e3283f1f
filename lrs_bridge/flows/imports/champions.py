"""`import champions`: the register as a Board kept it so far: champions from before (legacy), and those registered since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from marshmallow import Schema

from lrs_bridge.flows import by_hand
from lrs_bridge.flows.imports.cells import (
    area_field,
    choice_field,
    day_field,
    folded,
    identifier_field,
    identifiers_field,
    text_field,
)
from lrs_bridge.flows.imports.claims import Claim, of_one
from lrs_bridge.flows.imports.columns import Column
from lrs_bridge.flows.imports.kinds import (
    Kept,
    Kind,
    Known,
    Problems,
    Taking,
    area_problem,
    still_to_come,
    taken_back_in_words,
)
from lrs_bridge.flows.imports.people import claims_of_person, introduce, not_only_shared, own_names
from lrs_bridge.flows.imports.wording import differences
from lrs_bridge.learning.champions import ACTS, Act, place_of, same_place
from lrs_bridge.learning.history import plain
from lrs_bridge.moments import LATEST, Calendar, in_words
from lrs_bridge.store import evidence, people, posts
from lrs_bridge.store.database import Session

_DETAILS = {"decided_by": by_hand.BY, "decided_by_name": "by_name", "note": "note"}
"""Optional column → detail of the record."""


class _Row(Schema):
    person = text_field(required=True)
    identifiers = identifiers_field(required=True)
    organisation = text_field(required=True)
    service_area = text_field(load_default="")
    area = area_field(required=True)
    status = choice_field("legacy", "registered", required=True)
    since = day_field(required=True)
    decided_by = identifier_field(load_default="")
    decided_by_name = text_field(load_default="")
    last_update = day_field(load_default=None)
    note = text_field(load_default="")


def _check(value: dict[str, Any], known: Known) -> Problems:
    yield from area_problem(value, known)
    yield from still_to_come(value, known, "since", "last_update")
    yield from not_only_shared(value, known)
    if value["status"] == "registered" and not (value["decided_by"] or value["decided_by_name"]):
        yield "decided_by", "says nobody at the Board who registered them; or is it a legacy champion?"
    if value["last_update"] and value["last_update"] < value["since"]:
        yield "last_update", "lies before “since”"


def _claims(value: dict[str, Any], known: Known) -> Iterator[Claim]:
    yield from claims_of_person(value, known)
    yield from of_one(own_names(value, known), lambda name: [_claim_of_champion(value, name)])


def _claim_of_champion(value: dict[str, Any], person: str) -> Claim:
    place = f"{plain(value['organisation'])}, {plain(value['service_area'])}, {value['area']}"
    names = ("status", "since", "decided_by", "decided_by_name", "last_update", "note")
    return Claim("status", f"the champion {person} at {place}", tuple(value[name] for name in names))


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    introduced = introduce(session, values, taking)
    posts_there = _posts(session, values, [one.number for one in introduced], taking)
    later = _later_acts(session, values, [one.number for one in introduced], taking)
    acts = [_acts(value, one.identifier, taking) for value, one in zip(values, introduced, strict=True)]
    outcomes = iter(by_hand.keep(session, [record for each in acts for record in each], taking.keeping))
    kept, concerned = [], []
    for value, one, each, post, held in zip(values, introduced, acts, posts_there, later, strict=True):
        said = [next(outcomes) for _ in each]
        words_said = [one.word for one in said]
        outcome = next((word for word in ("new", "corrected", "taken_back") if word in words_said), "same")
        if outcome in ("same", "taken_back") and (one.changed or post.is_new):
            outcome = "changed"
        if one.changed or post.is_new:
            concerned.append(one.number)
        words = f"{value['person']}: {value['status']} champion at {value['organisation']}, {value['area']}, since {in_words(value['since'])}"
        taken_back = [taken_back_in_words(one.taken_back, taking) for one in said if one.taken_back]
        warning = "; ".join(part for part in (one.warning, post.warning, *taken_back, held) if part)
        changes = {name: change for one in said for name, change in one.changes.items()}
        kept.append(Kept(outcome, words, warning, differences(changes, taking.mappings.calendar, _DETAILS)))
    learners = people.learner_numbers(session, concerned).values()
    people.mark_pending(session, learners, taking.now, taking.cause)
    return kept


class _PostThere(NamedTuple):
    """The post in which the role is exercised: whether this made it, and what the reader should see."""

    is_new: bool
    warning: str


def _posts(
    session: Session, values: Sequence[dict[str, Any]], numbers: Sequence[int], taking: Taking
) -> list[_PostThere]:
    """The role is exercised in a post: where none is recorded at the organisation, one is."""
    held = posts.places_of(session, numbers)
    there = [
        {
            place.service_area: until
            for place, until in held[number].items()
            if (place.area, place.organisation) == (value["area"], plain(value["organisation"]))
        }
        for value, number in zip(values, numbers, strict=True)
    ]
    new = [
        (number, _post_left_open(value))
        for value, number, own in zip(values, numbers, there, strict=True)
        if not own
    ]
    outcomes = iter(posts.put(session, new, now=taking.now, who=taking.who))
    found = []
    for value, own in zip(values, there, strict=True):
        if own:
            found.append(_PostThere(is_new=False, warning=_ended(value, own, taking.mappings.calendar)))
        else:
            made = next(outcomes).outcome == "new"
            found.append(_PostThere(made, "a post there was recorded too" if made else ""))
    return found


def _post_left_open(value: dict[str, Any]) -> posts.NewPost:
    return posts.NewPost(
        organisation=value["organisation"],
        area=value["area"],
        role="",
        required_tier=None,
        manager="",
        service_area=value["service_area"],
    )


def _ended(value: dict[str, Any], own: Mapping[str, datetime], calendar: Calendar) -> str:
    """What to see where the post ended before `since`: the role ends with it. `own`: service area → until when."""
    service_area = plain(value["service_area"])
    meant = [until for name, until in own.items() if not name or not service_area or name == service_area]
    until = max(meant, default=LATEST)
    if until > calendar.start_of(value["since"]):
        return ""
    ended = in_words(calendar.last_day_before(until))
    return f"the post there ended on {ended}, and the role with it; import the post that they hold since"


_IN_WORDS = {"list": "was listed from before", "register": "was registered", "leave": "left"}


def _later_acts(
    session: Session, values: Sequence[dict[str, Any]], numbers: Sequence[int], taking: Taking
) -> list[str]:
    """What to see where a later act on record for the post says otherwise than the row, "" where none does."""
    calendar = taking.mappings.calendar
    learners = people.learner_numbers(session, numbers)
    known = evidence.evidence_of(session, sorted(set(learners.values())))
    found = []
    for value, number in zip(values, numbers, strict=True):
        place = (value["organisation"], value["service_area"])
        word: Act = "list" if value["status"] == "legacy" else "register"
        said = (calendar.start_of(value["since"]), ACTS.index(word))
        acts = [
            (one.happened, ACTS.index(one.detail["act"]))
            for one in known[learners[number]]
            if (one.kind, one.key, one.stands) == ("champion", value["area"], True)
            and one.detail["act"] in _IN_WORDS
            and same_place(place_of(one), place)
        ]
        happened, act = max(acts, default=said)
        day = in_words(calendar.day_of(happened))
        overridden = (happened, act) > said and ACTS[act] != word
        found.append(f"{_IN_WORDS[ACTS[act]]} on {day}, which holds, as it is later" if overridden else "")
    return found


def _acts(value: dict[str, Any], identifier: str, taking: Taking) -> list[by_hand.Record]:
    calendar = taking.mappings.calendar
    detail = {
        "organisation": value["organisation"],
        "service_area": value["service_area"],
        "by_name": value["decided_by_name"],
        "note": value["note"],
    }
    days = [("list" if value["status"] == "legacy" else "register", value["since"])]
    if value["last_update"]:
        days.append(("update", value["last_update"]))
    return [
        by_hand.Record(
            kind="champion",
            key=value["area"],
            word=word,
            learner=folded(identifier),
            happened=calendar.start_of(day),
            subject=f"{plain(value['organisation'])}/{plain(value['service_area'])}",
            by=value["decided_by"] or None if word == "register" else None,
            detail=detail,
            open=taking.unsaid(_DETAILS),
        )
        for word, day in days
    ]


CHAMPIONS = Kind(
    "champions",
    (
        Column("person", required=True, help="full name", example="Joan Hale", joins=" "),
        Column("identifiers", required=True, help="e-mail and others, separated by “;”", example="joan.hale@example.org", identifies=True, joins="; "),
        Column("organisation", required=True, help="where they are champion", example="Colne Primary School"),
        Column("service_area", required=False, help="and in which team or service area", example=""),
        Column("area", required=True, help="southend, essex or thurrock", example="essex"),
        Column("status", required=True, help="legacy (from before, until registered anew) or registered", example="legacy"),
        Column("since", required=True, help="day since when", example="01/09/2015"),
        Column("decided_by", required=False, help="who at the Board registered them, by e-mail", example=""),
        Column("decided_by_name", required=False, help="their name", example=""),
        Column("last_update", required=False, help="when they last attended the annual update", example=""),
        Column("note", required=False, help="such as “signed form”", example=""),
    ),
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
)  # fmt: skip
