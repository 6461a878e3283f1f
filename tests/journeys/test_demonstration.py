"""The demonstration, as whoever tries it ends it."""

from __future__ import annotations

import signal
import socket
import time
from urllib.parse import urlsplit

from journeys.walks import address_of, start


def test_nothing_is_left_of_it_however_often_it_is_told_to_end(tmp_path):
    process = start(tmp_path)
    port = urlsplit(address_of(tmp_path)).port
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    assert process.returncode == 0, (tmp_path / "demo.log").read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
