"""The tables of who may do what, and of what they did on pages."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# Who reads `mbox` has this role: "coordinator" of an organisation, "board" officer of an area, or "operator".
role_grants = sa.Table(
    "role_grants",
    metadata,
    numbered(),
    sa.Column("mbox", sa.Text, nullable=False, index=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), index=True),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by", sa.Text, nullable=False, server_default=""),
)

# What somebody did that isn't a statement or an import: `act` in a word or two, `about` whom or what in words.
audit_log = sa.Table(
    "audit_log",
    metadata,
    numbered(),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("who", sa.Text, nullable=False, index=True),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
