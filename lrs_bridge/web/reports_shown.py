"""What learners report, as each of those who deal with it sees and closes it: coordinators, Boards, operators."""

from __future__ import annotations

from typing import Any

from flask import g, request

from lrs_bridge.errors import BadInput
from lrs_bridge.flows import reports
from lrs_bridge.store.reports import Place
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.numbers import a_number


def listed(place: Place) -> dict[str, Any]:
    """What the template of a page of them is given."""
    closed, after = request.args.get("closed", "") == "1", request.args.get("after", 0, type=a_number)
    viewer, calendar = g.get("viewer"), settings().calendar
    found = database().read(
        lambda session: reports.listed(session, place, viewer, calendar, closed=closed, after=after)
    )
    return {"found": found, "closed": closed, "typed": request.form}


def close(place: Place) -> dict[str, str]:
    """Closes the one that the form names. Returns what is wrong with what was typed, by field."""
    number = request.form.get("report", 0, type=a_number)
    note, viewer, who = request.form.get(f"note-{number}", ""), g.get("viewer"), visitor().address
    try:
        database().write(
            lambda session: reports.close(session, place, viewer, number, note, who=who, now=now())
        )
    except BadInput as wrong:
        return {one.where: one.what for one in wrong.problems}
    return {}
