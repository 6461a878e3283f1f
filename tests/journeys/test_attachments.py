"""Attachments through the service as it is run: large ones, and senders who go away."""

from __future__ import annotations

import hashlib
import socket
from base64 import b64encode
from pathlib import Path

import requests
from builders import VERSION_HEADER, Served, wait_until
from web.multiparts import BOUNDARY, MIXED, attaching, request

MEGABYTE = 1 << 20
LARGE = b"".join(hashlib.sha256(bytes([place])).digest() * (MEGABYTE // 32) for place in range(30))


def peaks(service: Served) -> dict[int, int]:
    """The most that each process of the service has held so far, in octets, by its number."""
    return {
        number: int(line.split()[1]) * 1024
        for number in service.group()
        for line in (Path("/proc") / str(number) / "status").read_text().splitlines()
        if line.startswith("VmHWM:")
    }


def go_in_and_out(service: Served, sender: requests.Session, content: bytes) -> None:
    """The content is sent with its length and, backwards, in chunks; it's read again whole, and asked about."""
    for sent, chunked in ((content, False), (content[::-1], True)):
        body = request(attaching(sent), sent)
        pieces = (body[start : start + MEGABYTE] for start in range(0, len(body), MEGABYTE))
        stored = sender.post(service.statements, data=pieces if chunked else body, headers=MIXED, timeout=60)
        assert stored.status_code == 200, stored.text
        query = {"statementId": stored.json()[0], "attachments": "true"}
        with sender.get(service.statements, params=query, stream=True, timeout=60) as got:
            seen = b"".join(got.iter_content(MEGABYTE))
            assert got.headers["Content-Length"] == str(len(seen))
        assert sent in seen
        head = sender.head(service.statements, params=query, timeout=60)
        assert head.headers["Content-Length"] == got.headers["Content-Length"]


def statements_held(service: Served) -> tuple[int, int]:
    """Statements, and contents of attachments."""
    with service.database() as database:
        return database.read(
            lambda session: tuple(
                session.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
                for table in ("statements", "contents")
            )
        )


def test_thirty_megabytes_go_in_and_out_with_little_memory(serve, database_url):
    service = serve(database_url)
    with service.sender(service.credential("moodle")) as sender:
        # What every process holds once it has seen any, a piece of each kind and the database's cache, isn't counted.
        for _ in range(3):  # by several of its threads
            go_in_and_out(service, sender, LARGE[: 3 * MEGABYTE])
        before = peaks(service)
        go_in_and_out(service, sender, LARGE)
        after = peaks(service)
    assert after.keys() == before.keys()
    assert max(after[number] - before[number] for number in before) < len(LARGE) // 2


def test_too_large_is_told_while_it_is_being_sent(serve, sqlite_url):
    service = serve(sqlite_url, max_attachment_bytes=1_000_000)
    body = request(attaching(LARGE), LARGE)
    with service.sender(service.credential("moodle")) as sender:
        for data in (body, iter([body])):
            answer = sender.post(service.statements, data=data, headers=MIXED, timeout=60)
            assert answer.status_code == 413
            assert "max_attachment_bytes" in answer.json()["title"]
    assert statements_held(service) == (0, 0)


def test_who_goes_away_leaves_nothing(serve, sqlite_url):
    service = serve(sqlite_url)
    auth = b64encode(":".join(service.credential("moodle")).encode()).decode()
    body = request(attaching(LARGE), LARGE)
    ends = (100, len(body) // 2, len(body) - len(BOUNDARY))
    for framing, before in (
        (f"Content-Length: {len(body)}", ""),
        ("Transfer-Encoding: chunked", f"{len(body):x}\r\n"),
    ):
        head = (
            f"POST /xapi/statements HTTP/1.1\r\nHost: 127.0.0.1\r\n{VERSION_HEADER}: 1.0.3\r\n{framing}\r\n"
            f"Authorization: Basic {auth}\r\nContent-Type: {MIXED['Content-Type']}\r\n\r\n{before}"
        )
        for end in ends:
            with socket.create_connection(("127.0.0.1", service.port)) as wire:
                wire.sendall(head.encode() + body[:end])
    wait_until(lambda: service.said().count("answered 400 to POST") == 6, "each was noticed")
    assert statements_held(service) == (0, 0)
    assert "Traceback" not in service.said()
    assert requests.get(f"{service.url}/health", timeout=30).status_code in (200, 503)
