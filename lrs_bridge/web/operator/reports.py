"""What people say is missing or wrong in what is recorded of them, where neither a coordinator nor a Board's officer looks after it."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.store.reports import Place
from lrs_bridge.web import reports_shown
from lrs_bridge.web.operator.blueprint import blueprint


@blueprint.get("/reports")
def show_reports() -> ResponseReturnValue:
    return _page({})


@blueprint.post("/reports")
def close_report() -> ResponseReturnValue:
    wrong = reports_shown.close(Place())
    return _page(wrong) if wrong else redirect(url_for("operator.show_reports"), 303)


def _page(wrong: dict[str, str]) -> ResponseReturnValue:
    shown = reports_shown.listed(Place())
    return render_template("operator/reports.html", wrong=wrong, **shown), 400 if wrong else 200
