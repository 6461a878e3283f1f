"""Posts: where people exercise which role, from when to when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from lrs_bridge.learning.history import plain
from lrs_bridge.learning.periods import Periods
from lrs_bridge.moments import EARLIEST, LATEST
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many
from lrs_bridge.store.identity import in_parts, lock_learners
from lrs_bridge.store.organisations import numbers
from lrs_bridge.store.people import concerned, learner_numbers, whom_it_concerns
from lrs_bridge.store.schema import evidence, identifiers, organisations, pending_learners, posts


@dataclass(frozen=True, slots=True)
class NewPost:
    """`role` or `service_area` "" leaves open which; `required_tier` None leaves it to the organisation's table of roles."""

    organisation: str
    area: str
    role: str
    required_tier: str | None
    manager: str
    starts: datetime | None = None
    ends: datetime | None = None
    service_area: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """What recording a post came to: "new", "changed" or "same", and of one that changed: name → (before, now)."""

    outcome: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class _Held:
    """A row as it is, or will be when this file is taken in; `id` 0: new."""

    id: int
    identifier: int
    organisation: int
    values: dict[str, Any]
    changed: bool = False

    @property
    def periods(self) -> Periods:
        return Periods.between(self.values["starts"], self.values["ends"])

    def take_on(self, said: Mapping[str, Any]) -> Put:
        """A role or service area that is left open, and a role in other capitals, change nothing."""
        changes = {
            name: (self.values[name], value)
            for name, value in said.items()
            if value != self.values[name]
            and not (name in ("role", "service_area") and not value)
            and not (name == "role" and plain(value) == plain(self.values[name]))
        }
        if not changes:
            return Put("same")
        self.values |= {name: now for name, (_, now) in changes.items()}
        self.changed = True
        return Put("changed", changes)


class Place(NamedTuple):
    """Where somebody has a post; `organisation` and `service_area` folded, the latter "" where it is open."""

    area: str
    organisation: str
    service_area: str


NAMES = ("area", "role", "required_tier", "manager", "starts", "ends", "service_area")


def put(
    session: Session,
    wanted: Sequence[tuple[int, NewPost]],
    *,
    now: datetime,
    who: str,
    said: Collection[str] = NAMES,
) -> list[Put]:
    """Records posts of people, each by one of their identifiers. `said`: what is known of them; the rest stays as it is
    recorded.

    A post is known again by person, organisation, area, role and service area; of several of the same kind by its first day,
    else by overlapping. One that begins after the known one ended is another: being hired again. A post whose role was left
    open is known again where none of that role is.
    """
    owner = _locked_owners(session, [identifier for identifier, _ in wanted])
    places = numbers(session, [post.organisation for _, post in wanted])
    held = _held(session, set(owner.values()))
    outcomes = []
    for identifier, post in wanted:
        organisation, own = places[plain(post.organisation)], held.setdefault(owner[identifier], [])
        values = {name: getattr(post, name) for name in NAMES}
        known = _known_again(own, organisation, values, said)
        if known is None:
            own.append(_Held(0, identifier, organisation, values, changed=True))
            outcomes.append(Put("new"))
        else:
            outcomes.append(known.take_on({name: values[name] for name in said}))
    _write(session, [one for own in held.values() for one in own if one.changed], now=now, who=who)
    return outcomes


def _locked_owners(session: Session, among: Sequence[int]) -> dict[int, int]:
    """Identifier → its learner, locked, so that nobody else records posts of theirs, joins or parts them meanwhile."""
    owner, locked = learner_numbers(session, among), set[int]()
    while not locked.issuperset(owner.values()):
        locked |= set(owner.values())
        lock_learners(session, sorted(locked))
        owner = learner_numbers(session, among)
    return owner


def _held(session: Session, learners: set[int]) -> dict[int, list[_Held]]:
    held: dict[int, list[_Held]] = {}
    for part in in_parts(sorted(learners)):
        found = (
            sa.select(posts, identifiers.c.learner_id)
            .join(identifiers, identifiers.c.id == posts.c.identifier_id)
            .where(identifiers.c.learner_id.in_(part))
            .order_by(posts.c.id)
        )
        for row in session.execute(found):
            values = {name: getattr(row, name) for name in NAMES}
            held.setdefault(row.learner_id, []).append(
                _Held(row.id, row.identifier_id, row.organisation_id, values)
            )
    return held


def _known_again(
    own: Sequence[_Held], organisation: int, values: dict[str, Any], said: Collection[str]
) -> _Held | None:
    alike = [
        one
        for one in own
        if one.organisation == organisation
        and one.values["area"] == values["area"]
        and ("role" not in said or _may_be_one(one.values["role"], values["role"]))
        and _may_be_one(one.values["service_area"], values["service_area"])
    ]
    if "starts" not in said:
        # Of posts that followed each other, the last is meant.
        alike.sort(key=lambda one: one.values["starts"] or EARLIEST, reverse=True)
    service_area = plain(values["service_area"])
    alike.sort(key=lambda one: plain(one.values["service_area"]) != service_area)
    role = plain(values["role"])
    of_the_role = [one for one in alike if "role" not in said or plain(one.values["role"]) == role]
    return _of_these_days(of_the_role, values, said) or _of_these_days(alike, values, said)


