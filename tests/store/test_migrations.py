"""The steps by which a database comes to the present schema lose nothing, and end where the tables say."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from lrs_bridge.store import evidence, identity, people, projections
from lrs_bridge.store.database import Database
from lrs_bridge.store.migrations import current, migrate, newest
from lrs_bridge.store.migrations.versions.v0005_unchecked_references import UNCHECKED
from lrs_bridge.store.schema import learners, metadata, pending_learners

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OLD_BODY = '{"tiers": [], "eligibility": {"essex": {"status": "eligible"}}}'
"""A standing as the first schema kept it, without the champion flow."""


@pytest.fixture
def database(database_url):
    opened = Database(database_url)
    yield opened
    opened.close()


def bring_to(database, revision):
    def journey(session):
        config = Config()
        config.set_main_option("script_location", "lrs_bridge:store/migrations")
        config.attributes["session"] = session
        command.upgrade(config, revision)

    database.write(journey)


def test_the_steps_end_where_the_tables_say(database):
    assert migrate(database) == (None, newest())

    def differences(session):
        context = MigrationContext.configure(
            session, opts={"compare_type": True, "target_metadata": metadata}
        )
        return compare_metadata(context, metadata)

    found = [(what, constraint.name) for what, constraint in database.read(differences)]
    unchecked = UNCHECKED if database.engine.dialect.name == "postgresql" else ()
    assert sorted(found) == sorted(("add_fk", name) for _, name in unchecked)


def test_a_second_time_there_is_nothing_to_do(database):
    migrate(database)
    assert migrate(database) == (newest(), newest())
    assert database.read(current) == newest()


def fill_as_of_0001(session):
    """Asha, whose account was joined to her address; and Ben, of whom a statement told the name."""
    old = sa.MetaData()
    old.reflect(session)

    def insert(table, *rows):
        columns = old.tables[table]
        for column in columns.c:  # what the first schema wrote instants as
            if isinstance(column.type, sa.DateTime):
                column.type = learners.c.created_at.type
        session.execute(columns.insert(), list(rows))

    insert(
        "learners",
        {"id": 1, "name": "Asha Rao", "joined_into": None, "created_at": NOW},
        {"id": 2, "name": "asha.rao", "joined_into": 1, "created_at": NOW},
        {"id": 3, "name": "Ben", "joined_into": None, "created_at": NOW},
    )
    texts = ["mailto:asha@example.org", "https://moodle.example.org|asha", "mailto:ben@example.org"]
    insert(
        "identifiers",
        *(
            {
                "id": number,
                "digest": bytes([number]) * 16,
                "text": text,
                "folded": None,
                "as_sent": None,
                "learner_id": learner,
                "first_seen": NOW,
            }
            for number, (text, learner) in enumerate(zip(texts, (1, 1, 3), strict=True), 1)
        ),
    )
    insert("proofs", {"id": 1, "one": 1, "other": 2, "kind": "people_file", "source": "test", "at": NOW})
    insert("organisations", {"id": 1, "folded": "school", "name": "School"})
    insert(
        "posts",
        {
            "id": 1,
            "identifier_id": 1,
            "organisation_id": 1,
            "area": "essex",
            "role": "teacher",
            "required_tier": "T2",
            "manager": "",
            "starts": None,
            "ends": None,
            "recorded_at": NOW,
            "recorded_by": "test",
        },
    )
    insert(
        "standings",
        *(
            {"learner_id": number, "body": OLD_BODY, "changes_at": None, "digest": "d", "computed_at": NOW}
            for number in (1, 3)
        ),
    )


def test_people_of_the_first_schema_are_known_as_before(database):
    bring_to(database, "0001")
    database.write(fill_as_of_0001)
    assert migrate(database) == ("0001", newest())

    def known(session):
        return people.load(session, [1, 3])

    found = database.read(known)
    assert {(one.name, one.identifiers) for one in found.values()} == {
        ("Asha Rao", ("mailto:asha@example.org", "https://moodle.example.org|asha")),
        ("Ben", ("mailto:ben@example.org",)),
    }
    (post,) = found[1].posts
    assert (post.organisation, post.role, post.required_tier, post.service_area) == (
        "School",
        "teacher",
        "T2",
        "",
    )
    waiting = database.read(lambda session: list(session.scalars(sa.select(pending_learners.c.learner_id))))
    assert sorted(waiting) == [1, 3], "everybody is computed anew"
    kept = database.read(lambda session: projections.load_standings(session, [1, 3]))
    assert kept == {}, "and until then is not computed yet"


def test_what_was_joined_under_the_first_schema_can_be_parted(database):
    bring_to(database, "0001")
    database.write(fill_as_of_0001)
    migrate(database)

    def part(session):
        identity.decide_pair(session, 1, 2, same=False, reason="her sister", who="test", now=NOW)
        return people.learner_numbers(session, [1, 2]), people.heirs(session, [1, 2])

    assert database.write(part) == ({1: 1, 2: 2}, {})


def test_a_certificate_recorded_before_is_found_by_its_number(database):
    bring_to(database, "0021")

    def fill(session):
        old = sa.MetaData()
        old.reflect(session)
        for name in ("authorities", "clients", "statements", "learners", "identifiers", "evidence"):
            table, row = old.tables[name], {}
            for column in table.c:
                if isinstance(column.type, sa.DateTime):
                    column.type = learners.c.created_at.type
                row[column.name] = (
                    NOW
                    if column.type is learners.c.created_at.type
                    else b"0" * 16
                    if isinstance(column.type, sa.LargeBinary)
                    else uuid.UUID(int=1).hex
                    if column.name == "id" and name == "statements"
                    else 1
                    if isinstance(column.type, sa.Integer | sa.Boolean | sa.Numeric)
                    else "x"
                )
            if name in ("clients", "learners"):
                row |= {one: None for one in ("joined_into", "revoked_at", "expires_at") if one in row}
            if name == "identifiers":
                row |= {"text": "mailto:asha@example.org"}
            if name == "evidence":
                row |= {"kind": "course", "detail": json.dumps({"certificate": " KC-4711 "})}
            if session.dialect.name == "postgresql":
                row = {
                    key: bool(value) if isinstance(table.c[key].type, sa.Boolean) else value
                    for key, value in row.items()
                }
            session.execute(table.insert(), row)

    database.write(fill)
    migrate(database)
    found = database.read(lambda session: evidence.identifiers_with_certificate(session, "kc-4711"))
    assert found == ["mailto:asha@example.org"]
