"""A throw-away PostgreSQL cluster on a loopback port, as whoever runs the tests, root included."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

_USER = "lrs_bridge"
# What a crash would lose doesn't matter here, and waiting for the disk is most of a small test's time.
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NoPostgres(Exception):
    """PostgreSQL's server programs aren't on this machine, or there is nobody they may run as."""


def find_programs() -> Path:
    """The folder of initdb and pg_ctl: from PATH, where distributions put it, or where pg_config points."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(versions, key=lambda folder: folder.parent.name.zfill(4), reverse=True)
    if asked := shutil.which("pg_config"):
        answer = subprocess.run([asked, "--bindir"], check=False, capture_output=True, text=True)
        folders.append(Path(answer.stdout.strip()))
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoPostgres("PostgreSQL's initdb and pg_ctl were not found (package: postgresql)")


def _prefix_and_owner() -> tuple[list[str], pwd.struct_passwd | None]:
    """PostgreSQL refuses to run as root; its package has made a user for it."""
    if os.geteuid() != 0:
        return [], None
    try:
        owner = pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres(
            "tests run as root need the user postgres, which PostgreSQL's package makes"
        ) from None
    if shutil.which("runuser"):
        return ["runuser", "-u", "postgres", "--"], owner
    if shutil.which("setpriv"):
        who = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        return ["setpriv", *who, "--"], owner
    raise NoPostgres("tests run as root need runuser or setpriv (package: util-linux)")


class PostgresCluster:
    """durable: keep fsync on, for tests that kill the server and look what is left."""

    def __init__(self, *, durable: bool = False) -> None:
        self._programs = find_programs()
        self._prefix, owner = _prefix_and_owner()
        # Not pytest's own temporary folder: that is closed to other users, and too deep for a socket's path.
        self.folder = Path(tempfile.mkdtemp(prefix="lrsb-pg-"))
        if owner:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._options = {} if durable else _FORGETFUL
        self._numbers = count(1)
        self._spare: list[str] = []
        self.port = 0
        try:
            options = ["--auth=trust", f"--username={_USER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
            self._run("initdb", "-D", str(self.folder / "data"), *options)
            self.start()
        except BaseException:
            self.remove()
            raise

    def start(self) -> None:
        """On a free port; the same again after a stop, so that the URLs handed out stay good."""
        ports = [self.port] if self.port else [_free_port() for _ in range(5)]
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "60",
            **self._options,
        }
        for port in ports:
            told = " ".join(f"-c {name}={value}" for name, value in {**settings, "port": port}.items())
            log = self.folder / "log"
            arguments = [
                "-D",
                str(self.folder / "data"),
                "-l",
                str(log),
                "-o",
                told,
                "-w",
                "-t",
                "60",
                "start",
            ]
            try:
                self._run("pg_ctl", *arguments)
            except subprocess.CalledProcessError:
                # Somebody else may have taken the port between our looking and the server's binding.
                if port == ports[-1]:
                    raise RuntimeError(f"PostgreSQL doesn't start:\n{log.read_text()}") from None
            else:
                self.port = port
                return

    def stop(self, *, crash: bool = False) -> None:
        """`crash` is what a power cut leaves behind: no checkpoint, recovery at the next start."""
        mode = "immediate" if crash else "fast"
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def remove(self) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop(crash=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The name of a database with nothing in it, lent for a test. Whoever still holds a connection afterwards
        loses it.

        Databases are emptied and lent again: making one costs up to a third of a second, emptying it some milliseconds.
        """
        name = self._spare.pop() if self._spare else self.create_database()
        yield name
        self._empty(name)
        self._spare.append(name)

    def create_database(self, template: str = "template0") -> str:
        """A new database's name. `template`: the name of another one, to which nobody is connected, to start from."""
        name = f"test_{next(self._numbers)}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        with self._connected() as connection:
            connection.execute(made)
        return name

    def drop_database(self, name: str) -> None:
        with self._connected() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _empty(self, name: str) -> None:
        with self._connected(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            schemas = connection.execute(
                r"SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'"
            )
            for (schema,) in schemas.fetchall():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
            connection.execute("CREATE SCHEMA public")

    def _connected(self, name: str = "postgres") -> psycopg.Connection[tuple[str, ...]]:
        return psycopg.connect(host="127.0.0.1", port=self.port, user=_USER, dbname=name, autocommit=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self._programs / program), *arguments]
        # From the folder, because another user may not be able to stand where the tests were started. Output to a
        # file: the server inherits it, and a pipe would keep us waiting until the server ends.
        with (self.folder / "commands").open("ab") as output:
            subprocess.run(
                command, check=True, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
