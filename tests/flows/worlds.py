"""A whole bridge in one database, driven through its flows: what the property tests and benchmarks play histories on."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lrs_bridge import mapping_files, settings
from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.flows import by_hand, imports, receive
from lrs_bridge.flows import champion as champion_flow
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import people as people_flow
from lrs_bridge.flows.announce import announce
from lrs_bridge.flows.recompute import due_by_clock, recompute
from lrs_bridge.flows.verify import rebuild, verify
from lrs_bridge.moments import Calendar, format_instant
from lrs_bridge.settings import SHIPPED_MAPPINGS
from lrs_bridge.store import clients, people, projections
from lrs_bridge.store.database import Database
from lrs_bridge.store.migrations import migrate

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONDON = Calendar(ZoneInfo("Europe/London"))
SITE = "https://moodle.example.org"
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
NAMESPACE = uuid.UUID("11111111-2222-5333-8444-555555555555")


def shipped_files() -> dict[str, str]:
    return mapping_files.read_folder(Path(SHIPPED_MAPPINGS))


def actor_of(identifier: str) -> dict:
    if "|" in identifier:
        home_page, name = identifier.split("|")
        return {"account": {"homePage": home_page, "name": name}}
    if identifier.startswith("sha1:"):
        return {"mbox_sha1sum": identifier[5:]}
    return {"mbox": identifier}


def completion(identifier: str, course: str, happened: datetime, *, number: int = 0, **more) -> dict:
    """A Moodle course completion with an id that follows from its content."""
    name = f"{identifier}/{course}/{format_instant(happened)}/{number}"
    return {
        "id": str(uuid.uuid5(NAMESPACE, name)),
        "actor": actor_of(identifier),
        "verb": {"id": COMPLETED},
        "object": {
            "id": f"{SITE}/course/view.php?id=7",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "extensions": {EXTERNAL_ID: course},
            },
        },
        "timestamp": format_instant(happened),
        **more,
    }


def voiding(target: str, number: int = 0) -> dict:
    return {
        "id": str(uuid.uuid5(NAMESPACE, f"void/{target}/{number}")),
        "actor": actor_of("mailto:admin@example.org"),
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": target},
    }


class World:
    """A migrated database with a Moodle credential, and a clock that moves when told."""

    def __init__(self, url: str) -> None:
        self.now = START
        # with a folder for mail, the shipped example addresses are told
        self.settings = settings.load(
            {
                "LRS_BRIDGE_DATABASE_URL": url,
                "LRS_BRIDGE_MAIL_FOLDER": "not-written-to",
                "LRS_BRIDGE_ALERT_SETTLING_MINUTES": "0",
            }
        )
        self.database = Database(url)
        migrate(self.database)
        self.put_mappings(shipped_files())
        self.moodle = self.add_client()

    def add_client(self, *home_pages: str) -> clients.Client:
        """A Moodle's credential, which may speak for accounts on these home pages; without any for everybody."""

        def journey(session):
            made = clients.add(
                session,
                name=" ".join(("moodle", *home_pages)),
                source="moodle",
                scopes=("statements/write",),
                test=False,
                home_pages=home_pages,
                mail_domains=(),
                public_url=self.settings.public_url,
                now=self.now,
                created_by="test",
            )
            return clients.check(session, made.key, made.secret)

        return self.database.write(journey)

    def clock(self) -> datetime:
        return self.now

    def put_mappings(self, files: dict[str, str]) -> None:
        digest = mapping_files.parse(files, LONDON).mappings.digest
        self.database.write(
            lambda session: mapping_flow.put_in_force(session, files, digest, now=self.now, who="test")
        )

    def send(self, *statements: dict, sender: clients.Client | None = None) -> None:
        incoming, sender = (
            receive.examine(json.dumps(list(statements)).encode(), "1.0.3"),
            sender or self.moodle,
        )
        self.database.write(lambda session: receive.accept(session, incoming, sender, self.now))

    def take_in(self, kind: str, text: str) -> imports.Report:
        mappings = self.database.read(lambda session: mapping_flow.in_force(session, LONDON))
        table, wanted = read_csv(text.encode()), imports.kind_named(kind)
        taking = imports.Taking(mappings, self.settings.public_url, "test", self.now)
        return self.database.write(
            lambda session: imports.take_in(
                session, imports.prepare(session, wanted, table, mappings, taking.now), taking
            )
        )

    def decide(self, one: str, other: str, *, same: bool) -> people_flow.Decided:
        return self.database.write(
            lambda session: people_flow.decide(
                session, one, other, same=same, reason="asked", who="test", now=self.now
            )
        )

    def share(self, address: str, *, shared: bool = True) -> bool:
        return self.database.write(
            lambda session: people_flow.share(
                session, address, shared=shared, reason="asked", who="test", now=self.now
            )
        )

    def champion(self, act: str, identifier: str, area: str, **more) -> champion_flow.Done:
        """One act of the champion flow, at this moment unless `happened` says when."""
        asked = champion_flow.Asked(act, identifier, area, more.pop("happened", self.now), **more)
        keeping = by_hand.Keeping(self.settings.public_url, "test", self.now)
        mappings = self.database.read(lambda session: mapping_flow.in_force(session, LONDON))
        return self.database.write(lambda session: champion_flow.act(session, asked, mappings, keeping))

    def take_back(self, statement_id: str) -> None:
        keeping = by_hand.Keeping(self.settings.public_url, "test", self.now)
        target = uuid.UUID(statement_id)
        self.database.write(lambda session: by_hand.take_back(session, target, "a mistake", keeping))

    def advance(self, by: timedelta) -> None:
        self.now += by

    def recompute(self) -> None:
        due_by_clock(self.database, self.clock)
        recompute(self.database, self.settings, self.clock)
        announce(self.database, self.settings, self.clock)

    def rebuild(self) -> None:
        rebuild(self.database)
        self.recompute()

    def verify(self):
        return self.database.read(lambda session: verify(session, LONDON, self.now))

    def standings(self) -> dict[frozenset[str], dict]:
        """Identifiers of a learner → the standing kept."""

        def journey(session):
            numbers = projections.learners_after(session, 0, 10_000)
            persons, kept = people.load(session, numbers), projections.load_standings(session, numbers)
            return {
                frozenset(person.identifiers): kept[number].body
                for number, person in persons.items()
                if person.identifiers and number in kept
            }

        return self.database.read(journey)

    def close(self) -> None:
        self.database.close()
