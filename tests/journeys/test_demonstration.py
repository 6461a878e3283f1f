"""The demonstration, as whoever tries it ends it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time

from builders import wait_until


def test_nothing_is_left_of_it_however_often_it_is_told_to_end(tmp_path):
    log = tmp_path / "demo.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "lrs_bridge", "demo", "--folder", str(tmp_path)],
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    told = r"The same on a page: http://127\.0\.0\.1:(\d+)/ "
    port = wait_until(lambda: re.search(told, log.read_text()), "the demonstration", seconds=120)[1]
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    assert process.returncode == 0, log.read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0
