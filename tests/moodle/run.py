"""Tries the plugin in a real Moodle, with a real bridge: `make moodle-test MOODLE_DIR=…`.

The Moodle source that is given is copied and installed in a database server of its own, the plugin from its ZIP; PHP's web server
serves it, and `lrs-bridge serve` the bridge, behind a proxy that fails when told. Learners complete courses by Moodle's own ways:
a page viewed, a quiz passed, an activity ticked, then cron. What changes in the bridge is looked at; then the bridge is stopped,
fails, refuses, is slow, and loses answers, and nothing may be lost or doubled.

Exit status: 0 all was as it has to be; 1 not; 69 it can't run here.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests"), str(ROOT / "plugins" / "moodle")]

import build_zip  # noqa: E402  # found by the lines above
import databases  # noqa: E402  # likewise
from builders import Served, free_port  # noqa: E402  # likewise
from faulty_proxy import FAULTS, FaultyProxy  # noqa: E402  # likewise
from missing import NotHereError  # noqa: E402  # likewise
from moodle_site import PASSWORD, PLUGIN, Moodle, MoodleError  # noqa: E402  # likewise
from postgres_cluster import NoPostgres, PostgresCluster  # noqa: E402  # likewise

NOT_HERE = 69
COURSES = {"induction": "page", "escb_basic": "quiz", "escb_missing": "manual"}
"""The course's idnumber → by what it is completed."""
LEARNERS = ["asha", "ben", "cleo", "dev", "ella", "finn", "gita", "hugh", "iris", "jack", "kofi"]
SLOW_SECONDS = 65.0
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
    """One Moodle and one bridge, at work together. `completions`: every (learner, course) so far."""

    moodle: Moodle
    bridge: Served
    proxy: FaultyProxy
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
            self.moodle.drive("pass_quiz", user=self.users[learner], quiz=at["activity"])
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


# --- what is tried, in order -----------------------------------------------------------------------------------------


def prepare(trial: Trial, archive: Path) -> None:
    moodle = trial.moodle
    moodle.install()
    trial.say(f"Moodle {moodle.release()} is installed on {moodle.database.kind}")
    moodle.install_plugin(archive)
    said = moodle.drive("config", component=PLUGIN)
    check("version" in said, "the plugin is not installed")
    trial.say(f"{archive.name} is installed")
    trial.users = moodle.drive("users", names=LEARNERS, password=PASSWORD)
    for idnumber, way in COURSES.items():
        trial.courses[idnumber] = moodle.drive("course", idnumber=idnumber, title=idnumber, by=way)
    ids = [one["id"] for one in trial.courses.values()]
    moodle.drive("enrol", users=[*trial.users.values()], courses=ids)
    moodle.start()
    trial.bridge.start()
    trial.proxy.open()
    rows = "".join(
        f"{learner} Learner,{trial.account(learner)},Colne School,essex,teacher,T2\n" for learner in LEARNERS
    )
    trial.import_table("people", f"person,identifiers,organisation,area,role,required_tier\n{rows}")
    made = json.loads(trial.bridge_does("add-client", "--for-moodle", moodle.url, "--json"))
    pasted = moodle.drive("paste", **{name: made[name] for name in ("endpoint", "key", "secret")})
    check(pasted, "endpoint, key and secret are pasted, and the plugin isn't ready")
    trial.say("people, courses, enrolments and the three pasted values are there")


def nothing_until_ticked(trial: Trial) -> None:
    trial.complete("asha", "induction")
    trial.send()
    check(trial.queue()["waiting"] == 0, "something of a course that nobody ticked is queued")
    trial.moodle.set("courses", ",".join(str(one["id"]) for one in trial.courses.values()), PLUGIN)
    trial.say("nothing is queued before a course is ticked")


