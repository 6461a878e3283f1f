"""The Board's lists, a page at a time."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    columns = ["area", "organisation_folded", "service_area_folded", "learner_id"]
    op.create_index("ix_champion_states_in_order", "champion_states", columns)
    op.create_index(op.f("ix_posts_area_organisation_id"), "posts", ["area", "organisation_id"])
    op.create_index(op.f("ix_deliveries_area_due_at"), "deliveries", ["area", "due_at"])
