"""Trying changed mapping files from a page: checked at once, and what they would change worked out in the background, for it takes
minutes with many people. Of people only numbers are told."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import yaml

from lrs_bridge import mapping_files
from lrs_bridge.errors import BadInput, BadMappings, Conflict, Problem
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.what_if import what_if
from lrs_bridge.learning.differences import WhatIf
from lrs_bridge.moments import Calendar, Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import audit, what_ifs
from lrs_bridge.store.database import Database, Session

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
_CLAIM_SECONDS = 300
_TOLD_EVERY = timedelta(seconds=3)
_ACTIVITIES_SHOWN = 20
_KINDS = {"source": "sources", "framework": "frameworks", "champions": "champions"}


def ask(
    database: Database, uploaded: Sequence[tuple[str, str]], calendar: Calendar, *, who: str, now: datetime
) -> int:
    """Has the files in force tried with these (name, text) in the place of those of the same name. Returns the number under which
    the answer is found. Raises BadMappings with every mistake, BadInput where nothing would differ, Conflict while another is tried."""
    files = database.read(mapping_flow.files_in_force)
    changed = {_path_of(name, text, files): text for name, text in uploaded}
    tried, about = {**files, **changed}, ", ".join(sorted(changed))
    mapping_files.parse(tried, calendar)
    if tried == files:
        raise BadInput("These files are in force already", [Problem("files", "hold nothing new")])

    def keep(session: Session) -> int:
        if what_ifs.is_one_open(session):
            raise Conflict("Another change is being tried. Wait until it is done")
        audit.note(session, who=who, act="mapping files tried", about=about, now=now)
        return what_ifs.add(session, tried, about, who=who, now=now)

    return database.write(keep)


def _path_of(name: str, text: str, files: Mapping[str, str]) -> str:
    """Where a file of this name lies; a new one by what it begins with."""
    base = name.replace("\\", "/").rpartition("/")[2]
    known = [path for path in files if path.rpartition("/")[2] == base]
    if len(known) == 1:
        return known[0]
    try:
        keys = yaml.safe_load(text)
    except yaml.YAMLError:
        keys = None
    folder = next((_KINDS[key] for key in keys if key in _KINDS), None) if isinstance(keys, dict) else None
    if folder is None or not base.lower().endswith((".yaml", ".yml")):
        problem = Problem(base, "is no mapping file", "", "a .yaml file with source, framework or champions")
        raise BadMappings("The mapping files can't be read.", [problem])
    return f"{folder}/{base}"


class _Stopped(Exception):
    pass


def carry_out(
    database: Database, settings: Settings, clock: Clock, *, stop: Callable[[], bool] = lambda: False
) -> str:
    """Tries the change that waits longest. Returns in words what was done, "" for nothing. Right when two run at once, and begun
    anew where one is killed, or `stop` says so."""
    asked = database.write(
        lambda session: what_ifs.claim_next(session, now=clock(), for_seconds=_CLAIM_SECONDS)
    )
    if asked is None:
        return ""
    number, told_at = asked.number, clock()

    def tell(seen: WhatIf) -> None:
        nonlocal told_at
        if stop():
            raise _Stopped
        now = clock()
        if now - told_at >= _TOLD_EVERY:
            told_at = now
            database.write(
                lambda session: what_ifs.go_on(
                    session, number, done=seen.done, total=seen.total, now=now, for_seconds=_CLAIM_SECONDS
                )
            )

    try:
        mappings = mapping_files.parse(asked.files, settings.calendar).mappings
        seen = database.read(
            lambda session: what_if(session, mappings, settings, clock(), limit=0, progress=tell)
        )
        state, result = "done", in_words(seen)
    except _Stopped:
        database.write(lambda session: what_ifs.give_back(session, number))
        return f"what if {asked.about}: stopped, and begun anew later"
    except Exception as wrong:
        log.exception("a change of mapping files could not be tried")
        state, result = "failed", [{"title": "It could not be tried", "lines": [type(wrong).__name__]}]
    database.write(lambda session: what_ifs.finish(session, number, state, result, clock()))
    return f"what if {asked.about}: {state}"


def in_words(seen: WhatIf) -> list[dict[str, Any]]:
    """Headings with lines, nobody named."""
    parts = [
        ("To bear in mind", _reservations(seen)),
        ("Statements", _statements(seen)),
        ("Knowledge tier reached", _tiers(seen.attained)),
        ("Knowledge tier required", _tiers(seen.required)),
        ("CSE Champions", _champions(seen)),
        ("Alerts that this would send", _alerts(seen)),
    ]
    found = [{"title": title, "lines": lines} for title, each in parts if (lines := list(each))]
    people = "1 person" if seen.concerned == 1 else f"{seen.concerned} people"
    told = f"{people} would stand elsewhere." if seen.concerned else "Nobody would stand elsewhere."
    return [{"title": "In short", "lines": [told]}, *found]


def _reservations(seen: WhatIf) -> Iterator[str]:
    if seen.is_rematching:
        yield "Statements are still matched anew by what is in force, so these numbers may be off."
    if any(seen.waiting):
        yield f"{seen.waiting[0]} statements and {seen.waiting[1]} learners wait to be computed and are not counted."
    if seen.failed:
        yield f"{seen.failed} statements or learners can't be computed by these files."


def _statements(seen: WhatIf) -> Iterator[str]:
    for (change, source, activity), count in seen.statements.most_common(_ACTIVITIES_SHOWN):
        yield f"{count} {change}, {source}: {activity}"
    if len(seen.statements) > _ACTIVITIES_SHOWN:
        yield f"and those about {len(seen.statements) - _ACTIVITIES_SHOWN} more activities"


def _tiers(counts: Counter[tuple[str, str | None, str | None]]) -> Iterator[str]:
    for (framework, before, after), count in counts.most_common():
        yield f"{count}: {before or 'no whole tier'} → {after or 'no whole tier'} ({framework})"


def _champions(seen: WhatIf) -> Iterator[str]:
    for (area, now), count in sorted(seen.eligible.items()):
        yield f"{count} in {area} would {'meet' if now else 'no longer meet'} every standard"
    for (area, now), count in sorted(seen.flagged.items()):
        yield f"{count} champions in {area} would {'be' if now else 'no longer be'} flagged"


def _alerts(seen: WhatIf) -> Iterator[str]:
    for (area, kind), count in sorted(seen.alerts.items()):
        held = "; held until somebody decides" if area in seen.held else ""
        yield f"{count} to the Board of {area}: {kind.replace('_', ' ')}{held}"
