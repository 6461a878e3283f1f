"""The tables of where people stand in their posts (a projection), and of how many did on which day (a register of counts)."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata

# A row per post that has not ended (`learning.post_standings`), from which an organisation's lists are read. `name` is
# `learning.post_standings.name_key`, `service_area` and `role` are folded; tiers "" for none; `lapses_at` and `ends` are LATEST for never.
post_standings = sa.Table(
    "post_standings",
    metadata,
    sa.Column("learner_id", sa.ForeignKey("learners.id"), primary_key=True, autoincrement=False),
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True, autoincrement=False),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("service_area", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("required", sa.Text, nullable=False),
    sa.Column("attained", sa.Text, nullable=False),
    sa.Column("is_below", sa.Boolean, nullable=False),
    sa.Column("goal", sa.Text, nullable=False),
    sa.Column("covered", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("gap", sa.Integer, nullable=False),
    sa.Column("lapses_at", Instant, nullable=False),
    sa.Column("champion", sa.Text, nullable=False),
    sa.Column("ends", Instant, nullable=False),
    sa.Index(None, "post_id"),
    sa.Index(None, "organisation_id", "name", "post_id"),
    sa.Index(None, "organisation_id", "gap", "post_id"),
    sa.Index(None, "organisation_id", "lapses_at", "post_id"),
)

# Of the posts held on a day at an organisation and in a service area (folded), how many required a tier, and how many who held
# these had it. Counts alone: whose they were is not kept.
progress_counts = sa.Table(
    "progress_counts",
    metadata,
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), primary_key=True, autoincrement=False),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("service_area", sa.Text, primary_key=True),
    sa.Column("required", sa.Integer, nullable=False),
    sa.Column("reached", sa.Integer, nullable=False),
    sa.Index(None, "day"),
)
