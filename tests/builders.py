"""What tests are made of: statements, and bridges to send them to. The fixtures that hand them out are in `fixtures.py`.

A `Bridge` is the application in this process, on a database of its own, with a clock that stands still. A `Served` is
`lrs-bridge serve` as an operator runs it: processes, a port, a log.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner, Result
from flask import Flask
from remembered import with_remembered
from werkzeug.test import TestResponse

from lrs_bridge import cli
from lrs_bridge import settings as setting_table
from lrs_bridge.app import create_app
from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.flows import credentials, explain, imports, recompute, verify
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.mapping_files import parse, read_folder
from lrs_bridge.moments import Calendar, Clock, format_instant
from lrs_bridge.settings import SHIPPED_MAPPINGS
from lrs_bridge.store import timetable
from lrs_bridge.store.clients import NewClient
from lrs_bridge.store.database import Database, Session

SITE = "https://moodle.council.example"
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
COURSE_TYPE = "https://w3id.org/xapi/cmi5/activitytype/course"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
ATTEMPTED = "http://adlnet.gov/expapi/verbs/attempted"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SOURCES = ("moodle", "nwg", "set_toolbox")
VERSION_HEADER = "X-Experience-API-Version"
ENOUGH = 60.0
"""Seconds after which a test gives up waiting for a process. Nothing that works takes a tenth of it."""


# --- statements ------------------------------------------------------------------------------------------------------


def new_id() -> str:
    return str(uuid.uuid4())


def actor_of(identifier: str) -> dict[str, Any]:
    """“mailto:…”, “sha1:…”, “openid:…” or “homePage|name” as an actor."""
    if "|" in identifier:
        home_page, name = identifier.split("|")
        return {"account": {"homePage": home_page, "name": name}}
    if identifier.startswith("sha1:"):
        return {"mbox_sha1sum": identifier[5:]}
    if identifier.startswith("openid:"):
        return {"openid": identifier[7:]}
    return {"mbox": identifier}


def statement(
    who: str = "mailto:asha.rao@example.org",
    verb: str = ATTEMPTED,
    what: str = "https://example.org/activities/1",
    **members: Any,
) -> dict[str, Any]:
    """A small valid statement, without an id unless one is given."""
    return {"actor": actor_of(who), "verb": {"id": verb}, "object": {"id": what}, **members}


def completion(who: str, course: str, happened: datetime, **members: Any) -> dict[str, Any]:
    """A Moodle course completion that the shipped mappings take: `course` is the course's idnumber."""
    definition = {"type": COURSE_TYPE, "extensions": {EXTERNAL_ID: course}}
    made = statement(
        who,
        COMPLETED,
        f"{SITE}/course/view.php?id={sum(map(ord, course))}",
        timestamp=format_instant(happened),
    )
    made["object"]["definition"] = definition
    return {**made, **members}


def void_of(target: str, **members: Any) -> dict[str, Any]:
    made = statement("mailto:admin@example.org", VOIDED, **members)
    return {**made, "object": {"objectType": "StatementRef", "id": target}}


# --- a bridge in this process ----------------------------------------------------------------------------------------


@cache
def _digest_of_checked(files: tuple[tuple[str, str], ...], calendar: Calendar) -> str:
    """Reading the shipped mappings takes longer than most tests, so it is done once."""
    return parse(dict(files), calendar).mappings.digest


