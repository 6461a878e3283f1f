"""Agent profiles from a real Moodle: sent as the admin turns them on, and joining by e-mail where the bridge trusts the site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests
from builders import VERSION_HEADER, wait_until
from moodle_site import PASSWORD, PLUGIN
from trial import Trial, check

PROFILE_ID = "tag:lrs-bridge,2026:moodle/person"
FIELD = "employer"
NEW = ["quin", "rosa"]
"""Whom no import has named."""


def arrive(trial: Trial) -> None:
    trial.users |= trial.moodle.drive("users", names=NEW, password=PASSWORD)
    courses = [one["id"] for one in trial.courses.values()]
    trial.moodle.drive("enrol", users=[trial.users[name] for name in NEW], courses=courses)
    employers = {str(trial.users[name]): "Colne School" for name in NEW}
    trial.moodle.drive("profile_field", name=FIELD, values=employers)
    trial.import_table(
        "completions",
        "person,course,date,provider\nquin@council.gov.uk,safeguarding_l2,2026-01-05,Council\n",
    )
    _nothing_while_off(trial)
    _all_of_it(trial)
    _joins(trial)
    _ends(trial)
    trial.say("name, e-mail and organisation arrive, join where the site is trusted, and end when turned off")


def _nothing_while_off(trial: Trial) -> None:
    trial.complete("quin", "induction")
    trial.drains()
    check(_document(trial, "quin") is None, "an agent profile was sent that nobody turned on")
    check(not trial.explain("quin")["learner"]["name"], "the bridge knows a name that nobody sent")


def _all_of_it(trial: Trial) -> None:
    for setting, value in (("name", "1"), ("email", "1"), ("organisation", f"profile_field_{FIELD}")):
        trial.moodle.set(f"send_{setting}", value, PLUGIN)
    trial.complete("quin", "escb_missing")
    trial.drains()
    told = {"name": "Quin Learner", "email": "quin@council.gov.uk", "organisation": "Colne School"}
    found = _document(trial, "quin")
    check(found == told, f"the agent profile is {found}")
    learner = trial.explain("quin")
    check(learner["learner"]["name"] == "Quin Learner", f"by the profile the learner is {learner['learner']}")
    check(not _is_joined(learner), "the e-mail of a site that is not vouched for joins")


def _joins(trial: Trial) -> None:
    """With a mapping file that says that this site's addresses are to be trusted."""
    file = Path(trial.bridge.environ["LRS_BRIDGE_MAPPINGS"]) / "sources" / "moodle.yaml"
    vouched = f"profiles:\n  - home_page: {trial.moodle.url}\n    mail_domains: [council.gov.uk]\n"
    file.write_text(f"{file.read_text()}\n{vouched}")
    joined: dict[str, Any] = wait_until(
        lambda: found if _is_joined(found := trial.explain("quin")) else None,
        "the e-mail address joins, once this site is vouched for",
    )
    counts = {one["course"] for one in joined["evidence"] if one["counts"]}
    check(counts == {"induction", "escb_missing", "safeguarding_l2"}, f"of both together counts {counts}")


def _ends(trial: Trial) -> None:
    trial.moodle.set("send_email", "0", PLUGIN)
    trial.complete("quin", "escb_basic")
    trial.drains()
    told = {"name": "Quin Learner", "organisation": "Colne School"}
    found = _document(trial, "quin")
    check(found == told, f"without e-mail the agent profile is {found}")
    check(not _is_joined(trial.explain("quin")), "an e-mail address that is not sent any more still joins")
    for setting in ("name", "organisation"):
        trial.moodle.set(f"send_{setting}", "", PLUGIN)
    trial.moodle.drive("rename", user=trial.users["rosa"], lastname="Rao")
    trial.complete("rosa", "induction")
    trial.drains()
    check(_document(trial, "rosa") is None, "an agent profile is sent after it was turned off")


def _is_joined(explained: dict[str, Any]) -> bool:
    return "mailto:quin@council.gov.uk" in explained["learner"]["identifiers"]


def _document(trial: Trial, learner: str) -> dict[str, str] | None:
    """What the bridge holds, asked for with the site's own credential."""
    home, name = trial.account(learner).split("|")
    agent = json.dumps({"account": {"homePage": home, "name": name}})
    answer = requests.get(
        f"{trial.bridge.url}/xapi/agents/profile",
        params={"agent": agent, "profileId": PROFILE_ID},
        auth=(trial.pasted["key"], trial.pasted["secret"]),
        headers={VERSION_HEADER: "1.0.3"},
        timeout=30,
    )
    if answer.status_code == 404:
        return None
    check(answer.ok, f"the site may not read its own agent profiles: {answer.status_code} {answer.text}")
    document: dict[str, str] = answer.json()
    return document
