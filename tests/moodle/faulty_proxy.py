"""A proxy between Moodle and the bridge that fails as networks and servers do, when told."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

FAULTS = {
    "none": "everything goes through",
    "500": "answers 500, and nothing reaches the bridge",
    "stored, 500": "answers 500 after the bridge has stored",
    "401": "answers 401, as for a credential that was revoked",
    "429": "answers 429 with Retry-After",
    "slow": "the bridge stores, after the sender's patience is at its end",
    "lost": "the bridge stores, and its answer is lost on the way",
}
_HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "upgrade",
    "proxy-connection",
    "host",
    "content-length",
}


class FaultyProxy:
    """`fault`: one of FAULTS, at once for every request of statements; others always go through. `met`: how often each came
    to pass."""

    def __init__(self, bridge: str, port: int, *, slow_seconds: float) -> None:
        self.fault = "none"
        self.met: Counter[str] = Counter()
        self.slow_seconds = slow_seconds
        self.port, self.bridge = port, bridge
        self.url = f"http://127.0.0.1:{port}"
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Nobody listens at the port any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[FaultyProxy]
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_of_statements = self.path.partition("?")[0].endswith("/statements") and self.command in (
            "POST",
            "PUT",
        )
        fault = self.proxy.fault if is_of_statements else "none"
        self.proxy.met[fault] += 1
        if fault in ("500", "401", "429"):
            self._answer(
                int(fault), b'{"title": "as the test has it"}', {"Retry-After": "1"} if fault == "429" else {}
            )
            return
        if fault == "slow":
            time.sleep(self.proxy.slow_seconds)
        status, headers, answer = self._forward(body)
        if fault == "stored, 500":
            self._answer(500, b"", {})
        elif fault == "lost":
            # RST instead of FIN: the sender meets a broken line, and no end of an answer.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        else:
            self._answer(status, answer, headers)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle  # noqa: N815  # http.server's own names

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection(self.proxy.bridge, timeout=60)
        try:
            kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            line.request(self.command, self.path, body or None, kept)
            answer = line.getresponse()
            read = answer.read()
            return answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}, read
        except OSError:
            return 502, {}, b'{"title": "the bridge is out of reach"}'
        finally:
            line.close()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response_only(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD" and status != 204:
                self.wfile.write(body)
        except OSError:  # the sender has given up, which is what "slow" is for
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Tells nothing: the test does."""
