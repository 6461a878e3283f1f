"""What people of an organisation say is missing or wrong in what is recorded of them."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.store import organisations
from lrs_bridge.store.reports import Place
from lrs_bridge.web import reports_shown
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.here import database


@blueprint.get("/<int:organisation>/reports")
def show_reports(organisation: int) -> ResponseReturnValue:
    return _page(organisation, {})


@blueprint.post("/<int:organisation>/reports")
def close_report(organisation: int) -> ResponseReturnValue:
    wrong = reports_shown.close(Place(organisation=organisation))
    if wrong:
        return _page(organisation, wrong)
    return redirect(url_for("coordinator.show_reports", organisation=organisation), 303)


def _page(organisation: int, wrong: dict[str, str]) -> ResponseReturnValue:
    [own] = database().read(lambda session: organisations.named(session, [organisation]))
    shown = reports_shown.listed(Place(organisation=organisation))
    return render_template("coordinator/reports.html", own=own, wrong=wrong, **shown), 400 if wrong else 200
