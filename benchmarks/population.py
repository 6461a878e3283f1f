"""Whether a large population's incremental state is what a rebuild gives, what what-if says of it, and what that costs.

    python benchmarks/population.py [PEOPLE] [sqlite|postgres|DATABASE_URL]

People (50,000 unless said otherwise) with realistic histories from a seed, taken in through the doors that people use and
computed incrementally: tests/flows/populations.py says how. Then everything is compared with a rebuild; what-if is asked about
changed mappings, and what it says is compared with what comes when they are put in force; and everything is compared with a
rebuild again. Exit 1 for any difference. "postgres" starts a server of its own, as the tests do.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import sqlalchemy as sa
from flows.populations import TRIED, Outcome, Population, put_in_force
from flows.worlds import LONDON, World
from postgres_cluster import PostgresCluster

from lrs_bridge import mapping_files
from lrs_bridge.flows.what_if import what_if
from lrs_bridge.learning.differences import WhatIf
from lrs_bridge.store.alert_tables import alerts
from lrs_bridge.store.schema import evidence, learners, posts, proofs, statements, voidings

COUNTED = (statements, voidings, evidence, learners, proofs, posts, alerts)


@contextlib.contextmanager
def database(asked: str) -> Iterator[str]:
    if asked == "sqlite":
        with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-") as folder:
            yield f"sqlite:///{folder}/bench.sqlite"
    elif asked == "postgres":
        cluster = PostgresCluster(durable=True)
        try:
            yield cluster.url(cluster.create_database())
        finally:
            cluster.remove()
    else:
        yield asked.replace("postgresql://", "postgresql+psycopg://")


def say(words: str) -> None:
    print(words, flush=True)


def timed(words: str, work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = work()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"  {seconds:8.1f} s  {words}   (peak {peak:.0f} MiB so far)")
    return answer, seconds


def counts(world: World) -> dict[str, int]:
    def journey(session: Any) -> dict[str, int]:
        found = {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) for table in COUNTED
        }
        size = (
            "SELECT pg_database_size(current_database())"
            if session.dialect.name == "postgresql"
            else "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        )
        return {**found, "MiB of database": session.scalar(sa.text(size)) // 2**20}

    return world.database.read(journey)


def compare(world: World) -> int:
    seen, seconds = timed("compare everything with a rebuild", world.verify)
    rate = f"{seen.statements / seconds:.0f} statements/s with their learners"
    say(f"             {seen}; {rate}")
    for difference in seen.differences[:10]:
        say(f"             {difference[:300]}")
    return len(seen.differences) + seen.skipped


def unlike(seen: WhatIf, came: Outcome) -> list[str]:
    names = ("concerned", "attained", "required", "eligible", "flagged", "alerts")
    return [
        f"{name}: said {getattr(seen, name)}, came {getattr(came, name)}"
        for name in names
        if getattr(seen, name) != getattr(came, name)
    ]


def live(world: World, size: int) -> int:
    population = Population(world, size)
    for words, phase in population.phases:
        timed(words, phase)
    wrong = compare(world)
    mappings = mapping_files.parse(TRIED, LONDON).mappings
    seen, seconds = timed(
        "what-if",
        lambda: world.database.read(
            lambda session: what_if(session, mappings, world.settings, world.now, limit=50)
        ),
    )
    say(
        f"             {seen.matched} statements matched, {seen.computed} people computed ({seen.computed / seconds:.0f}/s)"
    )
    came, _ = timed("put in force and computed", lambda: put_in_force(world, TRIED))
    say(
        f"             {came.concerned} people stand elsewhere: tiers {came.attained.total()}, eligibility {came.eligible.total()}"
    )
    said = unlike(seen, came)
    say(f"             {len(said)} counts in which what-if was wrong {said}")
    wrong += len(said) + compare(world)
    say("  " + ", ".join(f"{number:,} {name}" for name, number in counts(world).items()))
    say(f"  {population.refused} champion acts refused by the flow; differences in all: {wrong}")
    return wrong


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    asked = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with database(asked) as url:
        say(f"{size:,} people on {url.partition(':')[0]}")
        world = World(url)
        started = time.perf_counter()
        wrong = live(world, size)
        say(f"  {time.perf_counter() - started:8.1f} s in all")
        world.close()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
