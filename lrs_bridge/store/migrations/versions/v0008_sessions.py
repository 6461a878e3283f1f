"""Signing in by e-mail."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0008"
down_revision = "0007"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("mbox", sa.Text(), nullable=False),
        sa.Column("link", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("link", name=op.f("uq_sign_ins_link")),
    )
    for column in ("mbox", "browser", "at"):
        op.create_index(op.f(f"ix_sign_ins_{column}"), "sign_ins", [column])
    op.create_table(
        "sessions",
        sa.Column("cookie", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mbox", sa.Text(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("cookie", name=op.f("pk_sessions")),
    )
    for column in ("mbox", "seen_at"):
        op.create_index(op.f(f"ix_sessions_{column}"), "sessions", [column])
