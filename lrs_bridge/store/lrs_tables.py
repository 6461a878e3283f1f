"""The tables of a Learning Record Store beside its statements: documents, attachments, activities, and what was refused."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# State and profile documents. `key` is a digest of all that names one; `owner` of kind, activity and agent, whose documents
# are listed together. `kind`: state, activity or agent.
documents = sa.Table(
    "documents",
    metadata,
    numbered(),
    sa.Column("key", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("owner", sa.LargeBinary(16), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("activity", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),  # its canonical identifier
    sa.Column("registration", sa.Uuid),
    sa.Column("name", sa.Text, nullable=False),  # stateId or profileId, as JSON
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("client_id", sa.ForeignKey("clients.id"), nullable=False),  # who wrote it last
    sa.Index(None, "owner", "updated_at"),
    sa.Index(None, "agent", "id"),
)

# Agent profiles that tell who people are, to be read (anew): they were written or removed, or other mapping files came.
pending_profiles = sa.Table(
    "pending_profiles",
    metadata,
    numbered(),
    sa.Column("key", sa.LargeBinary(16), nullable=False),  # the document's, which may be gone
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
)

# What was attached to statements, each content once, in parts, so that neither side holds more than one part at a time.
contents = sa.Table(
    "contents",
    metadata,
    sa.Column("sha256", sa.LargeBinary(32), primary_key=True),
    sa.Column("length", sa.BigInteger, nullable=False),
)
content_parts = sa.Table(
    "content_parts",
    metadata,
    sa.Column("sha256", sa.ForeignKey("contents.sha256"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

# `sha2`: as the statement says it, in lower case; it may be another digest of SHA-2 than the one that contents go by.
attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("seq", sa.ForeignKey("statements.seq"), primary_key=True, autoincrement=False),
    sa.Column("sha2", sa.Text, primary_key=True),
    sa.Column("sha256", sa.ForeignKey("contents.sha256"), nullable=False, index=True),
)

# Statements whose object is a StatementRef: they match by what their target matches, whichever of the two comes first.
statement_references = sa.Table(
    "statement_references",
    metadata,
    sa.Column("target", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.ForeignKey("statements.seq"), primary_key=True, autoincrement=False),
)

# The canonical definition of each activity, merged from those that statements brought. `key`: digest of its id.
activities = sa.Table(
    "activities",
    metadata,
    sa.Column("key", sa.LargeBinary(16), primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),  # JSON
    sa.Column("updated_at", Instant, nullable=False),
)

# What was refused, for the operator to see: one row for the same refusal of the same sender, with how often.
refused_requests = sa.Table(
    "refused_requests",
    metadata,
    numbered(),
    sa.Column("digest", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False, index=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("client_id", sa.ForeignKey("clients.id")),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("excerpt", sa.Text, nullable=False),
)
