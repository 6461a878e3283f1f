"""The demonstration: invented people, real doors. A bridge is started as `serve` starts it, statements of three sources come
in over HTTP, the timetable does the rest."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import requests
import tincan
from rich.console import Console
from rich.table import Table

from lrs_bridge import settings as setting_table
from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.demo.people import (
    BOARDS,
    COORDINATOR,
    MOODLE_COURSES,
    OPERATOR,
    REGISTERED,
    REQUESTS,
    SITE,
    TABLES,
)
from lrs_bridge.errors import Unavailable
from lrs_bridge.flows import by_hand, champion, credentials, imports, roles, sign_in, status
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.explain import NOT_PROVEN, Explained, explain_all
from lrs_bridge.flows.roles import Wanted
from lrs_bridge.learning.champions import Act
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import format_instant, system_clock
from lrs_bridge.settings import SHIPPED_MAPPINGS, Settings
from lrs_bridge.store import projections
from lrs_bridge.store.clients import NewClient
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.migrations import migrate

_PATIENCE_SECONDS = 60
_WIDE = 160  # columns, where no terminal says otherwise
_EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
_NWG = "https://nwg-elearning.example/cse-basic-awareness"
_TOOLBOX = "https://set-toolbox.example/cse-toolbox"
_COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
_PASSED = "http://adlnet.gov/expapi/verbs/passed"
_FAILED = "http://adlnet.gov/expapi/verbs/failed"


def moodle_completion(user: str, course: str, when: datetime) -> dict[str, Any]:
    """A course completion as logstore_xapi sends it today: no id, no result."""
    return {
        "actor": {"name": user, "account": {"homePage": SITE, "name": user}},
        "verb": {"id": _COMPLETED, "display": {"en": "Completed"}},
        "object": {
            "objectType": "Activity",
            "id": f"{SITE}/course/view.php?id={sum(map(ord, course))}",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "name": {"en": course.replace("_", " ")},
                "extensions": {_EXTERNAL_ID: course},
            },
        },
        "context": {"platform": "Moodle", "language": "en"},
        "timestamp": format_instant(when),
    }


def module_statement(mbox: str, activity: str, verb: str, when: datetime, **result: Any) -> tincan.Statement:
    """A module's statement as an authoring tool sends it."""
    return tincan.Statement(
        actor={"mbox": f"mailto:{mbox}"},
        verb={"id": verb, "display": {"en": verb.rsplit("/", 1)[-1]}},
        object={"id": activity, "definition": {"name": {"en": "CSE module"}}},
        result=result or None,
        timestamp=when,
    )


_ENDS = (signal.SIGINT, signal.SIGTERM)


