"""Storing in one round trip: it does what a transaction would, or nothing, and holds back up to when all is there."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta

import pytest
from builders import new_id, statement

from lrs_bridge.flows import receive
from lrs_bridge.store import clients, receiving
from lrs_bridge.store.lane import Lane

pytestmark = pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
SINCE = timedelta(seconds=1)


class Sending:
    """By a lane of this test's own, as the credential of a Moodle."""

    def __init__(self, bridge):
        self.bridge, self.lane = bridge, Lane(bridge.database, bridge.clock)
        key, secret = bridge.credentials["moodle"].key, bridge.credentials["moodle"].secret
        self.client = bridge.database.read(lambda session: clients.check(session, key, secret))

    def __call__(self, *ids, another_follows=False):
        incoming = [one for id_ in ids for one in receive.examine(self.body(id_), "1.0.3")]
        deliveries = [receive.Delivery(incoming, self.client)]
        return self.lane.store(
            lambda now: receive.new_statements(deliveries, now),
            {self.client.id},
            another_follows=another_follows,
        )

    def body(self, id_):
        return self.bridge.app.json.dumps(statement(id=id_)).encode()

    def in_flight(self):
        return self.bridge.database.glance(receiving.in_flight_since)


@pytest.fixture
def send(bridge):
    return Sending(bridge)


def test_what_it_stores_is_there_and_waits_to_be_matched(send, bridge):
    ids = {new_id() for _ in range(3)}
    assert send(*ids) == []
    assert set(bridge.found()) == ids
    assert bridge.pending()[0] == 3


def test_rows_go_in_the_order_of_their_ids(send, bridge):
    """Or groups of two processes with the same statements could lock one another out."""
    ids = sorted((new_id() for _ in range(9)), reverse=True)
    assert send(*ids) == []
    written = bridge.database.read(
        lambda session: list(session.exec_driver_sql("SELECT id FROM statements ORDER BY seq").scalars())
    )
    assert [str(one) for one in written] == sorted(ids)


def test_nothing_is_stored_where_one_is_held_already(send, bridge):
    held, other = new_id(), new_id()
    send(held)
    assert send(held, other, another_follows=True) is None
    assert bridge.found() == [held]
    assert send(other) == []
    assert set(bridge.found()) == {held, other}


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_nothing_is_stored_for_who_may_no_longer_write(send, bridge, how):
    if how == "revoked":
        key = bridge.credentials["moodle"].key
        bridge.database.write(lambda session: clients.revoke(session, key, bridge.clock()))
    else:
        bridge.database.write(
            lambda session: (
                session.exec_driver_sql("UPDATE clients SET expires_at = %s", (bridge.clock(),)).rowcount
            )
        )
    assert send(new_id()) is None
    assert bridge.count() == 0


def test_those_that_were_referred_to_before_they_came_are_told(send, bridge):
    awaited = new_id()
    bridge.stored(statement(object={"objectType": "StatementRef", "id": awaited}))
    assert send(new_id(), awaited, new_id()) == [uuid.UUID(awaited)]


class TestInFlight:
    def test_nothing_is_held_back_when_it_has_ended(self, send):
        send(new_id())
        assert send.in_flight() is None

    def test_the_group_that_follows_is_held_back_from_the_end_of_the_last(self, send, clock):
        before = receiving.microseconds(clock())
        send(new_id(), another_follows=True)
        assert send.in_flight() == before
        clock.advance(SINCE)
        between = receiving.microseconds(clock())
        send(new_id(), another_follows=True)
        assert send.in_flight() == between, "the first one's lock is gone, and the next one's is there"
        send(new_id())
        assert send.in_flight() is None

    def test_nothing_is_held_back_where_a_transaction_takes_over(self, send):
        held = new_id()
        send(held, another_follows=True)
        send.lane.rest()
        assert send.in_flight() is None
        send(new_id(), another_follows=True)
        assert send(held, another_follows=True) is None
        assert send.in_flight() is None

    def test_a_group_is_held_back_until_it_is_there(self, send, bridge, clock):
        """Another transaction holds the id that it wants to write."""
        id_, began = new_id(), receiving.microseconds(clock())
        held, done = threading.Event(), threading.Event()

        def slow(session):
            [one] = receive.examine(send.body(id_), "1.0.3")
            receiving.add(session, receive.new_statements([receive.Delivery([one], send.client)], clock()))
            held.set()
            done.wait(60)
            raise ZeroDivisionError

        def hold():
            with pytest.raises(ZeroDivisionError):
                bridge.database.write(slow)

        holder, writer = threading.Thread(target=hold), threading.Thread(target=lambda: send(id_))
        holder.start()
        assert held.wait(60)
        try:
            writer.start()
            until = time.monotonic() + 20
            while not self.waits(bridge) and time.monotonic() < until:
                time.sleep(0.01)
            assert self.waits(bridge)
            assert send.in_flight() == began
        finally:
            done.set()
            holder.join()
            writer.join()
        assert bridge.found() == [id_]
        assert send.in_flight() is None

    @staticmethod
    def waits(bridge):
        return bridge.database.glance(
            lambda session: session.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            ).scalar_one()
        )


@pytest.mark.parametrize("another_follows", [False, True])
def test_a_connection_that_is_lost_loses_nothing(send, bridge, another_follows):
    """What can't be stored by the lane is left to a transaction, and the lane finds a new connection."""
    first, second, third = new_id(), new_id(), new_id()
    send(first, another_follows=another_follows)
    bridge.database.write(
        lambda session: session.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        ).all()
    )
    assert send(second) is None
    assert send.in_flight() is None
    assert send(third) == []
    assert set(bridge.found()) == {first, third}


def test_requests_one_after_the_other_go_by_it(bridge, monkeypatch):
    """The service does use it, and what isn't plain goes by a transaction all the same."""
    transactions = []
    write = bridge.database.write
    monkeypatch.setattr(bridge.database, "write", lambda journey: transactions.append(1) or write(journey))
    plain = statement(object={"objectType": "Agent", "mbox": "mailto:somebody@example.org"})
    bridge.stored(plain)
    assert transactions == []
    bridge.stored(statement(object={"objectType": "StatementRef", "id": new_id()}))
    assert transactions == [1]
    bridge.stored(plain)
    assert transactions == [1]
    assert bridge.count() == 3
