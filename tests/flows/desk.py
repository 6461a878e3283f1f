"""Somebody who imports, and good rows of every kind to import."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.flows import imports
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.explain import explain
from lrs_bridge.flows.imports import KINDS, Report, Taking
from lrs_bridge.flows.recompute import recompute
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.mapping_files import parse, read_folder
from lrs_bridge.moments import Calendar
from lrs_bridge.settings import SHIPPED_MAPPINGS, load
from lrs_bridge.store import schema
from lrs_bridge.store.database import Database

LONDON = Calendar(ZoneInfo("Europe/London"))
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@cache
def shipped() -> Mappings:
    return parse(read_folder(SHIPPED_MAPPINGS), LONDON).mappings


def table_of(*rows: dict[str, str], columns: list[str] | None = None) -> bytes:
    written = io.StringIO()
    columns = columns or list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


GOOD = {
    "people": {
        "person": "Asha Rao",
        "identifiers": "asha.rao@example.org; https://moodle.example.org|asha.rao",
        "organisation": "Colne Primary School",
        "area": "essex",
        "role": "teacher",
        "required_tier": "T3",
        "manager": "head@example.org",
        "from": "01/09/2024",
        "until": "",
    },
    "attestations": {
        "person": "asha.rao@example.org",
        "attestation": "manager_support",
        "organisation": "Colne Primary School",
        "area": "essex",
        "by": "head@example.org",
        "by_name": "Tom Barker",
        "date": "01/03/2026",
        "parts": "",
        "until": "",
        "note": "signed form",
    },
    "organisations": {
        "organisation": "Colne Primary School",
        "sector": "education",
        "areas": "essex",
        "service_areas": "Early years; Juniors",
        "cse_lead": "lead@example.org",
        "cse_lead_name": "Joan Hale",
        "home_page": "https://www.colne-primary.example",
        "role_tiers": "teacher = T3; caretaker = T1",
    },
    "champions": {
        "person": "Joan Hale",
        "identifiers": "joan.hale@example.org",
        "organisation": "Colne Primary School",
        "service_area": "Juniors",
        "area": "essex",
        "status": "registered",
        "since": "01/09/2018",
        "decided_by": "board@example.org",
        "decided_by_name": "Ann Lowe",
        "last_update": "01/10/2025",
        "note": "from the old register",
    },
    "completions": {
        "person": "asha.rao@example.org",
        "course": "escb_basic",
        "date": "01/03/2026",
        "provider": "Kent County Council",
        "certificate": "KC-4711",
        "seen_by": "training@example.org",
        "seen_by_name": "Priya Shah",
        "organisation": "Colne Primary School",
        "area": "essex",
        "note": "scanned",
    },
    "sessions": {
        "date": "01/03/2026",
        "title": "ESCB basic awareness package",
        "delivered_by": "lead@example.org",
        "delivered_by_name": "Joan Hale",
        "organisation": "Colne Primary School",
        "area": "essex",
        "courses": "induction; escb_basic",
        "items": "3.4",
        "attendees": "asha.rao@example.org",
    },
    "equivalences": {
        "course": "kent_cse_basic",
        "counts_as": "escb_basic",
        "area": "essex",
        "organisation": "",
        "decided_by": "board@example.org",
        "decided_by_name": "Ann Lowe",
        "basis": "same outcomes, checked against its syllabus",
        "date": "01/03/2026",
        "until": "28/02/2028",
    },
    "memberships": {
        "person": "asha.rao@example.org",
        "membership": "nwg",
        "checked": "01/03/2026",
        "source": "ESCB gold membership list",
        "number": "1234",
        "until": "31/03/2027",
    },
}


ATTESTED = {"person": "asha.rao@example.org", "organisation": "Colne Primary School", "area": "essex", "by": "head@example.org", "date": "01/03/2026"}  # fmt: skip


def another(kind: str, number: int, **changes: str) -> dict[str, str]:
    """The good row of a kind, about another person (school, course)."""
    address = f"p{number}@example.org"
    about = {
        "organisations": {"organisation": f"School {number}"},
        "people": {
            "person": f"P {number}",
            "identifiers": f"{address}; https://moodle.example.org|p{number}",
        },
        "champions": {"person": f"P {number}", "identifiers": address},
        "sessions": {"attendees": address},
        "equivalences": {"course": f"course_{number}"},
    }
    return {**GOOD[kind], **about.get(kind, {"person": address}), **changes}


class Desk:
    """A migrated database with the shipped mappings in force, and somebody who imports."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.settings = load({"LRS_BRIDGE_DATABASE_URL": url})
        self.now = NOW
        self.put_in_force(read_folder(SHIPPED_MAPPINGS))

    def put_in_force(self, files: dict[str, str]) -> None:
        self.mappings = parse(files, LONDON).mappings
        self.database.write(
            lambda session: mapping_flow.put_in_force(
                session, files, self.mappings.digest, now=NOW, who="test"
            )
        )

    def take_in(
        self,
        kind: str,
        *rows: dict[str, str],
        rehearse: bool = False,
        told: dict[str, str] | None = None,
        constants: dict[str, str] | None = None,
        again: bool = False,
    ) -> Report:
        table = read_csv(table_of(*rows))
        self.now += timedelta(minutes=1)
        taking = Taking(self.mappings, "https://bridge.example.org", "the test", self.now, again=again)
        run = self.database.rehearse if rehearse else self.database.write

        def journey(session):
            prepared = imports.prepare(
                session, KINDS[kind], table, self.mappings, self.now, told=told, constants=constants
            )
            return imports.take_in(session, prepared, taking)

        return run(journey)

    def everything(self) -> dict[str, list[tuple]]:
        def all_rows(session):
            return {
                table.name: sorted(map(repr, session.execute(sa.select(table)).all()))
                for table in schema.metadata.sorted_tables
            }

        return self.database.read(all_rows)

    def explain(self, identifier: str) -> dict:
        recompute(self.database, self.settings, lambda: self.now)
        return self.database.read(lambda session: explain(session, identifier, LONDON)).body

    def status(self, identifier: str, area: str = "essex") -> str:
        return self.explain(identifier)["eligibility"][area]["status"]

    def met(self, identifier: str, area: str = "essex") -> set[str]:
        """The champion standards that are met."""
        return set(self.explain(identifier)["eligibility"][area]["met"])

    def statements(self) -> list[dict]:
        found = sa.select(schema.statements.c.body).order_by(schema.statements.c.seq)
        return [json.loads(body) for body in self.database.read(lambda session: session.scalars(found).all())]
