"""Learners, their identifiers and posts. A learner is a set of identifiers that proofs have joined."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.learning import identity
from lrs_bridge.learning.history import Post
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.schema import (
    announced,
    identifiers,
    learners,
    organisations,
    pending_learners,
    posts,
    proofs,
    standings,
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An identifier as met: its canonical text (`xapi.agents`), and the name that came with it."""

    text: str
    name: str = ""


_IN_ONE_QUERY = 500


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def learn(session: Session, sightings: Iterable[Sighting], now: datetime) -> dict[str, int]:
    """Identifier text → its number, new ones written with a learner of their own and joined to equal e-mails."""
    wanted: dict[str, Sighting] = {}
    for one in sightings:
        if one.name or one.text not in wanted:
            wanted[one.text] = one
    known = _numbers(session, wanted)
    _name_the_nameless(
        session, [(known[text], one.name) for text, one in wanted.items() if text in known and one.name]
    )
    fresh = []
    for text in sorted(wanted.keys() - known.keys()):
        learner: int = session.execute(
            sa.insert(learners).values(name=wanted[text].name, created_at=now).returning(learners.c.id)
        ).scalar_one()
        values = {
            "digest": _digest(text),
            "text": text,
            "folded": identity.folded(text),
            "as_sent": identity.as_sent(text),
            "learner_id": learner,
            "first_seen": now,
        }
        number = session.scalar(insert_new(session, identifiers).values(values).returning(identifiers.c.id))
        if number is None:  # another process was first
            session.execute(sa.delete(learners).where(learners.c.id == learner))
            number = _numbers(session, [text])[text]
        else:
            fresh.append(learner)
        known[text] = number
    join_equal_mail(session, fresh, now)
    return known


def _numbers(session: Session, texts: Iterable[str]) -> dict[str, int]:
    digests = [_digest(text) for text in texts]
    known: dict[str, int] = {}
    for start in range(0, len(digests), _IN_ONE_QUERY):
        part = digests[start : start + _IN_ONE_QUERY]
        found = sa.select(identifiers.c.text, identifiers.c.id).where(identifiers.c.digest.in_(part))
        known |= {row.text: row.id for row in session.execute(found)}
    return known


def _name_the_nameless(session: Session, names: Sequence[tuple[int, str]]) -> None:
    spoken = dict(names)
    for start in range(0, len(names), _IN_ONE_QUERY):
        part = [number for number, _ in names[start : start + _IN_ONE_QUERY]]
        nameless = (
            sa.select(identifiers.c.id, identifiers.c.learner_id)
            .join(learners, learners.c.id == identifiers.c.learner_id)
            .where(identifiers.c.id.in_(part), learners.c.name == "")
        )
        for row in session.execute(nameless).all():
            name_learner(session, row.learner_id, spoken[row.id])


def join_equal_mail(session: Session, numbers: Sequence[int], now: datetime) -> bool:
    """Joins these learners to all whose e-mail or its SHA-1 is equal. True where any was.

    Two transactions that first see equal e-mails at the same time can't see each other; so this is asked again whenever a
    learner is computed, after both have committed.
    """
    one, other = identifiers.alias("one"), identifiers.alias("other")
    found = []
    for start in range(0, len(numbers), _IN_ONE_QUERY):
        for mine in (one.c.folded, one.c.as_sent):
            for theirs in (other.c.folded, other.c.as_sent):
                equal = (
                    sa.select(one.c.id, other.c.id.label("other"))
                    .join(other, theirs == mine)
                    .where(one.c.learner_id.in_(numbers[start : start + _IN_ONE_QUERY]))
                    .where(other.c.learner_id != one.c.learner_id)
                )
                found += [(row.id, row.other) for row in session.execute(equal)]
    for mine_, theirs_ in sorted(set(found)):
        join(session, mine_, theirs_, kind="equal_mail", source="lrs_bridge", now=now)
    return bool(found)


