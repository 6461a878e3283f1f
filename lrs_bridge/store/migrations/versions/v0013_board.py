"""The Board's lists, a page at a time; and the counts of its report."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0013"
down_revision = "0012"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    columns = ["area", "organisation_folded", "service_area_folded", "learner_id"]
    op.create_index("ix_champion_states_in_order", "champion_states", columns)
    op.create_index(op.f("ix_posts_area_organisation_id"), "posts", ["area", "organisation_id"])
    op.create_index(op.f("ix_deliveries_area_due_at"), "deliveries", ["area", "due_at"])
    op.create_table(
        "area_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("people", "at_required", "champions")],
        sa.PrimaryKeyConstraint("day", "area", "sector", name=op.f("pk_area_counts")),
    )
    op.create_index(op.f("ix_area_counts_area_day"), "area_counts", ["area", "day"])
    op.create_table(
        "bulletin_optouts",
        sa.Column("identifier_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("identifier_id", name=op.f("pk_bulletin_optouts")),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["identifiers.id"], name=op.f("fk_bulletin_optouts_identifier_id")
        ),
    )
