"""The table of requests for erasure."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# A learner asks that what is held about them be erased. `mbox`: that they asked by and are answered at; `what`: in their words;
# `state`: "open", "done", "refused", or "withdrawn" by the learner. It hangs on the identifier by which they were signed in.
erasure_requests = sa.Table(
    "erasure_requests",
    metadata,
    numbered(),
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("mbox", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("closed_at", Instant),
    sa.Column("closed_by", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
)
