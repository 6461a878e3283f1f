"""Check-in by a link shown in the room."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0018"
down_revision = "0017"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "check_ins",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("organisation_id", _NUMBER, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closes_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("recorded", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
        sa.UniqueConstraint("token", name=op.f("uq_check_ins_token")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_check_ins_organisation_id")
        ),
    )
    for column in ("organisation_id", "closes_at"):
        op.create_index(op.f(f"ix_check_ins_{column}"), "check_ins", [column])
    op.create_table(
        "check_in_entries",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("check_in_id", _NUMBER, nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("browser", sa.LargeBinary(32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in_entries")),
        sa.UniqueConstraint(
            "check_in_id", "identifier", name=op.f("uq_check_in_entries_check_in_id_identifier")
        ),
        sa.ForeignKeyConstraint(
            ["check_in_id"], ["check_ins.id"], name=op.f("fk_check_in_entries_check_in_id")
        ),
    )
