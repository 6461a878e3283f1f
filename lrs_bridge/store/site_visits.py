"""Links by which sites open a page for their accounts, and the visits that came by them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store import clients
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Session
from lrs_bridge.store.session_tables import site_links, site_visits


def add_link(session: Session, link: bytes, client: int, account: str, now: datetime) -> None:
    row = {"link": link, "client_id": client, "account": account, "at": now}
    session.execute(sa.insert(site_links), row)


def take_link(session: Session, link: bytes) -> tuple[int, str, datetime] | None:
    """The credential, account and moment of a link, which is gone then: of two who take it at once, one gets it."""
    gone = sa.delete(site_links).where(site_links.c.link == link)
    row = session.execute(
        gone.returning(site_links.c.client_id, site_links.c.account, site_links.c.at)
    ).one_or_none()
    return (row.client_id, row.account, row.at) if row else None


def begin(session: Session, cookie: bytes, client: int, account: str, now: datetime) -> None:
    row = {"cookie": cookie, "client_id": client, "account": account, "began_at": now}
    session.execute(sa.insert(site_visits), row)


def visit(session: Session, cookie: bytes, now: datetime) -> tuple[Client, str, datetime] | None:
    """The credential, account and beginning of a visit; None where there is none, or the credential is no longer in use."""
    found = sa.select(site_visits.c.client_id, site_visits.c.account, site_visits.c.began_at)
    row = session.execute(found.where(site_visits.c.cookie == cookie)).one_or_none()
    client = clients.numbered(session, row.client_id, now) if row else None
    return (client, row.account, row.began_at) if row and client else None


def end(session: Session, cookie: bytes) -> None:
    session.execute(sa.delete(site_visits).where(site_visits.c.cookie == cookie))


def forget_before(session: Session, links: datetime, visits: datetime) -> None:
    session.execute(sa.delete(site_links).where(site_links.c.at < links))
    session.execute(sa.delete(site_visits).where(site_visits.c.began_at < visits))


def visits_of(session: Session, accounts: list[str]) -> list[tuple[str, datetime]]:
    """Account and beginning of the visits by these accounts."""
    found = sa.select(site_visits.c.account, site_visits.c.began_at)
    rows = session.execute(found.where(site_visits.c.account.in_(accounts)).order_by(site_visits.c.began_at))
    return [(row.account, row.began_at) for row in rows]
