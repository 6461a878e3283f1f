"""How many statements one `lrs-bridge serve` takes, and how long until a tier is up to date.

    python benchmarks/receive.py                          on SQLite in a temporary folder
    python benchmarks/receive.py postgresql://…/empty     on an empty PostgreSQL database

Needs wrk. One web process, 16 connections, statements of 1.1 KB as a Moodle sends them, everything on this machine. Every
answer is 200 and follows the commit; anything else is counted and said.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

SECONDS, ROUNDS, CONNECTIONS = 6, 3, 16

LUA = """
local random = math.random
local function uuid()
  return (string.gsub('xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx', 'x', function() return string.format('%x', random(0, 15)) end))
end
local before, after = [==[BEFORE]==], [==[AFTER]==]
function init(args) math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) % 1000000) end
function request()
  local parts = {}
  for n = 1, BATCH do parts[n] = before .. uuid() .. after end
  local body = BATCH == 1 and parts[1] or '[' .. table.concat(parts, ',') .. ']'
  return wrk.format('POST', '/xapi/statements', {
    ['Authorization'] = 'AUTHORIZATION', ['Content-Type'] = 'application/json', ['X-Experience-API-Version'] = '1.0.3'
  }, body)
end
"""


def statement(learner: str, course: str = "induction") -> dict:
    return {
        "id": "ID",
        "actor": {
            "name": "A learner",
            "account": {"homePage": "https://moodle.example.org", "name": learner},
        },
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "Completed"}},
        "object": {
            "objectType": "Activity",
            "id": "https://moodle.example.org/course/view.php?id=7",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "name": {"en": "Basic awareness"},
                "extensions": {
                    "https://w3id.org/learning-analytics/learning-management-system/external-id": course
                },
            },
        },
        "context": {
            "platform": "Moodle",
            "language": "en",
            "registration": "2214b857-769d-4714-aa26-e52ca7a53cec",
            "extensions": {
                "http://lrs.learninglocker.net/define/extensions/info": {
                    "http://moodle.org": "5.1+ (Build: 20251017)",
                    "https://github.com/xAPI-vle/moodle-logstore_xapi": "5.0.1",
                    "event_name": "\\core\\event\\course_completed",
                    "event_function": "\\src\\transformer\\events\\core\\course_completed",
                }
            },
            "contextActivities": {
                "category": [
                    {
                        "objectType": "Activity",
                        "id": "https://moodle.example.org",
                        "definition": {
                            "type": "http://id.tincanapi.com/activitytype/lms",
                            "name": {"en": "Moodle"},
                        },
                    }
                ]
            },
        },
        "timestamp": "2026-03-01T09:30:00.000Z",
    }


class Service:
    """`lrs-bridge serve` on a free port."""

    def __init__(self, folder: Path, database_url: str, *, timetable: bool) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LRS_BRIDGE_")},
            "LRS_BRIDGE_DATABASE_URL": database_url,
            "LRS_BRIDGE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "LRS_BRIDGE_MAIL_FOLDER": str(folder / "mailbox"),
        }
        self.log = folder / "serve.log"
        self.bridge("migrate")
        self.client = json.loads(self.bridge("add-client", "bench", "--source", "moodle", "--json"))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lrs_bridge", "serve", "--port", str(self.port)],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2)
                break
            except OSError:
                time.sleep(0.1)
        if not timetable:  # the rate of receiving alone: the timetable process is stopped, not killed
            self.pause_timetable()

    def pause_timetable(self) -> None:
        found = subprocess.run(
            ["pgrep", "-g", str(self.process.pid), "-f", "worker"],
            capture_output=True,
            text=True,
            check=False,
        )
        self.workers = [int(number) for number in found.stdout.split()]
        for number in self.workers:
            os.kill(number, signal.SIGSTOP)

    def bridge(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "lrs_bridge", *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    @property
    def authorization(self) -> str:
        pair = f"{self.client['key']}:{self.client['secret']}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def post(self, body: object) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/xapi/statements",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": self.authorization,
                "Content-Type": "application/json",
                "X-Experience-API-Version": "1.0.3",
            },
        )
        urllib.request.urlopen(request, timeout=30).read()

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def rate(service: Service, folder: Path, batch: int) -> float:
    """Statements per second, the median of ROUNDS."""
    before, after = json.dumps(statement("bench")).split("ID", 1)
    lua = LUA.replace("BEFORE", before).replace("AFTER", after).replace("BATCH", str(batch))
    script = folder / f"batch{batch}.lua"
    script.write_text(lua.replace("AUTHORIZATION", service.authorization))
    rates = []
    for _ in range(ROUNDS):
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "30s", "-s", str(script)]
        said = subprocess.run(
            [*command, f"http://127.0.0.1:{service.port}/"], capture_output=True, text=True, check=True
        ).stdout
        if "Non-2xx" in said:
            print(said)
        rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]) * batch)
    print(
        f"  batches of {batch}: {statistics.median(rates):,.0f} statements a second ({min(rates):,.0f} to {max(rates):,.0f})"
    )
    return statistics.median(rates)


def freshness(service: Service) -> None:
    """Seconds from the answer to the tier that `explain` shows."""
    waits = []
    for number in range(5):
        learner = f"fresh{number}"
        service.post({name: value for name, value in statement(learner).items() if name != "id"})
        sent = time.monotonic()
        while True:
            found = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "lrs_bridge",
                    "explain",
                    f"https://moodle.example.org|{learner}",
                    "--json",
                ],
                env=service.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if found.returncode == 0 and json.loads(found.stdout)["tier"]["attained"] == "T1":
                break
        waits.append(time.monotonic() - sent)
    print(
        f"  from POST to updated tier: {statistics.median(waits):.1f} s ({min(waits):.1f} to {max(waits):.1f}, asking included)"
    )


def main() -> None:
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-") as name:
        folder = Path(name)
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder / 'bench.sqlite'}"
        print(url.split("://", 1)[0])
        service = Service(folder, url, timetable=True)
        try:
            freshness(service)
            service.pause_timetable()
            rate(service, folder, 1)
            rate(service, folder, 50)
        finally:
            service.stop()


if __name__ == "__main__":
    main()
