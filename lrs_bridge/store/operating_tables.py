"""The tables of running the service: sources that fell silent."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# A source of which nothing came for longer than its mapping file expects; `last_at`: its last statement then, if there was any.
# One at a time of each source; ended when something came again, or is no longer expected.
source_outages = sa.Table(
    "source_outages",
    metadata,
    numbered(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("last_at", Instant),
    sa.Column("noticed_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Index(
        "ix_source_outages_open",
        "source",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)
