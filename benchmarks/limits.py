"""How near `lrs-bridge serve` comes to what Flask, its server and the database could do at best.

    python benchmarks/limits.py [sqlite|postgres|DATABASE_URL] [ROUNDS]

Needs wrk. In each round, one after the other, on this machine: H, the rate of a bare Flask that parses and answers, under the
same server; W, the rate of writing the same rows by the driver alone from as many processes, or R, of reading the same page; and
the service itself, 16 connections, answers 2xx only, each after its commit. The limit of the service is 1/(1/H + 1/W), or with
R. The timetable is paused. “postgres” starts a server of its own, with fsync on. RALPH_PYTHON, a Python that Ralph is installed
for, measures Ralph with its storage replaced by nothing beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from service import COMPLETED, HOME, Service, asking, posting, statement, wrk

from lrs_bridge import serving

HERE = Path(__file__).parent
SECONDS = 3
FILLED_WITH = 20_000
GOALS = {
    "single statements": {"postgres": 0.5, "sqlite": 0.5},
    "batches of 50": {"postgres": 0.4},
    "a page of 50 by agent": {"postgres": 0.3, "sqlite": 0.3},
    "a page of 50 by verb and since": {"postgres": 0.3, "sqlite": 0.3},
}


@contextlib.contextmanager
def database(asked: str, folder: Path) -> Iterator[str]:
    if asked == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite'}"
    elif asked == "postgres":
        sys.path.insert(0, str(HERE.parent / "tests"))
        from postgres_cluster import PostgresCluster

        cluster = PostgresCluster(durable=True)
        try:
            yield cluster.url(cluster.create_database())
        finally:
            cluster.remove()
    else:
        yield asked


@contextlib.contextmanager
def running(command: list[str], port: int, **more: str) -> Iterator[int]:
    """A server that is there when it is lent, and killed with its children."""
    process = subprocess.Popen(
        [*command], cwd=HERE, env={**os.environ, **more}, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"{command} doesn't answer")
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def driver_alone(processes: int, *arguments: object) -> float:
    """Statements or pages a second of so many processes of raw.py at once."""
    command = [sys.executable, str(HERE / "raw.py"), *map(str, arguments), str(SECONDS)]
    started = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(HERE.parent)}
        )
        for _ in range(processes)
    ]
    return sum(float(one.communicate()[0]) for one in started)


class Bench:
    """The servers of one run, and what was measured."""

    def __init__(self, folder: Path, url: str, service: Service, bare: int, ralph: int | None) -> None:
        self.folder, self.url, self.service, self.bare, self.ralph = folder, url, service, bare, ralph
        self.processes = service.processes
        self.found: dict[str, list[dict[str, float]]] = {}

    def writing(self, name: str, batch: int) -> None:
        bare = wrk(self.bare, posting(self.folder, "", batch, "/statements"), seconds=SECONDS) * batch
        alone = driver_alone(self.processes, "write", self.url, batch)
        script = posting(self.folder, self.service.authorization, batch)
        ours = wrk(self.service.port, script, seconds=SECONDS) * batch
        row = {"H": bare, "W": alone, "ours": ours}
        if self.ralph:
            basic = "Basic YmVuY2g6YmVuY2g="
            row["Ralph"] = (
                wrk(self.ralph, posting(self.folder, basic, batch, "/xAPI/statements"), seconds=SECONDS)
                * batch
            )
        self.note(name, row)

    def reading(self, name: str, what: str, query: str) -> None:
        path = f"/xapi/statements?limit=50&{query}"
        bare = wrk(self.bare, asking(self.folder, "", "/statements"), seconds=SECONDS)
        alone = driver_alone(self.processes, "read", self.url, what)
        ours = wrk(self.service.port, asking(self.folder, self.service.authorization, path), seconds=SECONDS)
        self.note(name, {"H": bare, "R": alone, "ours": ours})

    def note(self, name: str, row: dict[str, float]) -> None:
        limit = 1 / (1 / row["H"] + 1 / row.get("W", row.get("R", 0)))
        row["of the limit"] = row["ours"] / limit
        if "Ralph" in row:
            row["of Ralph"] = row["ours"] / row["Ralph"]
        self.found.setdefault(name, []).append(row)
        print("  " + name + ": " + ", ".join(f"{key} {value:,.4g}" for key, value in row.items()), flush=True)

    def report(self, kind: str) -> None:
        print(f"\nmedians of {kind}, with the least and the most")
        for name, rows in self.found.items():
            print(f"  {name}")
            for key in rows[0]:
                values = sorted(row[key] for row in rows)
                goal = GOALS[name].get(kind) if key == "of the limit" else 1 if key == "of Ralph" else None
                wanted = f"   goal {goal}" if goal else ""
                print(
                    f"    {key:13} {statistics.median(values):9,.4g}   {values[0]:,.4g} to {values[-1]:,.4g}{wanted}"
                )


def many_connections(bench: Bench) -> None:
    """No deadlock and no 500 at 64 connections."""
    script = posting(bench.folder, bench.service.authorization, 50)
    rate = wrk(bench.service.port, script, seconds=SECONDS, connections=64) * 50
    print(f"  batches of 50 at 64 connections: {rate:,.0f} statements a second, every answer 200")


def fill(service: Service) -> None:
    for _ in range(FILLED_WITH // 500):
        service.post([{name: value for name, value in statement("bench").items() if name != "id"}] * 500)


def main() -> None:
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt-get install wrk")
    asked, rounds = ([*sys.argv[1:], "sqlite"])[0], int(([*sys.argv[2:], "5"])[0])
    kind = "sqlite" if asked.startswith("sqlite") else "postgres"
    agent = quote(json.dumps({"account": {"homePage": HOME, "name": "bench"}}))
    since = f"verb={quote(COMPLETED, safe='')}&since=2020-01-01T00%3A00%3A00Z"
    with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        url = stack.enter_context(database(asked, folder))
        service = Service(folder, url, timetable=False)
        stack.callback(service.stop)
        fill(service)
        page = service.get(f"/xapi/statements?limit=50&agent={agent}")
        arguments = [str(service.processes), str(serving.THREADS)]
        port = free_port()
        bare = stack.enter_context(
            running([sys.executable, "bare.py", str(port), *arguments], port, BARE_PAGE=page)
        )
        ralph = None
        if python := os.environ.get("RALPH_PYTHON"):
            ralph = free_port()
            command = [python, "ralph_nothing.py", str(ralph), str(service.processes), str(folder)]
            stack.enter_context(running(command, ralph))
        print(f"{kind}, {service.processes} web processes of {serving.THREADS} threads")
        bench = Bench(folder, url, service, bare, ralph)
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}")
            bench.writing("single statements", 1)
            bench.writing("batches of 50", 50)
            bench.reading("a page of 50 by agent", "agent", f"agent={agent}")
            bench.reading("a page of 50 by verb and since", "verb", since)
        many_connections(bench)
        bench.report(kind)


if __name__ == "__main__":
    main()
