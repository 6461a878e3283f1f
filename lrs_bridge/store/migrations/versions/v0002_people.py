"""People and posts: names and decisions by identifier, organisations, equivalences, the champion flow, news that settles."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _tables()
    _alert_tables()
    with op.batch_alter_table("posts") as posts:
        posts.add_column(sa.Column("service_area", sa.Text(), server_default="", nullable=False))
        posts.drop_constraint(op.f("uq_posts_identifier_id_organisation_id_area_role"), type_="unique")
        posts.create_index(op.f("ix_posts_identifier_id"), ["identifier_id"], unique=False)
    op.create_index(op.f("ix_evidence_kind_key"), "evidence", ["kind", "key"], unique=False)
    _found_and_name()
    _compute_anew()


def _tables() -> None:
    op.create_table(
        "import_headings",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "heading", name=op.f("pk_import_headings")),
    )
    op.create_table(
        "imports",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "mailbox_decisions",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_decisions")),
    )
    op.create_index(op.f("ix_mailbox_decisions_folded"), "mailbox_decisions", ["folded"], unique=False)
    op.create_table(
        "champion_states",
        sa.Column("learner_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("service_area", sa.Text(), nullable=False),
        sa.Column("organisation_folded", sa.Text(), nullable=False),
        sa.Column("service_area_folded", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("standards_met", sa.Boolean(), nullable=False),
        sa.Column("last_update", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_champion_states_learner_id")),
        sa.PrimaryKeyConstraint("learner_id", "area", "status", name=op.f("pk_champion_states")),
    )
    op.create_index(
        op.f("ix_champion_states_area_status"), "champion_states", ["area", "status"], unique=False
    )
    op.create_index(
        op.f("ix_champion_states_organisation_folded_area"),
        "champion_states",
        ["organisation_folded", "area"],
        unique=False,
    )
    op.create_table(
        "organisation_areas",
        sa.Column("organisation_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_areas_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "area", name=op.f("pk_organisation_areas")),
    )
    op.create_table(
        "role_tiers",
        sa.Column("organisation_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_role_tiers_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "role", name=op.f("pk_role_tiers")),
    )
    op.create_table(
        "service_areas",
        sa.Column("organisation_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_service_areas_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "folded", name=op.f("pk_service_areas")),
    )
    op.create_table(
        "pair_decisions",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("one", _NUMBER, nullable=False),
        sa.Column("other", _NUMBER, nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["one"], ["identifiers.id"], name=op.f("fk_pair_decisions_one")),
        sa.ForeignKeyConstraint(["other"], ["identifiers.id"], name=op.f("fk_pair_decisions_other")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_decisions")),
    )
    op.create_index(op.f("ix_pair_decisions_one"), "pair_decisions", ["one"], unique=False)
    op.create_index(op.f("ix_pair_decisions_other"), "pair_decisions", ["other"], unique=False)
    op.create_table(
        "equivalences",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("counts_as", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["statements.seq"], name=op.f("fk_equivalences_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_equivalences")),
    )
    op.add_column("announced", sa.Column("state", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "deliveries", sa.Column("is_summary", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("identifiers", sa.Column("founded", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("identifiers", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("identifiers", sa.Column("named", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("identifiers", sa.Column("named_at", Instant(), nullable=True))
    op.add_column("organisations", sa.Column("sector", sa.Text(), server_default="", nullable=False))
    op.add_column("organisations", sa.Column("home_page", sa.Text(), server_default="", nullable=False))
    op.add_column("organisations", sa.Column("lead", sa.Text(), server_default="", nullable=False))
    op.add_column("organisations", sa.Column("lead_name", sa.Text(), server_default="", nullable=False))
    op.add_column("organisations", sa.Column("recorded_at", Instant(), nullable=True))
    op.add_column("organisations", sa.Column("recorded_by", sa.Text(), server_default="", nullable=False))
    op.add_column("pending_learners", sa.Column("cause", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_pending_learners_cause"), "pending_learners", ["cause"], unique=False)
    op.add_column("pending_statements", sa.Column("cause", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_pending_statements_cause"), "pending_statements", ["cause"], unique=False)


def _alert_tables() -> None:
    op.create_table(
        "alert_decisions",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_decisions")),
    )
    op.create_table(
        "area_summaries",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("start", Instant(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("area", name=op.f("pk_area_summaries")),
    )
    op.create_table(
        "announced_apart",
        sa.Column("learner_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learners.id"], name=op.f("fk_announced_apart_learner_id_learners")
        ),
        sa.PrimaryKeyConstraint("learner_id", "area", name=op.f("pk_announced_apart")),
    )
    op.create_table(
        "news",
        sa.Column("learner_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("decision_id", _NUMBER, nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened", Instant(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["alert_decisions.id"], name=op.f("fk_news_decision_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_news_learner_id")),
        sa.PrimaryKeyConstraint("learner_id", "area", name=op.f("pk_news")),
    )
    op.create_index(op.f("ix_news_cause_area"), "news", ["cause", "area"], unique=False)
    op.create_index(op.f("ix_news_held_since"), "news", ["held", "since"], unique=False)
    with op.batch_alter_table("alerts") as alerts:
        alerts.add_column(sa.Column("cause", sa.Text(), server_default="", nullable=False))
        alerts.add_column(sa.Column("decision_id", _NUMBER, nullable=True))
        alerts.create_foreign_key(op.f("fk_alerts_decision_id"), "alert_decisions", ["decision_id"], ["id"])
        alerts.create_index(
            op.f("ix_alerts_cause_area_decided_at"), ["cause", "area", "decided_at"], unique=False
        )


def _found_and_name() -> None:
    """Gives each identifier the learner that was made with it, and its learner's name. Learners and identifiers were always
    made in pairs, so their order tells which belong together."""
    session = op.get_bind()
    identifiers = sa.table(
        "identifiers",
        sa.column("id"), sa.column("learner_id"), sa.column("founded"), sa.column("first_seen"),
        sa.column("name"), sa.column("named"), sa.column("named_at"),
    )  # fmt: skip
    learners = sa.table(
        "learners", sa.column("id"), sa.column("joined_into"), sa.column("name"), sa.column("created_at")
    )
    posts = sa.table("posts", sa.column("identifier_id"))
    with_post = set(session.scalars(sa.select(posts.c.identifier_id).distinct()))
    founded: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for row in session.execute(sa.select(learners).order_by(learners.c.id)):
        founded.setdefault(row.joined_into or row.id, []).append(row.id)
        names[row.id] = row.name
    own: dict[int, list[Any]] = {}
    for row in session.execute(sa.select(identifiers).order_by(identifiers.c.id)):
        own.setdefault(row.learner_id, []).append(row)
    for learner, rows in own.items():
        named = 2 if any(row.id in with_post for row in rows) else 1
        for row, number in zip(rows, sorted(founded[learner]), strict=True):
            values: dict[str, Any] = {"founded": number}
            if names[learner]:
                values |= {"name": names[learner], "named": named, "named_at": row.first_seen}
            session.execute(sa.update(identifiers).where(identifiers.c.id == row.id).values(values))


def _compute_anew() -> None:
    """What was computed before says nothing of the champion flow, so it is forgotten, and all are told as not computed yet."""
    standings = sa.table("standings", sa.column("learner_id"), sa.column("computed_at"))
    pending = sa.table("pending_learners", sa.column("learner_id"), sa.column("since"))
    everybody = sa.select(standings.c.learner_id, standings.c.computed_at)
    op.execute(sa.insert(pending).from_select(["learner_id", "since"], everybody))
    op.execute(sa.delete(standings))
