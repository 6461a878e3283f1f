"""Results of other kinds than completed courses: each arrives as Moodle has it, once, though sent and told twice."""

from __future__ import annotations

import html
import json
import os
import re
from datetime import datetime
from typing import Any

import packages
from moodle_site import PASSWORD, PLUGIN, MoodleError, Visitor
from trial import Trial, check

VERBS = "http://adlnet.gov/expapi/verbs/"
KINDS = "course_completed,activity_completed,quiz_result,scorm_result,h5p_result"
LAG = 2.0
"""Seconds at most between a SCORM value's own moment and that of the event by which Moodle tells of it."""
Told = tuple[str, str, Any, float]
"""Verb, activity's module, result, moment."""


def arrive(trial: Trial) -> None:
    trial.users |= trial.moodle.drive("users", names=["nina", "omar"], password=PASSWORD)
    made = _activities(trial)
    trial.moodle.drive("enrol", users=[trial.users["nina"], trial.users["omar"]], courses=[made["course"]])
    ticked = [*(one["id"] for one in trial.courses.values()), made["course"]]
    trial.moodle.set("courses", ",".join(map(str, ticked)), PLUGIN)
    _does_all(trial, "nina", made, passes=True)
    check(trial.queue()["waiting"] == 0, "kinds that nobody ticked are queued")
    trial.moodle.set("kinds", KINDS, PLUGIN)
    trial.users |= trial.moodle.drive("users", names=["pearl"], password=PASSWORD)
    trial.moodle.drive("enrol", users=[trial.users["pearl"]], courses=[made["course"]])
    _does_all(trial, "pearl", made, passes=True)
    _does_all(trial, "omar", made, passes=False)
    trial.proxy.fault = "lost"
    trial.send()  # is stored, and sent again, for the answer is lost
    trial.proxy.fault = "none"
    trial.drains()
    for learner, wanted in (("pearl", _passed(trial, made)), ("omar", _failed(trial, made)), ("nina", [])):
        _are(trial, learner, made, wanted)
    trial.moodle.set("kinds", "course_completed", PLUGIN)
    trial.say(
        "activity completions, a quiz, a SCORM package and H5P, passed and failed: each is there once, as of when it was"
    )


def _activities(trial: Trial) -> dict[str, Any]:
    """Made with packages whose paths Moodle's own generators take from their folder on."""
    moodle = trial.moodle
    files = packages.scorm(moodle.folder / "signs.zip"), packages.h5p(moodle.folder / "signs.h5p")
    scorm, h5p = (os.path.relpath(file, moodle.public) for file in files)
    made: dict[str, Any] = moodle.drive("activities", scorm=scorm, h5p=h5p)
    return made


def _does_all(trial: Trial, learner: str, made: dict[str, Any], *, passes: bool) -> None:
    visitor = trial.moodle.sign_in(learner)
    visitor.get("/mod/page/view.php", id=made["cmids"]["page"])
    trial.moodle.drive("answer_quiz", user=trial.users[learner], quiz=made["quiz"], answer=int(passes))
    _plays_scorm(visitor, made, "passed" if passes else "failed", 80 if passes else 20)
    _plays_h5p(visitor, trial.account(learner), made, score=4 if passes else 1, success=passes)


def _plays_scorm(visitor: Visitor, made: dict[str, Any], status: str, score: int) -> None:
    """The player is opened, and what the package tells is committed as its script does it: again when the window closes."""
    player = visitor.get("/mod/scorm/player.php", a=made["scorm"], scoid=made["sco"], currentorg="all")
    check("SCORM_API" in player or "scorm_api" in player, "Moodle's SCORM player doesn't open")
    told = {"cmi__core__lesson_status": status, "cmi__core__score__raw": score}
    for _ in range(2):
        answer = visitor.post(
            f"/mod/scorm/datamodel.php?id={made['cmids']['scorm']}", scoid=made["sco"], attempt=1, **told
        )
        check(answer.startswith("true"), f"Moodle's SCORM player didn't take the result: {answer[:500]}")


