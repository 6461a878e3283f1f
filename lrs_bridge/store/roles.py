"""Who may do what, and whom they may see. A role is given to an address: whoever reads the mailbox has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.identity import in_parts
from lrs_bridge.store.role_tables import role_grants
from lrs_bridge.store.schema import champion_states, identifiers, learners, organisations, posts

Role = Literal["coordinator", "board", "operator"]


@dataclass(frozen=True, slots=True)
class Roles:
    """Coordinator of these organisations (by number), Board officer of these areas (by key), operator or not."""

    organisations: frozenset[int] = frozenset()
    areas: frozenset[str] = frozenset()
    operator: bool = False

    def __bool__(self) -> bool:
        return bool(self.organisations or self.areas or self.operator)


NO_ROLES = Roles()


@dataclass(frozen=True, slots=True)
class Grant:
    """`organisation`: number and name, of a coordinator; `area`: key, of a Board officer. `mbox`: canonical, in lower case."""

    number: int
    mbox: str
    role: Role
    organisation: tuple[int, str] | None
    area: str
    at: datetime
    by: str


def roles_of(session: Session, mbox: str) -> Roles:
    """What whoever reads this mailbox may do now."""
    found = sa.select(role_grants.c.role, role_grants.c.organisation_id, role_grants.c.area)
    rows = session.execute(found.where(role_grants.c.mbox == mbox, role_grants.c.ended_at.is_(None))).all()
    return Roles(
        frozenset(row.organisation_id for row in rows if row.role == "coordinator"),
        frozenset(row.area for row in rows if row.role == "board"),
        any(row.role == "operator" for row in rows),
    )


def grant(
    session: Session,
    *,
    mbox: str,
    role: Role,
    organisation: int | None = None,
    area: str = "",
    by: str,
    now: datetime,
) -> bool:
    """False where they have it already."""
    if session.scalar(_standing(mbox, role, organisation, area).with_only_columns(role_grants.c.id).limit(1)):
        return False
    row = {"mbox": mbox, "role": role, "organisation_id": organisation, "area": area, "at": now, "by": by}
    session.execute(sa.insert(role_grants), row)
    return True


def end(
    session: Session,
    *,
    mbox: str,
    role: Role,
    organisation: int | None = None,
    area: str = "",
    by: str,
    now: datetime,
) -> bool:
    """False where they don't have it."""
    standing = _standing(mbox, role, organisation, area).with_only_columns(role_grants.c.id)
    ended = sa.update(role_grants).where(role_grants.c.id.in_(standing)).values(ended_at=now, ended_by=by)
    return session.execute(ended).rowcount > 0


def _standing(mbox: str, role: Role, organisation: int | None, area: str) -> sa.Select[Any]:
    return sa.select(role_grants).where(
        role_grants.c.mbox == mbox,
        role_grants.c.role == role,
        role_grants.c.organisation_id == organisation,
        role_grants.c.area == area,
        role_grants.c.ended_at.is_(None),
    )


def grants(
    session: Session,
    *,
    organisation: int | None = None,
    area: str = "",
    mbox: str = "",
    role: Role | None = None,
) -> list[Grant]:
    """Those that stand, by address: all, or an organisation's, an area's, somebody's, or of one role."""
    found = (
        sa.select(role_grants, organisations.c.name)
        .outerjoin(organisations, organisations.c.id == role_grants.c.organisation_id)
        .where(role_grants.c.ended_at.is_(None))
        .order_by(role_grants.c.mbox, role_grants.c.id)
    )
    if organisation is not None:
        found = found.where(role_grants.c.organisation_id == organisation)
    for column, value in ((role_grants.c.area, area), (role_grants.c.mbox, mbox), (role_grants.c.role, role)):
        if value:
            found = found.where(column == value)
    return _read(session, found)


def latest_grants(
    session: Session, *, role: Role | None = None, below: int = 0, limit: int = 50
) -> list[Grant]:
    """Those that stand, the latest first, of one role or all; the next page begins below the number of the last one shown."""
    found = (
        sa.select(role_grants, organisations.c.name)
        .outerjoin(organisations, organisations.c.id == role_grants.c.organisation_id)
        .where(role_grants.c.ended_at.is_(None))
        .order_by(role_grants.c.id.desc())
        .limit(limit)
    )
    if role:
        found = found.where(role_grants.c.role == role)
    if below:
        found = found.where(role_grants.c.id < below)
    return _read(session, found)