def _of_these_days(alike: Sequence[_Held], values: dict[str, Any], said: Collection[str]) -> _Held | None:
    period = Periods.between(values["starts"], values["ends"])
    exact = (one for one in alike if "starts" in said and one.values["starts"] == values["starts"])
    overlapping = (one for one in alike if one.periods & period)
    return next(exact, None) or next(overlapping, None)


def _may_be_one(one: str, other: str) -> bool:
    return not one or not other or plain(one) == plain(other)


def _write(session: Session, rows: Sequence[_Held], *, now: datetime, who: str) -> None:
    attributed = {"recorded_at": now, "recorded_by": who}
    new = [
        {"identifier_id": one.identifier, "organisation_id": one.organisation, **one.values, **attributed}
        for one in rows
        if one.id == 0
    ]
    if new:
        insert_many(session, posts, new)
    known = [{"number": one.id, **one.values, **attributed} for one in rows if one.id]
    if known:
        session.execute(sa.update(posts).where(posts.c.id == sa.bindparam("number")), known)


def places_of(session: Session, identifying: Sequence[int]) -> dict[int, dict[Place, datetime]]:
    """Identifier number → the places where its learner has or had a post → until when (LATEST: no end is known)."""
    owner = learner_numbers(session, identifying)
    held: dict[int, dict[Place, datetime]] = {}
    for part in in_parts(sorted(set(owner.values()))):
        found = (
            sa.select(identifiers.c.learner_id, posts, organisations.c.folded)
            .join(identifiers, identifiers.c.id == posts.c.identifier_id)
            .join(organisations, organisations.c.id == posts.c.organisation_id)
            .where(identifiers.c.learner_id.in_(part))
        )
        for row in session.execute(found):
            own = held.setdefault(row.learner_id, {})
            place = Place(row.area, row.folded, plain(row.service_area))
            own[place] = max(own.get(place, EARLIEST), row.ends or LATEST)
    return {number: held.get(learner, {}) for number, learner in owner.items()}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where and by whom a post was recorded last; `identifier`: that of the person it is recorded for."""

    organisation: int
    identifier: str
    at: datetime
    by: str


def recorded(session: Session, learner: int) -> dict[int, Recorded]:
    """Number of a post → its record, of all posts of this learner."""
    found = (
        sa.select(posts, identifiers.c.text)
        .join(identifiers, identifiers.c.id == posts.c.identifier_id)
        .where(identifiers.c.learner_id == learner)
    )
    return {
        row.id: Recorded(row.organisation_id, row.text, row.recorded_at, row.recorded_by)
        for row in session.execute(found)
    }


def held_elsewhere(
    session: Session, among: Iterable[int], organisations_: Collection[int], now: datetime
) -> set[int]:
    """Of these learners, those who have a post, now or to come, at another organisation than these."""
    found: set[int] = set()
    for part in in_parts(sorted(among)):
        held = (
            sa.select(identifiers.c.learner_id)
            .join(posts, posts.c.identifier_id == identifiers.c.id)
            .where(posts.c.organisation_id.not_in(sorted(organisations_)))
            .where(sa.or_(posts.c.ends.is_(None), posts.c.ends > now))
        )
        found |= set(session.scalars(held.where(identifiers.c.learner_id.in_(part))))
    return found


def identifiers_at(session: Session, organisation: int, learners: Sequence[int]) -> set[str]:
    """By which posts of these learners at the organisation are recorded."""
    found: set[str] = set()
    for part in in_parts(learners):
        held = sa.select(identifiers.c.text).join(posts, posts.c.identifier_id == identifiers.c.id)
        held = held.where(posts.c.organisation_id == organisation, identifiers.c.learner_id.in_(part))
        found |= set(session.scalars(held.distinct()))
    return found


def addresses_with_training(session: Session, organisation: int, now: datetime) -> set[str]:
    """E-mail addresses of people with a post there, now or to come, under which something was learned."""
    held = (
        sa.select(identifiers.c.learner_id)
        .join(posts, posts.c.identifier_id == identifiers.c.id)
        .where(posts.c.organisation_id == organisation)
        .where(sa.or_(posts.c.ends.is_(None), posts.c.ends > now))
    )
    found = (
        sa.select(identifiers.c.text)
        .where(identifiers.c.text.startswith("mailto:"), identifiers.c.learner_id.in_(held))
        .where(sa.exists().where(evidence.c.identifier_id == identifiers.c.id))
    )
    return {text.removeprefix("mailto:") for text in session.scalars(found)}


def learners_at(session: Session, organisation: int) -> set[int]:
    """Everybody who has or had a post there, as `people.concerned` says it."""
    found = whom_it_concerns().join(posts, posts.c.identifier_id == identifiers.c.id)
    return concerned(session, found.where(posts.c.organisation_id == organisation).distinct())


def any_pending_at(session: Session, organisation: int) -> bool:
    """Whether somebody who has or had a post there is yet to be computed."""
    found = (
        sa.select(pending_learners.c.id)
        .join(identifiers, identifiers.c.learner_id == pending_learners.c.learner_id)
        .join(posts, posts.c.identifier_id == identifiers.c.id)
        .where(posts.c.organisation_id == organisation)
    )
    return session.scalar(found.limit(1)) is not None
