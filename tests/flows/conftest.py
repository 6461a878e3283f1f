"""Fixtures of the flows' tests."""

from collections.abc import Iterator

import pytest
from fixtures import migrated_file, migrated_server, migrated_url
from flows.desk import Desk

__all__ = ["migrated_file", "migrated_server", "migrated_url"]


@pytest.fixture
def desk(migrated_url) -> Iterator[Desk]:
    desk = Desk(migrated_url)
    yield desk
    desk.database.close()