def _end(*_: Any) -> None:
    """Once: told again while it ends, it would leave the service that it started running."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(folder: Path | None, *, once: bool, say: Callable[[str], None]) -> None:
    """Runs the demonstration in `folder` (default: a temporary one, removed at the end), until Ctrl-C or `once`."""
    for number in _ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as Ctrl-C is for what runs in the background
            signal.signal(number, _end)
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="lrs-bridge-demo-") as temporary:
            _run(Path(temporary), once=once, say=say)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        _run(folder.resolve(), once=once, say=say)


def _run(folder: Path, *, once: bool, say: Callable[[str], None]) -> None:
    shutil.copytree(SHIPPED_MAPPINGS, folder / "mappings", dirs_exist_ok=True)
    port = _free_port()
    own = {
        "LRS_BRIDGE_DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite'}",
        "LRS_BRIDGE_MAPPINGS": str(folder / "mappings"),
        "LRS_BRIDGE_MAIL_FOLDER": str(folder / "mailbox"),
        "LRS_BRIDGE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LRS_BRIDGE_ALERT_SETTLING_MINUTES": "0",
    }
    settings = setting_table.load(own)
    database = Database(settings.database_url)
    say(f"A bridge in {folder}: database migrated to {migrate(database)[1]}.")
    clients = _add_clients(database, settings)
    say(f"Credentials made for {', '.join(clients)}.")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(setting_table.PREFIX)
    }
    with _service(environment | own, port):
        say(f"The service runs at {settings.public_url}.")
        _take_in_people(database, settings, say)
        _give_roles(database, settings)
        _send(settings, clients, say)
        _wait_until_computed(database, settings)
        _ask_and_register(database, settings, say)
        console = Console(width=None if sys.stdout.isatty() else _WIDE)
        everybody, mappings = database.read(lambda session: _everybody(session, settings))
        console.print(_table(everybody, mappings))
        say(NOT_PROVEN)
        _show_mail(folder / "mailbox", say)
        if not once:
            _invite(database, settings, folder / "mailbox", say)
            say(f"\nThe same on a page: {settings.public_url}/   (Ctrl-C ends the demonstration)")
            _wait_for_interrupt()
    database.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _add_clients(database: Database, settings: Settings) -> dict[str, NewClient]:
    def journey(session: Session) -> dict[str, NewClient]:
        sources = ("moodle", "nwg", "set_toolbox")
        return {
            source: credentials.add_client(
                session,
                name=f"{source} (demonstration)",
                source=source,
                scopes=(),
                test=False,
                home_pages=(SITE,) if source == "moodle" else (),
                mail_domains=(),
                known_sources=sources,
                public_url=settings.public_url,
                now=system_clock(),
                who="the demonstration",
            )
            for source in sources
        }

    return database.write(journey)


@contextmanager
def _service(environment: dict[str, str], port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "lrs_bridge", "serve", "--port", str(port), "--demonstration"]
    log = Path(environment["LRS_BRIDGE_MAIL_FOLDER"]).with_name("serve.log")
    with log.open("wb") as kept:
        process = subprocess.Popen(  # noqa: S603  # our own command, no shell
            command, env=environment, stdout=kept, stderr=kept, start_new_session=True
        )
        try:
            if (
                not _comes_true(lambda: _answers(port) or process.poll() is not None)
                or process.poll() is not None
            ):
                raise Unavailable(f"The service did not start:\n{log.read_text(errors='replace')}")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _comes_true(condition: Callable[[], bool]) -> bool:
    """Asks ten times a second, for a minute."""
    for _ in range(10 * _PATIENCE_SECONDS):
        if condition():
            return True
        time.sleep(0.1)
    return False


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=2).ok
    except requests.RequestException:
        return False


def _take_in_people(database: Database, settings: Settings, say: Callable[[str], None]) -> None:
    mappings = database.read(lambda session: mapping_flow.in_force(session, settings.calendar))
    taking = imports.Taking(mappings, settings.public_url, "the demonstration", system_clock())
    for name, text in TABLES.items():
        kind, table = imports.kind_named(name), read_csv(text.encode())

        def journey(session: Session) -> imports.Report:
            prepared = imports.prepare(session, kind, table, mappings, taking.now)  # noqa: B023  # runs at once
            return imports.take_in(session, prepared, taking)

        say(f"Imported {database.write(journey).rows} rows of {name}.")


def _send(settings: Settings, clients: dict[str, NewClient], say: Callable[[str], None]) -> None:
    start = system_clock() - timedelta(days=60)
    batch = [
        moodle_completion(user, course, start + timedelta(days=place))
        for user, courses in MOODLE_COURSES.items()
        for place, course in enumerate(courses)
    ]
    endpoint = f"{settings.public_url}/xapi/"
    moodle = clients["moodle"]
    answer = requests.post(
        f"{endpoint}statements",
        data=json.dumps(batch),
        auth=(moodle.key, moodle.secret),
        headers={"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"},
        timeout=30,
    )
    answer.raise_for_status()
    say(f"moodle sent {len(batch)} statements.")
    later = start + timedelta(days=20)
    modules = {
        "nwg": [
            module_statement(
                "asha.rao@colne.example", _NWG, _PASSED, later, success=True, score={"scaled": 0.9}
            ),
            module_statement("ben.carter@mail.example", _NWG, _COMPLETED, later, completion=True),
            module_statement("marta.nowak@southend.example", _NWG, _PASSED, later, success=True),
            module_statement("liam.oneill@thurrock.example", _NWG, _COMPLETED, later, completion=True),
            module_statement("sam@unknown.example", _NWG, _FAILED, later, success=False, completion=True),
        ],
        "set_toolbox": [
            module_statement(f"{who}.example", _TOOLBOX, _COMPLETED, later, completion=True, success=True)
            for who in (
                "asha.rao@colne",
                "marta.nowak@southend",
                "liam.oneill@thurrock",
                "owen.price@council",
            )
        ],
    }
    for source, statements in modules.items():
        client = clients[source]
        lrs = tincan.RemoteLRS(
            endpoint=endpoint, version="1.0.3", username=client.key, password=client.secret
        )
        saved = lrs.save_statements(statements)
        if not saved.success:
            raise Unavailable(f"{source} could not send: {saved.data}")
        say(f"{source} sent {len(statements)} statements.")


def _ask_and_register(database: Database, settings: Settings, say: Callable[[str], None]) -> None:
    """Who is eligible asks; the Boards hear of it, and register some."""
    mappings = database.read(lambda session: mapping_flow.in_force(session, settings.calendar))

    def keep(act: Act, identifier: str, area: str) -> None:
        by, by_name = BOARDS[area] if act == "register" else ("", "")
        now = system_clock()
        asked = champion.Asked(act, identifier, area, now, by=by, by_name=by_name)
        keeping = by_hand.Keeping(settings.public_url, "the demonstration", now)
        done = database.write(lambda session: champion.act(session, asked, mappings, keeping))
        words = "asks to be registered" if act == "request" else f"is registered by {by_name}"
        say(f"{done.name} {words}: champion in {area}, {done.organisation}.")

    steps: tuple[tuple[Act, Any], ...] = (("request", REQUESTS), ("register", REGISTERED))
    for act, wanted in steps:
        for identifier, areas in wanted:
            for area in areas:
                keep(act, identifier, area)
        _wait_until_computed(database, settings)


def _wait_until_computed(database: Database, settings: Settings) -> None:
    def is_done() -> bool:
        now = database.read(lambda session: status.status(session, settings, system_clock()))
        waiting = now["pending"]["statements"] + now["pending"]["learners"]
        waiting += now["alerts"]["waiting"] + now["deliveries"]["waiting"]
        return not waiting and now["deliveries"]["sent"] > 0

    if not _comes_true(is_done):
        raise Unavailable(
            "The timetable did not come to the end of its work within a minute; `lrs-bridge status` says why."
        )


def _everybody(session: Session, settings: Settings) -> tuple[list[Explained], Mappings]:
    numbers = projections.learners_after(session, 0, 50)
    shown = explain_all(session, numbers, settings.calendar)
    return list(shown), mapping_flow.in_force(session, settings.calendar)


def _table(everybody: list[Explained], mappings: Mappings) -> Table:
    table = Table(title="Where everybody stands", show_lines=True)
    for heading in ("Person", "Post", "Required", "Reached", "Champion", "Missing, and why"):
        table.add_column(heading)
    for one in everybody:
        learner, tier = one.body["learner"], one.body["tier"]
        posts = "\n".join(_post(post) for post in learner["posts"])
        progress = " ".join(f"{key} {done}/{total}" for key, (done, total) in tier["progress"].items())
        reached = (
            f"{tier['attained'] or 'no whole tier yet'}\n{progress}"
            if tier["framework"]
            else "no tiers set here"
        )
        eligible = "\n".join(
            f"{area}: {what['status'].replace('_', ' ')}" for area, what in one.body["eligibility"].items()
        )
        table.add_row(
            learner["name"] or learner["identifiers"][0],
            posts or "none recorded",
            tier["required"] or "–",
            reached,
            eligible or "–",
            "\n".join(_missing(one.body, mappings)) or "nothing",
        )
    return table


def _post(post: dict[str, Any]) -> str:
    until = f", until {post['until']}" if post["until"] else ""
    return f"{post['role'] or 'post'}, {post['organisation']} ({post['area']}{until})"


def _missing(body: dict[str, Any], mappings: Mappings) -> Iterator[str]:
    items = body["tier"]["missing"]
    for item in items[:2]:
        yield f"{item['item']} {item['text']}" + (" (somebody's word)" if item["part"] == "word" else "")
    if len(items) > 2:
        yield f"and {len(items) - 2} more for {body['tier']['next']}"
    for area, eligibility in body["eligibility"].items():
        if eligibility["status"] == "left":
            continue
        champions = mappings.champions_of(area)
        missing = eligibility["missing"]
        names = champions.standards if champions else {}
        for key in missing if len(missing) < 3 else ():
            yield f"{area}: {names[key].name if key in names else key}"
        if len(missing) > 2:
            yield f"{area}: {len(missing)} champion standards"
    for one in body["evidence"]:
        if not one["counts"]:
            yield f"not counted: {one['course']}, {one['because']}"


def _show_mail(mailbox: Path, say: Callable[[str], None]) -> None:
    """Every message by its subject, and one of each kind whole."""
    messages = []
    for path in mailbox.glob("*.eml"):
        with path.open("rb") as file:
            messages.append(BytesParser(policy=policy.default).parse(file))
    messages.sort(key=lambda message: (message["Subject"], message["To"]))
    say(f"\n{len(messages)} messages went out to Boards and learners:")
    whole: dict[str, Any] = {}
    for message in messages:
        say(f"  to {message['To']}: {message['Subject']}")
        whole.setdefault(message["Subject"].partition(":")[0], message)
    for message in whole.values():
        body = message.get_body(("plain",))
        say(f"\n--- e-mail to {message['To']}: {message['Subject']}")
        say(body.get_content().strip() if body else "")


def _give_roles(database: Database, settings: Settings) -> None:
    address, places = COORDINATOR
    given = {
        address: [Wanted("coordinator", place) for place in places],
        OPERATOR: [Wanted("operator")],
        **{officer: [Wanted("board", area)] for area, (officer, _) in BOARDS.items()},
    }

    def journey(session: Session) -> None:
        mappings = mapping_flow.in_force(session, settings.calendar)
        for who, wanted in given.items():
            roles.give(session, who, wanted, mappings, who="the demonstration", now=system_clock())

    database.write(journey)


def _invite(database: Database, settings: Settings, mailbox: Path, say: Callable[[str], None]) -> None:
    """Shows the links by which one of each kind signs in, from the letters that they get."""
    say("\nTo see their pages, open a link and press its button (each works once, for half an hour):")
    for who, address in (
        ("Asha Rao, a learner", "asha.rao@colne.example"),
        ("the coordinator", COORDINATOR[0]),
        ("the Board's officer in Essex", BOARDS["essex"][0]),
        ("the operator", OPERATOR),
    ):
        sign_in.send_letter(database, settings, system_clock, address, sign_in.new_token())
        newest = max(mailbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        body = BytesParser(policy=policy.default).parsebytes(newest.read_bytes()).get_body(("plain",))
        link = re.search(r"http\S+/sign-in/link/\S+", body.get_content() if body else "")
        say(f"  {who}: {link[0] if link else newest}")
    say(f"Every letter lies in {mailbox}; others sign in at {settings.public_url}/sign-in.")


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
