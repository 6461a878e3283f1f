"""Organisations as recorded: sector, areas, service areas, CSE lead, and the tiers that their roles require."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lrs_bridge.learning.history import plain
from lrs_bridge.store.database import Session
from lrs_bridge.store.dialects import insert_many, insert_new
from lrs_bridge.store.schema import organisation_areas, organisations, role_tiers, service_areas


@dataclass(frozen=True, slots=True)
class Organisation:
    """`home_page`: under which its staff numbers or licence badges are account identifiers; `lead`: an identifier of its CSE
    lead; `role_tiers`: role → the tier it requires where a post does not say."""

    name: str
    sector: str = ""
    areas: tuple[str, ...] = ()
    service_areas: tuple[str, ...] = ()
    home_page: str = ""
    lead: str = ""
    lead_name: str = ""
    role_tiers: Mapping[str, str] = field(default_factory=dict)
    number: int = 0


_PLAIN_COLUMNS = ("sector", "home_page", "lead", "lead_name")


def numbers(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Folded name → number, those not yet known written."""
    wanted = {plain(name): " ".join(name.split()) for name in names}
    known = _known(session, wanted)
    new = [{"folded": key, "name": wanted[key]} for key in sorted(wanted.keys() - known.keys())]
    if new:
        session.execute(insert_new(session, organisations), new)
        known = _known(session, wanted)
    return known


def named(session: Session, among: Iterable[int]) -> list[Organisation]:
    """These organisations by number, in order of their names, with nothing but these."""
    found = sa.select(organisations.c.id, organisations.c.name).where(organisations.c.id.in_(sorted(among)))
    rows = session.execute(found.order_by(organisations.c.folded))
    return [Organisation(row.name, number=row.id) for row in rows]


def _known(session: Session, keys: Iterable[str]) -> dict[str, int]:
    found = sa.select(organisations.c.folded, organisations.c.id).where(
        organisations.c.folded.in_(list(keys))
    )
    return {row.folded: row.id for row in session.execute(found)}


def load(session: Session, names: Iterable[str] | None = None) -> dict[str, Organisation]:
    """Folded name → what is recorded of each of these organisations (of all), in four queries."""
    chosen = sa.select(organisations).order_by(organisations.c.folded)
    among: Sequence[int] | None = None
    if names is not None:
        chosen = chosen.where(organisations.c.folded.in_([plain(name) for name in names]))
    rows = session.execute(chosen).all()
    if names is not None:
        among = [row.id for row in rows]
    areas, services = _lists(session, organisation_areas, among), _lists(session, service_areas, among)
    tiers: dict[int, dict[str, str]] = {}
    for (number, role), tier in default_tiers(session, among).items():
        tiers.setdefault(number, {})[role] = tier
    return {
        row.folded: Organisation(
            name=row.name,
            areas=areas.get(row.id, ()),
            service_areas=services.get(row.id, ()),
            role_tiers=tiers.get(row.id, {}),
            number=row.id,
            **{name: getattr(row, name) for name in _PLAIN_COLUMNS},
        )
        for row in rows
    }


def _lists(session: Session, table: sa.Table, among: Sequence[int] | None) -> dict[int, tuple[str, ...]]:
    """Organisation (of these, or each) → its values in the last column of this table."""
    value = list(table.columns)[-1]
    found = sa.select(table.c.organisation_id, value.label("value"))
    if among is not None:
        found = found.where(table.c.organisation_id.in_(among))
    held: dict[int, list[str]] = {}
    for row in session.execute(found):
        held.setdefault(row.organisation_id, []).append(row.value)
    return {number: tuple(sorted(values)) for number, values in held.items()}


def default_tiers(session: Session, among: Iterable[int] | None) -> dict[tuple[int, str], str]:
    """(organisation, of these or any; folded role) → the tier that this role requires there."""
    found = sa.select(role_tiers)
    if among is not None:
        found = found.where(role_tiers.c.organisation_id.in_(list(among)))
    return {(row.organisation_id, row.role): row.tier for row in session.execute(found)}


def put(session: Session, said: Organisation, *, now: datetime, who: str) -> None:
    """Records an organisation, whatever was recorded of it before."""
    number = numbers(session, [said.name])[plain(said.name)]
    values: dict[str, Any] = {name: getattr(said, name) for name in _PLAIN_COLUMNS}
    values |= {"name": " ".join(said.name.split()), "recorded_at": now, "recorded_by": who}
    session.execute(sa.update(organisations).where(organisations.c.id == number).values(values))
    lists: tuple[tuple[sa.Table, list[dict[str, Any]]], ...] = (
        (organisation_areas, [{"area": area} for area in said.areas]),
        (service_areas, [{"folded": plain(name), "name": name} for name in said.service_areas]),
        (role_tiers, [{"role": plain(role), "tier": tier} for role, tier in said.role_tiers.items()]),
    )
    for table, rows in lists:
        session.execute(sa.delete(table).where(table.c.organisation_id == number))
        if rows:
            insert_many(session, table, [{"organisation_id": number, **row} for row in rows])
