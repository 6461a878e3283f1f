"""Transactions: what is tried again, what is out of reach, what a reader sees."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from builders import statement

from lrs_bridge.errors import Unavailable
from lrs_bridge.moments import format_instant
from lrs_bridge.store import database as database_module
from lrs_bridge.store import evidence, organisations, people, raw, schema
from lrs_bridge.store import statements as records
from lrs_bridge.store.clients import authority
from lrs_bridge.store.database import Database


@pytest.fixture
def database(migrated_url):
    opened = Database(migrated_url)
    yield opened
    opened.close()


def count(session) -> int:
    return session.exec_driver_sql("SELECT count(*) FROM authorities").scalar_one()


def add(session, name: str) -> int:
    return authority(session, {"account": {"homePage": "http://example.org", "name": name}})


def bodies(session) -> list[str]:
    return list(session.exec_driver_sql("SELECT body FROM authorities ORDER BY key").scalars())


def test_a_journey_that_fails_leaves_nothing(database):
    def journey(session):
        add(session, "a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(journey)
    assert database.read(count) == 0


def test_a_rehearsal_answers_and_leaves_nothing(database):
    def journey(session):
        add(session, "a")
        return count(session)

    assert database.rehearse(journey) == 1
    assert database.read(count) == 0


def test_a_reader_sees_one_moment(database):
    def journey(session):
        before = count(session)
        database.write(lambda other: add(other, "a"))
        return before, count(session)

    assert database.read(journey) == (0, 0)
    assert database.read(count) == 1


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_a_reader_cannot_write(database):
    with pytest.raises(sa.exc.InternalError, match="read-only"):
        database.read(lambda session: add(session, "a"))


@pytest.mark.parametrize("run", ["write", "rehearse"])
@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_a_deadlock_is_tried_again(database, run):
    database.write(lambda session: [add(session, name) for name in "ab"])
    before = database.read(bodies)
    tries = []
    both = threading.Barrier(2, timeout=10)

    def locking(order: str):
        def journey(session):
            tries.append(order)
            for place, name in enumerate(order):
                session.exec_driver_sql(f"UPDATE authorities SET body = '{order}' WHERE key LIKE '%%|{name}'")
                if place == 0 and tries.count(order) == 1:
                    both.wait()

        return threading.Thread(target=getattr(database, run), args=[journey])

    threads = [locking("ab"), locking("ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(tries) == 3
    assert database.read(bodies) in ([["ab"] * 2, ["ba"] * 2] if run == "write" else [before])


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_writer_waits_for_another_and_gives_up_in_the_end(database, migrated_url, monkeypatch):
    monkeypatch.setattr(database_module, "_BUSY_SECONDS", 0.05)
    hasty = Database(migrated_url)
    entered, leave = threading.Event(), threading.Event()

    def hold(_session):
        entered.set()
        leave.wait(10)

    holder = threading.Thread(target=database.write, args=[hold])
    holder.start()
    entered.wait(10)
    with monkeypatch.context() as patch:
        patch.setattr(database_module, "_TRIES", 2)
        with pytest.raises(Unavailable, match="locked"):
            hasty.write(lambda session: add(session, "a"))
    assert hasty.read(count) == 0  # readers don't wait
    threading.Timer(0.2, leave.set).start()
    hasty.write(lambda session: add(session, "a"))
    holder.join(10)
    assert database.read(count) == 1
    hasty.close()


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_a_connection_that_was_cut_is_made_anew(database):
    database.write(lambda session: add(session, "a"))

    def cut(session):
        session.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).all()

    other = Database(str(database.engine.url))
    other.write(cut)
    other.close()
    database.write(lambda session: add(session, "b"))
    assert database.read(count) == 2


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/bridge.sqlite",
        "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
    ],
)
def test_what_cannot_be_reached_says_so_soon(url):
    began = time.monotonic()
    away = Database(url)
    for run in (away.read, away.write):
        with pytest.raises(Unavailable, match="can't be reached"):
            run(count)
    away.close()
    assert time.monotonic() - began < 5


def test_more_ids_than_a_database_takes_in_one_question(database):
    ids = [uuid.uuid4() for _ in range(70_000)]
    assert database.read(lambda session: records.voided_by_others(session, ids, 1)) == []
    assert database.read(lambda session: records.bodies(session, ids)) == {}


def test_a_statement_is_searched_by_digests_of_one_size(bridge):
    """Two terms whose texts are equal and kinds are not must not be taken for one another."""
    assert records.term_key("verb", "http://example.org/x") != records.term_key(
        "activity", "http://example.org/x"
    )
    [id_] = bridge.stored(statement(verb="http://example.org/x", what="http://example.org/y"))
    assert bridge.found(verb="http://example.org/x") == [id_]
    assert bridge.found(activity="http://example.org/x") == []


@pytest.mark.parametrize("microsecond", [0, 1, 120_000, 999_999, 500])
@pytest.mark.parametrize("year", [1, 1969, 2026, 9999])
def test_an_instant_asked_for_as_text_is_written_as_ever(database, year, microsecond):
    moment = datetime(year, 3, 1, 9, 30, 0, microsecond, tzinfo=UTC)
    kind = "timestamptz" if database.engine.dialect.name == "postgresql" else "text"

    def kept(session):
        sql = f"SELECT CAST(CAST(? AS {kind}) AS text)"
        return raw.rows(session, sql, (raw.instant(session, moment),))[0][0]

    assert raw.instant_text(database.read(kept)) == format_instant(moment)


def test_an_error_of_the_database_tells_no_values(database):
    """It is logged, and kept as the reason why somebody is set aside."""
    with pytest.raises(sa.exc.DBAPIError) as raised:
        database.write(
            lambda session: session.execute(
                sa.text("INSERT INTO nowhere VALUES (:who)"), {"who": "asha@example.org"}
            )
        )
    assert "nowhere" in str(raised.value)
    assert "asha" not in str(raised.value)


def test_more_organisations_than_a_database_takes_in_one_question(database):
    now = datetime(2026, 3, 2, tzinfo=UTC)
    names = [{"name": f"School {number}", "folded": f"school {number}"} for number in range(66_000)]
    database.write(lambda session: session.execute(sa.insert(schema.organisations), names))
    first = organisations.Organisation("School 0", areas=("essex",), role_tiers={"teacher": "T3"})
    database.write(lambda session: organisations.put(session, first, now=now, who="a test"))
    found = database.read(organisations.load)
    assert len(found) == 66_000
    assert (found["school 0"].areas, found["school 0"].role_tiers) == (("essex",), {"teacher": "T3"})
    assert found["school 1"].areas == ()


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_who_has_a_course_is_found_by_an_index(database, monkeypatch):
    asked = []
    monkeypatch.setattr(people, "concerned", lambda _session, found: asked.append(found) or set())
    database.read(lambda session: evidence.learners_with_course(session, {"induction"}))
    text = str(asked[0].compile(database.engine, compile_kwargs={"literal_binds": True}))
    plan = database.read(lambda session: session.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())
    assert not any("SCAN" in row.detail for row in plan), plan


class TestGlances:
    def driver(self, session):
        return session.connection.driver_connection

    def test_one_after_the_other_goes_by_the_same_connection_refusals_included(self, database):
        def refuses(session):
            seen.append(self.driver(session))
            raise ZeroDivisionError

        seen = [database.glance(self.driver)]
        with pytest.raises(ZeroDivisionError):
            database.glance(refuses)
        seen.append(database.glance(self.driver))
        assert len({id(one) for one in seen}) == 1

    def test_each_sees_what_was_committed_meanwhile(self, database):
        assert database.glance(count) == 0
        database.write(lambda session: add(session, "a"))
        assert database.glance(count) == 1

    def test_a_connection_that_failed_is_not_lent_again(self, database):
        def fails(session):
            seen.append(self.driver(session))
            session.exec_driver_sql("SELECT nothing FROM nowhere")

        seen = []
        with pytest.raises(sa.exc.DBAPIError):
            database.glance(fails)
        assert database.glance(self.driver) is not seen[0]

    def test_many_at_once_leave_few_behind(self, database):
        together = threading.Barrier(12)

        def glance():
            database.glance(lambda session: (count(session), together.wait(30)))

        threads = [threading.Thread(target=glance) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert database.engine.pool.checkedout() <= database_module._MOST_RESTING
        assert database.glance(count) == 0
