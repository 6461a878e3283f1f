"""The processes of `lrs-bridge serve`: web workers under granian, and one timetable that is started anew if it dies."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import socket
import subprocess
import sys
import threading

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from lrs_bridge.errors import BadSettings

log = logging.getLogger(__name__)

# Of each web process. Threads wait for the database more than they compute, and statements of those that wait together are
# written together: with 16 connections 16 threads took half as many again as 5, and more brought no more.
THREADS = 16
_RESTART_SECONDS = 1.0
_STOP_SECONDS = 20


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_in_the_clear(host: str, public_url: str, *, insecure: bool) -> None:
    """Raises BadSettings where other machines would be served, and nothing says that what they send is encrypted."""
    if insecure or is_loopback(host) or public_url.startswith("https://"):
        return
    raise BadSettings(
        f"The service would listen on {host}, and its public_url, {public_url}, is no https address: secrets and people's "
        "records could be read on the way. Put a proxy with TLS in front (config/nginx.conf, config/Caddyfile) and set "
        "public_url to its address; or say --insecure, for trying out."
    )


def serve(host: str, port: int, processes: int, *, demonstration: bool) -> None:
    """Serves until told to stop. The demonstration, whose page is open, listens on loopback alone."""
    if demonstration and not is_loopback(host):
        raise BadSettings(
            "The demonstration shows people to whoever asks, so it listens on the loopback address only."
        )
    _claim(host, port)
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
            blocking_threads=THREADS,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=_STOP_SECONDS,
            log_level=LogLevels.warning,
        ).serve()
    finally:
        timetable.stop()


def _claim(host: str, port: int) -> None:
    """Raises BadSettings where nothing can listen. The web processes share their port (SO_REUSEPORT), so that a second
    service on it would start without a word and take half of the requests."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else str(wrong)
        raise BadSettings(
            f"The service can't listen on {host} port {port}: {reason}. Choose another with --host and --port."
        ) from wrong


class _Timetable:
    """Keeps one `lrs-bridge worker` alive. It ends by itself when this process is gone."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                process = self._started()
            except OSError:
                log.exception("the timetable could not be started, and is tried again")
            else:
                status = process.wait() if process else 0
                if not self._stopping.is_set():
                    log.warning("the timetable ended with status %s and is started anew", status)
            self._stopping.wait(_RESTART_SECONDS)

    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._starting:  # or `stop` could overlook the one that is being started
            if self._stopping.is_set():
                return None
            # close_fds=False makes Python spawn instead of fork. A fork waits at a pipe until the program has begun, and
            # a web process forked in that moment would hold the pipe open, so that nobody looked after the timetable.
            self._process = subprocess.Popen(  # noqa: S603  # our own command, no shell
                [sys.executable, "-m", "lrs_bridge", "worker", "--attached-to", str(os.getpid())],
                env=os.environ.copy(),
                close_fds=False,
            )
            return self._process

    def stop(self) -> None:
        self._stopping.set()
        with self._starting:
            process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
