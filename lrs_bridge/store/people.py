"""Learners, the identifiers they are known by, and their names. `store.identity` decides which identifiers are one learner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.history import Post, plain
from lrs_bridge.learning.identity import as_sent, folded
from lrs_bridge.store import identity
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many, insert_new
from lrs_bridge.store.organisations import default_tiers
from lrs_bridge.store.schema import identifiers, learners, organisations, pending_learners, posts


@dataclass(frozen=True, slots=True)
class Sighting:
    """An identifier as met: its canonical text (`xapi.agents`), and the name that came with it."""

    text: str
    name: str = ""


BY_STATEMENT, BY_REGISTER = 1, 2
"""By what an identifier got its name."""


def digest_of(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def learn(
    session: Session, sightings: Iterable[Sighting], now: datetime, *, join: bool = True
) -> dict[str, int]:
    """Identifier text → its number, new ones written with a learner of their own and joined to equal e-mails; `join` False
    leaves that to when they are computed, and so waits for nobody who holds those."""
    wanted: dict[str, Sighting] = {}
    for one in sightings:
        if one.name or one.text not in wanted:
            wanted[one.text] = one
    known = numbers_of(session, wanted)
    unnamed = {known[text]: one.name for text, one in wanted.items() if text in known and one.name}
    _name_the_nameless(session, unnamed, now)
    new = [wanted[text] for text in sorted(wanted.keys() - known.keys())]
    if new:
        fresh = _found(session, new, now)
        known |= numbers_of(session, [one.text for one in new])
        if join:
            identity.join_equal_mail(session, identity.equal_mail(session, fresh), now)
    return known


def _found(session: Session, new: Sequence[Sighting], now: datetime) -> list[int]:
    """Writes identifiers, each with the learner that it founds. Returns those learners."""
    made = session.execute(
        sa.insert(learners).returning(learners.c.id, sort_by_parameter_order=True),
        [{"name": one.name, "created_at": now} for one in new],
    )
    founded = list(made.scalars())
    rows = [
        {
            "digest": digest_of(one.text),
            "text": one.text,
            "folded": folded(one.text),
            "as_sent": as_sent(one.text),
            "learner_id": learner,
            "founded": learner,
            "first_seen": now,
            "name": one.name,
            "named": BY_STATEMENT if one.name else 0,
            "named_at": now if one.name else None,
        }
        for one, learner in zip(new, founded, strict=True)
    ]
    written = set(session.scalars(insert_new(session, identifiers).returning(identifiers.c.learner_id), rows))
    unused = [learner for learner in founded if learner not in written]  # another process was first
    if unused:
        session.execute(sa.delete(learners).where(learners.c.id.in_(unused)))
    return sorted(written)


def name_of(session: Session, text: str) -> str:
    """What the person of this identifier is called by it, or ""."""
    found: str | None = session.scalar(
        sa.select(identifiers.c.name).where(identifiers.c.digest == digest_of(text))
    )
    return found or ""


def numbers_of(session: Session, texts: Iterable[str]) -> dict[str, int]:
    """Identifier text → its number, of those that are known."""
    known: dict[str, int] = {}
    for part in identity.in_parts(digest_of(text) for text in texts):
        found = sa.select(identifiers.c.text, identifiers.c.id).where(identifiers.c.digest.in_(part))
        known |= {row.text: row.id for row in session.execute(found)}
    return known


def _name_the_nameless(session: Session, names: Mapping[int, str], now: datetime) -> None:
    nameless: list[sa.Row[Any]] = []
    for part in identity.in_parts(names):
        found = sa.select(identifiers.c.id, identifiers.c.learner_id)
        nameless += session.execute(found.where(identifiers.c.id.in_(part), identifiers.c.named == 0))
    _write_names(session, {row.id: names[row.id] for row in nameless}, BY_STATEMENT, now)
    identity.rename(session, sorted({row.learner_id for row in nameless}))


def name_people(session: Session, names: Mapping[int, str], now: datetime) -> set[int]:
    """Gives identifiers the name that a register has for them. Returns the learners whose name that changed."""
    differing: list[sa.Row[Any]] = []
    for part in identity.in_parts(names):
        rows = session.execute(sa.select(identifiers).where(identifiers.c.id.in_(part)))
        differing += [row for row in rows if (row.named, row.name) != (BY_REGISTER, names[row.id])]
    before = names_of_learners(session, {row.learner_id for row in differing})
    _write_names(session, {row.id: names[row.id] for row in differing}, BY_REGISTER, now)
    identity.rename(session, sorted(before))
    return {number for number, name in names_of_learners(session, before).items() if name != before[number]}


def _write_names(session: Session, names: Mapping[int, str], named: int, now: datetime) -> None:
    if names:
        change = sa.update(identifiers).where(identifiers.c.id == sa.bindparam("number"))
        session.execute(
            change.values(name=sa.bindparam("said"), named=named, named_at=now),
            [{"number": number, "said": name} for number, name in names.items()],
        )


def names_of_learners(session: Session, numbers: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in identity.in_parts(numbers):
        rows = session.execute(sa.select(learners.c.id, learners.c.name).where(learners.c.id.in_(part)))
        found |= {row.id: row.name for row in rows}
    return found


def learner_numbers(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """Identifier number → its learner's number."""
    found = sa.select(identifiers.c.id, identifiers.c.learner_id).where(identifiers.c.id.in_(list(numbers)))
    return {row.id: row.learner_id for row in session.execute(found)}


