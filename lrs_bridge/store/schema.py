"""The tables: records (kept as they came), registers (changed by flows, each change attributed), projections (may be
dropped and rebuilt)."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store import (  # noqa: F401  # part of the schema
    board_tables,
    certificate_tables,
    erasure_tables,
    letter_tables,
    operating_tables,
    recording_tables,
    role_tables,
    session_tables,
    standing_tables,
)
from lrs_bridge.store.alert_tables import (  # noqa: F401  # part of the schema
    alert_decisions,
    alerts,
    announced,
    announced_apart,
    area_summaries,
    deliveries,
    delivery_alerts,
    news,
)
from lrs_bridge.store.database import Instant
from lrs_bridge.store.lrs_tables import (  # noqa: F401  # part of the schema
    activities,
    attachments,
    content_parts,
    contents,
    documents,
    pending_profiles,
    refused_requests,
    statement_references,
)
from lrs_bridge.store.metadata import Number, metadata, numbered
from lrs_bridge.xapi.formats import UNKNOWN_SHAPE

# --- records ---------------------------------------------------------------------------------------------------------

authorities = sa.Table(
    "authorities",
    metadata,
    numbered(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("body", sa.Text, nullable=False),
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("stored", Instant, nullable=False),
    sa.Column("happened", Instant, nullable=False),  # the statement's timestamp, else stored
    # On PostgreSQL these two are not checked, nor is that of pending_statements: see v0005.
    sa.Column("client_id", sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("authority_id", sa.ForeignKey("authorities.id"), nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("is_voiding", sa.Boolean, nullable=False),
    sa.Column("fingerprint", sa.LargeBinary(16), nullable=False),  # digest of `body`
    sa.Column(
        "shape", sa.SmallInteger, nullable=False, server_default=str(UNKNOWN_SHAPE)
    ),  # xapi.formats.Shape
    sa.Column("body", sa.Text, nullable=False),  # the very text that was sent
    sa.Index(None, "stored", "seq"),
    sa.Index(None, "authority_id", "stored", "seq"),
    sqlite_autoincrement=True,
)

# One row per term a statement can be asked for by: its verb, agent, activity. `key` is a 64-bit digest of kind and text.
statement_index = sa.Table(
    "statement_index",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("stored", Instant, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# A void takes effect by this row alone, so it may come before its target.
voidings = sa.Table(
    "voidings",
    metadata,
    sa.Column("seq", sa.ForeignKey("statements.seq"), primary_key=True, autoincrement=False),
    sa.Column("target", sa.Uuid, nullable=False, index=True),
    sa.Column("authority_id", sa.ForeignKey("authorities.id"), nullable=False),
    sa.Column("any_authority", sa.Boolean, nullable=False),
)

# --- registers -------------------------------------------------------------------------------------------------------

clients = sa.Table(
    "clients",
    metadata,
    numbered(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("salt", sa.LargeBinary(16), nullable=False),
    sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("scopes", sa.Text, nullable=False),  # separated by spaces
    sa.Column("authority_id", sa.ForeignKey("authorities.id"), nullable=False),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("home_pages", sa.Text, nullable=False),  # one a line
    sa.Column("mail_domains", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("revoked_at", Instant),
    # Of a credential made for one launch: when it ends, and the learner, activity and registration it is for.
    sa.Column("expires_at", Instant),
    sa.Column("only_agent", sa.Text, nullable=False, server_default=""),  # canonical identifier
    sa.Column("only_activity", sa.Text, nullable=False, server_default=""),
    sa.Column("only_registration", sa.Text, nullable=False, server_default=""),
    # Web pages of these origins may use it, separated by spaces (CORS).
    sa.Column("origins", sa.Text, nullable=False, server_default=""),
    # The secret before the last change, which works beside it until then.
    sa.Column("old_salt", sa.LargeBinary(16)),
    sa.Column("old_secret_hash", sa.LargeBinary(32)),
    sa.Column("old_until", Instant),
)

learners = sa.Table(
    "learners",
    metadata,
    numbered(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("joined_into", sa.ForeignKey("learners.id"), index=True),
    sa.Column("created_at", Instant, nullable=False),
)

# `digest` names the exact identifier; `folded` is equal for those that join by themselves (an e-mail and its SHA-1).
# `founded`: the learner made with it; a learner of several identifiers is the eldest that one of them founded. `named`: by
# what the name came (0 not at all, 1 a statement, 2 a register).
identifiers = sa.Table(
    "identifiers",
    metadata,
    numbered(),
    sa.Column("digest", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, index=True),
    sa.Column("as_sent", sa.Text, index=True),
    sa.Column("learner_id", sa.ForeignKey("learners.id"), nullable=False, index=True),
    sa.Column("first_seen", Instant, nullable=False),
    sa.Column("founded", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("named", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("named_at", Instant),
)

# Why two identifiers are the same person.
proofs = sa.Table(
    "proofs",
    metadata,
    numbered(),
    sa.Column("one", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("other", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("one", "other", "kind"),
)

# By which a learner who is signed in at a site joins its account (`agent`) with an e-mail address: a code that was sent there.
# `tries`: how often it was typed wrong.
link_codes = sa.Table(
    "link_codes",
    metadata,
    numbered(),
    sa.Column("agent", sa.Text, nullable=False, index=True),
    sa.Column("mbox", sa.Text, nullable=False, index=True),
    sa.Column("salt", sa.LargeBinary(16), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("tries", sa.Integer, nullable=False),
)

# What somebody decided of two identifiers by hand; the newest row of a pair holds, and outranks every proof.
pair_decisions = sa.Table(
    "pair_decisions",
    metadata,
    numbered(),
    sa.Column("one", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("other", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("same", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

# Mailboxes that several people read, which identify nobody; the newest row of an address holds.
mailbox_decisions = sa.Table(
    "mailbox_decisions",
    metadata,
    numbered(),
    sa.Column("folded", sa.Text, nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

# `home_page`: under which its staff numbers or licence badges are account identifiers.
organisations = sa.Table(
    "organisations",
    metadata,
    numbered(),
    sa.Column("folded", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sector", sa.Text, nullable=False, server_default=""),
    sa.Column("home_page", sa.Text, nullable=False, server_default=""),
    sa.Column("lead", sa.Text, nullable=False, server_default=""),
    sa.Column("lead_name", sa.Text, nullable=False, server_default=""),
    sa.Column("recorded_at", Instant),
    sa.Column("recorded_by", sa.Text, nullable=False, server_default=""),
)

organisation_areas = sa.Table(
    "organisation_areas",
    metadata,
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), primary_key=True, autoincrement=False),
    sa.Column("area", sa.Text, primary_key=True),
)

service_areas = sa.Table(
    "service_areas",
    metadata,
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), primary_key=True, autoincrement=False),
    sa.Column("folded", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)

# The tier that a role requires where its post does not say.
role_tiers = sa.Table(
    "role_tiers",
    metadata,
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), primary_key=True, autoincrement=False),
    sa.Column("role", sa.Text, primary_key=True),  # folded
    sa.Column("tier", sa.Text, nullable=False),
)

posts = sa.Table(
    "posts",
    metadata,
    numbered(),
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), nullable=False, index=True),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("required_tier", sa.Text),
    sa.Column("manager", sa.Text, nullable=False),
    sa.Column("starts", Instant),
    sa.Column("ends", Instant),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("service_area", sa.Text, nullable=False, server_default=""),
    sa.Index(None, "area", "organisation_id"),
)

# Each table that was taken in: who, when, what came of it. Its number names what it caused.
imports = sa.Table(
    "imports",
    metadata,
    numbered(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),  # JSON: outcome → how many
)

# What a coordinator's own heading means, as said once. `column` "" passes it over.
import_headings = sa.Table(
    "import_headings",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("heading", sa.Text, primary_key=True),  # folded
    sa.Column("column", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

mappings_in_force = sa.Table(
    "mappings_in_force",
    metadata,
    numbered(),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("files", sa.Text, nullable=False),  # JSON: path → text
    sa.Column("since", Instant, nullable=False),
    sa.Column("put_by", sa.Text, nullable=False),
    # statements up to `rematch_to` are matched anew, in chunks; done up to `rematched`
    sa.Column("rematch_to", sa.BigInteger, nullable=False),
    sa.Column("rematched", sa.BigInteger, nullable=False),
)

job_runs = sa.Table(
    "job_runs",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("started", Instant, nullable=False),
    sa.Column("finished", Instant),
    sa.Column("outcome", sa.Text, nullable=False),  # running, ok, failed
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", Instant, nullable=False),
)

# --- work to be done -------------------------------------------------------------------------------------------------

pending_statements = sa.Table(
    "pending_statements",
    metadata,
    sa.Column("seq", sa.ForeignKey("statements.seq"), primary_key=True, autoincrement=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("cause", sa.Text, nullable=False, server_default=""),
    sa.Index(
        "ix_pending_statements_cause",
        "cause",
        sqlite_where=sa.text("cause <> ''"),
        postgresql_where=sa.text("cause <> ''"),
    ),
)

pending_learners = sa.Table(
    "pending_learners",
    metadata,
    numbered(),
    sa.Column("learner_id", sa.ForeignKey("learners.id"), nullable=False, index=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("cause", sa.Text, nullable=False, server_default=""),
    sa.Index(None, "cause"),
)

# What a recompute could not do, set aside so that the rest goes on.
set_aside = sa.Table(
    "set_aside",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # statement, learner
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

# --- projections -----------------------------------------------------------------------------------------------------

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("seq", sa.ForeignKey("statements.seq"), primary_key=True, autoincrement=False),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("certificate", sa.Text, nullable=False, server_default=""),  # its number, folded
    sa.Index(None, "kind", "key"),
    sa.Index(
        "ix_evidence_certificate",
        "certificate",
        sqlite_where=sa.text("certificate <> ''"),
        postgresql_where=sa.text("certificate <> ''"),
    ),
)

# Recorded decisions that one course counts as another: the Board's of an area for its champion standards, an organisation's
# for the tiers of its people.
equivalences = sa.Table(
    "equivalences",
    metadata,
    sa.Column("seq", sa.ForeignKey("statements.seq"), primary_key=True, autoincrement=False),
    sa.Column("course", sa.Text, nullable=False),
    sa.Column("counts_as", sa.Text, nullable=False),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)

unmapped = sa.Table(
    "unmapped",
    metadata,
    sa.Column("seq", sa.ForeignKey("statements.seq"), primary_key=True, autoincrement=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("activity_key", sa.BigInteger, nullable=False),
    sa.Column("verb_key", sa.BigInteger, nullable=False),
    sa.Index(None, "source", "activity_key", "verb_key", "seq"),
)

standings = sa.Table(
    "standings",
    metadata,
    sa.Column("learner_id", sa.ForeignKey("learners.id"), primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("changes_at", Instant, index=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("computed_at", Instant, nullable=False),
    # Has completed something that counts, and never had a post.
    sa.Column("unplaced", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(
        "ix_standings_unplaced",
        "learner_id",
        sqlite_where=sa.text("unplaced"),
        postgresql_where=sa.text("unplaced"),
    ),
)

# Who is eligible, has asked, is champion or has left; somebody may have left one post and be eligible in another: what the register, the requests and the
# organisations without a champion are read from. `asked`: the open act of a champion from before who asks to be registered
# anew ("request", or "return").
champion_states = sa.Table(
    "champion_states",
    metadata,
    sa.Column("learner_id", sa.ForeignKey("learners.id"), primary_key=True, autoincrement=False),
    sa.Column("area", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, primary_key=True),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("service_area", sa.Text, nullable=False),
    sa.Column("organisation_folded", sa.Text, nullable=False),
    sa.Column("service_area_folded", sa.Text, nullable=False),
    sa.Column("since", Instant),
    sa.Column("standards_met", sa.Boolean, nullable=False),
    sa.Column("last_update", Instant),
    sa.Index(None, "area", "status"),
    sa.Index(None, "organisation_folded", "area"),
    sa.Index(
        "ix_champion_states_in_order", "area", "organisation_folded", "service_area_folded", "learner_id"
    ),
)
