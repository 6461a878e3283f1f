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

# A session whose attendees enter themselves, by a link shown in the room. `session`: JSON, the columns of an import of sessions; the
# token is kept as it is, for it is shown until the link closes, and all that it lets anybody do is to enter a name.
check_ins = sa.Table(
    "check_ins",
    metadata,
    numbered(),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), nullable=False, index=True),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closes_at", Instant, nullable=False, index=True),
    sa.Column("recorded_at", Instant),
    sa.Column("recorded", sa.Integer, nullable=False, server_default="0"),  # how many were confirmed
)

# Who entered, until the list is confirmed. `browser`: digest of the token of the browser that they entered by.
check_in_entries = sa.Table(
    "check_in_entries",
    metadata,
    numbered(),
    sa.Column("check_in_id", sa.ForeignKey("check_ins.id"), nullable=False),
    sa.Column("identifier", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("browser", sa.LargeBinary(32), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("check_in_id", "identifier"),
)

# When somebody was reminded that they are below the tier that a post of theirs requires, under which of their identifiers.
reminders = sa.Table(
    "reminders",
    metadata,
    numbered(),
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

# What a heading means in the tables of one organisation, as its coordinators said. Nobody else's tables are read by it.
organisation_headings = sa.Table(
    "organisation_headings",
    metadata,
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("heading", sa.Text, primary_key=True),  # folded
    sa.Column("column", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
