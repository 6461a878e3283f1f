"""The timetable: (name, trigger, function). APScheduler only ticks; what is due is decided from the table of job runs, so
that a killed, doubled or sleeping process changes nothing but the moment."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from lrs_bridge.errors import BadMappings, BridgeError, Unavailable
from lrs_bridge.flows import (
    area_report,
    ask_manager,
    check_in,
    freshness,
    links,
    notices,
    progress,
    sign_in,
    site_visits,
    uploads,
)
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.announce import announce
from lrs_bridge.flows.deliver import deliver
from lrs_bridge.flows.recompute import due_by_clock, recompute
from lrs_bridge.flows.refused import KEPT_DAYS
from lrs_bridge.flows.tried_mappings import KEPT, carry_out
from lrs_bridge.flows.verify import verify
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import clients, manager_letters, outbox, refused, reports, timetable, what_ifs
from lrs_bridge.store import freshness as outages
from lrs_bridge.store import notices as kept_notices
from lrs_bridge.store.database import Database, Session

log = logging.getLogger(__name__)

LEASE_SECONDS = 12
_RECORD_IDLE_EVERY = timedelta(seconds=30)
_JUMP_SECONDS = 5.0
_KEEP_SENT = timedelta(days=90)
_KEEP_LETTERS = timedelta(days=365)
_KEEP_EXPIRED = timedelta(days=7)  # so long, whoever comes by an old link hears that it has expired


@dataclass(frozen=True, slots=True)
class Every:
    """Due when that long has passed since the last run finished."""

    interval: timedelta

    def is_due(self, last: timetable.JobRun | None, now: datetime, _settings: Settings) -> bool:
        if last is None or last.started > now:  # never run, or the clock went backwards
            return True
        return (last.finished or last.started) + self.interval <= now


@dataclass(frozen=True, slots=True)
class Nightly:
    """Due once a day, from that hour on in the Board's time zone; a missed night is made up for."""

    hour: int

    def is_due(self, last: timetable.JobRun | None, now: datetime, settings: Settings) -> bool:
        calendar = settings.calendar
        if last is None or last.started > now:
            return True
        today = calendar.day_of(now)
        return calendar.day_of(last.started) < today and now.astimezone(calendar.zone).hour >= self.hour


@dataclass(frozen=True, slots=True)
class Job:
    """`run` returns what it did in words, "" for nothing to do."""

    name: str
    when: Every | Nightly
    run: Callable[[Timetable], str]


