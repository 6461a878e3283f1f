"""Credentials: one per source. Secrets are kept as keyed hashes; each names the authority its statements get."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store import raw
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.schema import authorities, clients


@dataclass(frozen=True, slots=True)
class Launch:
    """One learner, as canonical identifier, in one activity under one registration, a UUID in lower case."""

    agent: str
    activity: str
    registration: str


@dataclass(frozen=True, slots=True)
class Client:
    """A credential as checked. `scopes` are the xAPI specification's (Communication 4.2) and those of the Read API; `origins`:
    of web pages that may use it; `launch`: what it is held to, where it was made for one; `secret_until`: how long the secret that
    was shown works yet, where a newer one has taken its place."""

    id: int
    name: str
    source: str | None
    scopes: frozenset[str]
    authority_id: int
    test: bool
    home_pages: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    expires_at: datetime | None = None
    launch: Launch | None = None
    secret_until: datetime | None = None

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def is_by_old_secret(self, now: datetime) -> bool:
        """Whether the secret that was shown has been replaced and works no longer."""
        return self.secret_until is not None and self.secret_until <= now

    def may(self, *scopes: str) -> bool:
        """Whether it has one of these scopes of xAPI's, or "all", which is xAPI's too and reaches nothing else."""
        return "all" in self.scopes or not self.scopes.isdisjoint(scopes)


@dataclass(frozen=True, slots=True)
class NewClient:
    """`secret` is shown once and kept nowhere."""

    key: str
    secret: str


def _hash(secret: str, salt: bytes) -> bytes:
    # The secret has 256 random bits, so there is nothing for a slow hash to slow down.
    return hashlib.blake2b(secret.encode(), key=salt, digest_size=32).digest()


def add(
    session: Session,
    *,
    name: str,
    source: str | None,
    scopes: tuple[str, ...],
    test: bool,
    home_pages: tuple[str, ...],
    mail_domains: tuple[str, ...],
    public_url: str,
    now: datetime,
    created_by: str,
    origins: tuple[str, ...] = (),
    expires_at: datetime | None = None,
    launch: Launch | None = None,
) -> NewClient:
    key, secret, salt = secrets.token_hex(16), secrets.token_urlsafe(32), secrets.token_bytes(16)
    actor = {
        "objectType": "Agent",
        "name": name,
        "account": {"homePage": public_url, "name": _authority_name(key, launch)},
    }
    session.execute(
        sa.insert(clients).values(
            key=key,
            name=name,
            salt=salt,
            secret_hash=_hash(secret, salt),
            source=source,
            scopes=" ".join(scopes),
            authority_id=authority(session, actor),
            test=test,
            home_pages="\n".join(home_pages),
            mail_domains="\n".join(domain.casefold() for domain in mail_domains),
            created_at=now,
            created_by=created_by,
            origins=" ".join(origins),
            expires_at=expires_at,
            only_agent=launch.agent if launch else "",
            only_activity=launch.activity if launch else "",
            only_registration=launch.registration if launch else "",
        )
    )
    return NewClient(key, secret)


def _authority_name(key: str, launch: Launch | None) -> str:
    """Launched again under the same registration, content reads what it has sent before; the name tells nothing of whom."""
    if launch is None:
        return f"client:{key}"
    whose = f"{launch.agent}\n{launch.activity}\n{launch.registration}"
    digest = hashlib.blake2b(whose.encode("utf-8", "surrogatepass"), digest_size=16)
    return f"launch:{digest.hexdigest()}"


def revoke(session: Session, key: str, now: datetime) -> bool:
    """Whether there was such a credential, not yet revoked. Its statements stay."""
    live = sa.update(clients).where(
        clients.c.key == key, clients.c.key != "bridge", clients.c.revoked_at.is_(None)
    )
    return session.execute(live.values(revoked_at=now)).rowcount > 0


def rotate(session: Session, key: str, old_until: datetime) -> tuple[str, NewClient] | None:
    """Gives the credential a new secret; the one that it had works until then, and the one before that no longer. Returns its name
    and the new secret; None where there is no such credential, or none that lasts."""
    lasting = sa.and_(
        clients.c.key == key,
        clients.c.secret_hash != b"",
        clients.c.revoked_at.is_(None),
        clients.c.expires_at.is_(None),
    )
    name: str | None = session.scalar(sa.select(clients.c.name).where(lasting).with_for_update())
    if name is None:
        return None
    secret, salt = secrets.token_urlsafe(32), secrets.token_bytes(16)
    values = {
        "old_salt": clients.c.salt,
        "old_secret_hash": clients.c.secret_hash,
        "old_until": old_until,
        "salt": salt,
        "secret_hash": _hash(secret, salt),
    }
    session.execute(sa.update(clients).where(clients.c.key == key).values(values))
    return name, NewClient(key, secret)


def forget_old_secrets(session: Session, now: datetime) -> int:
    """Those that work no longer; how many."""
    past = sa.update(clients).where(clients.c.old_until <= now)
    return session.execute(past.values(old_salt=None, old_secret_hash=None, old_until=None)).rowcount


def authority(session: Session, actor: dict[str, Any]) -> int:
    """The number of this authority, written on first sight. `actor` must be an Agent with an account."""
    account = actor["account"]
    row = {"key": f"{account['homePage']}|{account['name']}", "body": json.dumps(actor, ensure_ascii=False)}
    session.execute(insert_new(session, authorities), row)
    number: int = session.scalars(sa.select(authorities.c.id).where(authorities.c.key == row["key"])).one()
    return number


def check(session: Session, key: str, secret: str) -> Client | None:
    """The client whose key and secret these are, expired or not, the secret before the last too; None for a wrong or revoked
    one."""
    if "\0" in key:  # PostgreSQL refuses to be asked for it
        return None
    row = session.execute(
        sa.select(clients).where(clients.c.key == key, clients.c.revoked_at.is_(None))
    ).one_or_none()
    salt, expected = (row.salt, row.secret_hash) if row else (bytes(16), bytes(32))
    if hmac.compare_digest(_hash(secret, salt), expected) and row is not None:
        return _client(row)
    if row is None or row.old_secret_hash is None:
        return None
    if hmac.compare_digest(_hash(secret, row.old_salt), row.old_secret_hash):
        return replace(_client(row), secret_until=row.old_until)
    return None


def numbered(session: Session, number: int, now: datetime) -> Client | None:
    """None where it is no longer in use."""
    row = session.execute(sa.select(clients).where(clients.c.id == number, _is_live(now))).one_or_none()
    return _client(row) if row else None


def live(session: Session, numbers: Collection[int], now: datetime) -> set[int]:
    """Of these credentials, those that are neither revoked nor expired."""
    among, listed = raw.in_list(session, list(numbers))
    sql = f"SELECT id FROM clients WHERE id {among} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"  # noqa: S608  # no value in it
    return {number for (number,) in raw.rows(session, sql, (listed, raw.instant(session, now)))}


def _client(row: sa.Row[Any]) -> Client:
    return Client(
        row.id,
        row.name,
        row.source,
        frozenset(row.scopes.split()),
        row.authority_id,
        row.test,
        tuple(row.home_pages.splitlines()),
        tuple(row.origins.split()),
        row.expires_at,
        _launch(row),
    )


def _launch(row: sa.Row[Any]) -> Launch | None:
    held_to = Launch(row.only_agent, row.only_activity, row.only_registration)
    return held_to if row.expires_at is not None else None


def own(session: Session, *, public_url: str, who: str, now: datetime) -> Client:
    """The bridge itself, as the sender of by-hand records: its authority is an account of the bridge, named for who keyed
    the record. Nobody can sign in as it: it has no secret."""
    row = session.execute(sa.select(clients).where(clients.c.key == "bridge")).one_or_none()
    actor = {"objectType": "Agent", "account": {"homePage": public_url, "name": who}}
    authority_id = authority(session, actor)
    if row is None:
        session.execute(
            insert_new(session, clients),
            {
                "key": "bridge",
                "name": "lrs_bridge",
                "salt": secrets.token_bytes(16),
                "secret_hash": b"",
                "source": "bridge",
                "scopes": "all",
                "authority_id": authority_id,
                "test": False,
                "home_pages": "",
                "mail_domains": "",
                "created_at": now,
                "created_by": "lrs_bridge",
            },
        )
        row = session.execute(sa.select(clients).where(clients.c.key == "bridge")).one()
    return Client(row.id, row.name, row.source, frozenset(row.scopes.split()), authority_id, row.test)


def names(session: Session, numbers: Iterable[int]) -> dict[int, str]:
    """Number → what the credential is called."""
    found = sa.select(clients.c.id, clients.c.name).where(clients.c.id.in_(list(numbers)))
    return {row.id: row.name for row in session.execute(found)}


def allowed_origins(session: Session, now: datetime) -> frozenset[str]:
    """The origins that any credential allows which is neither revoked nor expired."""
    found = sa.select(clients.c.origins).distinct().where(clients.c.origins != "", _is_live(now))
    return frozenset(origin for origins in session.scalars(found) for origin in origins.split())


def _is_live(now: datetime) -> sa.ColumnElement[bool]:
    not_expired = sa.or_(clients.c.expires_at.is_(None), clients.c.expires_at > now)
    return sa.and_(clients.c.revoked_at.is_(None), not_expired)


@dataclass(frozen=True, slots=True)
class Listed:
    """A credential as operators see it."""

    key: str
    client: Client
    mail_domains: tuple[str, ...]
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    old_until: datetime | None


def listed(session: Session, *, launches: bool) -> list[Listed]:
    """Credentials with a secret, the newest first: those of launches, until they are forgotten, or all others."""
    is_launch = clients.c.expires_at.is_not(None)
    found = sa.select(clients).where(clients.c.secret_hash != b"", is_launch if launches else ~is_launch)
    return [
        Listed(
            row.key,
            _client(row),
            tuple(row.mail_domains.splitlines()),
            row.created_at,
            row.created_by,
            row.revoked_at,
            row.old_until,
        )
        for row in session.execute(found.order_by(clients.c.id.desc()))
    ]


def forget_expired(session: Session, before: datetime) -> int:
    """Takes secret, learner, registration and origins out of credentials that expired before then; how many. The rows stay, for
    statements and documents name who sent them, and looking for those that nothing names would read all statements."""
    past = sa.update(clients).where(clients.c.expires_at < before, clients.c.secret_hash != b"")
    blank = {"secret_hash": b"", "only_agent": "", "only_registration": "", "origins": ""}
    return session.execute(past.values(blank)).rowcount
