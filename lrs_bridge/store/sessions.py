"""Letters asked for to sign in, and who is signed in. Addresses are canonical text in lower case: capitals make no difference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import lock_digest
from lrs_bridge.store.people import digest_of
from lrs_bridge.store.session_tables import sessions, sign_ins


@dataclass(frozen=True, slots=True)
class SignIn:
    """A letter. Link, browser and code are digests; `known`: whether the address was anybody's; `tries`: how often the code was
    typed wrong."""

    mbox: str
    link: bytes
    browser: bytes
    salt: bytes
    code: bytes
    at: datetime
    known: bool
    tries: int = 0
    used: bool = False


def asked_since(session: Session, mbox: str, since: datetime) -> list[datetime]:
    """When letters were asked for to this address, the earliest first. Until the transaction ends, whoever else asks waits."""
    lock_digest(session, digest_of(mbox))
    found = sa.select(sign_ins.c.at).where(sign_ins.c.mbox == mbox, sign_ins.c.at > since)
    return list(session.scalars(found.order_by(sign_ins.c.at)))


def strangers_since(session: Session, since: datetime) -> int:
    """How many letters were asked for to addresses that nobody was known by."""
    found = sa.select(sa.func.count()).select_from(sign_ins)
    return session.scalar(found.where(sign_ins.c.at > since, sa.not_(sign_ins.c.known))) or 0


def wrong_since(session: Session, since: datetime) -> int:
    """How many wrong codes were typed, of letters asked for since then."""
    found = sa.select(sa.func.coalesce(sa.func.sum(sign_ins.c.tries), 0))
    return session.scalar(found.where(sign_ins.c.at > since)) or 0


def add_sign_in(session: Session, one: SignIn) -> int:
    row = {
        "mbox": one.mbox,
        "link": one.link,
        "browser": one.browser,
        "salt": one.salt,
        "code": one.code,
        "at": one.at,
        "known": one.known,
        "tries": one.tries,
        "used": one.used,
    }
    number: int = session.execute(sa.insert(sign_ins).returning(sign_ins.c.id), row).scalar_one()
    return number


def by_link(session: Session, link: bytes) -> tuple[int, SignIn] | None:
    """The letter with this link, and its number; locked until a writing transaction ends."""
    return _one(session, sa.select(sign_ins).where(sign_ins.c.link == link))


def by_browser(session: Session, browser: bytes) -> tuple[int, SignIn] | None:
    """The last letter that this browser asked for, and its number; locked until a writing transaction ends."""
    found = sa.select(sign_ins).where(sign_ins.c.browser == browser)
    return _one(session, found.order_by(sign_ins.c.id.desc()).limit(1))


def _one(session: Session, found: sa.Select[Any]) -> tuple[int, SignIn] | None:
    if session.get_execution_options().get("lrs_writing"):
        found = found.with_for_update()
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    return row.id, SignIn(*row[1:])


def count_try(session: Session, number: int) -> None:
    letter = sa.update(sign_ins).where(sign_ins.c.id == number)
    session.execute(letter.values(tries=sign_ins.c.tries + 1))


def spend(session: Session, number: int) -> None:
    session.execute(sa.update(sign_ins).where(sign_ins.c.id == number).values(used=True))


def forget_letter(session: Session, number: int) -> None:
    session.execute(sa.delete(sign_ins).where(sign_ins.c.id == number))


def forget_letters_before(session: Session, before: datetime) -> None:
    session.execute(sa.delete(sign_ins).where(sign_ins.c.at < before))


# --- who is signed in --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    mbox: str
    began_at: datetime
    seen_at: datetime


def begin(session: Session, cookie: bytes, mbox: str, now: datetime) -> None:
    row = {"cookie": cookie, "mbox": mbox, "began_at": now, "seen_at": now}
    session.execute(sa.insert(sessions), row)


def visit(session: Session, cookie: bytes) -> Visit | None:
    found = sa.select(sessions.c.mbox, sessions.c.began_at, sessions.c.seen_at)
    row = session.execute(found.where(sessions.c.cookie == cookie)).one_or_none()
    return Visit(*row) if row else None


def seen(session: Session, cookie: bytes, now: datetime) -> None:
    session.execute(sa.update(sessions).where(sessions.c.cookie == cookie).values(seen_at=now))


def end(session: Session, cookie: bytes) -> None:
    session.execute(sa.delete(sessions).where(sessions.c.cookie == cookie))


def end_all_of(session: Session, mbox: str) -> None:
    """In every browser; letters that are on their way sign in nobody."""
    session.execute(sa.delete(sessions).where(sessions.c.mbox == mbox))
    session.execute(sa.update(sign_ins).where(sign_ins.c.mbox == mbox).values(used=True))


def end_all_unseen_since(session: Session, before: datetime) -> None:
    session.execute(sa.delete(sessions).where(sessions.c.seen_at < before))
