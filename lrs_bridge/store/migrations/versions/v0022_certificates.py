"""Evidence is found by its certificate's number."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("evidence", sa.Column("certificate", sa.Text(), server_default="", nullable=False))
    op.create_index(
        op.f("ix_evidence_certificate"),
        "evidence",
        ["certificate"],
        sqlite_where=sa.text("certificate <> ''"),
        postgresql_where=sa.text("certificate <> ''"),
    )
    said = (
        "detail::json ->> 'certificate'"
        if op.get_bind().dialect.name == "postgresql"
        else "json_extract(detail, '$.certificate')"
    )
    op.execute(
        f"UPDATE evidence SET certificate = lower(trim({said})) "  # noqa: S608 - put together of this file's own words
        "WHERE kind = 'course' AND detail LIKE '%\"certificate\"%'"
    )
