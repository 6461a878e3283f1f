"""Runs the public xAPI conformance suite against a bridge that it starts: `make conformance`.

Both versions, on SQLite and on PostgreSQL, each database with one server. The suite (github.com/adlnet/lrs-conformance-test-suite,
its node modules installed) is looked for beside the project, or where LRS_CONFORMANCE_SUITE says.

Every test that the suite lists must be told as passed. That is counted here, for the suite's own runner counts only what ran:
when a step before a group of tests fails, it leaves the group out, and its exit status is the number of failures modulo 256.

Exit status: 0 all passed; 1 not; 69 the suite, node or PostgreSQL is not here.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from builders import Served  # noqa: E402  # found by the line above
from postgres_cluster import NoPostgres, PostgresCluster  # noqa: E402  # likewise

VARIABLE = "LRS_CONFORMANCE_SUITE"
VERSIONS = ("1.0.3", "2.0.0")
DATABASES = ("sqlite", "postgresql")
NOT_HERE = 69
PATIENCE = 120.0
"""Seconds without a word of the suite after which it is ended: some of its tests wait for ever."""
_TOLD_EVERY = 100

Title = tuple[str, ...]


class NotHereError(Exception):
    """What the run needs is not on this machine."""


@dataclass
class Outcome:
    """What became of the tests of one version on one database. `not_run`: listed by the suite, and never told."""

    version: str
    database: str
    listed: Counter[Title]
    passed: Counter[Title] = field(default_factory=Counter)
    failed: Counter[Title] = field(default_factory=Counter)
    why: dict[Title, str] = field(default_factory=dict)
    stalled: bool = False

    def take(self, told: dict[str, Any]) -> None:
        title = tuple(told["test"])
        if told["outcome"] == "passed":
            self.passed[title] += 1
        elif told["outcome"] == "failed":
            self.failed[title] += 1
            self.why.setdefault(title, told["why"])

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Passed, failed, not run. A test that passed and failed, having ended twice, has failed."""
        passed = failed = 0
        for title, times in self.listed.items():
            bad = min(times, self.failed[title])
            failed += bad
            passed += min(times - bad, self.passed[title])
        return passed, failed, self.listed.total() - passed - failed

    @property
    def all_passed(self) -> bool:
        return self.numbers == (self.listed.total(), 0, 0) and not self.failed and bool(self.listed)

    def not_run(self) -> list[Title]:
        return [*(self.listed - self.passed - self.failed).elements()]


def suite_folder() -> Path:
    folder = Path(os.environ.get(VARIABLE) or ROOT.parent / "lrs-conformance-test-suite").resolve()
    how = (
        f"The public conformance suite is not at {folder}, or its node modules are not installed. Get it with\n"
        f"  git clone https://github.com/adlnet/lrs-conformance-test-suite {folder}\n"
        f"  npm --prefix {folder} install\n"
        f"or say by {VARIABLE} where it is."
    )
    if not (folder / "bin" / "lrs-test.js").is_file() or not (folder / "node_modules" / "mocha").is_dir():
        raise NotHereError(how)
    if not shutil.which("node"):
        raise NotHereError("The public conformance suite needs Node.js, and there is no node command here.")
    return folder


def suite(mode: str, folder: Path, options: dict[str, Any]) -> list[str]:
    return ["node", "--no-deprecation", str(HERE / "suite.js"), mode, str(folder), json.dumps(options)]


def listed(folder: Path, options: dict[str, Any]) -> Counter[Title]:
    done = subprocess.run(suite("list", folder, options), stdout=subprocess.PIPE, text=True, check=True)
    return Counter(tuple(json.loads(line)) for line in done.stdout.splitlines())


def run(outcome: Outcome, folder: Path, options: dict[str, Any], patience: float) -> None:
    process = subprocess.Popen(suite("run", folder, options), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read(stream: Any) -> None:
        for line in stream:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, args=(process.stdout,), daemon=True).start()
    try:
        for number in range(1, sys.maxsize):
            line = lines.get(timeout=patience)
            if not line:
                break
            outcome.take(json.loads(line))
            if number % _TOLD_EVERY == 0:
                print(f"  {number} of {outcome.listed.total()}", flush=True)
    except queue.Empty:
        outcome.stalled = True
    finally:
        process.terminate()
        process.wait()


@contextmanager
def served(database: str) -> Iterator[Served]:
    """A server on a fresh database of its own."""
    with ExitStack() as made:
        folder = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="lrsb-conformance-")))
        if database == "sqlite":
            url = f"sqlite:///{folder / 'bridge.sqlite'}"
        else:
            try:
                cluster = PostgresCluster(durable=True)
            except NoPostgres as missing:
                raise NotHereError(f"{missing}; or ask for --database sqlite alone") from missing
            made.callback(cluster.remove)
            url = cluster.url(cluster.create_database())
        server = Served(url, folder)
        made.callback(server.kill)
        server.start()
        yield server


def report(outcome: Outcome) -> None:
    for title in outcome.failed:
        print(f"  FAILED   {' › '.join(title)}\n           {outcome.why[title]}")
    for title in outcome.not_run():
        print(f"  NOT RUN  {' › '.join(title)}")
    if outcome.stalled:
        print("  The suite said nothing any more and was ended.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--version", action="append", choices=VERSIONS, help="one version alone")
    parser.add_argument("--database", action="append", choices=DATABASES, help="one kind of database alone")
    parser.add_argument("--grep", help="only tests whose title, with those above it, this pattern finds")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, help="seconds of silence before giving up"
    )
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    try:
        folder = suite_folder()
        outcomes = [*conformance(folder, asked)]
    except NotHereError as missing:
        print(missing, file=sys.stderr)
        return NOT_HERE
    print("\nversion  database    passed  failed  not run  listed")
    for one in outcomes:
        passed, failed, not_run = one.numbers
        print(
            f"{one.version:8} {one.database:10} {passed:7,} {failed:7,} {not_run:8,} {one.listed.total():7,}"
        )
    return 0 if outcomes and all(one.all_passed for one in outcomes) else 1


def conformance(folder: Path, asked: argparse.Namespace) -> Iterator[Outcome]:
    for database in asked.database or DATABASES:
        with served(database) as server:
            key, secret = server.credential("moodle", "all")
            for version in asked.version or VERSIONS:
                options = {
                    "xapiVersion": version,
                    "endpoint": f"{server.url}/xapi",
                    "basicAuth": True,
                    "authUser": key,
                    "authPass": secret,
                } | ({"grep": asked.grep} if asked.grep else {})
                print(f"xAPI {version} on {database}", flush=True)
                outcome = Outcome(version, database, listed(folder, options))
                run(outcome, folder, options, asked.patience)
                report(outcome)
                yield outcome


if __name__ == "__main__":
    sys.exit(main())
