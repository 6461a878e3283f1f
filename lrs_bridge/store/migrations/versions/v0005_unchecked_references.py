"""On PostgreSQL, three references of the rows that are written for every statement are no longer checked: the checks took a
quarter of the database's time. Nothing deletes what they refer to, and who sends is checked with every write."""

from alembic import op

revision = "0005"
down_revision = "0004"

UNCHECKED = (
    ("statements", "fk_statements_client_id"),
    ("statements", "fk_statements_authority_id"),
    ("pending_statements", "fk_pending_statements_seq"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, constraint in UNCHECKED:
            op.drop_constraint(op.f(constraint), table, type_="foreignkey")
