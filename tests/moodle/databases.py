"""The databases that a Moodle of its own is installed in: a PostgreSQL or a MariaDB server, begun and ended by the test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from missing import NotHereError
from postgres_cluster import NoPostgres, PostgresCluster

KINDS = ("postgresql", "mariadb")
_PATIENCE = 60.0


@dataclass(frozen=True)
class MoodleDatabase:
    """What Moodle's config.php says of it."""

    kind: str
    host: str
    port: int
    name: str
    user: str
    password: str


@contextmanager
def database(kind: str, *, durable: bool = False) -> Iterator[MoodleDatabase]:
    with (postgresql if kind == "postgresql" else mariadb)(durable=durable) as made:
        yield made


@contextmanager
def postgresql(*, durable: bool) -> Iterator[MoodleDatabase]:
    try:
        cluster = PostgresCluster(durable=durable)
    except NoPostgres as missing:
        raise NotHereError(str(missing)) from missing
    try:
        yield MoodleDatabase(
            "pgsql", "127.0.0.1", cluster.port, cluster.create_database(), "lrs_bridge", "trusted"
        )
    finally:
        cluster.remove()


@contextmanager
def mariadb(*, durable: bool) -> Iterator[MoodleDatabase]:
    server, install = shutil.which("mariadbd") or "/usr/sbin/mariadbd", shutil.which("mariadb-install-db")
    client = shutil.which("mariadb")
    if not (Path(server).exists() and install and client):
        raise NotHereError(
            "MariaDB's mariadbd, mariadb-install-db or mariadb were not found (package: mariadb-server)"
        )
    with tempfile.TemporaryDirectory(prefix="lrsb-maria-") as name:
        folder = Path(name)
        options = ["--no-defaults", f"--datadir={folder / 'data'}", "--user=root"]
        with (folder / "log").open("wb") as log:
            made = [install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"]
            subprocess.run(made, check=True, stdout=log, stderr=log)
            port, at = _free_port(), folder / "socket"
            listens = ["--bind-address=127.0.0.1", f"--port={port}", f"--socket={at}", "--skip-log-bin"]
            forgetful = [] if durable else ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"]
            process = subprocess.Popen([server, *options, *listens, *forgetful], stdout=log, stderr=log)
            try:
                sql = (
                    "CREATE DATABASE moodle CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"
                    "CREATE USER moodle@'127.0.0.1' IDENTIFIED BY 'moodle'; CREATE USER moodle@localhost IDENTIFIED BY 'moodle';"
                    "GRANT ALL ON moodle.* TO moodle@'127.0.0.1'; GRANT ALL ON moodle.* TO moodle@localhost;"
                )
                _until_done([client, "--no-defaults", f"--socket={at}", "-uroot", "-e", sql], folder / "log")
                yield MoodleDatabase("mariadb", "127.0.0.1", port, "moodle", "moodle", "moodle")
            finally:
                process.terminate()
                process.wait(timeout=_PATIENCE)


def _until_done(command: list[str], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while (done := subprocess.run(command, check=False, capture_output=True, text=True)).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"MariaDB doesn't start: {done.stderr}\n{log.read_text(errors='replace')[-2000:]}"
            )
        time.sleep(0.3)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
