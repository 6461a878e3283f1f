"""Where people stand in their posts, and how many did on which day."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0010"
down_revision = "0009"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "post_standings",
        sa.Column("learner_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("post_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("organisation_id", _NUMBER, nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("area", "service_area", "role", "name")],
        sa.Column("required", sa.Text(), nullable=False),
        sa.Column("attained", sa.Text(), nullable=False),
        sa.Column("is_below", sa.Boolean(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("covered", "total", "gap")],
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("champion", sa.Text(), nullable=False),
        sa.Column("ends", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "post_id", name=op.f("pk_post_standings")),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_post_standings_learner_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_standings_post_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_post_standings_organisation_id")
        ),
    )
    op.create_index(op.f("ix_post_standings_post_id"), "post_standings", ["post_id"])
    for column in ("name", "gap", "lapses_at"):
        name = op.f(f"ix_post_standings_organisation_id_{column}_post_id")
        op.create_index(name, "post_standings", ["organisation_id", column, "post_id"])
    op.create_table(
        "progress_counts",
        sa.Column("organisation_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service_area", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("required", "reached")],
        sa.PrimaryKeyConstraint("organisation_id", "day", "service_area", name=op.f("pk_progress_counts")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_progress_counts_organisation_id")
        ),
    )
    op.create_index(op.f("ix_progress_counts_day"), "progress_counts", ["day"])
    # The rows come when the learners are computed anew: whoever has a post is marked.
    op.execute(
        "INSERT INTO pending_learners (learner_id, since, cause) "
        "SELECT learners.id, learners.created_at, '' FROM learners WHERE EXISTS ("
        "SELECT 1 FROM identifiers JOIN posts ON posts.identifier_id = identifiers.id "
        "WHERE identifiers.learner_id = learners.id) AND NOT EXISTS ("
        "SELECT 1 FROM pending_learners WHERE pending_learners.learner_id = learners.id)"
    )
