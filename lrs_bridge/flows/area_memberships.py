"""Memberships that a Board's officer records or uploads, and takes back: of people of their area alone. Of somebody who isn't,
nothing is told: neither who they are nor whether anybody is known so."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from lrs_bridge.connectors.tables import Table, csv_of, read_csv
from lrs_bridge.errors import BadInput, NotFound, Problem
from lrs_bridge.flows import imports, kept_records
from lrs_bridge.flows.area_register import Place
from lrs_bridge.flows.imports import Report, Taking
from lrs_bridge.flows.imports.kinds import entries_of
from lrs_bridge.flows.imports.memberships import MEMBERSHIPS
from lrs_bridge.flows.kept_records import KeptRecord
from lrs_bridge.store import people, roles
from lrs_bridge.store.database import Session
from lrs_bridge.store.roles import Viewer

MOST_ROWS = 2000
_TOLD = 50


def bodies(place: Place) -> tuple[str, ...]:
    """Memberships that the standards of this area ask for."""
    leaves = (leaf for one in place.champions.standards_of(place.key) for leaf in one.need.leaves())
    return tuple(dict.fromkeys(leaf.key for leaf in leaves if leaf.kind == "membership"))


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A table that was looked at and would be taken in: `report` says what would change, `text` is the same table as CSV."""

    report: Report
    text: str


def text_of(table: Table) -> str:
    """A table as CSV with the same headings."""
    return csv_of([row.cells for row in table.rows()], table.columns).decode()


def take_in(session: Session, place: Place, text: str, viewer: Viewer, taking: Taking, file: str) -> Report:
    """Records every row, or raises BadInput with all that is wrong: by line and column, and who is nobody of this area."""
    table = read_csv(text.encode())
    asked = bodies(place)
    constants = {} if "membership" in table.columns or len(asked) != 1 else {"membership": asked[0]}
    prepared = imports.prepare(session, MEMBERSHIPS, table, place.mappings, taking.now, constants=constants)
    problems = list(_strangers(session, place, prepared, viewer))
    if problems:
        more = [Problem("", f"and {len(problems) - _TOLD} more")] if len(problems) > _TOLD else []
        raise BadInput("The file has mistakes; nothing was taken in.", [*problems[:_TOLD], *more])
    return imports.take_in(session, prepared, taking, file=file)


def recorded(session: Session, place: Place, viewer: Viewer, statement: uuid.UUID) -> KeptRecord:
    """A membership that an officer of this area recorded, to be taken back by any of them. Raises NotFound for what somebody else
    recorded, and where it is of nobody of the area."""
    found = kept_records.kept(session, statement)
    if found.kind != "membership" or not kept_records.of_boards(session, [place.key], [statement]):
        raise NotFound(kept_records.NOT_THERE)
    return kept_records.told(session, found, viewer, place.mappings, is_theirs=True)


def _strangers(
    session: Session, place: Place, prepared: imports.Prepared, viewer: Viewer
) -> Iterator[Problem]:
    found = entries_of(MEMBERSHIPS, prepared.table, prepared.layout, prepared.known)
    persons = [(entry.line, entry.value["person"]) for entries, _ in found for entry in entries]
    known = people.known_as(session, [person for _, person in persons])
    seen = roles.seen_among(session, viewer, {number for numbers in known.values() for number in numbers})
    for line, person in persons:
        if not set(known.get(person, ())) or not seen.issuperset(known[person]):
            name = person.removeprefix("mailto:")
            yield Problem(f"line {line}, person", f"nobody in {place.name} is known by {name}")
