"""The table of certificates."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# What was certified of somebody, as at when, in the words of that day. Of the link nothing is kept but a digest. It hangs on the
# identifier by which they were signed in, and so stays theirs when records are joined or parted.
certificates = sa.Table(
    "certificates",
    metadata,
    numbered(),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("framework", sa.Text, nullable=False),
    sa.Column("framework_name", sa.Text, nullable=False),
    sa.Column("board", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("tier_name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)
