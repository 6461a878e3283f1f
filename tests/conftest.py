"""The test house: what holds for every test, and the databases, servers and clock they ask for by name."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from servers import Receiver, SelfSigned, SmtpServer, make_self_signed, running_receiver, running_smtp

if TYPE_CHECKING:
    from postgres_cluster import PostgresCluster


class SocketsAreOff(Exception):
    """A test reached for another machine. Not an OSError, which code under test may well take for a bad line."""


def _is_loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # AF_UNIX
    host = address[0]
    if host in {"localhost", b"localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """Python's sockets reach this machine alone, and no name is looked up. libpq and subprocesses aren't watched."""
    look_up = socket.getaddrinfo

    def guarded(name: str) -> Callable[..., Any]:
        original = getattr(socket.socket, name)

        def call(self: socket.socket, *args: Any) -> Any:
            # The address is the last argument of each: connect(address), sendto(bytes, [flags,] address).
            if not _is_loopback(args[-1]):
                self.close()  # callers tidy up after an OSError only, and an open socket would be the louder failure
                raise SocketsAreOff(f"{name} to {args[-1]!r}: tests talk to the loopback only")
            return original(self, *args)

        return call

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host and not _is_loopback((host,)):
            try:
                ipaddress.ip_address(host)
            except ValueError:
                raise SocketsAreOff(f"look-up of {host!r}: tests talk to the loopback only") from None
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(name))
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_this_machine() -> Iterator[None]:
    """Whoever develops here may have a bridge configured, or a proxy; tests must not meet either."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().startswith("LRS_BRIDGE_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield


class SettableClock:
    """Called, it says what it was last told. It never moves by itself."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def __call__(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("an instant is aware")
        self._now = now.astimezone(UTC)

    def advance(self, by: timedelta) -> datetime:
        self._now += by
        return self._now


@pytest.fixture
def clock() -> SettableClock:
    """Monday 2 March 2026, 09:00 UTC: a working day, in winter time."""
    return SettableClock(datetime(2026, 3, 2, 9, tzinfo=UTC))


def _new_cluster(*, durable: bool = False) -> PostgresCluster:
    try:
        from postgres_cluster import NoPostgres, PostgresCluster
    except ImportError as missing:
        _leave_untested("POSTGRESQL", f"psycopg is not installed ({missing}); install lrs_bridge[postgres]")
    try:
        return PostgresCluster(durable=durable)
    except NoPostgres as missing:
        _leave_untested("POSTGRESQL", str(missing))


def _leave_untested(what: str, reason: str) -> NoReturn:
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must test {what}: {reason}", pytrace=False)
    pytest.skip(f"{what} IS NOT TESTED: {reason}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresCluster]:
    """One cluster for each process of the test run. Without PostgreSQL: a skip, or in CI (CI=true) a failure."""
    cluster = _new_cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def durable_postgres_server() -> Iterator[PostgresCluster]:
    """A cluster of the test's own, with fsync on, that it may crash and start again. Takes seconds."""
    cluster = _new_cluster(durable=True)
    yield cluster
    cluster.remove()


@pytest.fixture
def postgres_url(postgres_server: PostgresCluster) -> Iterator[str]:
    """A PostgreSQL database with nothing in it; what the test leaves there, connections included, is swept away."""
    with postgres_server.empty_database() as name:
        yield postgres_server.url(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite database, whose file doesn't exist yet."""
    return f"sqlite:///{tmp_path / 'bridge.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, empty database: the test runs once on each kind. Ask for sqlite_url or postgres_url to have one only."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    """A certificate for the loopback address that nothing trusts. Without openssl: a skip, or in CI a failure."""
    made = make_self_signed(tmp_path_factory.mktemp("certificate"))
    if made is None:
        pytest.skip(
            "TLS IS NOT TESTED: there is no openssl command to make a certificate with (package: openssl)"
        )
    return made


@pytest.fixture(scope="session")
def program() -> Callable[[str, str, str], str]:
    """program(what, command, package): where a command is that a test of `what` needs. Without it: a skip, or in CI a failure."""

    def find(what: str, command: str, package: str) -> str:
        return shutil.which(command) or _leave_untested(
            what, f"there is no {command} command (package: {package})"
        )

    return find


CLIENTS = Path(__file__).parent / "clients"


class JavaScript:
    """Runs the scripts of tests/clients, each of which drives one of npm's xAPI clients."""

    def __init__(self, node: str, modules: Path) -> None:
        self._node, self._modules = node, modules

    def command(self, script: str, **given: Any) -> list[str]:
        told = json.dumps({**given, "modules": str(self._modules)})
        return [self._node, "--no-deprecation", str(CLIENTS / script), told]

    def __call__(self, script: str, **given: Any) -> Any:
        """What the script tells, as JSON, of what it did with what it was given."""
        done = subprocess.run(
            self.command(script, **given),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr[:4000]
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def javascript() -> JavaScript:
    """Node.js with the clients that tests/clients/package.json names, in its node_modules or the folder that NODE_MODULES
    names. Without them: a skip, or in CI a failure."""
    what = "USE BY JAVASCRIPT"
    node = shutil.which("node")
    if node is None:
        _leave_untested(what, "there is no node command (package: nodejs)")
    modules = Path(os.environ.get("NODE_MODULES") or CLIENTS / "node_modules")
    wanted = json.loads((CLIENTS / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        description = modules / name / "package.json"
        held = json.loads(description.read_text())["version"] if description.is_file() else "not there"
        if held != version:
            mend = "run `npm install --no-package-lock` in tests/clients"
            _leave_untested(what, f"{name} {version} is wanted, and in {modules} is {held}; {mend}")
    return JavaScript(node, modules)


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A mail server without TLS or login. See servers.SmtpServer for how to make it refuse."""
    with running_smtp() as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A web server on plain http for webhooks. See servers.Answer for how to make it refuse."""
    with running_receiver() as running:
        yield running


@pytest.fixture
def world(database_url: str) -> Iterator[Any]:
    """A whole bridge in a database of its own, driven through its flows (flows/worlds.py)."""
    from flows.worlds import World

    made = World(database_url)
    yield made
    made.close()
