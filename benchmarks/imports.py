"""What taking in a large table costs: rows a second, memory, and how long others wait to write.

    python benchmarks/imports.py [ROWS] [DATABASE_URL] [KIND …]

Of each kind a tenth of the rows and then all of them are taken in, each in a process of its own: a dry run, the import, and
the same file again, while this process sends a statement every tenth of a second and notes how long that takes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from typing import Self

from flows.worlds import LONDON, SITE, START, World, completion

from lrs_bridge.connectors.tables import open_table
from lrs_bridge.errors import Unavailable
from lrs_bridge.flows import imports
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.store.database import Database

PER_SCHOOL = 300
COURSES = ("induction", "escb_basic", "escb_missing", "safeguarding_l1", "safeguarding_l2", "set_toolbox")


def people(rows: int) -> Iterator[str]:
    yield "person,identifiers,organisation,area,role,required_tier,manager,from"
    for number in range(rows):
        mail, school = f"user{number}@example.org", number // PER_SCHOOL
        yield f"User {number},{mail}; {SITE}|user{number},School {school},essex,teacher,T3,head{school}@example.org,2024-09-01"


def completions(rows: int) -> Iterator[str]:
    """Six courses of each person."""
    yield "person,course,date,provider,certificate"
    for number in range(rows):
        person, place = divmod(number, len(COURSES))
        day = date(2024, 1, 1) + timedelta(days=number % 700)
        yield f"user{person}@example.org,{COURSES[place]},{day},Kent County Council,KC-{number}"


def attestations(rows: int) -> Iterator[str]:
    yield "person,attestation,organisation,area,by,date"
    for number in range(rows):
        school = number // PER_SCHOOL
        yield f"user{number}@example.org,manager_support,School {school},essex,head{school}@example.org,2026-02-01"


KINDS = {"people": people, "completions": completions, "attestations": attestations}


def one(kind: str, path: str, url: str, *, apply: bool) -> None:
    """In the child: one import as the command does it."""
    database = Database(url)
    calendar = LONDON
    mappings = database.read(lambda session: mapping_flow.in_force(session, calendar))
    started = time.perf_counter()
    table, wanted = open_table(Path(path)), imports.kind_named(kind)
    prepared = database.read(lambda session: imports.prepare(session, wanted, table, mappings, START))
    checked = time.perf_counter()
    taking = imports.Taking(mappings, "https://bridge.example.org", "benchmark", START)
    run = database.write if apply else database.rehearse
    report = run(lambda session: imports.take_in(session, prepared, taking))
    done = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "checking": checked - started,
                "taking in": done - checked,
                "processor": used.ru_utime + used.ru_stime,
                "peak": used.ru_maxrss / 1024,
                "counts": dict(report.counts),
            }
        )
    )


class Waiting:
    """Sends a statement every tenth of a second, and keeps how long the slowest took, and how many found no way in."""

    def __init__(self, world: World) -> None:
        self.world, self.longest, self.refused, self._sent = world, 0.0, 0, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.wait(0.1):
            started = time.perf_counter()
            self._sent += 1
            try:
                self.world.send(completion(f"{SITE}|other{time.time_ns()}", "pace", START))
            except Unavailable:
                self.refused += 1
            self.longest = max(self.longest, time.perf_counter() - started)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def measure(world: World, url: str, kind: str, rows: int, folder: str) -> None:
    path = Path(folder) / f"{kind}-{rows}.csv"
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in KINDS[kind](rows))
    for words, how in (("dry run", "dry"), ("import", "apply"), ("the same again", "apply")):
        with Waiting(world) as waiting:
            done = subprocess.run(
                [sys.executable, __file__, "--one", kind, str(path), url, how],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
        found = json.loads(done.stdout)
        seconds = found["checking"] + found["taking in"]
        print(
            f"  {kind:<12} {rows:>7} rows  {words:<14} {seconds:6.1f} s ({rows / seconds:6.0f} rows/s;"
            f" checking {found['checking']:.1f} s, processor {found['processor']:.1f} s), peak {found['peak']:.0f} MB,"
            f" others waited up to {waiting.longest:.1f} s, {waiting.refused} in vain  {found['counts']}",
            flush=True,
        )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-") as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/bench.sqlite"
        url = url.replace("postgresql://", "postgresql+psycopg://")
        world = World(url)
        for kind in sys.argv[3:] or KINDS:
            for number in (rows // 10, rows):
                measure(world, url, kind, number, folder)
        world.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:5], apply=sys.argv[5] == "apply")
    else:
        main()
