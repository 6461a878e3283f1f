"""What a refused request leaves of its connection."""

from __future__ import annotations

import base64
import socket
import time

import pytest


@pytest.mark.parametrize("size", [200_000, 2_000_000])
def test_a_request_refused_by_its_head_leaves_the_connection_to_the_next(serve, sqlite_url, size):
    server = serve(sqlite_url)
    pair = base64.b64encode(":".join(server.credential("moodle", "all")).encode()).decode()
    body = b"x" * size
    head = (
        f"POST /xapi/statements HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n"
        f"Authorization: Basic {pair}\r\n\r\n"
    )
    following = b"GET /xapi/about HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(head.encode() + body[:1000])
        time.sleep(0.5)  # time enough to answer before the rest has come
        line.sendall(body[1000:] + following)
        answers = b""
        while more := line.recv(65_536):
            answers += more
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 200 " in answers
    assert answers.endswith(b'"2.0.0"]}')


def test_the_body_of_somebody_unknown_is_not_waited_for(serve, sqlite_url):
    server = serve(sqlite_url)
    head = b"POST /xapi/statements HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(head)
        assert line.recv(12) == b"HTTP/1.1 401"
