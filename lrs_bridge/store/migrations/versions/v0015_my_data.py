"""Certificates, requests for erasure, and finding the documents of an agent."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0015"
down_revision = "0014"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("identifier_id", _NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("framework_name", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("tier_name", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("digest", name=op.f("uq_certificates_digest")),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["identifiers.id"], name=op.f("fk_certificates_identifier_id")
        ),
    )
    op.create_index(op.f("ix_certificates_identifier_id"), "certificates", ["identifier_id"])
    op.create_index(op.f("ix_documents_agent_id"), "documents", ["agent", "id"])
    op.create_table(
        "erasure_requests",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("identifier_id", _NUMBER, nullable=False),
        sa.Column("mbox", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["identifiers.id"], name=op.f("fk_erasure_requests_identifier_id")
        ),
    )
    for column in ("identifier_id", "state"):
        op.create_index(op.f(f"ix_erasure_requests_{column}"), "erasure_requests", [column])
