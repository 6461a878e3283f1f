"""The steps by which a database comes to the present schema."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from lrs_bridge.store.database import Database, Session


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def newest() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise AssertionError("the package carries no migrations")
    return head


def current(session: Session) -> str | None:
    """The revision this database is at; None before the first."""
    return MigrationContext.configure(session).get_current_revision()


def migrate(database: Database) -> tuple[str | None, str]:
    """Brings the database to the newest schema in one transaction; safe when several start at once. Returns the revisions
    before and after."""

    def journey(session: Session) -> tuple[str | None, str]:
        if session.dialect.name == "postgresql":
            session.execute(sa.text("SELECT pg_advisory_xact_lock(7295113)"))
        before = current(session)
        config = _config()
        config.attributes["session"] = session
        command.upgrade(config, "head")
        return before, newest()

    return database.write(journey)
