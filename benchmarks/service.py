"""What the benchmarks of the running service share: `lrs-bridge serve` on a free port, statements to send, and wrk."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

CONNECTIONS = 16
HOME = "https://moodle.example.org"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"

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
            "account": {"homePage": HOME, "name": learner},
        },
        "verb": {"id": COMPLETED, "display": {"en": "Completed"}},
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
        self.processes = int(os.environ.get("LRS_BRIDGE_WEB_PROCESSES") or os.cpu_count() or 1)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LRS_BRIDGE_")},
            "LRS_BRIDGE_DATABASE_URL": database_url,
            "LRS_BRIDGE_WEB_PROCESSES": str(self.processes),
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

    def get(self, path: str) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"Authorization": self.authorization, "X-Experience-API-Version": "1.0.3"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def wrk(
    port: int, script: Path, *, seconds: int = 4, connections: int = CONNECTIONS, path: str = "/"
) -> float:
    """Requests a second. Raises where an answer isn't 2xx: a rate of refusals is no rate."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script)]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def posting(folder: Path, authorization: str, batch: int, path: str = "/xapi/statements") -> Path:
    """A script for wrk that posts `batch` new statements at a time."""
    before, after = json.dumps(statement("bench")).split("ID", 1)
    lua = LUA.replace("BEFORE", before).replace("AFTER", after).replace("BATCH", str(batch))
    script = folder / f"post{batch}-{abs(hash((path, authorization)))}.lua"
    script.write_text(lua.replace("AUTHORIZATION", authorization).replace("/xapi/statements", path))
    return script


def asking(folder: Path, authorization: str, query: str) -> Path:
    """A script for wrk that asks for statements."""
    script = folder / f"get{abs(hash((query, authorization)))}.lua"
    script.write_text(
        f'function request() return wrk.format("GET", "{query}", {{["Authorization"] = "{authorization}",'
        ' ["X-Experience-API-Version"] = "1.0.3"}) end'
    )
    return script
