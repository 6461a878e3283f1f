"""The fixtures these tests ask for."""

from __future__ import annotations

import pytest
from fixtures import bridge, make_bridge, migrated_file, migrated_server, migrated_url, serve
from servers import running_smtp
from web.visitors import Desk, Town

__all__ = ["bridge", "make_bridge", "migrated_file", "migrated_server", "migrated_url", "serve"]


@pytest.fixture(scope="module")
def smtp():
    with running_smtp() as server:
        yield server


@pytest.fixture
def desk(make_bridge, smtp):
    smtp.messages.clear()
    smtp.answers.clear()
    return Desk(make_bridge(smtp_host=smtp.host, smtp_port=smtp.port, smtp_security="none"), smtp)


@pytest.fixture
def town(make_bridge, smtp):
    smtp.messages.clear()
    smtp.answers.clear()
    return Town(make_bridge(smtp_host=smtp.host, smtp_port=smtp.port, smtp_security="none"))


@pytest.fixture
def town_with(make_bridge, smtp):
    """Makes a town whose bridge has other mappings or settings, with its mail server."""

    def make(**changed):
        smtp.messages.clear()
        smtp.answers.clear()
        bridge = make_bridge(smtp_host=smtp.host, smtp_port=smtp.port, smtp_security="none", **changed)
        return Town(bridge), smtp

    return make
