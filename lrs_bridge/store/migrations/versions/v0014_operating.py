"""Running the service: secrets that are changed, and sources that fell silent."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0014"
down_revision = "0013"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in ("old_salt", "old_secret_hash"):
        op.add_column(
            "clients", sa.Column(column, sa.LargeBinary(16 if column == "old_salt" else 32), nullable=True)
        )
    op.add_column("clients", sa.Column("old_until", Instant(), nullable=True))
    op.create_table(
        "source_outages",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("last_at", Instant(), nullable=True),
        sa.Column("noticed_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_outages")),
    )
    op.create_index(
        "ix_source_outages_open",
        "source_outages",
        ["source"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
