"""The tables of running the service: sources that fell silent, and changes of mapping files that are tried."""

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

# Mapping files that an operator wants to know the effect of. `files`: JSON, path → text, all of them; `state`: waiting, running, done
# or failed; `result`: JSON, counts in words, or why it failed.
what_ifs = sa.Table(
    "what_ifs",
    metadata,
    numbered(),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("files", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("claimed_until", Instant),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("finished_at", Instant),
)