def _plays_h5p(visitor: Visitor, account: str, made: dict[str, Any], *, score: int, success: bool) -> None:
    """The content is opened in its frame, and its result told by the call of Moodle's own script."""
    page = visitor.get("/mod/h5pactivity/view.php", id=made["cmids"]["h5pactivity"])
    frame = re.search(r'src="[^"]*(/h5p/embed\.php\?[^"]+)"', page)
    if frame is None:
        raise MoodleError("the page of the H5P activity has no frame")
    shown = visitor.get(html.unescape(frame[1]))
    check(packages.H5P_LIBRARY in shown, f"Moodle doesn't play the H5P package:\n{shown[-2000:]}")
    home, name = account.split("|")
    result = {"score": {"raw": score, "min": 0, "max": 5, "scaled": score / 5}, "completion": True}
    statement = {
        "actor": {"objectType": "Agent", "account": {"homePage": home, "name": name}},
        "verb": {"id": f"{VERBS}completed", "display": {"en-US": "completed"}},
        "object": {"objectType": "Activity", "id": made["h5p"], "definition": {"name": {"en-US": "Signs"}}},
        "result": {**result, "success": success, "duration": "PT5S"},
    }
    taken = visitor.ajax(
        "core_xapi_statement_post", component="mod_h5pactivity", requestjson=json.dumps([statement])
    )
    check(taken == [True], f"Moodle didn't take the result of H5P: {taken}")


def _passed(trial: Trial, made: dict[str, Any]) -> list[Told]:
    moments = trial.moodle.drive("moments", user=trial.users["pearl"])
    done = {module: moments["completed"].get(str(cmid)) for module, cmid in made["cmids"].items()}
    scores = moments["scorm"]
    full = _score(10, 10)
    return [
        ("completed", "page", {"completion": True}, done["page"]),
        ("passed", "quiz", {"success": True, "completion": True, "score": full}, done["quiz"]),
        ("passed", "quiz", {"success": True, "score": full}, moments["quiz"]),
        ("passed", "scorm", {"success": True}, scores["cmi.core.lesson_status"]),
        ("scored", "scorm", {"score": {"raw": 80}}, scores["cmi.core.score.raw"]),
        ("completed", "scorm", {"completion": True}, done["scorm"]),
        ("passed", "h5pactivity", {"success": True, "score": _score(4, 5)}, moments["h5p"]),
    ]


def _failed(trial: Trial, made: dict[str, Any]) -> list[Told]:
    moments = trial.moodle.drive("moments", user=trial.users["omar"])
    done = {module: moments["completed"].get(str(cmid)) for module, cmid in made["cmids"].items()}
    scores = moments["scorm"]
    none = _score(0, 10)
    return [
        ("completed", "page", {"completion": True}, done["page"]),
        ("failed", "quiz", {"success": False, "score": none}, done["quiz"]),
        ("failed", "quiz", {"success": False, "score": none}, moments["quiz"]),
        ("failed", "scorm", {"success": False}, scores["cmi.core.lesson_status"]),
        ("scored", "scorm", {"score": {"raw": 20}}, scores["cmi.core.score.raw"]),
        ("failed", "h5pactivity", {"success": False, "score": _score(1, 5)}, moments["h5p"]),
    ]


def _score(raw: int, most: int) -> dict[str, Any]:
    return {"scaled": raw / most, "raw": raw, "min": 0, "max": most}


def _are(trial: Trial, learner: str, made: dict[str, Any], wanted: list[Told]) -> None:
    modules = {
        f"{trial.moodle.url}/mod/{module}/view.php?id={cmid}": module
        for module, cmid in made["cmids"].items()
    }
    found = [
        (
            one["verb"]["id"].removeprefix(VERBS),
            modules[one["object"]["id"]],
            one["result"],
            datetime.fromisoformat(one["timestamp"]).timestamp(),
        )
        for one in trial.statements()
        if one["object"]["id"] in modules and one["actor"]["account"]["name"] == str(trial.users[learner])
    ]
    left = list(found)
    for verb, module, result, moment in wanted:
        same = [one for one in left if one[:3] == (verb, module, result) and _is_at(one[3], module, moment)]
        check(
            same,
            f"{learner} has not {(verb, module, result, moment)}, but of that activity {_of(left, module)}",
        )
        left.remove(same[0])
    check(not left, f"of {learner} this was sent too, or twice: {left}")


def _is_at(found: float, module: str, moment: float) -> bool:
    return 0 <= found - moment <= (LAG if module == "scorm" else 0)


def _of(found: list[Told], module: str) -> list[Told]:
    return [one for one in found if one[1] == module]
