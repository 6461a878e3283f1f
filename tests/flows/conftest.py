"""Fixtures of the flows' tests."""

from collections.abc import Iterator

import pytest
from flows.desk import Desk


@pytest.fixture
def desk(database_url) -> Iterator[Desk]:
    desk = Desk(database_url)
    yield desk
    desk.database.close()
