"""Walking through the service in a real browser by every link there is, as each kind of user, over the people of the demonstration."""

from __future__ import annotations

import email
import email.policy
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from builders import wait_until

from lrs_bridge import settings as setting_table
from lrs_bridge.app import create_app
from lrs_bridge.demo.people import BOARDS, COORDINATOR, OPERATOR
from lrs_bridge.store.database import Database

LEARNER, CHAMPION, NEWCOMER = "asha.rao@colne.example", "grace.mensah@mail.example", "asma@colne.example"
EVERYBODY = (None, LEARNER, CHAMPION, NEWCOMER, COORDINATOR[0], BOARDS["essex"][0], OPERATOR)
LONG = "الدكتورة أسماء عبد الرحمن الطويلة الاسم جدا بن يوسف " + "Wolfeschlegelsteinhausenbergerdorff" * 2
MORE_PEOPLE = f"""person,identifiers,organisation,area,role,required_tier
{LONG},{NEWCOMER},Colne Primary School,essex,teacher,T2
"""
SEEN_OF_A_KIND = 2
"""Of pages that differ only in whom or what they are about, as many are looked at."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """As `lrs-bridge demo` runs it: where, and its folder."""

    url: str
    folder: Path

    def command(self, *arguments: str) -> str:
        """What it says."""
        own = {
            "LRS_BRIDGE_DATABASE_URL": f"sqlite:///{self.folder / 'demo.sqlite'}",
            "LRS_BRIDGE_MAIL_FOLDER": str(self.folder / "mailbox"),
            "LRS_BRIDGE_PUBLIC_URL": self.url,
            "PATH": "",
        }
        done = subprocess.run(
            [sys.executable, "-m", "lrs_bridge", *arguments],
            env=own,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def take_in(self, kind: str, text: str) -> None:
        table = self.folder / f"{kind}.csv"
        table.write_text(text, encoding="utf-8")
        self.command("import", kind, str(table), "--apply")

    def newest_text(self) -> str:
        newest = max((self.folder / "mailbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        message = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
        return str(message.get_body(("plain",)).get_content())

    def endpoint(self, url: str) -> str:
        """Of the page at this address: its function."""
        adapter = _app().url_map.bind("localhost")
        return str(adapter.match(urlsplit(url).path)[0])

    def endpoints(self) -> set[str]:
        """All that can be opened, but what is for machines and style sheets."""
        machines = {"xapi", "about", "read_api", "static", "bootstrap"}
        return {
            rule.endpoint
            for rule in _app().url_map.iter_rules()
            if "GET" in rule.methods and rule.endpoint.partition(".")[0] not in machines | {"health", "home"}
        }


def _app() -> Any:
    settings = setting_table.load({})
    return create_app(settings, Database(settings.database_url), demonstration=True)


def start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "demo.log").open("wb") as written:
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "lrs_bridge", "demo", "--folder", str(folder)],
            stdout=written,
            stderr=subprocess.STDOUT,
        )


def address_of(folder: Path) -> str:
    """Where the demonstration in this folder is, once all of it is there."""
    log = folder / "demo.log"
    told = wait_until(
        lambda: re.search(r"The same on a page: (\S+)/ ", log.read_text()), "the demonstration", seconds=120
    )
    return str(told[1])


@contextmanager
def demonstration(folder: Path) -> Iterator[Demonstration]:
    """The demonstration's people, and one more with a name that is long and from right to left."""
    process = start(folder)
    try:
        url = address_of(folder)
        made = Demonstration(url, folder)
        made.take_in("people", MORE_PEOPLE)
        _bring_too_many(made)
        yield made
    finally:
        process.terminate()  # which ends the service that it started too; Ctrl-C is ignored by what runs in the background
        process.wait(timeout=60)


def _bring_too_many(town: Demonstration) -> None:
    """So many meet all standards in Essex by one table that the alerts of it are held."""
    place, boss, day = "Harwich Cabs,essex", "boss@cabs.example", "01/06/2026"
    drivers = [f"driver{number}@cabs.example" for number in range(21)]

    def rows(head: str, *lines: str) -> str:
        return "\n".join((head, *(line.format(driver) for driver in drivers for line in lines), ""))

    town.take_in(
        "people",
        rows("person,identifiers,organisation,area,role", f"Driver,{{0}},{place},taxi driver"),
    )
    courses = [f"{{0}},{course},{day},{boss}" for course in ("escb_basic", "set_toolbox", "safeguarding_l2")]
    town.take_in("completions", rows("person,course,date,seen_by", *courses))
    words = [f"{{0}},{word},{place},{boss},{day}" for word in ("manager_support", "working_knowledge")]
    town.take_in("attestations", rows("person,attestation,organisation,area,by,date", *words))
    town.take_in("memberships", rows("person,membership,checked,source", f"{{0}},nwg,{day},a list"))
    wait_until(lambda: "held: 21" in town.command("alerts", "list"), "the alerts to be held", seconds=120)


def sign_in(page: Any, town: Demonstration, address: str) -> None:
    page.goto(f"{town.url}/sign-in")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me an e-mail").click()
    page.get_by_label("Code").fill(re.search(r"\d{3} \d{3}", town.newest_text())[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/(me|organisations|boards|operator)"))


def walk(page: Any, town: Demonstration, start: str, visit: Callable[[str], None]) -> set[str]:
    """Opens what links lead to from here on, each kind of page a few times; calls `visit` with the function of each. Returns those
    functions."""
    waiting, seen, of_a_kind = [start], {start}, Counter[str]()
    while waiting:
        url = waiting.pop(0)
        kind = town.endpoint(url)
        if of_a_kind[kind] >= SEEN_OF_A_KIND:
            continue
        of_a_kind[kind] += 1
        answer = page.goto(url)
        assert answer.status == 200, f"{url}: {answer.status}"
        visit(kind)
        for href in page.eval_on_selector_all("main a[href], nav a[href]", "all => all.map(one => one.href)"):
            leads_to = href.partition("#")[0]
            if leads_to.startswith(f"{town.url}/") and leads_to not in seen and not _is_file(leads_to):
                seen.add(leads_to)
                waiting.append(leads_to)
    return set(of_a_kind)


def _is_file(url: str) -> bool:
    """What is downloaded rather than looked at."""
    parts = urlsplit(url)
    return "static" in parts.path or parts.path.rpartition(".")[2] in {
        "csv",
        "xlsx",
        "pdf",
        "svg",
        "json",
        "zip",
    }