def blocked_addresses(trial: Trial) -> None:
    trial.complete("ben", "induction")
    check(trial.queue()["waiting"] == 1, "the completed course is not queued")
    told = trial.send()
    queue = trial.queue()
    check(queue["waiting"] == 1, "what Moodle's curl security blocks is gone from the queue")
    check(not trial.proxy.met, "Moodle's curl security let something through")
    said = json.dumps(queue["config"]) + told
    check("curlsecurity" in said or "HTTP security" in said, f"nobody says which setting blocks: {said}")
    trial.moodle.set("curlsecurityblockedhosts", "")
    trial.moodle.set("curlsecurityallowedport", f"443\n80\n{trial.proxy.port}")
    trial.say(
        "Moodle's own curl security blocks the bridge, nothing is lost, and the setting is named; it is allowed now"
    )


def delivered(trial: Trial) -> None:
    trial.moodle.drive("time_passes")
    trial.moodle.task(RECONCILE)  # what was completed before the course was ticked
    trial.drains()
    explained = trial.explain("ben")
    check(
        explained["tier"]["attained"] == "T1", f"a completed induction gives {explained['tier']['attained']}"
    )
    check(trial.explain("asha")["tier"]["attained"] == "T1", "what was completed before is not credited")
    trial.say(
        "viewing a page completes the induction: ben and asha, who was first and is reconciled, have reached T1"
    )


def becomes_eligible(trial: Trial) -> None:
    cleo = trial.account("cleo")
    own = f"{cleo},{{}},Colne School,essex,head@example.org,2026-01-05\n"
    words = "".join(own.format(word) for word in ("manager_support", "working_knowledge"))
    trial.import_table("attestations", f"person,attestation,organisation,area,by,date\n{words}")
    trial.import_table("memberships", f"person,membership,checked,source\n{cleo},nwg,2026-01-05,list\n")
    had = "".join(f"{cleo},{course},2026-01-05,Council\n" for course in ("safeguarding_l2", "set_toolbox"))
    trial.import_table("completions", f"person,course,date,provider\n{had}")
    ours = {one["id"] for one in trial.statements()}
    before = trial.explain("cleo")["eligibility"]["essex"]
    check(before["status"] == "not_eligible", f"before the quiz: {before}")
    check(before["missing"] == ["basic_cse"], f"before the quiz is missing: {before['missing']}")
    trial.complete("cleo", "escb_basic")
    trial.complete("dev", "escb_missing")
    for _ in range(CRONS):
        trial.moodle.drive("time_passes")
        told = trial.moodle.cron()
        check(SEND.replace("\\", "") in told.replace("\\", ""), "cron didn't run the task that sends")
        if len(trial.statements()) > len(ours) + 1:
            break
    after = trial.explain("cleo")["eligibility"]["essex"]
    check(after["status"] == "eligible", f"after the quiz: {after}")
    credited = {one["course"] for one in trial.explain("dev")["evidence"] if one["counts"]}
    check(credited == {"escb_missing"}, f"ticking an activity credits {credited}")
    check(len(trial.statements()) == len(ours) + 2, "cron sent something twice, or not at all")
    trial.say("a passed quiz makes cleo eligible, a ticked activity credits dev, both by cron alone")


def survives(trial: Trial, fault: str, learner: str, course: str) -> None:
    before = trial.proxy.met[fault]
    trial.proxy.fault = fault
    trial.complete(learner, course)
    check(trial.queue()["waiting"] == 1, f"{fault}: the completion is not queued")
    trial.send()
    check(trial.proxy.met[fault] > before, f"{fault}: nothing came to the proxy")
    check(trial.queue()["waiting"] == 1, f"{fault}: it left the queue undelivered")
    trial.proxy.fault = "none"
    trial.drains()
    trial.say(f"{fault:12} ({FAULTS[fault]}): nothing lost, nothing doubled")


def stopped(trial: Trial) -> None:
    trial.proxy.close()
    trial.bridge.kill()
    trial.complete("ella", "induction")
    trial.complete("ella", "escb_missing")
    for _ in range(2):
        trial.moodle.drive("time_passes")
        trial.send()
    check(trial.queue()["waiting"] == 2, "while the bridge is stopped, something left the queue")
    trial.bridge.start()
    trial.proxy.open()
    trial.drains()
    check(trial.explain("ella")["tier"]["attained"] == "T1", "ella's induction is not credited")
    trial.say("stopped      (nobody listens): nothing lost, nothing doubled")


