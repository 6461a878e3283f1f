"""The tables of what coordinators are about to record: none of it is kept longer than it is needed."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# A table that somebody sent, until they take it in or cancel; then, for a day, only what came of it.
uploads = sa.Table(
    "uploads",
    metadata,
    numbered(),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), nullable=False, index=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),  # its name, "" for what was typed
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("told", sa.Text, nullable=False),  # JSON: folded heading → what it means
    sa.Column("constants", sa.Text, nullable=False),  # JSON: column → what holds for every row
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("done_at", Instant),
    sa.Column("counts", sa.Text, nullable=False, server_default="{}"),  # JSON: outcome → how many
)
