"""What recomputing costs: from a database of generated learners.

    python benchmarks/recompute.py [LEARNERS] [DATABASE_URL]

Each learner has a post, one to eight completions, attestations for some, and one in ten a membership. Prints the time to
match and compute all, to match all anew after a change of mappings, to compare all with a rebuild, and to compute one
learner more.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from flows.worlds import SITE, START, World, completion, shipped_files

COURSES = [
    "induction",
    "escb_basic",
    "escb_missing",
    "safeguarding_l1",
    "safeguarding_l2",
    "set_toolbox",
    "specialist",
]


def fill(world: World, learners: int) -> int:
    chance = random.Random(7)
    people, attested, members, count = [], [], [], 0
    batch: list[dict] = []
    for number in range(learners):
        mail, account = f"user{number}@example.org", f"{SITE}|user{number}"
        area = chance.choice(["essex", "essex", "southend", "thurrock"])
        tier = chance.choice(["T1", "T2", "T3"]) if area == "essex" else ""
        people.append(f"User {number},{mail}; {account},School {number % 300},{area},{tier}")
        if chance.random() < 0.2:
            attested += [
                f"{mail},{key},School {number % 300},{area},head{number % 300}@example.org,2026-02-01"
                for key in ("manager_support", "working_knowledge")
            ]
        if chance.random() < 0.1:
            members.append(f"{mail},nwg,2026-02-01,list")
        for course in chance.sample(COURSES, chance.randint(1, len(COURSES))):
            batch.append(completion(account, course, START - timedelta(days=chance.randint(1, 900))))
            count += 1
        if len(batch) > 400:
            world.send(*batch)
            batch.clear()
    if batch:
        world.send(*batch)
    world.take_in("people", "person,identifiers,organisation,area,required_tier\n" + "\n".join(people) + "\n")
    world.take_in(
        "attestations", "person,attestation,organisation,area,by,date\n" + "\n".join(attested) + "\n"
    )
    world.take_in("memberships", "person,membership,checked,source\n" + "\n".join(members) + "\n")
    return count + len(attested) + len(members)


def timed(words: str, learners: int, work) -> None:
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"  {words}: {seconds:.2f} s, {1000 * seconds / learners:.2f} s per thousand learners")


def main() -> None:
    learners = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-") as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/bench.sqlite"
        world = World(url.replace("postgresql://", "postgresql+psycopg://"))
        timed(
            "taking in",
            learners,
            lambda: print(f"  {fill(world, learners)} statements of {learners} learners"),
        )
        timed("match and compute all", learners, world.recompute)
        files = shipped_files()
        files["frameworks/escb.yaml"] += "# another digest\n"
        world.put_mappings(files)
        timed("match and compute all anew after a change of mappings", learners, world.recompute)
        timed("compare all with a rebuild", learners, lambda: print(f"  {world.verify()}"))
        started = time.perf_counter()
        for number in range(100):
            world.send(completion(f"{SITE}|user{number}", "pace", START))
            world.recompute()
        print(f"  one learner more: {10 * (time.perf_counter() - started):.1f} ms, receiving included")
        world.close()


if __name__ == "__main__":
    main()
