"""Codes by which learners join a site's account with an e-mail address."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0007"
down_revision = "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "link_codes",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("mbox", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_codes")),
    )
    op.create_index(op.f("ix_link_codes_agent"), "link_codes", ["agent"])
    op.create_index(op.f("ix_link_codes_mbox"), "link_codes", ["mbox"])
    op.create_index(op.f("ix_link_codes_at"), "link_codes", ["at"])
