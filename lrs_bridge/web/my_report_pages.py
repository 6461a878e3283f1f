"""“Something is missing, this isn't me”, on the learner's own pages."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput
from lrs_bridge.flows import reports
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.my_pages import blueprint


@blueprint.get("/report")
def show_report() -> ResponseReturnValue:
    return _page({})


@blueprint.post("/report")
def send_report() -> ResponseReturnValue:
    who, typed, calendar = visitor(), request.form, settings().calendar
    said = reports.Said(typed.get("kind", ""), typed.get("text", ""), typed.get("about", ""))
    try:
        database().write(lambda session: reports.report(session, who, said, calendar, now()))
    except BadInput as wrong:
        return _page({one.where: one.what for one in wrong.problems})
    return redirect(url_for("mine.show_report", _anchor="reported"), 303)


def _page(wrong: dict[str, str]) -> ResponseReturnValue:
    who, calendar = visitor(), settings().calendar
    found = database().read(lambda session: reports.form(session, who, calendar, now()))
    page = render_template(
        "my_report.html",
        form=found,
        kinds=reports.KINDS.items(),
        longest=reports.LONGEST,
        typed=request.form,
        wrong=wrong,
    )
    return page, 400 if wrong else 200
