"""A whole Learning Record Store: documents, attachments, activities, references, credentials for one launch, and what was
refused."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _contents()
    _documents()
    _refused()
    op.add_column("clients", sa.Column("expires_at", Instant(), nullable=True))
    op.add_column("clients", sa.Column("only_agent", sa.Text(), server_default="", nullable=False))
    op.add_column("clients", sa.Column("only_activity", sa.Text(), server_default="", nullable=False))
    op.add_column("clients", sa.Column("only_registration", sa.Text(), server_default="", nullable=False))
    op.add_column("clients", sa.Column("origins", sa.Text(), server_default="", nullable=False))


def _contents() -> None:
    op.create_table(
        "contents",
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_contents")),
    )
    op.create_table(
        "content_parts",
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["contents.sha256"], name=op.f("fk_content_parts_sha256")),
        sa.PrimaryKeyConstraint("sha256", "place", name=op.f("pk_content_parts")),
    )
    op.create_table(
        "attachments",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("sha2", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["statements.seq"], name=op.f("fk_attachments_seq")),
        sa.ForeignKeyConstraint(["sha256"], ["contents.sha256"], name=op.f("fk_attachments_sha256")),
        sa.PrimaryKeyConstraint("seq", "sha2", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_sha256"), "attachments", ["sha256"], unique=False)


def _documents() -> None:
    op.create_table(
        "activities",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_activities")),
    )
    op.create_table(
        "documents",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("owner", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("client_id", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_documents_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("key", name=op.f("uq_documents_key")),
    )
    op.create_index(op.f("ix_documents_owner_updated_at"), "documents", ["owner", "updated_at"], unique=False)
    op.create_table(
        "statement_references",
        sa.Column("target", sa.Uuid(), nullable=False),
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["statements.seq"], name=op.f("fk_statement_references_seq")),
        sa.PrimaryKeyConstraint("target", "seq", name=op.f("pk_statement_references")),
    )


def _refused() -> None:
    op.create_table(
        "refused_requests",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("client_id", _NUMBER, nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_refused_requests_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_requests")),
        sa.UniqueConstraint("digest", name=op.f("uq_refused_requests_digest")),
    )
    op.create_index(op.f("ix_refused_requests_last_at"), "refused_requests", ["last_at"], unique=False)
