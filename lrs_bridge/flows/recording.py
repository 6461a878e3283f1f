"""What a coordinator records for their organisation. A form is a row of an import, so that what is right, what counts, and what is
said of it are the same by hand and in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.connectors.tables import Table, csv_of, read_csv
from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import imports
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.by_hand import Keeping
from lrs_bridge.flows.imports import Prepared, Report
from lrs_bridge.flows.imports.scope import Scope, scope_of
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import organisations, people, posts, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.organisations import Organisation
from lrs_bridge.store.roles import Viewer

_NOT_THERE = "There is no such page, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class Desk:
    """Who records, for which organisation, and by what. `viewer` sees the people of this organisation alone."""

    organisation: Organisation
    viewer: Viewer
    who: str
    mappings: Mappings
    public_url: str
    clock: Clock

    @property
    def now(self) -> datetime:
        return self.viewer.now

    @property
    def areas(self) -> dict[str, str]:
        """Where the organisation works, as recorded, or else everywhere: key → name."""
        known = {key: area.name for key, area in self.mappings.areas.items()}
        return {key: name for key, name in known.items() if key in self.organisation.areas} or known

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.public_url, self.who, self.now, clock=self.clock)


def desk(
    session: Session, organisation: int, *, viewer: Viewer, who: str, settings: Settings, clock: Clock
) -> Desk:
    """Raises NotFound for an organisation that isn't recorded."""
    found = organisations.named(session, [organisation])
    if not found:
        raise NotFound(_NOT_THERE)
    whole = organisations.load(session, [found[0].name])
    mappings = mapping_flow.in_force(session, settings.calendar)
    return Desk(next(iter(whole.values())), viewer, who, mappings, settings.public_url, clock)


@dataclass(frozen=True, slots=True)
class PersonHere:
    """Somebody of the organisation: `identifier`: that of their post there, in canonical text, which records hang on and which
    pages may tell; what else they are known by is not the organisation's to see."""

    learner: int
    name: str
    identifier: str


def person_here(session: Session, desk: Desk, learner: int) -> PersonHere:
    """Raises NotFound for whoever has no post at the organisation."""
    if not roles.sees(session, desk.viewer, learner):
        raise NotFound(_NOT_THERE)
    recorded = posts.recorded(session, learner).values()
    identifier = next(one.identifier for one in recorded if one.organisation == desk.organisation.number)
    name = people.names_of_learners(session, [learner])[learner]
    return PersonHere(learner, name or identifier.removeprefix("mailto:"), identifier)


def prepare(
    session: Session,
    desk: Desk,
    kind: str,
    table: Table,
    *,
    told: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    scope: Scope | None = None,
) -> Prepared:
    """A table checked as `imports.prepare` does, and held to what the organisation's coordinator may record."""
    return imports.prepare(
        session,
        imports.kind_named(kind),
        table,
        desk.mappings,
        desk.now,
        told=told,
        constants=constants,
        scope=scope or scope_of(session, desk.organisation.name, desk.viewer),
    )


def take_in(
    session: Session, desk: Desk, prepared: Prepared, *, file: str = "", again: bool = True, shown: int = 200
) -> Report:
    """`again`: what somebody took back is recorded anew, as by whoever types it once more."""
    taking = imports.Taking(desk.mappings, desk.public_url, desk.who, desk.now, again=again, clock=desk.clock)
    return imports.take_in(session, prepared, taking, file=file, shown=shown)


def record(session: Session, desk: Desk, kind: str, rows: Sequence[Mapping[str, str]]) -> Report:
    """Records rows of this kind of import, column → text. Raises BadInput: `by_column` says what is wrong where."""
    return take_in(session, desk, prepare(session, desk, kind, read_csv(csv_of(rows))))


def by_column(wrong: BadInput) -> dict[str, str]:
    """Column → what is wrong with it, as a sentence that can stand alone, of the first row that has something wrong there; "" for what
    concerns no column."""
    found: dict[str, str] = {}
    for problem in wrong.problems:
        is_of_row = problem.where.startswith("line ")
        column = problem.where.partition(", ")[2] if is_of_row else problem.where
        found.setdefault(column, _with_subject(column, problem.what))
    return found or {"": wrong.title}


_CALLED = {
    "by_name": "name",
    "delivered_by_name": "name",
    "seen_by_name": "name",
    "decided_by_name": "name",
    "hours": "time",
    "until": "last day",
    "service_area": "service area",
}


def _with_subject(column: str, what: str) -> str:
    """Beside a row's number the column is what a problem speaks of; on a form it has to be said."""
    if column and what.partition(" ")[0] in ("is", "lies"):
        return f"the {_CALLED.get(column, column)} {what}"
    return what