def join(session: Session, one: int, other: int, *, kind: str, source: str, now: datetime) -> bool:
    """Records the proof that two identifiers are one person, and joins their learners: the elder survives, the other
    redirects. False where the proof was known."""
    if one == other:
        return False
    one, other = sorted((one, other))
    edge = {"one": one, "other": other, "kind": kind, "source": source, "at": now}
    new = session.scalar(insert_new(session, proofs).values(edge).returning(proofs.c.id)) is not None
    elder, younger = _locked_pair(session, one, other)
    if elder == younger:
        return new
    session.execute(
        sa.update(identifiers).where(identifiers.c.learner_id == younger).values(learner_id=elder)
    )
    session.execute(
        sa.update(learners)
        .where(sa.or_(learners.c.id == younger, learners.c.joined_into == younger))
        .values(joined_into=elder)
    )
    _name_from(session, elder, younger)
    _merge_announced(session, elder, younger)
    session.execute(sa.delete(standings).where(standings.c.learner_id == younger))
    mark_pending(session, [elder], now)
    return True


def _locked_pair(session: Session, one: int, other: int) -> tuple[int, int]:
    """The learners of two identifiers, elder first, locked; read again until no other join came between."""
    while True:
        pair = sorted(learner_numbers(session, [one, other]).values())
        lock_learners(session, pair)
        if sorted(learner_numbers(session, [one, other]).values()) == pair:
            return pair[0], pair[-1]


def _name_from(session: Session, elder: int, younger: int) -> None:
    name = sa.select(learners.c.name).where(learners.c.id == younger).scalar_subquery()
    session.execute(
        sa.update(learners).where(learners.c.id == elder, learners.c.name == "").values(name=name)
    )


def _merge_announced(session: Session, elder: int, younger: int) -> None:
    """What a Board heard of either, it has heard of the person."""
    told = session.execute(sa.select(announced).where(announced.c.learner_id.in_([elder, younger]))).all()
    session.execute(sa.delete(announced).where(announced.c.learner_id.in_([elder, younger])))
    merged: dict[str, dict[str, object]] = {}
    for row in told:
        before = merged.get(row.area)
        merged[row.area] = {
            "learner_id": elder,
            "area": row.area,
            "eligible": row.eligible or bool(before and before["eligible"]),
            "revision": row.revision + (int(str(before["revision"])) if before else 0),
            "at": row.at,
        }
    if merged:
        session.execute(sa.insert(announced), list(merged.values()))


