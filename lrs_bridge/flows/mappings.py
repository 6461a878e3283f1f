"""Which mappings everybody computes by: the newest register row, put there from the files when they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lrs_bridge import mapping_files
from lrs_bridge.errors import BadMappings, Problem, Unavailable
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Calendar, format_instant
from lrs_bridge.store import agent_profiles, timetable
from lrs_bridge.store import statements as records
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agent_profiles import ID as PROFILE_ID

_parsed: dict[tuple[int, str], Mappings] = {}
"""By register row and digest. Rows never change, so nothing here can go stale."""


def in_force(session: Session, calendar: Calendar) -> Mappings:
    """The mappings in force. Raises Unavailable before the first were put in force."""
    row = timetable.in_force(session)
    if row is None:
        raise Unavailable(
            "No mappings are in force yet; `lrs-bridge serve`, `worker` or `recompute` puts them there."
        )
    if (row.id, row.digest) not in _parsed:
        _parsed.clear()
        _parsed[row.id, row.digest] = mapping_files.parse(
            timetable.files_in_force(session, row.id), calendar
        ).mappings
    return _parsed[row.id, row.digest]


def read(folder: str, calendar: Calendar) -> tuple[dict[str, str], mapping_files.Checked]:
    """The files of a folder and what they mean. Raises BadMappings."""
    files = mapping_files.read_folder(Path(folder))
    return files, mapping_files.parse(files, calendar)


def put_in_force(session: Session, files: Mapping[str, str], digest: str, *, now: datetime, who: str) -> bool:
    """Puts checked files in force unless they are already; all statements so far will be matched anew, in chunks behind
    fresh work. Returns whether anything changed."""
    timetable.lock_to_change_mappings(session)
    row = timetable.in_force(session)
    if row is not None and row.digest == digest:
        return False
    timetable.put_in_force(session, digest, files, rematch_to=records.highest_seq(session), now=now, who=who)
    row = timetable.in_force(session)
    agent_profiles.await_reading_all(session, PROFILE_ID, row.cause if row else "", now)
    return True


@dataclass(frozen=True, slots=True)
class Folder:
    """The mapping files as they lie in the folder now. `digest`: None where they have mistakes, which `problems` tells."""

    digest: str | None
    title: str
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def look_at_folder(folder: str, calendar: Calendar) -> Folder:
    try:
        _, checked = read(folder, calendar)
    except BadMappings as wrong:
        return Folder(None, wrong.title, wrong.problems, ())
    return Folder(checked.mappings.digest, "", (), checked.warnings)


def files_in_force(session: Session) -> dict[str, str]:
    """Path in the folder → text, of those in force; none before the first were."""
    row = timetable.in_force(session)
    return timetable.files_in_force(session, row.id) if row else {}


def history(session: Session, limit: int) -> list[dict[str, Any]]:
    """What is in force (the first) and what was, as `lrs-bridge mappings --json` says it: digest, since and until when, who
    put it there. `matched_anew` is None unless statements are still being matched by it: `done` of `of`, and per cent."""
    said: list[dict[str, Any]] = []
    until = None
    for row in timetable.history(session, limit):
        since = format_instant(row.since)
        said.append(
            {
                "digest": row.digest,
                "since": since,
                "until": until,
                "put_by": row.put_by,
                "matched_anew": None if said else _matched_anew(row),
            }
        )
        until = since
    return said


def _matched_anew(row: timetable.InForce) -> dict[str, int] | None:
    if not row.is_rematching:
        return None
    done, of = max(row.rematched, 0), row.rematch_to
    return {"done": done, "of": of, "percent": 100 * done // of if of else 0}
