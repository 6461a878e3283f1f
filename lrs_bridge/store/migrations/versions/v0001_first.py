"""The first schema."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "authorities",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
        sa.UniqueConstraint("key", name=op.f("uq_authorities_key")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("secret_variable", sa.Text(), nullable=False),
        sa.Column("is_digest", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_state_due_at"), "deliveries", ["state", "due_at"], unique=False)
    op.create_table(
        "job_runs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started", Instant(), nullable=False),
        sa.Column("finished", Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "learners",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("joined_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["joined_into"], ["learners.id"], name=op.f("fk_learners_joined_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learners")),
    )
    op.create_index(op.f("ix_learners_joined_into"), "learners", ["joined_into"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "mappings_in_force",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("put_by", sa.Text(), nullable=False),
        sa.Column("rematch_to", sa.BigInteger(), nullable=False),
        sa.Column("rematched", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mappings_in_force")),
    )
    op.create_table(
        "organisations",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("folded", name=op.f("uq_organisations_folded")),
    )
    op.create_table(
        "set_aside",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "statement_index",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stored", Instant(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "stored", "seq", name=op.f("pk_statement_index")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_alerts_learner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_learner_id"), "alerts", ["learner_id"], unique=False)
    op.create_table(
        "announced",
        sa.Column("learner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_announced_learner_id")),
        sa.PrimaryKeyConstraint("learner_id", "area", name=op.f("pk_announced")),
    )
    op.create_table(
        "clients",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("authority_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("home_pages", sa.Text(), nullable=False),
        sa.Column("mail_domains", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_clients_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("key", name=op.f("uq_clients_key")),
    )
    op.create_table(
        "identifiers",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=True),
        sa.Column("as_sent", sa.Text(), nullable=True),
        sa.Column("learner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_seen", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_identifiers_learner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifiers")),
        sa.UniqueConstraint("digest", name=op.f("uq_identifiers_digest")),
    )
    op.create_index(op.f("ix_identifiers_as_sent"), "identifiers", ["as_sent"], unique=False)
    op.create_index(op.f("ix_identifiers_folded"), "identifiers", ["folded"], unique=False)
    op.create_index(op.f("ix_identifiers_learner_id"), "identifiers", ["learner_id"], unique=False)
    op.create_table(
        "pending_learners",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("learner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_pending_learners_learner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_learners")),
    )
    op.create_index(op.f("ix_pending_learners_learner_id"), "pending_learners", ["learner_id"], unique=False)
    op.create_table(
        "standings",
        sa.Column(
            "learner_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changes_at", Instant(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("computed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_standings_learner_id")),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_standings")),
    )
    op.create_index(op.f("ix_standings_changes_at"), "standings", ["changes_at"], unique=False)
    op.create_table(
        "delivery_alerts",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_delivery_alerts_alert_id")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_alerts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "alert_id", name=op.f("pk_delivery_alerts")),
    )
    op.create_table(
        "posts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("identifier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("required_tier", sa.Text(), nullable=True),
        sa.Column("manager", sa.Text(), nullable=False),
        sa.Column("starts", Instant(), nullable=True),
        sa.Column("ends", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["identifier_id"], ["identifiers.id"], name=op.f("fk_posts_identifier_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_posts_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint(
            "identifier_id",
            "organisation_id",
            "area",
            "role",
            name=op.f("uq_posts_identifier_id_organisation_id_area_role"),
        ),
    )
    op.create_index(op.f("ix_posts_organisation_id"), "posts", ["organisation_id"], unique=False)
    op.create_table(
        "proofs",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("one", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["one"], ["identifiers.id"], name=op.f("fk_proofs_one")),
        sa.ForeignKeyConstraint(["other"], ["identifiers.id"], name=op.f("fk_proofs_other")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
        sa.UniqueConstraint("one", "other", "kind", name=op.f("uq_proofs_one_other_kind")),
    )
    op.create_index(op.f("ix_proofs_one"), "proofs", ["one"], unique=False)
    op.create_index(op.f("ix_proofs_other"), "proofs", ["other"], unique=False)
    op.create_table(
        "statements",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stored", Instant(), nullable=False),
        sa.Column("happened", Instant(), nullable=False),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("authority_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("is_voiding", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_statements_authority_id")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_statements_client_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_statements")),
        sa.UniqueConstraint("id", name=op.f("uq_statements_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_statements_authority_id_stored_seq"),
        "statements",
        ["authority_id", "stored", "seq"],
        unique=False,
    )
    op.create_index(op.f("ix_statements_stored_seq"), "statements", ["stored", "seq"], unique=False)
    op.create_table(
        "evidence",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identifier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["identifiers.id"], name=op.f("fk_evidence_identifier_id")
        ),
        sa.ForeignKeyConstraint(["seq"], ["statements.seq"], name=op.f("fk_evidence_seq")),
        sa.PrimaryKeyConstraint("seq", "ordinal", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_identifier_id"), "evidence", ["identifier_id"], unique=False)
    op.create_table(
        "pending_statements",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["statements.seq"], name=op.f("fk_pending_statements_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pending_statements")),
    )
    op.create_table(
        "unmapped",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("activity_key", sa.BigInteger(), nullable=False),
        sa.Column("verb_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["statements.seq"], name=op.f("fk_unmapped_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_unmapped")),
    )
    op.create_index(
        op.f("ix_unmapped_source_activity_key_verb_key_seq"),
        "unmapped",
        ["source", "activity_key", "verb_key", "seq"],
        unique=False,
    )
    op.create_table(
        "voidings",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("target", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("any_authority", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_voidings_authority_id")),
        sa.ForeignKeyConstraint(["seq"], ["statements.seq"], name=op.f("fk_voidings_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_voidings")),
    )
    op.create_index(op.f("ix_voidings_target"), "voidings", ["target"], unique=False)
    # ### end Alembic commands ###
