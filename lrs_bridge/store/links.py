"""The codes by which learners join a site's account with an e-mail address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import lock_digest
from lrs_bridge.store.people import digest_of
from lrs_bridge.store.schema import link_codes


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was sent to `mbox` for `agent`, both canonical text; of the code itself a digest with salt."""

    id: int
    agent: str
    mbox: str
    salt: bytes
    digest: bytes
    at: datetime
    tries: int


def add(session: Session, *, agent: str, mbox: str, salt: bytes, digest: bytes, now: datetime) -> int:
    row = {"agent": agent, "mbox": mbox, "salt": salt, "digest": digest, "at": now, "tries": 0}
    number: int = session.execute(sa.insert(link_codes).returning(link_codes.c.id), row).scalar_one()
    return number


def asked_since(session: Session, agent: str, mbox: str, since: datetime) -> list[datetime]:
    """When codes were asked for this account or this address, the earliest first. Until the transaction ends, whoever else asks
    for them waits."""
    for digest in sorted(map(digest_of, (agent, mbox))):
        lock_digest(session, digest)
    found = sa.select(link_codes.c.at).where(
        sa.or_(link_codes.c.agent == agent, link_codes.c.mbox == mbox), link_codes.c.at > since
    )
    return list(session.scalars(found.order_by(link_codes.c.at)))


def newest(session: Session, agent: str) -> Code | None:
    """The last code that was asked for this account. Locked until a writing transaction ends: tries are counted one by
    one."""
    found = sa.select(link_codes).where(link_codes.c.agent == agent)
    found = found.order_by(link_codes.c.id.desc()).limit(1)
    if session.get_execution_options().get("lrs_writing"):
        found = found.with_for_update()
    row = session.execute(found).one_or_none()
    return Code(*row) if row else None


def count_try(session: Session, number: int) -> None:
    code = sa.update(link_codes).where(link_codes.c.id == number)
    session.execute(code.values(tries=link_codes.c.tries + 1))


def forget(session: Session, number: int) -> None:
    session.execute(sa.delete(link_codes).where(link_codes.c.id == number))


def forget_all_of(session: Session, agent: str) -> None:
    session.execute(sa.delete(link_codes).where(link_codes.c.agent == agent))


def forget_before(session: Session, before: datetime) -> None:
    session.execute(sa.delete(link_codes).where(link_codes.c.at < before))