class Bridge:
    """The application on a migrated database of its own; puts mappings in force and makes a credential per source."""

    def __init__(
        self, url: str, clock: Clock, *, mappings: Mapping[str, str] | None = None, **changed: Any
    ) -> None:
        environ = {f"LRS_BRIDGE_{name.upper()}": str(value) for name, value in changed.items()}
        self.settings = setting_table.load({"LRS_BRIDGE_DATABASE_URL": url, **environ})
        self.clock = clock
        self.database = Database(url)
        self.put_in_force(mappings)
        self.credentials = self.database.write(
            lambda session: {source: self._add(session, source, (), {}) for source in SOURCES}
        )

    @cached_property
    def app(self) -> Flask:
        return with_remembered(create_app(self.settings, self.database, clock=self.clock))

    def close(self) -> None:
        waiting = self.app.extensions["lrs_bridge.refused"]._timer if "app" in vars(self) else None
        if waiting is not None:  # or it would write into the database of a later test
            waiting.cancel()
            waiting.join()
        self.database.close()

    def put_in_force(self, files: Mapping[str, str] | None = None) -> None:
        """These mapping files, or the shipped ones."""
        taken = read_folder(SHIPPED_MAPPINGS) if files is None else dict(files)
        digest = _digest_of_checked(tuple(taken.items()), self.settings.calendar)
        self.database.write(
            lambda session: mapping_flow.put_in_force(
                session, taken, digest, now=self.clock(), who="the tests"
            )
        )

    def credential(self, source: str | None = None, *scopes: str, **limits: Any) -> NewClient:
        return self.database.write(lambda session: self._add(session, source, scopes, limits))

    def _add(
        self, session: Session, source: str | None, scopes: tuple[str, ...], limits: dict[str, Any]
    ) -> NewClient:
        return credentials.add_client(
            session,
            name=f"{source or 'nobody'} {' '.join(scopes)}",
            source=source,
            scopes=scopes,
            known_sources=SOURCES,
            public_url=self.settings.public_url,
            now=self.clock(),
            who="the tests",
            **{"test": False, "home_pages": (), "mail_domains": (), **limits},
        )

    def request(
        self,
        method: str,
        body: Any = None,
        *,
        sender: str | NewClient | None = "moodle",
        path: str = "/xapi/statements",
        headers: Mapping[str, str | None] | None = None,
        **query: Any,
    ) -> TestResponse:
        """`body`: bytes go as they are, None not at all, the rest as JSON. `headers` add to the usual ones; None takes
        one away. `query`: what isn't text goes as JSON."""
        sent = {VERSION_HEADER: "1.0.3", "Content-Type": "application/json", **(headers or {})}
        known = self.credentials[sender] if isinstance(sender, str) else sender
        return self.app.test_client().open(
            path,
            method=method,
            data=body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
            headers={name: value for name, value in sent.items() if value is not None},
            auth=(known.key, known.secret) if known else None,
            buffered=True,
            query_string={k: v if isinstance(v, str) else json.dumps(v) for k, v in query.items()} or None,
        )

    def post(self, body: Any, **more: Any) -> TestResponse:
        return self.request("POST", body, **more)

    def put(self, body: Any, id_: str, **more: Any) -> TestResponse:
        return self.request("PUT", body, statementId=id_, **more)

    def get(self, **query: Any) -> TestResponse:
        return self.request("GET", **{"headers": {"Content-Type": None}, **query})

    def stored(self, *statements: Any, **more: Any) -> list[str]:
        """Posts, expects success, returns the ids."""
        answer = self.post(list(statements), **more)
        assert answer.status_code == 200, answer.text
        ids: list[str] = answer.get_json()
        return ids

    def found(self, **query: Any) -> list[str]:
        """The ids of a whole answer, all pages of it, in order."""
        return [one["id"] for page in self.pages(**query) for one in page]

    def pages(self, *, sender: str | NewClient | None = "moodle", **query: Any) -> Iterator[list[Any]]:
        answer = self.get(sender=sender, **query)
        while True:
            assert answer.status_code == 200, answer.text
            body = answer.get_json()
            yield body["statements"]
            if not body["more"]:
                return
            answer = self.get(sender=sender, path=body["more"])

    def count(self) -> int:
        """How many statements are held, voided ones included."""
        return self.database.read(
            lambda session: session.exec_driver_sql("SELECT count(*) FROM statements").scalar_one()
        )

    def recompute(self) -> recompute.Done:
        recompute.due_by_clock(self.database, self.clock)
        return recompute.recompute(self.database, self.settings, self.clock)

    def explain(self, identifier: str) -> dict[str, Any]:
        """The body of `explain --json`; nothing may still be pending."""
        found = self.database.read(
            lambda session: explain.explain(session, identifier, self.settings.calendar)
        )
        assert not found.is_pending
        return found.body

    def import_csv(self, kind: str, text: str) -> None:
        wanted, table = imports.kind_named(kind), read_csv(text.encode())

        def journey(session: Session) -> None:
            mappings = mapping_flow.in_force(session, self.settings.calendar)
            taking = imports.Taking(mappings, self.settings.public_url, "the tests", self.clock())
            imports.take_in(session, imports.prepare(session, wanted, table, mappings, taking.now), taking)

        self.database.write(journey)

    def differences(self) -> list[str]:
        """Between what is kept and a rebuild; everything has been computed."""
        seen = self.database.read(
            lambda session: verify.verify(session, self.settings.calendar, self.clock())
        )
        assert seen.skipped == 0
        return seen.differences

    def pending(self) -> tuple[int, int]:
        return self.database.read(timetable.count_pending)


