"""Is it healthy? What ran when, what waits, what failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.flows import alerts, freshness, refused
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.announce import recipients_of
from lrs_bridge.moments import format_instant
from lrs_bridge.settings import Settings
from lrs_bridge.store import erasures, evidence, notices, outbox, projections, timetable
from lrs_bridge.store.database import Session

STUCK_AFTER = timedelta(minutes=5)


def status(session: Session, settings: Settings, now: datetime) -> dict[str, Any]:
    """Everything `lrs-bridge status --json` says. `trouble` lists in words what an operator should look at."""
    runs = timetable.all_job_runs(session)
    row = timetable.in_force(session)
    oldest = timetable.oldest_pending(session)
    statements, learners = timetable.count_pending(session)
    waiting, held = alerts.held(session, settings)
    body: dict[str, Any] = {
        "now": format_instant(now),
        "jobs": [
            {
                "name": run.name,
                "started": format_instant(run.started),
                "finished": format_instant(run.finished) if run.finished else None,
                "seconds": run.seconds,
                "outcome": run.outcome,
                "detail": run.detail,
            }
            for run in runs
        ],
        "pending": {
            "statements": statements,
            "learners": learners,
            "oldest_seconds": max(0.0, (now - oldest).total_seconds()) if oldest else None,
        },
        "mappings": {
            "digest": row.digest,
            "since": format_instant(row.since),
            "put_by": row.put_by,
            "rematching": row.is_rematching,
            "rematched": row.rematched,
            "rematch_to": row.rematch_to,
        }
        if row
        else None,
        "unmapped_activities": evidence.count_unmapped(session),
        "alerts": {"waiting": waiting, "held": held},
        "refused": refused.summary(session, now),
        "deliveries": outbox.summary(session),
        "notices": notices.counts(session),
        "set_aside": [{**one, "at": format_instant(one["at"])} for one in projections.aside(session)],
        "erasures": _erasures(session, now),
        "learners": projections.count_learners(session),
    }
    body["areas_without_recipients"] = _untold_areas(session, settings) if row else []
    sources = (
        freshness.of_sources(session, mapping_flow.in_force(session, settings.calendar), now) if row else []
    )
    body["sources"] = [_source(one) for one in sources]
    body["trouble"] = [
        *_trouble(body, runs, oldest, now),
        *(freshness.in_words(one, settings.calendar) for one in sources if one.is_overdue),
    ]
    return body


def _source(one: freshness.Freshness) -> dict[str, Any]:
    return {
        "source": one.source,
        "name": one.name,
        "last": _instant(one.last_at),
        "expected_every": one.expected or None,
        "expected_by": _instant(one.due_at),
        "overdue": one.is_overdue,
        "credentials": [
            {"key": sender.key, "name": sender.name, "test": sender.test, "last": _instant(sender.last_at)}
            for sender in one.senders
        ],
    }


def _instant(moment: datetime | None) -> str | None:
    return format_instant(moment) if moment else None


def _untold_areas(session: Session, settings: Settings) -> list[str]:
    mappings = mapping_flow.in_force(session, settings.calendar)
    return [area for area in mappings.areas if not recipients_of(area, mappings, settings)]


def _erasures(session: Session, now: datetime) -> dict[str, Any]:
    """Requests that are to be answered, how many of them too late already, and until when the next one is."""
    found = erasures.open_ones(session)
    return {
        "open": len(found),
        "overdue": sum(one.due_at <= now for one in found),
        "due": format_instant(found[0].due_at) if found else None,
    }


def _trouble(
    body: dict[str, Any], runs: list[timetable.JobRun], oldest: datetime | None, now: datetime
) -> list[str]:
    said = []
    if body["mappings"] is None:
        said.append("no mappings are in force yet")
    if not any(run.name == "recompute" and run.finished and now - run.finished < STUCK_AFTER for run in runs):
        said.append("the timetable has not run for five minutes: is `lrs-bridge serve` or `worker` running?")
    if oldest and now - oldest > STUCK_AFTER:
        said.append(f"something has waited to be computed since {format_instant(oldest)}")
    said += [f"job {run.name} failed: {run.detail}" for run in runs if run.outcome == "failed"]
    said += [
        f"{one['number']} alerts to {one['area']} are held ({one['caused_by']}): `lrs-bridge alerts list`"
        for one in body["alerts"]["held"]
    ]
    if body["deliveries"]["failed"]:
        said.append(f"{body['deliveries']['failed']} messages to Boards have failed for good")
    elif body["deliveries"]["failures"]:
        said.append(f"{len(body['deliveries']['failures'])} messages to Boards wait to be tried again")
    if body["notices"]["failed"]:
        said.append(f"{body['notices']['failed']} e-mails to people have failed for good")
    for area in body["areas_without_recipients"]:
        said.append(
            f"no address is set for the Board of {area}, so it is told nothing (champions file, alerts)"
        )
    waiting = body["erasures"]
    if waiting["open"]:
        late = f", {waiting['overdue']} of them OVERDUE" if waiting["overdue"] else ""
        said.append(
            f"{waiting['open']} requests for erasure wait for an answer, the first until {waiting['due'][:10]}{late}:"
            " `lrs-bridge erasures list`"
        )
    if body["set_aside"]:
        said.append(
            f"{len(body['set_aside'])} statements or learners could not be computed and are set aside"
        )
    return said
