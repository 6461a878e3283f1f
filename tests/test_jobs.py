"""The timetable: due by the table of runs, right when two run at once, and right when none ran for long."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flows.worlds import SITE, START, completion

from lrs_bridge import settings
from lrs_bridge.jobs import JOBS, Every, Job, Nightly, Timetable
from lrs_bridge.store import clients, links, refused, sessions, timetable
from lrs_bridge.store.schema import link_codes
from lrs_bridge.store.session_tables import sessions as visits
from lrs_bridge.store.session_tables import sign_ins
from lrs_bridge.store.timetable import JobRun

SETTINGS = settings.load({})
HOUR = timedelta(hours=1)


@pytest.fixture
def table(world):
    return Timetable(world.database, world.settings, world.clock)


def ran(started, finished=None, outcome="ok"):
    return JobRun("job", started, finished or started, outcome, "", 0.0)


def test_every_is_due_when_its_time_has_passed_and_not_before():
    hourly = Every(HOUR)
    assert hourly.is_due(None, START, SETTINGS)
    assert not hourly.is_due(ran(START), START + HOUR - timedelta(seconds=1), SETTINGS)
    assert hourly.is_due(ran(START), START + HOUR, SETTINGS)


def test_a_clock_that_goes_backwards_stops_nothing():
    for when in (Every(HOUR), Nightly(3)):
        assert when.is_due(ran(START + timedelta(days=400)), START, SETTINGS)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        # in winter London is at UTC
        (datetime(2026, 1, 10, 3, 5, tzinfo=UTC), datetime(2026, 1, 11, 2, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 10, 3, 5, tzinfo=UTC), datetime(2026, 1, 11, 3, 0, tzinfo=UTC), True),
        # in summer three in the morning there is two at UTC
        (datetime(2026, 7, 10, 2, 5, tzinfo=UTC), datetime(2026, 7, 11, 1, 59, tzinfo=UTC), False),
        (datetime(2026, 7, 10, 2, 5, tzinfo=UTC), datetime(2026, 7, 11, 2, 0, tzinfo=UTC), True),
        # a missed week is made up for once
        (datetime(2026, 1, 1, 3, 5, tzinfo=UTC), datetime(2026, 1, 9, 15, 0, tzinfo=UTC), True),
        (datetime(2026, 1, 9, 15, 0, tzinfo=UTC), datetime(2026, 1, 9, 23, 59, tzinfo=UTC), False),
    ],
)
def test_nightly_is_due_once_a_day_in_the_boards_time_zone(last, now, due):
    assert Nightly(3).is_due(ran(last), now, SETTINGS) is due


def test_every_job_of_the_timetable_runs_and_its_run_is_kept(world, table):
    world.send(completion(f"{SITE}|asha", "induction", START))
    for job in JOBS:
        assert table.run(job).outcome == "ok", job.name
    kept = {run.name: run for run in world.database.read(timetable.all_job_runs)}
    assert set(kept) == {job.name for job in JOBS}
    assert "1 statements matched" in kept["recompute"].detail
    assert len(world.standings()) == 1


def test_a_job_that_fails_is_kept_as_failed_and_runs_again(world, table):
    def fail(_table):
        raise ZeroDivisionError("a bug")

    job = Job("broken", Every(HOUR), fail)
    table.run(job)
    run = world.database.read(lambda session: timetable.job_run(session, "broken"))
    assert (run.outcome, run.detail) == ("failed", "ZeroDivisionError: a bug")
    world.advance(HOUR)
    assert job.when.is_due(run, world.now, world.settings)


def test_only_one_timetable_leads_until_it_is_gone(world, table):
    other = Timetable(world.database, world.settings, world.clock)
    counted = []
    job = Job("counted", Every(timedelta()), lambda _table: counted.append(1) or "ran")
    table.tick(job)
    other.tick(job)
    assert len(counted) == 1
    table.database.write(lambda session: timetable.drop_lease(session, "timetable", table.holder))
    other.tick(job)
    assert len(counted) == 2


def test_an_idle_job_is_not_written_every_time(world, table):
    job = Job("idle", Every(timedelta()), lambda _table: "")
    first = table.run(job)
    world.advance(timedelta(seconds=5))
    table.run(job)
    kept = lambda: world.database.read(lambda session: timetable.job_run(session, "idle"))  # noqa: E731
    assert kept().started == first.started
    world.advance(timedelta(seconds=30))
    table.run(job)
    assert kept().started == world.now


def test_bad_mapping_files_leave_those_in_force_and_say_so(world, table, tmp_path):
    import dataclasses
    import shutil

    shutil.copytree(settings.SHIPPED_MAPPINGS, tmp_path / "mappings")
    table.settings = dataclasses.replace(table.settings, mappings=str(tmp_path / "mappings"))
    job = next(job for job in JOBS if job.name == "mappings")
    before = world.database.read(timetable.in_force)
    (tmp_path / "mappings/frameworks/escb.yaml").write_text("framework: escb\n")
    run = table.run(job)
    assert run.outcome == "failed"
    assert "frameworks/escb.yaml" in run.detail
    assert "stay in force" in run.detail
    assert world.database.read(timetable.in_force) == before
    shutil.copytree(settings.SHIPPED_MAPPINGS, tmp_path / "mappings", dirs_exist_ok=True)
    with (tmp_path / "mappings/frameworks/escb.yaml").open("a") as file:
        file.write("# changed\n")
    assert table.run(job).outcome == "ok"
    after = world.database.read(timetable.in_force)
    assert after.digest != before.digest
    assert after.put_by == "the timetable, from changed files"


def test_the_clock_alone_changes_a_standing(world, table):
    """A membership that ends, and a completion dated in the future, without any statement arriving."""
    world.send(completion(f"{SITE}|asha", "induction", START + timedelta(days=2)))
    by_name = {job.name: job for job in JOBS}
    table.run(by_name["recompute"])
    (before,) = world.standings().values()
    world.advance(timedelta(days=3))
    table.run(by_name["recompute"])
    assert world.standings() == {frozenset({f"{SITE}|asha"}): before}, "nothing was due yet"
    table.run(by_name["clock"])
    table.run(by_name["recompute"])
    (after,) = world.standings().values()
    assert (before["tier"]["attained"], after["tier"]["attained"]) == (None, "T1")


def test_verify_finds_what_somebody_changed_behind_our_back(world, table):
    import sqlalchemy as sa

    world.send(completion(f"{SITE}|asha", "induction", START))
    world.recompute()
    verify = next(job for job in JOBS if job.name == "verify")
    assert table.run(verify).outcome == "ok"
    world.database.write(
        lambda session: session.execute(
            sa.text("""UPDATE standings SET body = replace(body, '"T1"', '"T5"')""")
        )
    )
    found = table.run(verify)
    assert found.outcome == "failed"
    assert "learner 1" in found.detail


def comes_true(condition):
    return any(condition() or time.sleep(0.05) for _ in range(400))


def test_the_scheduler_ticks_and_stops(world, table):
    world.send(completion(f"{SITE}|asha", "induction", START))
    scheduler = table.start()
    assert comes_true(world.standings)
    table.stop(scheduler)
    assert world.database.write(lambda session: timetable.hold_lease(session, "timetable", "next", 30))


@pytest.mark.parametrize("jump", [timedelta(days=-3), timedelta(days=20_000)])
def test_a_clock_that_jumps_leaves_no_tick_in_the_distance(world, table, jump):
    """Backwards: the next ticks would be days away. Forwards, as when a machine wakes without a clock of its own: nothing
    is counted up run by run."""
    scheduler = table.start()
    world.advance(jump)
    table.keep_time(scheduler)
    world.send(completion(f"{SITE}|asha", "induction", START - timedelta(days=9)))
    assert comes_true(world.standings)
    table.stop(scheduler)
    assert len(world.standings()) == 1


def test_what_is_old_is_forgotten_at_night(world, table):
    def row(digest: bytes, at: datetime) -> refused.Refusal:
        return refused.Refusal(digest, at, None, "POST", "/xapi/statements", 401, "No credential.", "")

    def launch(session):
        held_to = clients.Launch("mailto:asha@example.org", "https://content.example.org/cse", "")
        return clients.add(
            session,
            name="launch",
            source=None,
            scopes=("state",),
            test=False,
            home_pages=(),
            mail_domains=(),
            public_url="https://bridge.example.org",
            now=world.now,
            created_by="the tests",
            expires_at=world.now + HOUR,
            launch=held_to,
        )

    job = next(job for job in JOBS if job.name == "purge")
    world.database.write(launch)
    world.database.write(lambda session: refused.keep(session, [row(b"old", world.now)], 10))
    assert table.run(job).detail == ""
    world.advance(timedelta(days=31))
    world.database.write(lambda session: refused.keep(session, [row(b"new", world.now)], 10))
    run = table.run(job)
    assert (run.outcome, run.detail) == (
        "ok",
        "1 refused requests forgotten; 1 expired credentials forgotten",
    )
    assert world.database.read(lambda session: refused.count(session, START)) == 1
    assert world.database.read(lambda session: clients.listed(session, launches=True)) == []


def test_codes_letters_and_visits_are_forgotten_when_they_are_of_no_use(table, world):
    def keep(session):
        links.add(session, agent="a|1", mbox="mailto:a@b.example", salt=b"s", digest=b"d", now=world.now)
        letter = sessions.SignIn("mailto:a@b.example", b"l", b"b", b"s", b"c", world.now, known=True)
        sessions.add_sign_in(session, letter)
        sessions.begin(session, b"cookie", "mailto:a@b.example", world.now)

    def kept(session):
        counts = [sa.select(sa.func.count()).select_from(one) for one in (link_codes, sign_ins, visits)]
        return [session.scalar(one) for one in counts]

    job = next(job for job in JOBS if job.name == "codes")
    world.database.write(keep)
    world.advance(timedelta(minutes=59))
    table.run(job)
    assert world.database.read(kept) == [1, 1, 1]
    world.advance(timedelta(minutes=2))
    table.run(job)
    assert world.database.read(kept) == [0, 0, 1]
    world.advance(timedelta(hours=1))
    table.run(job)
    assert world.database.read(kept) == [0, 0, 0]