def heirs(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    """Of these, those joined into another learner, and into whom."""
    found = sa.select(learners.c.id, learners.c.joined_into)
    found = found.where(learners.c.id.in_(numbers), learners.c.joined_into.is_not(None))
    return {row.id: row.joined_into for row in session.execute(found)}


def whom_it_concerns() -> sa.Select[tuple[int, int]]:
    """To be narrowed to some identifiers, and given to `concerned`."""
    return sa.select(identifiers.c.learner_id, identifiers.c.founded)


def concerned(session: Session, found: sa.Select[tuple[int, int]]) -> set[int]:
    """The learners of these identifiers, to be marked pending, with those that they founded. Should a parting come before
    this transaction ends, it is to the latter that an identifier goes; until then they lead to the former."""
    return {number for row in session.execute(found) for number in row}


def mark_pending(session: Session, numbers: Iterable[int], now: datetime, cause: str = "") -> None:
    """`cause`: the one act that concerns all of them, such as "import-7"; "" for what happens by itself."""
    rows = [{"learner_id": number, "since": now, "cause": cause} for number in sorted(set(numbers))]
    if rows:
        insert_many(session, pending_learners, rows)


def learners_by_identifier(session: Session, texts: Iterable[str]) -> dict[str, int]:
    """Exactly this identifier → its learner's number, of those that are known."""
    known: dict[str, int] = {}
    for part in identity.in_parts(digest_of(text) for text in texts):
        found = sa.select(identifiers.c.text, identifiers.c.learner_id).where(identifiers.c.digest.in_(part))
        known |= {row.text: row.learner_id for row in session.execute(found)}
    return known


def known_as(session: Session, texts: Iterable[str]) -> dict[str, dict[int, str]]:
    """Identifier text → the learners it leads to now (an e-mail also by its other spellings and its SHA-1), and the name
    that each is known by."""
    wanted = list(dict.fromkeys(texts))
    by_digest = {digest_of(text): text for text in wanted}
    by_fold: dict[str, list[str]] = {}
    for text in wanted:
        for key in {folded(text), as_sent(text)} - {None}:
            by_fold.setdefault(str(key), []).append(text)
    found: dict[str, dict[int, str]] = {}
    columns = sa.select(identifiers.c.digest, identifiers.c.folded, learners.c.id, learners.c.name).join(
        learners, learners.c.id == identifiers.c.learner_id
    )
    for column, keys in ((identifiers.c.digest, [*by_digest]), (identifiers.c.folded, [*by_fold])):
        for part in identity.in_parts(keys):
            for row in session.execute(columns.where(column.in_(part))):
                meant = [by_digest[row.digest]] if row.digest in by_digest else by_fold.get(row.folded, [])
                for text in meant:
                    found.setdefault(text, {})[row.id] = row.name
    return found


def spellings_of(session: Session, text: str) -> list[str]:
    """The identifiers that are the same e-mail address as this, however written."""
    fold = folded(text)
    if fold is None:
        return []
    return list(session.scalars(sa.select(identifiers.c.text).where(identifiers.c.folded == fold)))


def posts_by_identifier(session: Session, texts: Iterable[str]) -> dict[str, tuple[Post, ...]]:
    """Identifier text → the posts of the learners it leads to."""
    known = known_as(session, texts)
    numbers = sorted({number for learners_ in known.values() for number in learners_})
    held: dict[int, Person] = {}
    for part in identity.in_parts(numbers):
        held |= load(session, part)
    return {
        text: tuple(post for number in learners_ for post in held[number].posts)
        for text, learners_ in known.items()
    }


def learner_with(session: Session, text: str) -> int | None:
    """The learner with this identifier; an e-mail is found however it is capitalised, and by its SHA-1: where those were
    parted, the one met first."""
    exact = session.scalar(sa.select(identifiers.c.learner_id).where(identifiers.c.digest == digest_of(text)))
    fold = folded(text)
    if exact is not None or fold is None:
        return exact
    by_fold = sa.select(identifiers.c.learner_id).where(identifiers.c.folded == fold)
    return session.scalar(by_fold.order_by(identifiers.c.id).limit(1))


@dataclass(frozen=True, slots=True)
class Person:
    """A learner as recorded."""

    learner: int
    name: str
    identifiers: tuple[str, ...]
    posts: tuple[Post, ...]


def load(session: Session, numbers: Sequence[int]) -> dict[int, Person]:
    """These learners, in four queries however many they are."""
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
    rows = session.execute(jobs).all()
    usual = default_tiers(session, {row.organisation_id for row in rows})
    for row in rows:
        held[row.learner_id].append(
            Post(
                organisation=row.organisation,
                area=row.area,
                role=row.role,
                required_tier=row.required_tier or usual.get((row.organisation_id, plain(row.role))),
                starts=row.starts,
                ends=row.ends,
                manager=row.manager,
                service_area=row.service_area,
                number=row.id,
            )
        )
    return {
        number: Person(number, name, tuple(texts[number]), tuple(held[number]))
        for number, name in names.items()
    }
