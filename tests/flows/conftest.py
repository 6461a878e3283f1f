"""Fixtures of the flows' tests. Worlds come by the dozen: a property test plays each history in one of its own."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from fixtures import migrated_file, migrated_server, migrated_url
from flows.desk import Desk
from flows.worlds import World

if TYPE_CHECKING:
    from postgres_cluster import PostgresCluster

__all__ = ["migrated_file", "migrated_server", "migrated_url"]


@pytest.fixture
def desk(migrated_url: str) -> Iterator[Desk]:
    desk = Desk(migrated_url)
    yield desk
    desk.database.close()


def _begin(url: str) -> None:
    """A migrated world where another council's course is known."""
    world = World(url)
    world.take_in(
        "equivalences",
        "course,counts_as,area,organisation,decided_by,basis,date\n"
        "kent_basic,escb_basic,southend,,board@example.org,same outcomes,2026-01-15\n",
    )
    world.close()


@pytest.fixture(scope="module")
def fresh_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], World]:
    """Makes worlds from a copy of one SQLite file."""
    folder = tmp_path_factory.mktemp("worlds")
    template = folder / "template.sqlite"
    _begin(f"sqlite:///{template}")
    numbers = itertools.count()

    def make() -> World:
        file = folder / f"{next(numbers)}.sqlite"
        shutil.copyfile(template, file)
        return World(f"sqlite:///{file}")

    return make


@pytest.fixture(scope="module")
def fresh_world_on_server(postgres_server: PostgresCluster) -> Callable[[], World]:
    """Makes worlds from a copy of one PostgreSQL database."""
    template = postgres_server.create_database()
    _begin(postgres_server.url(template))
    return lambda: World(postgres_server.url(postgres_server.create_database(template)))
