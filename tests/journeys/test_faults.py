"""Processes and databases that die in the middle: what was answered is kept, what was not can be sent again."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import requests
from builders import Served, completion, day, new_id, wait_until

SITE = "https://moodle.council.example"
COURSES = ("induction", "escb_basic", "escb_missing", "safeguarding_l2")


class Stream:
    """Statements sent without pause by several threads. `answered`: those that the service said it had."""

    def __init__(self, service: Served, auth: tuple[str, str]) -> None:
        self.service, self.auth = service, auth
        self.sent: dict[str, dict] = {}
        self.answered: set[str] = set()
        self.statuses: list[tuple[int, str | None]] = []
        self._stopping = threading.Event()
        self._numbers = count()
        self._threads = [threading.Thread(target=self._send) for _ in range(4)]

    def _send(self) -> None:
        with self.service.sender(self.auth) as sender:
            while not self._stopping.is_set():
                number = next(self._numbers)
                batch = [
                    completion(
                        f"{SITE}|{(number + place) % 9}",
                        COURSES[number % 4],
                        day(number % 60),
                        id=new_id(),
                    )
                    for place in range(1 + number % 5)
                ]
                self.sent |= {one["id"]: one for one in batch}
                try:
                    answer = sender.post(self.service.statements, json=batch, timeout=30)
                except requests.RequestException:
                    self._stopping.wait(0.05)
                    continue
                self.statuses.append((answer.status_code, answer.headers.get("Retry-After")))
                if answer.status_code == 200:
                    self.answered |= {one["id"] for one in batch}
                else:
                    self._stopping.wait(0.05)

    def has_answered(self, more: int) -> None:
        """Waits for so many more."""
        goal = len(self.answered) + more
        wait_until(lambda: len(self.answered) >= goal, f"{more} more statements answered")

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join(timeout=60)

    def nothing_is_lost(self) -> None:
        """Each answered statement is held exactly once; all can be sent again, and then each is held exactly once."""
        held = self._held()
        assert len(held) == len(set(held))
        assert self.answered <= set(held) <= set(self.sent)
        everything = list(self.sent.values())
        with self.service.sender(self.auth) as sender:
            for start in range(0, len(everything), 100):
                again = sender.post(self.service.statements, json=everything[start : start + 100], timeout=30)
                assert again.status_code == 200, again.text
        held = self._held()
        assert len(held) == len(self.sent)
        assert set(held) == set(self.sent)

    def _held(self) -> list[str]:
        found, url = [], self.service.statements
        with self.service.sender(self.auth) as reader:
            while url:
                answer = reader.get(url, timeout=30).json()
                found += [one["id"] for one in answer["statements"]]
                url = answer["more"] and self.service.url + answer["more"]
        return found

    def standings_are_as_rebuilt(self) -> None:
        self.service.wait_until_computed()
        verified = self.service.run("recompute", "--verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert " 0 differences" in verified.stdout


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_service_killed_in_the_middle_loses_nothing(serve, request, kind):
    service = serve(request.getfixturevalue(f"{kind}_url"))
    stream = Stream(service, service.credential("moodle"))
    with stream.running():
        for _ in range(3):
            stream.has_answered(60)
            service.kill()
            service.start()
        stream.has_answered(20)
    stream.nothing_is_lost()
    service.lease_runs_out()
    stream.standings_are_as_rebuilt()
    assert {status for status, _ in stream.statuses} == {200}


def test_a_postgresql_that_crashes_is_a_503_and_loses_nothing(serve, durable_postgres_server):
    cluster = durable_postgres_server
    service = serve(cluster.url(cluster.create_database()))
    stream = Stream(service, service.credential("moodle"))
    with stream.running():
        for _ in range(2):
            stream.has_answered(60)
            cluster.stop(crash=True)
            away = len(stream.statuses)
            wait_until(lambda away=away: len(stream.statuses) > away + 12, "answers without a database")
            assert set(stream.statuses[away + 8 :]) == {(503, "5")}
            health = requests.get(f"{service.url}/health", timeout=30)
            assert (health.status_code, health.json()["database"]) == (503, "out of reach")
            cluster.start()
            stream.has_answered(20)
        stream.has_answered(20)
    assert {status for status, _ in stream.statuses} == {200, 503}
    stream.nothing_is_lost()
    stream.standings_are_as_rebuilt()
    service.kill()


def test_a_timetable_that_is_killed_is_started_anew(serve, sqlite_url):
    service = serve(sqlite_url)
    stream = Stream(service, service.credential("moodle"))
    with stream.running():
        for _ in range(2):
            [number] = wait_until(service.timetables, "a timetable")
            os.kill(number, signal.SIGKILL)
            wait_until(lambda number=number: set(service.timetables()) - {number}, "a timetable started anew")
            stream.has_answered(10)
    service.lease_runs_out()
    stream.standings_are_as_rebuilt()
    assert "started anew" in service.said()


def test_a_web_process_that_is_killed_is_started_anew(serve, sqlite_url):
    service = serve(sqlite_url)
    auth = service.credential("moodle")
    main = service.process.pid
    [number] = set(service.group()) - {main, *service.timetables()}
    os.kill(number, signal.SIGKILL)
    wait_until(lambda: set(service.group()) - {main, number, *service.timetables()}, "a web process anew")
    wait_until(lambda: answers(service, auth), "an answer")
    assert service.process.poll() is None


def answers(service: Served, auth: tuple[str, str]) -> bool:
    with service.sender(auth) as sender:
        try:
            return sender.get(service.statements, timeout=5).ok
        except requests.RequestException:
            return False


def test_nothing_is_left_when_the_main_process_is_killed(serve, sqlite_url):
    service = serve(sqlite_url)
    wait_until(lambda: "The timetable runs." in service.said(), "the timetable")
    service.end(signal.SIGKILL)
    wait_until(lambda: not service.group(), "the end of web process and timetable", seconds=15)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", service.port)) != 0
    service.start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_and_lets_requests_come_to_their_end(serve, sqlite_url, number):
    service = serve(sqlite_url)
    stream = Stream(service, service.credential("moodle"))
    with stream.running():
        stream.has_answered(20)
        assert service.end(number) == 0
        assert service.group() == {}
    assert "Traceback" not in service.said()
    service.start()
    stream.nothing_is_lost()


def test_a_port_that_is_taken_is_said_and_ends_it(serve, sqlite_url):
    service = serve(sqlite_url)
    second = service.run("serve", "--port", str(service.port))
    assert second.returncode == 78
    assert f"can't listen on 127.0.0.1 port {service.port}" in second.stderr
    assert "Traceback" not in second.stderr
    elsewhere = service.run("serve", "--insecure", "--host", "192.0.2.1", "--port", str(service.port))
    assert elsewhere.returncode == 78
    assert "can't listen on 192.0.2.1" in elsewhere.stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_timetables_come_to_what_one_does_and_one_leads(serve, request, kind):
    service = serve(request.getfixturevalue(f"{kind}_url"))
    [first] = service.timetables()
    second = service.beside("worker")
    stream = Stream(service, service.credential("moodle"))
    with stream.running():
        stream.has_answered(100)
        wait_until(lambda: service.said().count("The timetable runs.") == 2, "the second timetable")
        stream.has_answered(100)
    stream.standings_are_as_rebuilt()
    [leading] = leaders(service)
    assert leading in (first, second.pid)
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=30) == 0
    assert second.pid not in leaders(service)


def leaders(service: Served) -> list[int]:
    """The processes that hold a lease."""
    with service.database() as database:
        holders = database.read(
            lambda session: session.exec_driver_sql("SELECT holder FROM leases").scalars().all()
        )
    return [int(holder.split("/")[1]) for holder in holders]


def test_bodies_on_the_wire(serve, sqlite_url):
    """What only a real server can show: chunks, HEAD, and a body that is refused before it has all been sent."""
    service = serve(sqlite_url, max_body_bytes=1_000_000)
    with service.sender(service.credential("moodle")) as sender:
        headers = {"Content-Type": "application/json"}
        sent = b'{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"http://e.org/v"},"object":{"id":"http://e.org/a"}}'
        chunked = sender.post(
            service.statements, data=iter([sent[:50], sent[50:]]), headers=headers, timeout=30
        )
        assert chunked.status_code == 200
        [id_] = chunked.json()

        parts = iter([b"[" + b" " * 999_000] + [b" " * 1_000_000] * 49 + [b"]"])
        assert status_of(sender, service, data=parts, headers=headers) == 413
        assert status_of(sender, service, data=b" " * 50_000_000, headers=headers) == 413

        got = sender.get(service.statements, params={"statementId": id_}, timeout=30)
        head = sender.head(service.statements, params={"statementId": id_}, timeout=30)
        for name in ("Content-Length", "Content-Type", "Last-Modified", "X-Experience-API-Version"):
            assert head.headers[name] == got.headers[name]
        assert head.content == b""
        assert int(got.headers["Content-Length"]) == len(got.content)
        assert "text/html" not in sender.put(
            service.statements, params={"statementId": id_}, json=got.json(), timeout=30
        ).headers.get("Content-Type", "")


def status_of(sender: requests.Session, service: Served, **sent) -> int:
    return sender.post(service.statements, timeout=60, **sent).status_code