def uninstalled(trial: Trial) -> None:
    trial.moodle.command("admin/cli/uninstall_plugins.php", f"--plugins={PLUGIN}", "--run")
    left = trial.moodle.drive("left", component=PLUGIN)
    check(not left, f"uninstalling leaves {left}")
    trial.say("uninstalling leaves nothing behind")


def tried(trial: Trial, archive: Path) -> None:
    prepare(trial, archive)
    nothing_until_ticked(trial)
    blocked_addresses(trial)
    delivered(trial)
    becomes_eligible(trial)
    stopped(trial)
    survives(trial, "500", "finn", "induction")
    survives(trial, "stored, 500", "gita", "escb_basic")
    survives(trial, "401", "hugh", "escb_missing")
    survives(trial, "429", "iris", "induction")
    survives(trial, "lost", "jack", "induction")
    survives(trial, "slow", "kofi", "induction")
    uninstalled(trial)


# --- what it runs on -------------------------------------------------------------------------------------------------


@contextmanager
def bridge_database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bridge.sqlite'}"
        return
    try:
        cluster = PostgresCluster()
    except NoPostgres as missing:
        raise NotHereError(f"{missing}; or ask for --bridge sqlite") from missing
    try:
        yield cluster.url(cluster.create_database())
    finally:
        cluster.remove()


@contextmanager
def trial_of(source: Path, kind: str, bridge_kind: str) -> Iterator[Trial]:
    with ExitStack() as made:
        folder = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="lrsb-moodle-")))
        (folder / "bridge").mkdir()
        database = made.enter_context(databases.database(kind))
        moodle = Moodle(source, folder, database, free_port())
        made.callback(moodle.stop)
        proxy_port = free_port()
        url = made.enter_context(bridge_database(bridge_kind, folder / "bridge"))
        bridge = Served(url, folder / "bridge", public_url=f"http://127.0.0.1:{proxy_port}")
        made.callback(bridge.kill)
        proxy = FaultyProxy(f"127.0.0.1:{bridge.port}", proxy_port, slow_seconds=SLOW_SECONDS)
        made.callback(proxy.close)
        yield Trial(moodle, bridge, proxy)


def source_folder(asked: str | None) -> Path:
    if not asked:
        raise NotHereError(
            "no Moodle is given: MOODLE_DIR names the folder of a Moodle's source, such as a release unpacked"
        )
    source = Path(asked).resolve()
    if not any((source / inside / "version.php").is_file() for inside in ("public", ".")):
        raise NotHereError(f"{source} holds no Moodle: there is no version.php, nor public/version.php")
    if not (source / "admin" / "cli" / "install_database.php").is_file():
        raise NotHereError(f"{source} holds no whole Moodle: admin/cli/install_database.php is missing")
    return source


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--moodle", help="the folder of a Moodle's source; it is copied, and not changed")
    parser.add_argument("--database", choices=databases.KINDS, default="postgresql", help="Moodle's")
    parser.add_argument(
        "--bridge", choices=("sqlite", "postgresql"), default="sqlite", help="the bridge's database"
    )
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    try:
        source = source_folder(asked.moodle)
        with tempfile.TemporaryDirectory(prefix="lrsb-plugin-") as folder:
            archive = build_zip.build(Path(folder))
            with trial_of(source, asked.database, asked.bridge) as trial:
                tried(trial, archive)
    except NotHereError as missing:
        print(f"THE PLUGIN IS NOT TRIED IN A REAL MOODLE: {missing}", file=sys.stderr)
        return NOT_HERE
    except (WrongError, MoodleError, build_zip.CantBuildError) as wrong:
        print(f"NOT AS IT HAS TO BE: {wrong}", file=sys.stderr)
        return 1
    print("Everything was as it has to be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
