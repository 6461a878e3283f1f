"""From a standing to what a Board is told: news settles, masses of one cause are held, the rest goes to the outbox.

`note` runs in the transaction that writes a standing and sends nothing. `announce` takes what has settled, and only where
its standing is of this moment and all of its cause is computed; so a change that is taken back in time is never told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import now_eligible
from lrs_bridge.learning.alerts import OF_EVIDENCE, Announced, decide
from lrs_bridge.learning.eligibility import Eligibility
from lrs_bridge.learning.mappings import Mappings, Recipient
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import identity, news, outbox, timetable
from lrs_bridge.store.database import Database, Session

ALERTS_AT_ONCE = 100


def recipients_of(area: str, mappings: Mappings, settings: Settings) -> tuple[Recipient, ...]:
    """Who is told at a Board, without addresses that are still the shipped examples, unless mail goes to a folder."""
    known = mappings.areas.get(area)
    return tuple(
        recipient
        for recipient in (known.recipients if known else ())
        if settings.mail_folder or not recipient.address.endswith(".example")
    )


def told_areas(mappings: Mappings, settings: Settings) -> dict[str, tuple[Recipient, ...]]:
    """The areas whose Boards have somebody to tell. Where nobody is named nothing becomes news, so that who is named later
    hears what is true then."""
    everywhere = {area: recipients_of(area, mappings, settings) for area in mappings.areas}
    return {area: recipients for area, recipients in everywhere.items() if recipients}


# --- in the transaction of a standing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """A learner as just computed. `cause`: the one act that the computing is put down to, or ""."""

    learner: int
    eligibility: Mapping[str, Eligibility]
    cause: str


def note(
    session: Session,
    judged: Sequence[Judged],
    areas: Mapping[str, Sequence[Recipient]],
    rematching: str,
    now: datetime,
) -> None:
    """Keeps as news what differs from what was announced, and forgets what has reversed.

    News that stands keeps its moment and cause; another kind of news begins anew. What a Board did itself is announced by
    that. `rematching`: the mappings by which statements are being matched anew ("mappings-4"), which may have brought what
    nothing else explains; else "".
    """
    numbers = [one.learner for one in judged]
    news.lock(session, numbers)
    heard, waiting = outbox.announced_to(session, numbers), news.of(session, numbers)
    known: dict[news.Key, Announced] = {}
    found: list[news.News] = []
    gone: list[news.Key] = []
    for one in judged:
        before = {area for learner, area in (*heard, *waiting) if learner == one.learner}
        for area in sorted({*one.eligibility, *before}):
            key = one.learner, area
            decision = decide(one.learner, area, heard.get(key, Announced()), one.eligibility.get(area))
            if decision and decision.alert is None:
                known[key] = decision.told
            if decision and decision.alert and area in areas:
                cause = one.cause or (rematching if decision.alert.kind in OF_EVIDENCE else "")
                fresh = news.News(decision.alert, decision.told, now, cause)
                found.append(_as_it_stood(fresh, waiting.get(key)))
            elif key in waiting:
                gone.append(key)
    outbox.tell(session, known, now)
    news.keep(session, found)
    news.forget(session, gone)


def _as_it_stood(fresh: news.News, held: news.News | None) -> news.News:
    if held is None or held.alert.kind != fresh.alert.kind:
        return fresh
    return replace(held, alert=fresh.alert, told=fresh.told)


# --- the journey -----------------------------------------------------------------------------------------------------


@dataclass
class Done:
    """What one run did: alerts announced, put away because somebody dropped them, newly held; and Boards that had their one
    message of what was before their start."""

    announced: int = 0
    dropped: int = 0
    held: int = 0
    summaries: int = 0

    def __str__(self) -> str:
        said = {
            "announced": self.announced,
            "dropped": self.dropped,
            "held": self.held,
            "summaries": self.summaries,
        }
        return ", ".join(f"{number} {word}" for word, number in said.items() if number)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is told to whom at this moment, by the mappings in force."""

    mappings: Mappings
    now: news.Now
    windows: list[news.Window]
    areas: dict[str, tuple[Recipient, ...]]
    starting: dict[str, datetime]


