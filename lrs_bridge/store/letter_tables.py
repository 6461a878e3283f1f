"""The tables of letters between people: those that ask for somebody's word, notices that wait to be sent, and what learners report."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# A letter that asks whoever reads `mbox` for their word on a learner's post. `known`: how the address came: "on_record",
# "stand_in", or "named" by the learner; `stranger`: nobody was known by it. Of links nothing is kept but digests: the second is the
# reminder's. `answers` and `statements`: JSON, once answered; `closed`: "", or why it asks no longer.
manager_letters = sa.Table(
    "manager_letters",
    metadata,
    numbered(),
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("service_area", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("mbox", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("known", sa.Text, nullable=False),
    sa.Column("stranger", sa.Boolean, nullable=False),
    sa.Column("link", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("second_link", sa.LargeBinary(32), unique=True),
    sa.Column("asked_at", Instant, nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("reminded_at", Instant),
    sa.Column("answered_at", Instant),
    sa.Column("answers", sa.Text, nullable=False, server_default=""),
    sa.Column("statements", sa.Text, nullable=False, server_default=""),
    sa.Column("closed", sa.Text, nullable=False, server_default=""),
    sa.Column("closed_at", Instant),
)

# What somebody is told by e-mail once it has happened. `about`: JSON, for the template. A row goes when it is sent; `state`:
# "waiting", or "failed" after the last try.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", Instant, nullable=False, index=True),
    sa.Column("claimed_until", Instant),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
)

# Something that a learner says is missing or wrong in what is recorded of them. It goes to the coordinators of an organisation, to a
# Board (`area`), or where both are empty to the operators; `closed_by`: whose answer the `note` is.
reports = sa.Table(
    "reports",
    metadata,
    numbered(),
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id")),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("sent_by", sa.Text, nullable=False),
    sa.Column("sent_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    sa.Column("closed_by", sa.Text, nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_reports_organisation_id", "organisation_id", "id"),
    sa.Index("ix_reports_area", "area", "id"),
)
