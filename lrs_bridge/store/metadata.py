"""What every table is made with."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite numbers rows by INTEGER alone; PostgreSQL would run out of it.
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def numbered() -> sa.Column[int]:
    return sa.Column("id", Number, primary_key=True, autoincrement=True)


def number_of_its_own() -> int:
    """For rows that have a page and are deleted: SQLite would give their number to the next one, which an open page would then be
    about. Small enough for what reads JSON as floats."""
    return secrets.randbelow(2**53 - 1) + 1