# --- the service as an operator runs it ------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(holds: Callable[[], Any], what: str, *, seconds: float = ENOUGH) -> Any:
    """What `holds` returns, once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.05)
    return found


class Served:
    """`lrs-bridge serve` with its own folder, port and process group."""

    def __init__(self, url: str, folder: Path, *, port: int = 0, **changed: Any) -> None:
        self.folder, self.port = folder, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(setting_table.PREFIX)
        }
        own = {
            "database_url": url,
            "public_url": self.url,
            "mail_folder": folder / "mailbox",
            **changed,
        }
        self.environ = inherited | {
            f"{setting_table.PREFIX}{name.upper()}": str(value) for name, value in own.items()
        }
        self.settings = setting_table.load(self.environ)
        self.process: subprocess.Popen[bytes] | None = None
        self._beside: list[subprocess.Popen[bytes]] = []
        self.log = folder / "serve.log"
        self.run("migrate")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One lrs-bridge command on the same database."""
        command = [sys.executable, "-m", "lrs_bridge", *arguments]
        return subprocess.run(
            command,
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=ENOUGH,
        )

    def beside(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command that runs on beside the service; killed with it."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "lrs_bridge", *arguments]
            process = subprocess.Popen(command, env=self.environ, cwd=self.folder, stdout=log, stderr=log)
        self._beside.append(process)
        return process

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The service's database, on a connection of the test's own."""
        opened = Database(self.settings.database_url)
        try:
            yield opened
        finally:
            opened.close()

    def lease_runs_out(self) -> None:
        """As if the half minute had passed for which a timetable that was killed still counts as leading."""
        with self.database() as database:
            database.write(lambda session: session.exec_driver_sql("DELETE FROM leases"))

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lrs_bridge", "serve", "--port", str(self.port)],
                env=self.environ,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, f"an answer of the service, which said:\n{self.said()}")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the service ended:\n{self.said()}"
        try:
            return requests.get(f"{self.url}/", timeout=5).ok
        except requests.RequestException:
            return False

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def end(self, number: signal.Signals) -> int:
        """Sends the signal to the main process alone; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=ENOUGH)

    def kill(self) -> None:
        """SIGKILL for the whole group, as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=ENOUGH)
        for process in self._beside:
            process.kill()
            process.wait(timeout=ENOUGH)
        self._beside.clear()

    def group(self) -> dict[int, str]:
        """Process → command line, of the living processes of the group."""
        assert self.process is not None
        return dict(_processes(self.process.pid))

    def timetables(self) -> list[int]:
        return [number for number, words in self.group().items() if " worker" in words]

    def credential(self, source: str, *scopes: str) -> tuple[str, str]:
        asked = [word for scope in scopes for word in ("--scope", scope)]
        made = self.run("add-client", f"{source} (tests)", "--source", source, "--json", *asked)
        assert made.returncode == 0, made.stderr
        body = json.loads(made.stdout)
        return body["key"], body["secret"]

    def sender(self, auth: tuple[str, str]) -> requests.Session:
        """A client with connections and credential of its own. One for each thread."""
        session = requests.Session()
        session.auth = auth
        session.headers[VERSION_HEADER] = "1.0.3"
        return session

    @property
    def statements(self) -> str:
        return f"{self.url}/xapi/statements"

    def wait_until_computed(self) -> None:
        """Until the timetable has left nothing pending."""
        with self.database() as database:
            wait_until(
                lambda: database.read(timetable.count_pending) == (0, 0),
                f"everything computed; the service said:\n{self.said()}",
            )


def _processes(group: int) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, process_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(process_group) == group and state != "Z":
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                yield int(folder.name), words


class Shell:
    """Runs commands in this process, with an environment of their own."""

    def __init__(self, url: str) -> None:
        self.environ: dict[str, str] = {"LRS_BRIDGE_DATABASE_URL": url}

    def __call__(self, *arguments: str, **environ: str) -> Result:
        done = CliRunner().invoke(cli.main, list(arguments), env=self.environ | environ)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def well(self, *arguments: str, **environ: str) -> str:
        done = self(*arguments, **environ)
        assert done.exit_code == 0, done.output
        return done.stdout

    def refused(self, code: int, *arguments: str, **environ: str) -> str:
        """What standard error says; standard output stays empty."""
        done = self(*arguments, **environ)
        assert done.exit_code == code, done.output
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        return done.stderr


def day(number: int) -> datetime:
    """The number-th day of a course of study that began on 5 January 2026."""
    return datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(days=number)
