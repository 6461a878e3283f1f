"""What every page shows, and the pages that are open to everybody: they show nobody."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, g, json, render_template, request, url_for

from lrs_bridge import __version__
from lrs_bridge.errors import Unavailable
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.explain import NOT_PROVEN, explain_all
from lrs_bridge.moments import in_words, parse_instant
from lrs_bridge.store import news, projections, timetable
from lrs_bridge.store.database import Session
from lrs_bridge.web import here
from lrs_bridge.web.here import database, settings
from lrs_bridge.web.numbers import a_number

log = logging.getLogger(__name__)

home = Blueprint("home", __name__)
health = Blueprint("health", __name__)
demonstration = Blueprint("demonstration", __name__)

_LIVE = timedelta(minutes=5)
_PEOPLE_ON_A_PAGE = 50


def child_contacts() -> list[tuple[str, str]]:
    """Areas and whom to call there when worried about a child, for the foot of every page: one that says that the database is
    away has a foot too."""
    try:
        mappings = database().read(lambda session: mapping_flow.in_force(session, settings().calendar))
    except Exception:  # of an error page too, whatever the error was
        log.exception("the foot of a page could not say whom to call")
        return []
    return [(area.name, area.child_contact) for area in mappings.areas.values() if area.child_contact]


def day_of(instant: str) -> str:
    """On which day it was here, in words."""
    calendar = settings().calendar
    return in_words(calendar.day_of(parse_instant(instant)))


def places_of_visitor() -> list[tuple[str, str]]:
    """Where whoever is signed in can go: addresses, and what they are called."""
    who = g.get("visitor")
    if who is None:
        return []
    mine = [
        (who.learner is not None or not who.roles, "mine.show_standing", "Your training"),
        (bool(who.roles.organisations), "coordinator.show_organisations", "Your organisations"),
        (bool(who.roles.areas), "board.show_areas", "Board"),
        (who.roles.operator, "operator.show_status", "Running the service"),
    ]
    return [(url_for(page), name) for is_theirs, page, name in mine if is_theirs]


def _health() -> dict[str, Any]:
    now = here.now()

    def journey(session: Session) -> tuple[dict[str, timetable.JobRun], bool, int]:
        runs = {run.name: run for run in timetable.all_job_runs(session)}
        _, held = news.counts(session)
        return runs, timetable.in_force(session) is not None, sum(number for number, _ in held.values())

    try:
        runs, has_mappings, held = database().read(journey)
    except Unavailable:
        return {
            "version": __version__,
            "healthy": False,
            "database": "out of reach",
            "timetable": "not known",
        }
    run = runs.get("recompute")
    refused = "mappings" in runs and runs["mappings"].outcome == "failed"
    ran = run is not None and run.finished is not None and now - run.finished < _LIVE
    return {
        "version": __version__,
        "healthy": ran and has_mappings,
        "database": "answers",
        "timetable": "runs" if ran else "has not run for five minutes",
        "mappings": (
            "in force; a change of the files was refused, `lrs-bridge status` says why"
            if refused
            else "in force"
        )
        if has_mappings
        else "none in force",
        "alerts": f"{held} held until somebody decides, `lrs-bridge alerts list`" if held else "none held",
    }


@home.get("/")
def show_home() -> str:
    return render_template("home.html", health=_health())


@health.get("/health")
def show_health() -> Response:
    """For monitoring: 200 or 503, the reasons as JSON."""
    health = _health()
    return Response(json.dumps(health), 200 if health["healthy"] else 503, mimetype="application/json")


@demonstration.get("/")
def show_people() -> str:
    """Everybody in the demonstration, a page at a time, with where they stand and why."""
    after = request.args.get("after", 0, type=a_number)

    def journey(session: Session) -> dict[str, Any]:
        mappings = mapping_flow.in_force(session, settings().calendar)
        numbers = projections.learners_after(session, after, _PEOPLE_ON_A_PAGE + 1)
        shown = list(explain_all(session, numbers[:_PEOPLE_ON_A_PAGE], settings().calendar))
        return {
            "people": [one for one in shown if one.body["learner"]["posts"] or one.body["evidence"]],
            "mappings": mappings,
            "more": numbers[_PEOPLE_ON_A_PAGE - 1] if len(numbers) > _PEOPLE_ON_A_PAGE else None,
        }

    return render_template("demonstration.html", not_proven=NOT_PROVEN, **database().read(journey))
