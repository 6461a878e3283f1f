"""Everything that is held about one person, beside what the pages read: by their identifiers and mailboxes, page by page."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lrs_bridge.store.alert_tables import alerts
from lrs_bridge.store.audit import Entry
from lrs_bridge.store.database import Session
from lrs_bridge.store.lrs_tables import documents
from lrs_bridge.store.role_tables import audit_log
from lrs_bridge.store.schema import identifiers, link_codes, statement_index, statements
from lrs_bridge.store.session_tables import sessions, sign_ins
from lrs_bridge.store.statements import term_key, voiding_id


@dataclass(frozen=True, slots=True)
class Naming:
    """A statement that names somebody; `body`: the very text that was sent."""

    seq: int
    id: uuid.UUID
    stored: datetime
    happened: datetime
    version: str
    voided_by: uuid.UUID | None
    body: str


def statements_naming(
    session: Session, agent: str, earlier: Sequence[str], after: tuple[datetime, int] | None, limit: int
) -> list[Naming]:
    """Those whose actor or object is this identifier or a group with it, voided ones too, in order of `stored` after
    (stored, seq); but for those that one of the `earlier` identifiers is found by as well."""
    entries = sa.select(statement_index.c.seq, statement_index.c.stored)
    entries = entries.where(statement_index.c.key == term_key("agent", agent))
    if after is not None:
        place = sa.tuple_(statement_index.c.stored, statement_index.c.seq)
        entries = entries.where(
            place > sa.tuple_(sa.literal(after[0], statement_index.c.stored.type), sa.literal(after[1]))
        )
    if earlier:
        other = statement_index.alias("other")
        known = sa.exists().where(
            other.c.key.in_([term_key("agent", one) for one in earlier]),
            other.c.stored == statement_index.c.stored,
            other.c.seq == statement_index.c.seq,
        )
        entries = entries.where(sa.not_(known))
    page = entries.order_by(statement_index.c.stored, statement_index.c.seq).limit(limit).subquery()
    found = (
        sa.select(statements, voiding_id().label("voided_by"))
        .join(page, page.c.seq == statements.c.seq)
        .order_by(statements.c.stored, statements.c.seq)
    )
    return [
        Naming(row.seq, row.id, row.stored, row.happened, row.version, row.voided_by, row.body)
        for row in session.execute(found)
    ]


@dataclass(frozen=True, slots=True)
class DocumentOf:
    """`name`: its stateId or profileId."""

    number: int
    kind: str
    activity: str
    agent: str
    registration: uuid.UUID | None
    name: str
    content_type: str
    updated_at: datetime
    body: bytes


def document_after(session: Session, agent: str, number: int) -> DocumentOf | None:
    """The next state or profile document about an agent: one at a time, for one may be large."""
    found = sa.select(documents).where(documents.c.agent == agent, documents.c.id > number)
    row = session.execute(found.order_by(documents.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    return DocumentOf(
        row.id,
        row.kind,
        row.activity,
        row.agent,
        row.registration,
        json.loads(row.name),
        row.content_type,
        row.updated_at,
        row.body,
    )


def first_seen(session: Session, learner: int) -> dict[str, datetime]:
    """Identifier → since when it is known."""
    found = sa.select(identifiers.c.text, identifiers.c.first_seen).where(identifiers.c.learner_id == learner)
    return {row.text: row.first_seen for row in session.execute(found.order_by(identifiers.c.id))}


def visits(session: Session, mboxes: Collection[str]) -> list[tuple[str, datetime, datetime]]:
    """Mailbox, when the visit began, when it was seen last."""
    found = sa.select(sessions.c.mbox, sessions.c.began_at, sessions.c.seen_at)
    rows = session.execute(found.where(sessions.c.mbox.in_(mboxes)).order_by(sessions.c.began_at))
    return [(row.mbox, row.began_at, row.seen_at) for row in rows]


def letters(session: Session, mboxes: Collection[str]) -> list[tuple[str, datetime, bool]]:
    """Of those for signing in: to which mailbox, when, whether it was used."""
    found = sa.select(sign_ins.c.mbox, sign_ins.c.at, sign_ins.c.used)
    rows = session.execute(found.where(sign_ins.c.mbox.in_(mboxes)).order_by(sign_ins.c.at))
    return [(row.mbox, row.at, row.used) for row in rows]


def codes(session: Session, agents: Collection[str]) -> list[tuple[str, str, datetime]]:
    """Of those for joining: asked for by which identifier, sent to which mailbox, when."""
    found = sa.select(link_codes.c.agent, link_codes.c.mbox, link_codes.c.at)
    rows = session.execute(found.where(link_codes.c.agent.in_(agents)).order_by(link_codes.c.at))
    return [(row.agent, row.mbox, row.at) for row in rows]


def told_of(session: Session, learner: int) -> list[tuple[str, str, datetime]]:
    """Area, kind and moment of what was decided to tell Boards of a learner."""
    found = sa.select(alerts.c.area, alerts.c.kind, alerts.c.decided_at)
    rows = session.execute(found.where(alerts.c.learner_id == learner).order_by(alerts.c.decided_at))
    return [(row.area, row.kind, row.decided_at) for row in rows]


def log_about(
    session: Session,
    addresses: Collection[str],
    accounts: Collection[str],
    learner: int | None,
    after: int,
    limit: int,
) -> list[Entry]:
    """Lines of the log by somebody or about them, by address, account or learner's number; the next page begins after the last
    number. What only contains one of these is among them."""
    about = [sa.func.lower(audit_log.c.about).contains(one, autoescape=True) for one in addresses]
    about += [audit_log.c.about.contains(one, autoescape=True) for one in accounts]
    if learner is not None:
        about += [
            audit_log.c.about == f"learner {learner}",
            audit_log.c.about.startswith(f"learner {learner}:"),
        ]
    found = sa.select(audit_log).where(sa.or_(audit_log.c.who.in_(addresses), *about))
    rows = session.execute(found.where(audit_log.c.id > after).order_by(audit_log.c.id).limit(limit))
    return [Entry(row.id, row.at, row.who, row.act, row.about, row.reason) for row in rows]
