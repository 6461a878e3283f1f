"""The plugin's pages, opened as people open them: by an administrator, a learner and a coordinator, signed in."""

from __future__ import annotations

import re
from typing import Any

import requests
from moodle_site import PASSWORD, Visitor
from trial import Trial, check

STATUS, COURSES, TEAM = (f"/local/lrsbridge/{name}.php" for name in ("status", "courses", "team"))
MINE, LEADS_ON = "/local/lrsbridge/mytraining.php", "/local/lrsbridge/tobridge.php"
CHECKS = "/report/status/index.php"
CHECK, BUTTON = "LRS bridge: delivery", "Test connection"
WHOLE = "See this at the service that keeps your training record"
SILENT_HOURS = 6
_WRONG = re.compile(
    r"(?:Notice|Warning|Deprecated|Fatal error)(?:</b>)?:|[Ee]xception|debuggingmessage|\[\[\w+"
)
"""What PHP and Moodle write into a page for developers, and the name of a string that there isn't."""
_NOT_SHOWN = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)


def opened(trial: Trial) -> None:
    admin = trial.moodle.sign_in("admin")
    settings = _opens(
        admin, "/admin/settings.php", "Endpoint", trial.pasted["endpoint"], section="local_lrsbridge"
    )
    check(trial.pasted["secret"] not in settings, "the settings page shows the secret")
    status = _opens(admin, STATUS, BUTTON, "Last delivered")
    is_fine(admin.press(status, BUTTON), "the connection test", "All is well", "The bridge answers at")
    forged = admin.session.post(f"{trial.moodle.url}{STATUS}", data={"action": "test"}, timeout=120)
    check("The bridge answers at" not in forged.text, "the connection is tested without a sesskey")
    _opens(admin, COURSES, "Courses that count", "escb_basic", "ESCB basic awareness")
    _shows_check(admin, "Nothing is stuck")
    _opened_by_learner(trial)
    _opened_by_coordinator(trial)
    trial.say("the plugin's pages show what they have to, and no warning, to admin, learner and coordinator")
    trial.say("a learner's press of the button there opens their page at the bridge")


def _opened_by_learner(trial: Trial) -> None:
    ben = trial.moodle.sign_in("ben")
    mine = _opens(ben, MINE, "T1 Induction reached", "The role asks for T2 Universal", trial.account("ben"))
    there = ben.press(mine, WHOLE)
    is_fine(there, "the bridge's page", "<h1>Your CSE training</h1>", trial.moodle.url, "T1 Induction")
    forged = ben.session.post(f"{trial.moodle.url}{LEADS_ON}", timeout=120)
    check("<h1>Your CSE training</h1>" not in forged.text, "the bridge is opened without a sesskey")
    _opens(ben, "/user/profile.php", MINE)
    for path, query in ((STATUS, {}), (TEAM, {"courseid": trial.courses["induction"]["id"]})):
        answer = ben.session.get(f"{trial.moodle.url}{path}", params=query, timeout=120)
        check(_is_refused(answer), f"a learner may open {path}: {answer.status_code}")


def _opened_by_coordinator(trial: Trial) -> None:
    trial.users |= trial.moodle.drive("users", names=["tess"], password=PASSWORD)
    course = trial.courses["induction"]["id"]
    trial.moodle.drive("coordinator", user=trial.users["tess"], course=course)
    _opens(
        trial.moodle.sign_in("tess"),
        TEAM,
        "Ben Learner",
        "T1 Induction reached",
        "Nothing on record",
        courseid=course,
    )


def opened_while_away(trial: Trial) -> None:
    """The bridge is stopped, something waits, and every page says so without failing."""
    admin = trial.moodle.sign_in("admin")
    status = _opens(admin, STATUS, "Waiting to be sent", "Last error")
    bad = admin.press(status, BUTTON)
    is_fine(bad, "the connection test", "Nobody answers at 127.0.0.1", "What to do")
    _opens(admin, COURSES, "Courses that count")
    ben = trial.moodle.sign_in("ben")
    mine = _opens(ben, MINE, "can't be shown just now", "Nothing is lost")
    is_fine(ben.press(mine, WHOLE), "the page after going to a bridge that is away", "be reached just now")
    team = {"courseid": trial.courses["induction"]["id"]}
    _opens(trial.moodle.sign_in("tess"), TEAM, "does not answer just now", **team)
    _shows_check(admin, "Nothing is stuck")
    trial.moodle.drive("hours_pass", hours=SILENT_HOURS + 1)
    _shows_check(admin, f"Nothing got through for {SILENT_HOURS} hours, and 2 statements wait")
    trial.say(
        "with the bridge stopped the pages say so kindly, and the status check turns red after the hours"
    )


def _shows_check(admin: Visitor, said: str) -> None:
    _opens(admin, CHECKS, CHECK, said)


def _opens(visitor: Visitor, path: str, *shown: str, **query: Any) -> str:
    page = visitor.get(path, **query)
    is_fine(page, path, *shown)
    return page


def is_fine(page: str, what: str, *shown: str) -> None:
    seen = _NOT_SHOWN.sub("", page)
    wrong = _WRONG.search(seen)
    if wrong:
        check(
            holds=False,
            what=f"{what} shows a fault: …{seen[max(0, wrong.start() - 300) : wrong.end() + 700]}",
        )
    for words in shown:
        check(words in page, f"{what} doesn't show “{words}”:\n{_text_of(seen)}")


def _text_of(page: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"<[^>]*>", "", page))[-3000:]


def _is_refused(answer: requests.Response) -> bool:
    return "permissions to do that" in answer.text or "Access denied" in answer.text
