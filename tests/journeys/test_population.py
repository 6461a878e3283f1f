"""A hundred and fifty people and all that happens to them, as `benchmarks/population.py` does with many thousands: what is
computed on the way is what a rebuild gives, and what-if foretells what other mappings bring."""

from __future__ import annotations

from flows.populations import TRIED, Population, put_in_force
from flows.worlds import LONDON, World

from lrs_bridge import mapping_files
from lrs_bridge.flows.what_if import what_if


def test_a_population_lives_through_everything(world: World) -> None:
    population = Population(world, 150)
    for _, phase in population.phases:
        phase()
    compared(world)
    mappings = mapping_files.parse(TRIED, LONDON).mappings
    seen = world.database.read(
        lambda session: what_if(session, mappings, world.settings, world.now, limit=10)
    )
    assert (seen.failed, seen.waiting) == (0, (0, 0))
    came = put_in_force(world, TRIED)
    for name in ("concerned", "attained", "required", "eligible", "flagged", "alerts"):
        assert getattr(seen, name) == getattr(came, name), name
    assert seen.concerned > len(seen.people) == 10
    compared(world)


def compared(world: World) -> None:
    seen = world.verify()
    assert (seen.differences, seen.skipped) == ([], 0)
    assert seen.statements > 1000
    assert seen.learners > 150
