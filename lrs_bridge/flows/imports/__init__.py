"""Tables that people bring: what each kind's columns are, and taking the rows in. A dry run does all but keep it.

Nothing is half done: every row is checked before the first is kept, and all are kept in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lrs_bridge.connectors.tables import Table
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows.imports.attestations import ATTESTATIONS
from lrs_bridge.flows.imports.champions import CHAMPIONS
from lrs_bridge.flows.imports.columns import Layout, fold, layout_of
from lrs_bridge.flows.imports.completions import COMPLETIONS
from lrs_bridge.flows.imports.equivalences import EQUIVALENCES
from lrs_bridge.flows.imports.kinds import Checked, Entry, Kind, Known, Report, Taking, check, entries_of
from lrs_bridge.flows.imports.kinds import take_in as take_in_entries
from lrs_bridge.flows.imports.memberships import MEMBERSHIPS
from lrs_bridge.flows.imports.organisations import ORGANISATIONS
from lrs_bridge.flows.imports.people import PEOPLE
from lrs_bridge.flows.imports.scope import Scope
from lrs_bridge.flows.imports.sessions import SESSIONS
from lrs_bridge.flows.recompute import decided_courses
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store import batches, identity, organisations
from lrs_bridge.store.database import Session

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        ORGANISATIONS,
        PEOPLE,
        CHAMPIONS,
        COMPLETIONS,
        SESSIONS,
        MEMBERSHIPS,
        ATTESTATIONS,
        EQUIVALENCES,
    )
}


def kind_named(name: str) -> Kind:
    """Raises BadInput, naming the kinds there are."""
    if name not in KINDS:
        raise BadInput(
            "Nothing was taken in.",
            [Problem("KIND", f"there is no import “{name}”", mend=f"one of {', '.join(KINDS)}")],
        )
    return KINDS[name]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table whose headings are understood and whose rows were checked."""

    kind: Kind
    table: Table
    layout: Layout
    known: Known
    checked: Checked

    @property
    def rows(self) -> int:
        return self.checked.rows


def prepare(
    session: Session,
    kind: Kind,
    table: Table,
    mappings: Mappings,
    now: datetime,
    *,
    told: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    scope: Scope | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Prepared:
    """Understands the headings and checks every row; changes nothing.

    `told`: heading → column, "course:KEY", or "" to pass it over, where the file's heading is not the column's name;
    `constants`: column → what holds for every row; `scope`: what the bringer may record, None for everything. Raises BadInput
    with everything that is wrong, Forbidden for a kind that is not theirs.
    """
    if scope:
        scope.permit(kind.name)
    known = Known(
        mappings,
        organisations.load(session),
        frozenset(identity.all_shared_mailboxes(session)),
        decided_courses(session, mappings),
        mappings.calendar.day_of(now),
        scope,
    )
    courses = {**{course: course for course in known.decided_courses}, **mappings.courses}
    layout = layout_of(
        kind,
        table,
        courses=courses,
        told={fold(heading): meaning.strip() for heading, meaning in (told or {}).items()},
        remembered=batches.headings(session, kind.name, scope.number if scope else None),
        constants={fold(column): text for column, text in (constants or {}).items()},
    )
    return Prepared(kind, table, layout, known, check(kind, table, layout, known, progress))


def take_in(
    session: Session,
    prepared: Prepared,
    taking: Taking,
    *,
    file: str = "",
    shown: int = 200,
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Takes every row in, in the caller's transaction, remembers what was told of the headings, and says what changed."""
    kind, layout = prepared.kind, prepared.layout
    batch = batches.begin(session, kind.name, file, prepared.rows, who=taking.who, now=taking.now)
    taking = replace(
        taking,
        columns=layout.columns,
        cause=f"import-{batch}",
        organisations=prepared.known.organisations,
        scope=prepared.known.scope,
    )
    checked = prepared.checked
    report = Report(
        kind.name,
        prepared.table.encoding,
        shown,
        rows=checked.rows,
        repeated=checked.repeated,
        repetitions=checked.repetitions,
        headings_told=bool(layout.said),
    )
    entries = (
        entry for found, _ in entries_of(kind, prepared.table, layout, prepared.known) for entry in found
    )
    take_in_entries(session, kind, entries, report, taking, progress)
    scope = prepared.known.scope
    batches.remember(
        session,
        kind.name,
        layout.said,
        organisation=scope.number if scope else None,
        who=taking.who,
        now=taking.now,
    )
    if report.changed:
        batches.end(session, batch, report.counts)
    else:
        batches.forget(session, batch)
    return report


__all__ = [
    "KINDS",
    "Entry",
    "Kind",
    "Known",
    "Prepared",
    "Report",
    "Taking",
    "kind_named",
    "prepare",
    "take_in",
]