class Tick(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 carries no types
    """Fires again that long after now, whatever the clock did meanwhile: APScheduler's own interval counts every run it
    missed, one by one."""

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class Timetable:
    """Runs the jobs of one process, while it holds the lease."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self.database, self.settings, self.clock = database, settings, clock
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self.stopping = threading.Event()
        self._lease_until = 0.0
        self._lease_lock = threading.Lock()
        self._idle: dict[str, timetable.JobRun] = {}
        self._clock_was_ahead = self._clock_ahead()

    def start(self) -> BackgroundScheduler:
        """Ticks every job at a quarter of its interval, each on a thread of its own."""
        scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None})
        for job in JOBS:
            seconds = max(0.5, job.when.interval.total_seconds() / 4) if isinstance(job.when, Every) else 30
            scheduler.add_job(self.tick, Tick(seconds), args=[job], max_instances=1)
        scheduler.start()
        return scheduler

    def keep_time(self, scheduler: BackgroundScheduler) -> None:
        """To be called every second or so: after a jump of the clock, which would leave every next tick in the distance,
        each is counted from now again."""
        ahead = self._clock_ahead()
        if abs(ahead - self._clock_was_ahead) > _JUMP_SECONDS:
            log.warning("the clock jumped by %.0f seconds", ahead - self._clock_was_ahead)
            self._idle.clear()
            for job in scheduler.get_jobs():
                job.reschedule(job.trigger)
        self._clock_was_ahead = ahead

    def _clock_ahead(self) -> float:
        return self.clock().timestamp() - time.monotonic()

    def stop(self, scheduler: BackgroundScheduler) -> None:
        """Lets running jobs come to the end of their step, and gives the lease back."""
        self.stopping.set()
        scheduler.shutdown(wait=True)
        self.database.write(lambda session: timetable.drop_lease(session, "timetable", self.holder))

    def tick(self, job: Job) -> None:
        """Runs the job if it is due and this process leads."""
        try:
            if self.stopping.is_set() or not self._leads():
                return
            last = self._idle.get(job.name) or self.database.read(
                lambda session: timetable.job_run(session, job.name)
            )
            if job.when.is_due(last, self.clock(), self.settings):
                self.run(job)
        except Unavailable as away:
            log.warning("job %s: %s", job.name, away)
        except Exception:
            log.exception("job %s could not be looked after", job.name)

    def run(self, job: Job) -> timetable.JobRun:
        """Runs a job now, and keeps how it went."""
        started, clock = self.clock(), time.monotonic()
        try:
            outcome, detail = "ok", job.run(self)
        except Unavailable:
            raise
        except BridgeError as refused:
            outcome, detail = "failed", str(refused)
            before = self._idle.get(job.name)
            if before is None or before.detail != detail:  # said once, not at every tick
                log.warning("job %s: %s", job.name, refused)
        except Exception as wrong:
            log.exception("job %s failed", job.name)
            outcome, detail = "failed", f"{type(wrong).__name__}: {wrong}"
        seconds = round(time.monotonic() - clock, 3)
        run = timetable.JobRun(job.name, started, self.clock(), outcome, detail, seconds)
        idle = self._idle.get(job.name)
        if outcome == "ok" and not detail and idle and run.started - idle.started < _RECORD_IDLE_EVERY:
            # nothing happened: remembered here, written now and then, so that an idle service doesn't write every second
            self._idle[job.name] = timetable.JobRun(job.name, idle.started, run.finished, "ok", "", seconds)
            return run
        self._idle[job.name] = run
        self.database.write(lambda session: timetable.record_run(session, run))
        return run

    def _leads(self) -> bool:
        with self._lease_lock:
            if time.monotonic() < self._lease_until:
                return True
            asked = time.monotonic()
            held = self.database.write(
                lambda session: timetable.hold_lease(session, "timetable", self.holder, LEASE_SECONDS)
            )
            self._lease_until = asked + LEASE_SECONDS / 3 if held else 0.0
            return held


def _recompute(table: Timetable) -> str:
    done = recompute(table.database, table.settings, table.clock, stop=table.stopping.is_set)
    return str(done) if done.statements or done.learners or done.rematched else ""


def _due_by_clock(table: Timetable) -> str:
    marked = due_by_clock(table.database, table.clock)
    return f"{marked} learners are due to change" if marked else ""


def _announce(table: Timetable) -> str:
    return str(announce(table.database, table.settings, table.clock, stop=table.stopping.is_set))


def _deliver(table: Timetable) -> str:
    sent = deliver(table.database, table.settings, table.clock)
    return str(sent) if sent.sent or sent.failed else ""


def _notices(table: Timetable) -> str:
    sent = notices.send(table.database, table.settings, table.clock)
    return str(sent) if sent.sent or sent.failed else ""


def _reminders(table: Timetable) -> str:
    sent = ask_manager.remind(table.database, table.settings, table.clock)
    return f"{sent} line managers reminded" if sent else ""


def _mappings(table: Timetable) -> str:
    try:
        files, checked = mapping_flow.read(table.settings.mappings, table.settings.calendar)
    except BadMappings as wrong:
        raise BadMappings(f"The mappings in force stay in force. {wrong.title}", wrong.problems) from wrong
    now = table.clock()
    changed = table.database.write(
        lambda session: mapping_flow.put_in_force(
            session, files, checked.mappings.digest, now=now, who="the timetable, from changed files"
        )
    )
    return f"{checked.mappings.digest} put in force" if changed else ""


def _sources(table: Timetable) -> str:
    now = table.clock()

    def journey(session: Session) -> str:
        mappings = mapping_flow.in_force(session, table.settings.calendar)
        return freshness.watch(session, mappings, now)

    return table.database.write(journey)


def _what_if(table: Timetable) -> str:
    return carry_out(table.database, table.settings, table.clock, stop=table.stopping.is_set)


def _verify(table: Timetable) -> str:
    now = table.clock()
    seen = table.database.read(lambda session: verify(session, table.settings.calendar, now, sample=500))
    if seen.differences:
        raise AssertionError(f"{seen}: {'; '.join(seen.differences[:5])}")
    return str(seen)


def _progress(table: Timetable) -> str:
    now = table.clock()
    made = table.database.write(lambda session: progress.count_today(session, table.settings.calendar, now))
    return f"{made} teams counted" if made else ""


def _purge(table: Timetable) -> str:
    now = table.clock()

    def journey(session: Session) -> list[str]:
        counts = {
            "sent messages": outbox.purge_sent(session, now - _KEEP_SENT),
            "refused requests": refused.purge(session, now - timedelta(days=KEPT_DAYS)),
            "expired credentials": clients.forget_expired(session, now - _KEEP_EXPIRED),
            "letters without an answer": manager_letters.forget_unanswered(session, now - _KEEP_LETTERS),
            "reports that were dealt with": reports.forget_closed(session, now - _KEEP_LETTERS),
            "notices that could not be sent": kept_notices.forget_failed(session, now - _KEEP_SENT),
            "tried changes of mapping files": what_ifs.forget(session, now - KEPT),
            "replaced secrets": clients.forget_old_secrets(session, now),
            "ended silences of sources": outages.forget_outages(session, now - _KEEP_SENT),
        }
        return [f"{count} {what} forgotten" for what, count in counts.items() if count]

    return "; ".join(table.database.write(journey))


def _codes(table: Timetable) -> str:
    now = table.clock()

    def journey(session: Session) -> None:
        links.forget_old(session, now)
        sign_in.forget_old(session, now)
        site_visits.forget_old(session, now)
        uploads.forget_old(session, now)
        check_in.forget_old(session, now)

    table.database.write(journey)
    return ""


def _counts(table: Timetable) -> str:
    counted = area_report.keep_counts(table.database, table.settings.calendar, table.clock())
    return f"{counted} areas counted"


JOBS = (
    Job("mappings", Every(timedelta(seconds=5)), _mappings),
    Job("recompute", Every(timedelta(seconds=1)), _recompute),
    Job("clock", Every(timedelta(minutes=1)), _due_by_clock),
    Job("announce", Every(timedelta(seconds=3)), _announce),
    Job("deliver", Every(timedelta(seconds=5)), _deliver),
    Job("notices", Every(timedelta(seconds=5)), _notices),
    Job("reminders", Every(timedelta(minutes=10)), _reminders),
    Job("what-if", Every(timedelta(seconds=5)), _what_if),
    Job("sources", Every(timedelta(minutes=5)), _sources),
    Job("codes", Every(timedelta(minutes=10)), _codes),
    Job("verify", Nightly(3), _verify),
    Job("purge", Nightly(4), _purge),
    Job("counts", Nightly(5), _counts),
    Job("progress", Nightly(5), _progress),
)
