"""Agent profiles that tell who people are wait to be read."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pending_profiles",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_profiles")),
    )