def learner_numbers(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """Identifier number → its learner's number."""
    found = sa.select(identifiers.c.id, identifiers.c.learner_id).where(identifiers.c.id.in_(list(numbers)))
    return {row.id: row.learner_id for row in session.execute(found)}


def lock_learners(session: Session, numbers: Sequence[int]) -> None:
    """Locks the rows in id order, against each other and not against rows that merely point at them (on SQLite, the
    writing transaction itself is the lock)."""
    rows = sa.select(learners.c.id).where(learners.c.id.in_(numbers)).order_by(learners.c.id)
    session.execute(rows.with_for_update(key_share=True)).all()


def heirs(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    """Of these, those joined into another learner, and into whom."""
    found = sa.select(learners.c.id, learners.c.joined_into)
    found = found.where(learners.c.id.in_(numbers), learners.c.joined_into.is_not(None))
    return {row.id: row.joined_into for row in session.execute(found)}


def mark_pending(session: Session, numbers: Iterable[int], now: datetime) -> None:
    rows = [{"learner_id": number, "since": now} for number in sorted(set(numbers))]
    if rows:
        session.execute(sa.insert(pending_learners), rows)


def name_learner(session: Session, learner: int, name: str) -> bool:
    changed = sa.update(learners).where(learners.c.id == learner, learners.c.name != name).values(name=name)
    return session.execute(changed).rowcount > 0


def names_known(session: Session, texts: Iterable[str]) -> dict[int, str]:
    """The learners that these identifiers lead to now, and the name each is known by."""
    found = sa.select(learners.c.id, learners.c.name).join(
        identifiers, identifiers.c.learner_id == learners.c.id
    )
    keys = [key for text in texts for key in (identity.folded(text), identity.as_sent(text)) if key]
    same = sa.or_(identifiers.c.digest.in_([_digest(text) for text in texts]), identifiers.c.folded.in_(keys))
    return {row.id: row.name for row in session.execute(found.where(same).order_by(learners.c.id))}


def learner_with(session: Session, text: str) -> int | None:
    """The learner with this identifier; an e-mail is found however it is capitalised, and by its SHA-1."""
    exact = session.scalar(sa.select(identifiers.c.learner_id).where(identifiers.c.digest == _digest(text)))
    folded = identity.folded(text)
    if exact is not None or folded is None:
        return exact
    by_fold = sa.select(identifiers.c.learner_id).where(identifiers.c.folded == folded).limit(1)
    return session.scalar(by_fold)


@dataclass(frozen=True, slots=True)
class NewPost:
    organisation: str
    area: str
    role: str
    required_tier: str | None
    manager: str
    starts: datetime | None = None
    ends: datetime | None = None


def organisation(session: Session, name: str) -> int:
    folded = " ".join(name.split()).casefold()
    session.execute(insert_new(session, organisations), {"folded": folded, "name": " ".join(name.split())})
    number: int = session.scalars(sa.select(organisations.c.id).where(organisations.c.folded == folded)).one()
    return number


def put_post(session: Session, identifier: int, post: NewPost, *, now: datetime, who: str) -> str:
    """Records a post, or changes the one that the same person, under whichever identifier, has with this organisation,
    area and role: "new", "changed", "same"."""
    key = {"organisation_id": organisation(session, post.organisation), "area": post.area, "role": post.role}
    values = {
        "required_tier": post.required_tier,
        "manager": post.manager,
        "starts": post.starts,
        "ends": post.ends,
    }
    own = sa.select(identifiers.c.learner_id).where(identifiers.c.id == identifier).scalar_subquery()
    found = sa.select(posts).join(identifiers, identifiers.c.id == posts.c.identifier_id)
    found = found.where(
        identifiers.c.learner_id == own, *(posts.c[name] == value for name, value in key.items())
    )
    held = session.execute(found.order_by(posts.c.id).limit(1)).one_or_none()
    if held and all(getattr(held, name) == value for name, value in values.items()):
        return "same"
    row = {**key, **values, "recorded_at": now, "recorded_by": who}
    if held:
        session.execute(sa.update(posts).where(posts.c.id == held.id).values(row))
        return "changed"
    session.execute(sa.insert(posts), {**row, "identifier_id": identifier})
    return "new"


@dataclass(frozen=True, slots=True)
class Person:
    """A learner as recorded."""

    learner: int
    name: str
    identifiers: tuple[str, ...]
    posts: tuple[Post, ...]


def load(session: Session, numbers: Sequence[int]) -> dict[int, Person]:
    """These learners, in three queries however many they are."""
    names = {
        row.id: row.name
        for row in session.execute(
            sa.select(learners.c.id, learners.c.name).where(learners.c.id.in_(numbers))
        )
    }
    texts: dict[int, list[str]] = {number: [] for number in names}
    found = sa.select(identifiers.c.learner_id, identifiers.c.text).where(
        identifiers.c.learner_id.in_(numbers)
    )
    for row in session.execute(found.order_by(identifiers.c.id)):
        texts[row.learner_id].append(row.text)
    held: dict[int, list[Post]] = {number: [] for number in names}
    jobs = (
        sa.select(posts, organisations.c.name.label("organisation"), identifiers.c.learner_id)
        .join(identifiers, identifiers.c.id == posts.c.identifier_id)
        .join(organisations, organisations.c.id == posts.c.organisation_id)
        .where(identifiers.c.learner_id.in_(numbers))
        .order_by(posts.c.id)
    )
    for row in session.execute(jobs):
        held[row.learner_id].append(
            Post(row.organisation, row.area, row.role, row.required_tier, row.starts, row.ends, row.manager)
        )
    return {
        number: Person(number, name, tuple(texts[number]), tuple(held[number]))
        for number, name in names.items()
    }
