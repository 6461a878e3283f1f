"""Tries the plugin in a real Moodle, with a real bridge: `make moodle-test MOODLE_DIR=…`.

The Moodle source that is given is copied and installed in a database server of its own, the plugin from its ZIP; PHP's web server
serves it, and `lrs-bridge serve` the bridge, behind a proxy that fails when told. Learners complete courses by Moodle's own ways:
a page viewed, a quiz passed, an activity ticked, then cron. What changes in the bridge is looked at, and the plugin's pages are
opened; then the bridge is stopped, fails, refuses, is slow, and loses answers, and nothing may be lost or doubled. At last come the
other kinds of results, and agent profiles.

Exit status: 0 all was as it has to be; 1 not; 69 it can't run here.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests"), str(ROOT / "plugins" / "moodle")]

import agent_profiles  # noqa: E402  # found by the lines above
import build_zip  # noqa: E402  # likewise
import databases  # noqa: E402  # likewise
import joining  # noqa: E402  # likewise
import other_results  # noqa: E402  # likewise
import plugin_pages  # noqa: E402  # likewise
from faulty_proxy import FAULTS  # noqa: E402  # likewise
from missing import NotHereError  # noqa: E402  # likewise
from moodle_site import PASSWORD, PLUGIN, MoodleError  # noqa: E402  # likewise
from stage import install, paste_credential, source_folder, trial_of  # noqa: E402  # likewise
from trial import (  # noqa: E402  # likewise
    COURSES,
    CRONS,
    LEARNERS,
    RECONCILE,
    SEND,
    Trial,
    WrongError,
    check,
)

NOT_HERE = 69


# --- what is tried, in order -----------------------------------------------------------------------------------------


def prepare(trial: Trial, archive: Path) -> None:
    moodle = trial.moodle
    install(trial, archive)
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
    paste_credential(trial)
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
    plugin_pages.opened_while_away(trial)
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
    plugin_pages.opened(trial)
    joining.by_mail(trial)
    stopped(trial)
    survives(trial, "500", "finn", "induction")
    survives(trial, "stored, 500", "gita", "escb_basic")
    survives(trial, "401", "hugh", "escb_missing")
    survives(trial, "429", "iris", "induction")
    survives(trial, "lost", "jack", "induction")
    survives(trial, "slow", "kofi", "induction")
    other_results.arrive(trial)
    agent_profiles.arrive(trial)
    uninstalled(trial)


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
