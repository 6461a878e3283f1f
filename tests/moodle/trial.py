"""One Moodle and one bridge at work together, and what has to hold of what went between them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builders import Served
from faulty_proxy import FaultyProxy
from moodle_site import PLUGIN, Moodle

COURSES = {"induction": "page", "escb_basic": "quiz", "escb_missing": "manual"}
"""The course's idnumber → by what it is completed."""
LEARNERS = ["asha", "ben", "cleo", "dev", "ella", "finn", "gita", "hugh", "iris", "jack", "kofi"]
SEND, RECONCILE = rf"{PLUGIN}\task\send_queue", rf"{PLUGIN}\task\reconcile"
CRONS = 3  # the task that completes courses may run after the one that sends
_TRIES = 12


class WrongError(Exception):
    """Something isn't as it has to be."""


def check(holds: object, what: str) -> None:
    if not holds:
        raise WrongError(what)


@dataclass
class Trial:
    """One Moodle and one bridge, at work together. `pasted`: endpoint, key and secret; `completions`: every (learner, course)
    so far."""

    moodle: Moodle
    bridge: Served
    proxy: FaultyProxy
    pasted: dict[str, str] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    courses: dict[str, dict[str, int]] = field(default_factory=dict)
    completions: list[tuple[str, str]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:7.1f} s  {what}", flush=True)

    def account(self, learner: str) -> str:
        return f"{self.moodle.url}|{self.users[learner]}"

    def bridge_does(self, *arguments: str) -> str:
        done = self.bridge.run(*arguments)
        check(done.returncode == 0, f"lrs-bridge {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def import_table(self, kind: str, text: str) -> None:
        file = self.bridge.folder / f"{kind}.csv"
        file.write_text(text)
        self.bridge_does("import", kind, str(file), "--apply")

    def complete(self, learner: str, course: str) -> None:
        """By Moodle's own way for that course, signed in as the learner."""
        way, at = COURSES[course], self.courses[course]
        if way == "page":
            self.moodle.sign_in(learner).get("/mod/page/view.php", id=at["cmid"])
        elif way == "manual":
            self.moodle.sign_in(learner).ajax(
                "core_completion_update_activity_completion_status_manually", cmid=at["cmid"], completed=True
            )
        else:
            self.moodle.drive("answer_quiz", user=self.users[learner], quiz=at["activity"], answer=1)
        self.completions.append((learner, course))

    def send(self) -> str:
        return self.moodle.task(SEND, may_fail=True)

    def queue(self) -> dict[str, Any]:
        found: dict[str, Any] = self.moodle.drive("queue")
        return found

    def statements(self) -> list[dict[str, Any]]:
        """All that the bridge holds of this Moodle; what was recorded by hand is not."""
        with self.bridge.database() as database:
            bodies = database.read(
                lambda session: session.exec_driver_sql("SELECT body FROM statements").scalars().all()
            )
        held = [json.loads(body) for body in bodies]
        return [one for one in held if one["object"]["id"].startswith(f"{self.moodle.url}/")]

    def explain(self, learner: str) -> dict[str, Any]:
        self.bridge.wait_until_computed()
        found: dict[str, Any] = json.loads(self.bridge_does("explain", self.account(learner), "--json"))
        return found

    def drains(self) -> None:
        """The queue is sent, time passing, and everything that was completed is in the bridge, once, as of when it was."""
        for _ in range(_TRIES):
            self.moodle.drive("time_passes")
            told = self.send()
            queue = self.queue()
            if not queue["waiting"]:
                break
        check(queue["waiting"] == 0, f"the queue doesn't drain: {queue}\n{told}")
        check(not queue["kept"], f"something failed for good: {queue['kept']}")
        self.all_is_there()

    def all_is_there(self) -> None:
        held = self.statements()
        check(len({one["id"] for one in held}) == len(held), "a statement is there twice")
        held = [one for one in held if "/course/view.php?id=" in one["object"]["id"]]
        known = {(self.users[learner], self.courses[course]["id"]) for learner, course in self.completions}
        completed = {(user, course): moment for user, course, moment in self.moodle.drive("completed")}
        check(
            completed.keys() == known, f"Moodle has completed {completed.keys() ^ known} otherwise than asked"
        )
        found = {
            (
                int(one["actor"]["account"]["name"]),
                int(one["object"]["id"].rpartition("=")[2]),
            ): datetime.fromisoformat(one["timestamp"]).timestamp()
            for one in held
        }
        check(len(found) == len(held), "a completion was sent under two ids")
        lost, alien = completed.keys() - found.keys(), found.keys() - completed.keys()
        check(not lost, f"lost: {lost}")
        check(not alien, f"nobody completed {alien}")
        wrong = {key: (found[key], moment) for key, moment in completed.items() if found[key] != moment}
        check(not wrong, f"the timestamp is not when it was completed: {wrong}")
