"""When learners were reminded."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0019"
down_revision = "0018"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reminders",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("identifier_id", _NUMBER, nullable=False),
        sa.Column("organisation_id", _NUMBER, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["identifiers.id"], name=op.f("fk_reminders_identifier_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_reminders_organisation_id")
        ),
    )
    for column in ("identifier_id", "at"):
        op.create_index(op.f(f"ix_reminders_{column}"), "reminders", [column])
