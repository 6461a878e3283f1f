"""What learners report as missing or wrong."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0017"
down_revision = "0016"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("identifier_id", _NUMBER, nullable=False),
        sa.Column("organisation_id", _NUMBER, nullable=True),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.ForeignKeyConstraint(["identifier_id"], ["identifiers.id"], name=op.f("fk_reports_identifier_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_reports_organisation_id")
        ),
    )
    op.create_index(op.f("ix_reports_identifier_id"), "reports", ["identifier_id"])
    op.create_index("ix_reports_organisation_id", "reports", ["organisation_id", "id"])
    op.create_index("ix_reports_area", "reports", ["area", "id"])
