"""Roles, and the log of what was done by whom."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0009"
down_revision = "0008"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "role_grants",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("mbox", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation_id", _NUMBER, nullable=True),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_role_grants_organisation_id")
        ),
    )
    for column in ("mbox", "organisation_id"):
        op.create_index(op.f(f"ix_role_grants_{column}"), "role_grants", [column])
    op.create_table(
        "audit_log",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    for column in ("at", "who"):
        op.create_index(op.f(f"ix_audit_log_{column}"), "audit_log", [column])