def grant_numbered(session: Session, number: int) -> Grant | None:
    """None where there is none, or it has ended."""
    found = (
        sa.select(role_grants, organisations.c.name)
        .outerjoin(organisations, organisations.c.id == role_grants.c.organisation_id)
        .where(role_grants.c.id == number, role_grants.c.ended_at.is_(None))
    )
    return next(iter(_read(session, found)), None)


def _read(session: Session, found: sa.Select[Any]) -> list[Grant]:
    return [
        Grant(
            row.id,
            row.mbox,
            row.role,
            (row.organisation_id, row.name) if row.organisation_id is not None else None,
            row.area,
            row.at,
            row.by,
        )
        for row in session.execute(found)
    ]


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when (None: still) whoever reads a mailbox has, or had, a role."""

    mbox: str
    since: datetime
    until: datetime | None

    def includes(self, mbox: str, moment: datetime) -> bool:
        return self.mbox == mbox and self.since <= moment and (self.until is None or moment < self.until)


def terms_of_officers(session: Session, areas: Collection[str]) -> list[Term]:
    """Of everybody who is or was a Board officer of one of these areas."""
    found = sa.select(role_grants.c.mbox, role_grants.c.at, role_grants.c.ended_at)
    rows = session.execute(
        found.where(role_grants.c.role == "board", role_grants.c.area.in_(sorted(areas)))
    ).all()
    return [Term(row.mbox, row.at, row.ended_at) for row in rows]


# --- whom somebody may see -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Viewer:
    """Sees people who have, or will have, a post at one of the organisations or in one of the areas; and those whom the area's
    Board has heard of, or may hear of, as champion."""

    now: datetime
    organisations: frozenset[int] = frozenset()
    areas: frozenset[str] = frozenset()


def may_see(viewer: Viewer) -> sa.ColumnElement[bool]:
    """To narrow a question about `learners`: those whom the viewer may see."""
    held = (
        sa.select(identifiers.c.learner_id)
        .join(posts, posts.c.identifier_id == identifiers.c.id)
        .where(identifiers.c.learner_id == learners.c.id)
        .where(sa.or_(posts.c.ends.is_(None), posts.c.ends > viewer.now))
    )
    at_theirs = held.where(posts.c.organisation_id.in_(sorted(viewer.organisations)))
    in_area = held.where(posts.c.area.in_(sorted(viewer.areas)))
    registered = sa.select(champion_states.c.learner_id).where(
        champion_states.c.learner_id == learners.c.id, champion_states.c.area.in_(sorted(viewer.areas))
    )
    return sa.or_(at_theirs.exists(), in_area.exists(), registered.exists())


def known_by(session: Session, viewer: Viewer) -> dict[str, int]:
    """Of people at the viewer's organisations: by what they are recognised (`learning.identity.names_of`) → the learner's number."""
    at_theirs = (
        sa.select(identifiers.c.learner_id)
        .join(posts, posts.c.identifier_id == identifiers.c.id)
        .where(posts.c.organisation_id.in_(sorted(viewer.organisations)))
        .where(sa.or_(posts.c.ends.is_(None), posts.c.ends > viewer.now))
    )
    found = sa.select(identifiers.c.text, identifiers.c.folded, identifiers.c.learner_id)
    rows = session.execute(found.where(identifiers.c.learner_id.in_(at_theirs))).all()
    return {name: row.learner_id for row in rows for name in (row.text, row.folded) if name}


def sees(session: Session, viewer: Viewer, learner: int) -> bool:
    """Whether this learner, who was joined into nobody, is one of those whom the viewer may see."""
    found = sa.select(learners.c.id).where(learners.c.id == learner, learners.c.joined_into.is_(None))
    return session.scalar(found.where(may_see(viewer))) is not None


def seen_among(session: Session, viewer: Viewer, numbers: Iterable[int]) -> set[int]:
    """Of these learners, those whom the viewer may see."""
    seen: set[int] = set()
    for part in in_parts(sorted(numbers)):
        found = sa.select(learners.c.id).where(learners.c.id.in_(part), learners.c.joined_into.is_(None))
        seen |= set(session.scalars(found.where(may_see(viewer))))
    return seen
