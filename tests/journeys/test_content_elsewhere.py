"""Content on another origin, in a real browser: it is launched by a link, sends, resumes, and reads why it was refused.

Needs Chromium (Debian's package chromium); without it the test says that it was passed over.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from builders import ENOUGH, wait_until

CONTENT = """<!doctype html><title>A course</title><pre id="told">nothing yet</pre><script>
const launched = new URLSearchParams(location.search), told = {};
const send = (method, address, body) => fetch(launched.get("endpoint") + address, {
  method, body: body && JSON.stringify(body),
  headers: {"Authorization": launched.get("auth"), "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"},
});
const statement = changed => ({
  actor: JSON.parse(launched.get("actor")), verb: {id: "http://adlnet.gov/expapi/verbs/completed"},
  object: {id: launched.get("activity_id")}, context: {registration: launched.get("registration")}, ...changed,
});
const tell = async (name, asked) => {
  try {
    const answer = await asked;
    told[name] = {status: answer.status, version: answer.headers.get("X-Experience-API-Version"), body: await answer.json()};
  } catch (wrong) { told[name] = String(wrong); }
};
(async () => {
  await tell("sent", send("POST", "statements", statement({})));
  await tell("read", send("GET", "statements"));
  await tell("wrong", send("POST", "statements", statement({verb: {id: "completed"}})));
  await tell("outside", send("POST", "statements", [statement({}), statement({object: {id: "https://elsewhere.example/x"}})]));
  document.getElementById("told").textContent = JSON.stringify(told);
})();
</script>"""


class Content(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the library's name
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(CONTENT.encode())

    def log_message(self, *_: object) -> None:
        """Nothing: pytest shows what matters."""


@pytest.fixture
def hosts() -> Iterator[tuple[str, str]]:
    """Two origins that serve the same content."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Content) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    first, second = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    yield first, second
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip(
            "Chromium is not installed (package chromium): no real browser has tried the CORS headers"
        )
    return found


def opened(chromium: str, url: str, profile: object) -> dict:
    """What the page told when it had done everything."""
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    command += [f"--user-data-dir={profile}", "--virtual-time-budget=30000", "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ENOUGH)
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stdout
    return json.loads(unescape(found[1]))


def test_content_on_another_origin_in_a_real_browser(sqlite_url, serve, hosts, chromium, tmp_path):
    service = serve(sqlite_url)
    content, elsewhere = hosts
    asked = [
        "--learner",
        "asha@example.org",
        "--activity",
        f"{content}/cse",
        "--source",
        "nwg",
        "--name",
        "Asha Räo",
    ]
    made = service.run("launch-link", f"{content}/story.html?lang=en#top", *asked)
    assert made.returncode == 0, made.stderr
    link = made.stdout.strip()

    told = opened(chromium, link, tmp_path / "profile")
    assert (told["sent"]["status"], told["sent"]["version"]) == (200, "1.0.3")
    [statement] = told["read"]["body"]["statements"]
    assert [statement["id"]] == told["sent"]["body"]
    assert statement["actor"]["name"] == "Asha Räo"
    assert told["wrong"]["status"] == 400
    assert told["wrong"]["body"]["problems"][0]["where"] == "$.verb.id"
    assert (told["outside"]["status"], told["outside"]["body"]["statements"]) == (403, [1])

    told = opened(chromium, link.replace(content, elsewhere, 1), tmp_path / "profile")
    assert {name: "TypeError" in said for name, said in told.items()} == dict.fromkeys(told, True)

    def reasons() -> list[str]:
        return [one["reason"] for one in json.loads(service.run("refused", "--json").stdout)]

    kept = wait_until(lambda: found if len(found := reasons()) == 3 else None, "three refusals to be kept")
    assert any(f"it comes from {elsewhere}" in reason for reason in kept)
