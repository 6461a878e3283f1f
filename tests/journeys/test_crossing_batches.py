"""Many senders at once, with the same statements in opposite order: nobody is refused, nothing is doubled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from builders import Served, completion, day, new_id

ROUNDS = 12
IN_A_BATCH = 30


def batches_of(rounds: int) -> list[list[dict[str, Any]]]:
    """Few people and courses, so that the batches cross in learners, dictionaries and index entries too."""
    return [
        [
            completion(
                f"https://moodle.council.example|{number % 7}",
                ("induction", "escb_basic")[number % 2],
                day(number),
                id=new_id(),
            )
            for number in range(IN_A_BATCH)
        ]
        for _ in range(rounds)
    ]


def send_crossing(
    service: Served, threads: int, batches: list[list[dict[str, Any]]]
) -> list[tuple[int, Any]]:
    """Every thread sends every batch, all at the same moment, half of them backwards: status and ids of each."""
    auth = service.credential("moodle")
    together = Barrier(threads, timeout=60)

    def send(number: int) -> list[tuple[int, Any]]:
        answers = []
        with service.sender(auth) as sender:
            for batch in batches:
                together.wait()
                ordered = batch[::-1] if number % 2 else batch
                answer = sender.post(service.statements, json=ordered, timeout=60)
                ids = answer.json() if answer.ok else answer.text
                answers.append((answer.status_code, ids == [one["id"] for one in ordered] or ids))
        return answers

    with ThreadPoolExecutor(threads) as pool:
        return [one for answers in pool.map(send, range(threads)) for one in answers]


def held_once(service: Served, batches: list[list[dict[str, Any]]]) -> None:
    wanted = {one["id"] for batch in batches for one in batch}
    with service.sender(service.credential("moodle", "all/read")) as reader:
        found, url = [], service.statements
        while url:
            answer = reader.get(url, timeout=30).json()
            found += [one["id"] for one in answer["statements"]]
            url = answer["more"] and service.url + answer["more"]
    assert len(found) == len(wanted)
    assert set(found) == wanted


def test_on_postgresql(serve, postgres_url):
    service = serve(postgres_url, web_processes=2)
    batches = batches_of(ROUNDS)
    answers = send_crossing(service, 16, batches)
    assert set(map(repr, answers)) == {repr((200, True))}
    held_once(service, batches)
    service.wait_until_computed()
    assert "deadlock" not in service.said()
    service.kill()
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SELECT pg_sleep(0.1)")
        [deadlocks] = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert deadlocks == 0
    assert service.run("recompute", "--verify").returncode == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_on_sqlite(serve, sqlite_url, processes):
    service = serve(sqlite_url, web_processes=processes)
    batches = batches_of(ROUNDS // 2)
    answers = send_crossing(service, 8, batches)
    assert set(map(repr, answers)) == {repr((200, True))}
    held_once(service, batches)
    service.wait_until_computed()
    service.kill()
    assert service.run("recompute", "--verify").returncode == 0
