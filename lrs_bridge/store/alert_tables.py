"""The tables of alerts: what was announced, what waits to be, what somebody decided, and the messages."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

announced = sa.Table(
    "announced",
    metadata,
    sa.Column("learner_id", sa.ForeignKey("learners.id"), primary_key=True),
    sa.Column("area", sa.Text, primary_key=True),
    sa.Column("eligible", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default=""),  # of the champion flow, as last heard
)

# Of identifiers that are one person now: what had been announced of each before, which a parting gives back.
announced_apart = sa.Table(
    "announced_apart",
    metadata,
    sa.Column("learner_id", sa.ForeignKey("learners.id"), primary_key=True, autoincrement=False),
    sa.Column("area", sa.Text, primary_key=True),
    sa.Column("eligible", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)

# What somebody decided of alerts: "release" or "drop" of an area's held ones, "resend" of a message.
alert_decisions = sa.Table(
    "alert_decisions",
    metadata,
    numbered(),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),  # the delivery's id, where one was sent again
    sa.Column("number", sa.Integer, nullable=False),  # how many it was about
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

# Where a standing differs from what was announced, and the Board has not been told: settling, held, or decided upon.
# `cause` names the one act that brought it ("mappings-4", "import-7"); "" where it came by itself. `happened`: from when
# it is so; `eligible`, `state` and `revision` are what will be announced with it.
news = sa.Table(
    "news",
    metadata,
    sa.Column("learner_id", sa.ForeignKey("learners.id"), primary_key=True, autoincrement=False),
    sa.Column("area", sa.Text, primary_key=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("decision_id", sa.ForeignKey("alert_decisions.id")),
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("happened", Instant),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("eligible", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Index(None, "held", "since"),
    sa.Index(None, "cause", "area"),
)

# The one message with which a Board that has a start date began: how many of each kind, and nobody's name.
area_summaries = sa.Table(
    "area_summaries",
    metadata,
    sa.Column("area", sa.Text, primary_key=True),
    sa.Column("start", Instant, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),  # JSON: kind → how many
    sa.Column("at", Instant, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("learner_id", sa.ForeignKey("learners.id"), nullable=False, index=True),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("cause", sa.Text, nullable=False, server_default=""),
    sa.Column("decision_id", sa.ForeignKey("alert_decisions.id")),  # who released it, or let nobody be told
    sa.Index(None, "cause", "area", "decided_at"),
)

# One message to one recipient; a digest carries several alerts. `state`: waiting, sent, failed.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("secret_variable", sa.Text, nullable=False),
    sa.Column("is_digest", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("claimed_until", Instant),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("sent_at", Instant),
    # a summary tells how many were eligible before the Board's start date, and names nobody
    sa.Column("is_summary", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "area", "due_at"),
)

delivery_alerts = sa.Table(
    "delivery_alerts",
    metadata,
    sa.Column("delivery_id", sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("alert_id", sa.ForeignKey("alerts.id"), primary_key=True),
)
