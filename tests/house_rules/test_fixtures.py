"""What the test house hands out is what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, inspect, text


def test_a_database_is_fresh_and_empty_and_works(database_url):
    engine = create_engine(database_url)
    try:
        assert inspect(engine).get_table_names() == []
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE left_behind (word VARCHAR)"))
            connection.execute(text("INSERT INTO left_behind VALUES ('Zoë')"))
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT word FROM left_behind")) == "Zoë"
    finally:
        engine.dispose()


# The same again: what the first one made must be gone.
test_the_next_database_is_fresh_too = test_a_database_is_fresh_and_empty_and_works


def test_urls_name_their_driver(sqlite_url, postgres_url):
    assert sqlite_url.startswith("sqlite:////")
    assert sqlite_url.endswith(".sqlite")
    assert postgres_url.startswith("postgresql+psycopg://lrs_bridge@127.0.0.1:")


def test_a_database_left_in_use_and_in_disorder_is_empty_the_next_time(postgres_server):
    with postgres_server.empty_database() as name:
        engine = create_engine(postgres_server.url(name))
        connection = engine.connect()
        connection.execute(text("CREATE SCHEMA aside"))
        connection.execute(text("CREATE TYPE aside.tier AS ENUM ('1', '2')"))
        connection.execute(text("CREATE TABLE left_behind (tier aside.tier)"))
        connection.commit()
        connection.execute(text("LOCK TABLE left_behind"))
    connection.invalidate()
    connection.close()
    engine.dispose()
    with postgres_server.empty_database() as again:
        assert again == name
        engine = create_engine(postgres_server.url(again))
        assert sorted(inspect(engine).get_schema_names()) == ["information_schema", "public"]
        assert inspect(engine).get_table_names() == []
        engine.dispose()


def test_a_database_can_start_from_another(postgres_server):
    model, copy = postgres_server.create_database(), ""
    engine = create_engine(postgres_server.url(model))
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE copied (word VARCHAR)"))
        engine.dispose()
        copy = postgres_server.create_database(template=model)
        engine = create_engine(postgres_server.url(copy))
        assert inspect(engine).get_table_names() == ["copied"]
    finally:
        engine.dispose()
        postgres_server.drop_database(copy)
        postgres_server.drop_database(model)


def test_a_durable_server_keeps_through_a_crash_what_was_committed(durable_postgres_server):
    url = durable_postgres_server.url(durable_postgres_server.create_database())
    for expected in (0, 1):
        engine = create_engine(url)
        with engine.begin() as connection:
            assert connection.scalar(text("SHOW fsync")) == "on"
            connection.execute(text("CREATE TABLE IF NOT EXISTS kept (number INTEGER)"))
            assert connection.scalar(text("SELECT count(*) FROM kept")) == expected
            connection.execute(text("INSERT INTO kept VALUES (1)"))
        engine.dispose()
        durable_postgres_server.stop(crash=True)
        durable_postgres_server.start()


def test_the_clock_moves_only_when_told(clock):
    assert clock() == clock() == datetime(2026, 3, 2, 9, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert clock() == datetime(2026, 3, 3, 9, tzinfo=UTC)
    clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    assert clock() == datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2027, 1, 1))  # noqa: DTZ001 - the mistake under test
