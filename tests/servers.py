"""Outside systems for tests: real servers on the loopback, which can be told to fail.

They run in threads of the test's own process and end with the test. Each is reached through a fixture of the same
name in conftest.py.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from aiosmtpd import smtp as aiosmtp
from aiosmtpd.controller import Controller

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class SelfSigned:
    """A certificate for `host` that no system trusts; who wants it trusted says so through SSL_CERT_FILE."""

    certificate: Path
    key: Path
    host: str

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_self_signed(folder: Path, host: str = LOOPBACK) -> SelfSigned | None:
    """None when there is no openssl command on this machine."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    kind = "IP" if host[0].isdigit() else "DNS"
    made = SelfSigned(folder / f"{host}.pem", folder / f"{host}.key", host)
    request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", f"/CN={host}", "-addext", f"subjectAltName={kind}:{host}"]
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run([openssl, *request, *names, *files], check=True, capture_output=True)
    return made


@dataclass
class SmtpServer:
    """A mail server that keeps what it is handed.

    answers   for the next messages, instead of "250 OK": an SMTP answer to RCPT ("550 5.1.1 nobody here"), or one of
              "drop" (the line goes dead amid DATA), "late 451 …" (an answer only after DATA), or taken with a 250,
              after which QUIT is refused ("deaf") or met with silence ("mute")
    """

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: deque[str] = field(default_factory=deque)
    logins: list[tuple[str, str]] = field(default_factory=list)
    host: str = LOOPBACK

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.answers and self.answers[0][0].isdigit():
            return self.answers.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.popleft() if self.answers else ""
        if answer.startswith("late "):
            return answer.removeprefix("late ")
        server.parting = answer
        self.raw.append(envelope.content)
        self.messages.append(
            cast("EmailMessage", message_from_bytes(envelope.content, policy=policy.default))
        )
        return "250 OK"


class _FailingProtocol(aiosmtp.SMTP):
    parting = ""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if self.event_handler.answers and self.event_handler.answers[0] == "drop":
            self.event_handler.answers.popleft()
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if self.parting == "deaf":
            await self.push("554 you can't leave")
        elif self.parting != "mute":
            await super().smtp_QUIT(arg)


class _FailingController(Controller):
    def _trigger_server(self) -> None:
        # Asked for port 0, the controller would greet itself there; the port is known only now.
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def factory(self) -> aiosmtp.SMTP:
        return _FailingProtocol(self.handler, **self.SMTP_kwargs)


@contextmanager
def running_smtp(
    *,
    certificate: SelfSigned | None = None,
    security: str = "none",
    login: tuple[str, str] | None = None,
) -> Iterator[SmtpServer]:
    """`security` as in MailServer; with a `login`, which needs starttls, mail is taken from that user alone."""
    server = SmtpServer()

    def authenticate(_server, _session, _envelope, _mechanism, data):
        given = (data.login.decode(), data.password.decode())
        server.logins.append(given)
        return aiosmtp.AuthResult(success=given == login, handled=False)

    options: dict[str, Any] = {}
    if login:
        options |= {"authenticator": authenticate, "auth_required": True}
    if security == "starttls":
        assert certificate
        options |= {"tls_context": certificate.server_context(), "require_starttls": True}
    elif security == "tls":
        assert certificate
        options["ssl_context"] = certificate.server_context()
    controller = _FailingController(server, hostname=LOOPBACK, port=0, **options)
    controller.start()
    try:
        server.port = controller.port
        yield server
    finally:
        controller.stop()


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Seconds of silence before the answer; the end of the test ends them.
    after: float = 0


@dataclass
class Receiver:
    """A web server that keeps every request and gives the `answers` in turn, then 200 for ever."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    closing: threading.Event = field(default_factory=threading.Event)

    def will(self, *answers: Answer) -> None:
        self.answers.extend(answers)


@contextmanager
def running_receiver(certificate: SelfSigned | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            receiver.requests.append(Received(self.command, self.path, dict(self.headers.items()), body))
            answer = receiver.answers.popleft() if receiver.answers else Answer()
            if answer.after and receiver.closing.wait(answer.after):
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_PUT = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_args: object) -> None:
            # A client that hangs up is what some tests are about; the base class would print a traceback.
            pass

    server = Server((LOOPBACK, 0), Handler)
    scheme = "http"
    if certificate:
        scheme = "https"
        server.socket = certificate.server_context().wrap_socket(server.socket, server_side=True)
    receiver.url = f"{scheme}://{LOOPBACK}:{server.server_address[1]}"
    # The poll is how long shutdown() takes, in every test that uses this.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
