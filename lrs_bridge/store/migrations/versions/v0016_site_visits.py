"""Visits that come from sites."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.store.database import Instant

revision = "0016"
down_revision = "0015"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "site_links",
        sa.Column("link", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", _NUMBER, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("link", name=op.f("pk_site_links")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_site_links_client_id")),
    )
    op.create_index(op.f("ix_site_links_at"), "site_links", ["at"])
    op.create_table(
        "site_visits",
        sa.Column("cookie", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", _NUMBER, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("cookie", name=op.f("pk_site_visits")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_site_visits_client_id")),
    )
    op.create_index(op.f("ix_site_visits_began_at"), "site_visits", ["began_at"])
