"""`import organisations`: sector, areas, service areas, CSE lead, and the tiers that roles require."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields

from lrs_bridge.flows.imports.cells import identifier_field, key_field, keys_field, list_field, text_field
from lrs_bridge.flows.imports.claims import Claim
from lrs_bridge.flows.imports.columns import Column
from lrs_bridge.flows.imports.kinds import Kept, Kind, Known, Problems, Taking
from lrs_bridge.flows.imports.wording import differences
from lrs_bridge.learning.history import plain
from lrs_bridge.store import organisations, people, posts
from lrs_bridge.store.database import Session
from lrs_bridge.store.organisations import Organisation

OTHER = "other"
_TOLD = ("sector", "areas", "service_areas", "lead", "lead_name", "home_page", "role_tiers")
_COLUMNS = {"organisation": "name", "cse_lead": "lead", "cse_lead_name": "lead_name"}
"""Column → what an organisation has, where they differ."""


def _role_tiers(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(";"):
        role, mark, tier = part.rpartition("=")
        if part.strip():
            if not mark or not role.strip() or not tier.strip():
                raise ValidationError(
                    f"“{part.strip()}” is not “role = tier”; write teacher = T3; caretaker = T1"
                )
            found[" ".join(role.split())] = tier.strip()
    return found


def _home_page(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValidationError(f"“{text}” is not an address such as https://www.tendringdc.gov.uk/taxi")
    return text


class _Row(Schema):
    organisation = text_field(required=True)
    sector = key_field(load_default="")
    areas = keys_field(load_default=list)
    service_areas = list_field(load_default=list)
    cse_lead = identifier_field(load_default="")
    cse_lead_name = text_field(load_default="")
    home_page = fields.Function(deserialize=_home_page, load_default="")
    role_tiers = fields.Function(deserialize=_role_tiers, load_default=dict)


def _check(value: dict[str, Any], known: Known) -> Problems:
    mappings = known.mappings
    sectors = {key for champions in mappings.champions.values() for key in champions.sectors} | {OTHER}
    if value["sector"] and value["sector"] not in sectors:
        yield "sector", f"unknown sector “{value['sector']}”; one of {', '.join(sorted(sectors))}"
    for area in value["areas"]:
        if area not in mappings.areas:
            yield "areas", f"unknown area “{area}”; one of {', '.join(sorted(mappings.areas))}"
    tiers = {tier for framework in mappings.frameworks.values() for tier in framework.tiers}
    for role, tier in value["role_tiers"].items():
        if tier.upper() not in tiers:
            yield "role_tiers", f"unknown tier “{tier}” for “{role}”; one of {', '.join(sorted(tiers))}"
    if "|" in value["organisation"]:
        yield "organisation", "a name has no “|”, which stands between an organisation and a number"


def _claims(value: dict[str, Any], _known: Known) -> Iterator[Claim]:
    yield Claim(
        "organisation", f"the organisation {plain(value['organisation'])}", sorted(value.items(), key=repr)
    )


def _keep(session: Session, values: Sequence[dict[str, Any]], taking: Taking) -> list[Kept]:
    held = organisations.load(session, [value["organisation"] for value in values])
    kept = []
    for value in values:
        key = plain(value["organisation"])
        after = _after(value, held.get(key), taking.columns)
        kept.append(_keep_one(session, held.get(key), after, taking))
        held[key] = after
    return kept


def _after(value: dict[str, Any], held: Organisation | None, columns: frozenset[str]) -> Organisation:
    """Columns that the file does not have stay as they are."""
    said = {
        "sector": value["sector"],
        "areas": tuple(sorted(value["areas"])),
        "service_areas": tuple(sorted(value["service_areas"])),
        "lead": value["cse_lead"],
        "lead_name": value["cse_lead_name"],
        "home_page": value["home_page"],
        "role_tiers": {plain(role): tier.upper() for role, tier in value["role_tiers"].items()},
    }
    given = {_COLUMNS.get(column, column) for column in columns}
    said = {name: new for name, new in said.items() if name in given}
    return replace(held or Organisation(""), name=value["organisation"], **said)


def _keep_one(session: Session, held: Organisation | None, after: Organisation, taking: Taking) -> Kept:
    if after == held:
        return Kept("same", after.name)
    before = held or Organisation(after.name)
    organisations.put(session, after, now=taking.now, who=taking.who)
    # Standings tell the tiers that roles require, and the organisation as it is written.
    if held is not None and (after.role_tiers, after.name) != (before.role_tiers, before.name):
        people.mark_pending(session, posts.learners_at(session, held.number), taking.now, taking.cause)
    changes = {
        name: (getattr(before, name), getattr(after, name))
        for name in ("name", *_TOLD)
        if getattr(before, name) != getattr(after, name)
    }
    words = differences(changes, taking.mappings.calendar, _COLUMNS)
    return Kept("new" if held is None else "changed", after.name, differs=words)


ORGANISATIONS = Kind(
    "organisations",
    (
        Column("organisation", required=True, help="its name, as the people file has it", example="Colne Primary School"),
        Column("sector", required=False, help="a sector of the champions file, or other", example="education"),
        Column("areas", required=False, help="where it works, separated by “;”", example="essex"),
        Column("service_areas", required=False, help="teams or service areas, separated by “;”", example=""),
        Column("cse_lead", required=False, help="the recorded CSE lead, by e-mail", example="lead@example.org"),
        Column("cse_lead_name", required=False, help="their name", example="Joan Hale"),
        Column("home_page", required=False, help="address under which its staff numbers or licence badges are identifiers", example="https://www.colne-primary.example"),
        Column("role_tiers", required=False, help="tier that a role requires, where a post says none", example="teacher = T3; caretaker = T1"),
    ),
    schema=_Row(),
    check=_check,
    claims=_claims,
    keep=_keep,
)  # fmt: skip
