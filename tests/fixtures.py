"""Fixtures on top of conftest.py's databases: bridges in this process, and the service as it is run.

A folder of tests asks for them in its conftest.py, by importing them there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from builders import Bridge, Served

from lrs_bridge.moments import Clock
from lrs_bridge.store.database import Database
from lrs_bridge.store.migrations import migrate
from lrs_bridge.store.schema import metadata

if TYPE_CHECKING:
    from postgres_cluster import PostgresCluster

MakeBridge = Callable[..., Bridge]
Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, to copy: migrating anew would take longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "bridge.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_server(postgres_server: PostgresCluster) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database, emptied for each test by `migrated_url`."""
    name = postgres_server.create_database()
    database = Database(postgres_server.url(name))
    migrate(database)
    database.close()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


_FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in metadata.tables)
_COUNTED = (
    "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema AND last_value IS NOT NULL"
)


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "migrated.sqlite"
        shutil.copyfile(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("migrated_server")
    engine = sa.create_engine(url)
    with engine.begin() as session:
        # TRUNCATE takes long of every table, empty or not; and one without rows may have given out numbers.
        filled = session.exec_driver_sql(_FILLED).scalars().all()
        if filled:
            session.exec_driver_sql(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")
        for sequence in session.exec_driver_sql(_COUNTED).scalars().all():
            session.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART")
    engine.dispose()
    return url


@pytest.fixture
def make_bridge(migrated_url: str, clock: Clock) -> Iterator[MakeBridge]:
    """Makes the bridge of this test with other mappings or settings: see builders.Bridge."""
    with ExitStack() as made:

        def make(**options: Any) -> Bridge:
            bridge = Bridge(migrated_url, clock, **options)
            made.callback(bridge.close)
            return bridge

        yield make


@pytest.fixture
def bridge(make_bridge: MakeBridge) -> Bridge:
    """A bridge with the shipped mappings, on each kind of database."""
    return make_bridge()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """serve(url, **settings): a service on that database, running. The whole process group is killed at the end."""
    with ExitStack() as started:

        def start(url: str, **changed: Any) -> Served:
            service = Served(url, tmp_path, **changed)
            started.callback(service.kill)
            service.start()
            return service

        yield start
