"""Whoever has learned something and has no post is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("standings", sa.Column("unplaced", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        op.f("ix_standings_unplaced"),
        "standings",
        ["learner_id"],
        sqlite_where=sa.text("unplaced"),
        postgresql_where=sa.text("unplaced"),
    )
    # Whoever has no post is computed anew; who has one is not concerned.
    op.execute(
        "INSERT INTO pending_learners (learner_id, since, cause) "
        "SELECT learners.id, learners.created_at, '' FROM learners JOIN standings ON standings.learner_id = learners.id "
        "WHERE NOT EXISTS (SELECT 1 FROM identifiers JOIN posts ON posts.identifier_id = identifiers.id "
        "WHERE identifiers.learner_id = learners.id) AND NOT EXISTS ("
        "SELECT 1 FROM pending_learners WHERE pending_learners.learner_id = learners.id)"
    )
