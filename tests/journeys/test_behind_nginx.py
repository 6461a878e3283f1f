"""Behind nginx by config/nginx.conf: TLS, an address with a path, large bodies, and what its log tells."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import requests
from builders import completion, day, free_port, wait_until

CONFIG = Path(__file__).parents[2] / "config" / "nginx.conf"


class Nginx:
    """With the shipped configuration, but for ports, certificate, places and, where given, the path."""

    def __init__(self, program, folder, certificate, upstream, port, path):
        self.port = port
        self.url = f"https://127.0.0.1:{self.port}{path}"
        self.log = folder / "bridge.log"
        text = CONFIG.read_text(encoding="utf-8")
        for shipped, ours in (
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("/etc/ssl/bridge.example.org.pem", str(certificate.certificate)),
            ("/etc/ssl/bridge.example.org.key", str(certificate.key)),
            ("/var/log/nginx/bridge.log", str(self.log)),
            ("http://127.0.0.1:8040", f"http://127.0.0.1:{upstream}"),
            ("location / {", f"location {path}/ {{"),
        ):
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, ours)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
        main = folder / "nginx.conf"
        # as root, nginx would have workers of another user, who can't come into the test's folder
        same = "user root;" if os.geteuid() == 0 else ""
        main.write_text(
            f"{same} pid {folder / 'pid'}; error_log {folder / 'error.log'}; daemon off; events {{}}"
            f" http {{ {places}\n{text}\n}}",
            encoding="utf-8",
        )
        command = [program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(main)]
        self.process = subprocess.Popen(command)
        self.certificate = str(certificate.certificate)
        self.session = self.trusting(requests.Session())
        try:
            wait_until(self._answers, "nginx")
        except BaseException:
            self.stop()
            raise

    def trusting(self, session):
        session.trust_env = False  # or what this machine trusts would stand in its place
        session.verify = self.certificate
        return session

    def _answers(self):
        assert self.process.poll() is None
        try:
            return self.session.get(f"{self.url}/health", timeout=5).status_code in (200, 503)
        except requests.ConnectionError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture(params=["", "/lrs"], ids=["own name", "path"])
def behind(request, sqlite_url, serve, program, self_signed, tmp_path):
    path = request.param
    nginx_program = program("WORK BEHIND NGINX", "nginx", "nginx-light")
    port = free_port()
    folder = tmp_path / "nginx"
    folder.mkdir()
    proxy = None
    try:
        service = serve(sqlite_url, public_url=f"https://127.0.0.1:{port}{path}")
        proxy = Nginx(nginx_program, folder, self_signed, service.port, port, path)
        yield service, proxy
    finally:
        if proxy is not None:
            proxy.stop()


def test_pages_and_statements(behind):
    service, nginx = behind
    page = nginx.session.get(f"{nginx.url}/sign-in")
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"]
    [cookie] = [one for one in page.headers["Set-Cookie"].split(", ") if "lrs_browser" in one]
    assert cookie.startswith("__Host-lrs_browser=")
    addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    path = nginx.url.partition(str(nginx.port))[2]
    assert len(addresses) >= 3
    assert all(one.startswith(f"{path}/") for one in addresses), addresses
    for one in addresses:
        if "/static/" in one or "/bootstrap/" in one:
            assert nginx.session.get(f"{nginx.url.removesuffix(path)}{one}").status_code == 200

    sender = nginx.trusting(service.sender(service.credential("moodle")))
    sent = [completion("mailto:asha@example.org", "induction", day(number)) for number in range(1, 6)]
    assert sender.post(f"{nginx.url}/xapi/statements", json=sent).status_code == 200
    first = sender.get(f"{nginx.url}/xapi/statements", params={"limit": 2}).json()
    assert first["more"].startswith(f"{path}/xapi/statements?")
    second = sender.get(f"{nginx.url.removesuffix(path)}{first['more']}").json()
    assert len(first["statements"]) == len(second["statements"]) == 2
    assert nginx.session.get(f"{nginx.url}/sign-in/link/SECRET").status_code == 410
    wait_until(lambda: "/sign-in/link/" in nginx.log.read_text(), "the last line of the log")
    told = nginx.log.read_text()
    assert told.count("/xapi/statements") == 3
    assert "SECRET" not in told
    assert "limit" not in told
    assert "cursor" not in told


def test_a_large_body_goes_through(behind):
    service, nginx = behind
    sender = nginx.trusting(service.sender(service.credential("moodle")))
    one = completion("mailto:asha@example.org", "induction", day(1))
    one["context"] = {"extensions": {"https://example.org/essay": "x" * 15_000_000}}
    answer = sender.post(f"{nginx.url}/xapi/statements", json=one)
    assert answer.status_code == 200, answer.text[:500]
