"""The processes of `lrs-bridge serve`: web workers under granian, and one timetable that is started anew if it dies."""

from __future__ import annotations

import ipaddress
import logging
import os
import subprocess
import sys
import threading

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from lrs_bridge.errors import BadSettings

log = logging.getLogger(__name__)

_THREADS = 8
_RESTART_SECONDS = 1.0


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(host: str, port: int, processes: int, *, demonstration: bool) -> None:
    """Serves until told to stop. The demonstration, whose page is open, listens on loopback alone."""
    if demonstration and not is_loopback(host):
        raise BadSettings(
            "The demonstration shows people to whoever asks, so it listens on the loopback address only."
        )
    timetable = _Timetable()
    timetable.start()
    try:
        Granian(
            f"lrs_bridge.app:{'demonstration' if demonstration else 'application'}",
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=processes,
            blocking_threads=_THREADS,
            websockets=False,
            respawn_failed_workers=True,
            log_level=LogLevels.warning,
        ).serve()
    finally:
        timetable.stop()


class _Timetable:
    """Keeps one `lrs-bridge worker` alive. It ends by itself when this process is gone."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen(  # our own command
                [sys.executable, "-m", "lrs_bridge", "worker", "--attached"], env=os.environ.copy()
            )
            status = self._process.wait()
            if not self._stopping.is_set():
                log.warning("the timetable ended with status %s and is started anew", status)
                self._stopping.wait(_RESTART_SECONDS)

    def stop(self) -> None:
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
