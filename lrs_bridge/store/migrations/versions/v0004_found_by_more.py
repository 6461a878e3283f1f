"""What statements can be found by: related agents and activities, and what they refer to; how each is given out."""

import uuid

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.activities import Came, learn
from lrs_bridge.store.dialects import insert_new
from lrs_bridge.store.lrs_tables import statement_references
from lrs_bridge.store.references import complete
from lrs_bridge.store.schema import clients, statement_index, statements
from lrs_bridge.store.statements import term_key
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.formats import definitions_in, shape_of
from lrs_bridge.xapi.terms import referenced_statement, terms_of

revision = "0004"
down_revision = "0003"

_AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("statements", sa.Column("shape", sa.SmallInteger(), server_default="31", nullable=False))
    op.drop_index(op.f("ix_pending_statements_cause"), "pending_statements")
    given = sa.text("cause <> ''")
    op.create_index(
        op.f("ix_pending_statements_cause"),
        "pending_statements",
        ["cause"],
        sqlite_where=given,
        postgresql_where=given,
    )
    _read_anew(op.get_bind())


def _read_anew(session: sa.Connection) -> None:
    """What is kept of each statement now, for those that came before."""
    after = 0
    while found := session.execute(_BATCH, {"after": after, "number": _AT_ONCE}).all():
        after = found[-1].seq
        read = [(row, documents.parse(row.body.encode())) for row in found]
        session.execute(_SHAPE, [{"number": row.seq, "shape": int(shape_of(said))} for row, said in read])
        entries = [
            {"key": key, "stored": row.stored, "seq": row.seq}
            for row, said in read
            for key in {term_key(kind, text) for kind, text in terms_of(said)}
        ]
        session.execute(insert_new(session, statement_index), entries)
        references = [
            {"target": uuid.UUID(target), "seq": row.seq}
            for row, said in read
            if (target := referenced_statement(said))
        ]
        if references:
            session.execute(sa.insert(statement_references), references)
            complete(session, [row.id for row, _ in read])
        came = [
            Came(activity, definition, not {"define", "all"}.isdisjoint(row.scopes.split()))
            for row, said in read
            for activity, definition in definitions_in(said).items()
        ]
        if came:
            learn(session, came, read[-1][0].stored)


_BATCH = (
    sa.select(statements.c.seq, statements.c.id, statements.c.stored, statements.c.body, clients.c.scopes)
    .join(clients, clients.c.id == statements.c.client_id)
    .where(statements.c.seq > sa.bindparam("after"))
    .order_by(statements.c.seq)
    .limit(sa.bindparam("number"))
)
_SHAPE = (
    sa.update(statements)
    .where(statements.c.seq == sa.bindparam("number"))
    .values(shape=sa.bindparam("shape"))
)
