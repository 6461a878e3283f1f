"""What Boards have heard of people whose identifiers are joined or parted.

What was announced of each goes to the person they become, and is kept apart too; so a parting gives it back, and a Board is
not told that somebody has left who never was a champion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.store.alert_tables import announced, announced_apart
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_new, upsert

Key = tuple[int, str]
"""Learner and area."""

Heard = tuple[bool, str]
"""Whether eligible, and the state of the champion flow."""

_NOTHING: Heard = (False, "")


def follow(
    session: Session, before: Mapping[int, int], after: Sequence[frozenset[int]], now: datetime
) -> None:
    """Brings what was announced in line with who is one person. `before`: each learner that an identifier founded → the
    learner it belonged to; `after`: those of each person together. Revisions stay, so that no alert's id comes twice."""
    together: dict[int, set[int]] = {}
    for founded, learner in before.items():
        together.setdefault(learner, set()).add(founded)
    groups = {learner: frozenset(members) for learner, members in together.items()}
    changed = [members for members in after if groups.get(min(members)) != members]
    everybody = sorted({*before, *groups})
    rows = {(row.learner_id, row.area): row for row in _rows(session, announced, everybody)}
    joint = {key: (row.eligible, row.state) for key, row in rows.items()}
    apart = {
        (row.learner_id, row.area): (row.eligible, row.state)
        for row in _rows(session, announced_apart, everybody)
    }
    told: dict[Key, Heard] = {}
    kept: dict[Key, Heard] = {}
    for area in sorted({area for _, area in joint}):
        own = {
            one: (apart if len(groups[learner]) > 1 else joint).get((one, area), _NOTHING)
            for one, learner in before.items()
        }
        whole = {learner: joint.get((learner, area), _NOTHING) for learner in groups}
        for members in changed:
            told |= {(one, area): _NOTHING for one in members}
            told[min(members), area] = _of(members, before, groups, own, whole)
            if len(members) > 1:
                kept |= {(one, area): own[one] for one in members if own[one] != _NOTHING}
    moved = {key: one for key, one in told.items() if one != joint.get(key, _NOTHING)}
    revisions = {key: rows[key].revision if key in rows else 0 for key in moved}
    _write(session, upsert(session, announced, key=("learner_id", "area")), moved, revisions, now)
    alone = [min(members) for members in changed if len(members) == 1]
    session.execute(sa.delete(announced_apart).where(announced_apart.c.learner_id.in_(alone)))
    _write(session, insert_new(session, announced_apart), kept)


def _write(
    session: Session,
    statement: Any,
    heard: Mapping[Key, Heard],
    revisions: Mapping[Key, int] | None = None,
    now: datetime | None = None,
) -> None:
    rows = [
        {"learner_id": key[0], "area": key[1], "eligible": eligible, "state": state}
        | ({} if revisions is None else {"revision": revisions[key], "at": now})
        for key, (eligible, state) in heard.items()
    ]
    if rows:
        session.execute(statement, rows)


def _of(
    members: frozenset[int],
    before: Mapping[int, int],
    groups: Mapping[int, frozenset[int]],
    own: Mapping[int, Heard],
    whole: Mapping[int, Heard],
) -> Heard:
    """What was heard of a person: of those who stay together what was heard of them together; of those who were parted what
    was heard of each before they were joined. That they were eligible, if only together, stays with who keeps the number."""
    parts: list[Heard] = []
    for learner in sorted({before[one] for one in members}):
        group = groups[learner]
        if group <= members:
            parts.append(whole[learner])
            continue
        parts += [own[one] for one in sorted(group & members)]
        if learner in members and not any(own[one][0] for one in group):
            parts.append((whole[learner][0], ""))
    return any(eligible for eligible, _ in parts), next((state for _, state in parts if state), "")


def _rows(session: Session, table: sa.Table, numbers: Sequence[int]) -> Sequence[Any]:
    return session.execute(sa.select(table).where(table.c.learner_id.in_(numbers))).all()