def announce(
    database: Database, settings: Settings, clock: Clock, *, stop: Callable[[], bool] = lambda: False
) -> Done:
    """Announces all that may be told now, a chunk in each transaction; right when two run at once, and when one is killed."""
    done = Done()
    while not (stop() or database.read(news.is_empty)):
        held = database.write(lambda session: _hold(session, settings, clock()))
        summaries = database.write(lambda session: _summarise(session, settings, clock()))
        told = database.write(lambda session: _tell(session, settings, clock()))
        done.held += held
        done.summaries += summaries
        done.dropped += sum(one.decision == "drop" for one in told)
        done.announced += sum(one.decision != "drop" for one in told)
        if not (held or summaries or told):
            break
    return done


def _look(session: Session, settings: Settings, now: datetime) -> _Look | None:
    """None where no mappings are in force, or they are changing at this moment."""
    mappings = mapping_flow.in_force(session, settings.calendar)
    row = timetable.still_in_force(session, mappings.digest)
    if row is None:
        return None
    areas = told_areas(mappings, settings)
    summarised = news.summarised(session)
    windows, starting = [], {}
    for area in areas:
        start = mappings.areas[area].start
        if start is None or area in summarised:
            windows.append(news.Window(area))
        elif start <= now:
            windows.append(news.Window(area, start))
            starting[area] = start
    settled = now - timedelta(minutes=settings.alert_settling_minutes)
    moment = news.Now(now, settled, row.digest, row.cause if row.is_rematching else "")
    return _Look(mappings, moment, windows, areas, starting)


def _hold(session: Session, settings: Settings, now: datetime) -> int:
    look = _look(session, settings, now)
    if look is None:
        return 0
    return news.hold(session, news.masses(session, look.windows, look.now, settings.alerts_held_above))


def _summarise(session: Session, settings: Settings, now: datetime) -> int:
    """Tells each Board that begins now, in one message, how many were there before; once nothing is left to compute."""
    look = _look(session, settings, now)
    if look is None or look.now.rematching or not look.starting or any(timetable.count_pending(session)):
        return 0
    made = 0
    for area, start in look.starting.items():
        found = news.before(session, area, start, look.now)
        if not found:
            continue
        learners = {one.alert.learner for one in found}
        if identity.lock_free_learners(session, learners) != learners:
            continue  # another transaction is at some of them
        found = news.before(session, area, start, look.now)
        counts = Counter(str(one.alert.kind) for one in found or ())
        if found and news.begin(session, area, start, counts, now):
            outbox.tell(session, {one.key: one.told for one in found}, now)
            news.forget(session, [one.key for one in found])
            outbox.summarise(session, area, look.areas[area], now)
            made += 1
    return made


def _tell(session: Session, settings: Settings, now: datetime) -> list[news.News]:
    """One chunk. The learners are locked before what may be told is read for good, so that neither a computing nor another
    announcer comes between; whom another transaction holds is told of later, and what has become too much meanwhile is left
    for `_hold`."""
    look = _look(session, settings, now)
    if look is None:
        return []
    keys = news.ready(session, look.windows, list(look.areas), look.now, ALERTS_AT_ONCE)
    if not keys:
        return []
    free = identity.lock_free_learners(session, {learner for learner, _ in keys})
    keys = [key for key in keys if key[0] in free]
    masses = set(news.masses(session, look.windows, look.now, settings.alerts_held_above))
    found = [
        one
        for one in news.still_ready(session, keys, look.windows, list(look.areas), look.now)
        if one.decision_id is not None or (one.alert.area, one.cause) not in masses
    ]
    outbox.announce(session, found, look.areas, now=now, digest_at=next_digest(settings, now))
    now_eligible.tell(session, found, look.mappings, now)
    return found


def next_digest(settings: Settings, now: datetime) -> datetime:
    """The next morning's digest: today's if its hour is still to come."""
    calendar = settings.calendar
    local = now.astimezone(calendar.zone)
    today = local.replace(hour=settings.digest_hour, minute=0, second=0, microsecond=0)
    return today if local < today else today + timedelta(days=1)
