"""What people of an area say is missing or wrong in what is recorded of them, where their organisation has no coordinator."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.store.reports import Place
from lrs_bridge.web import reports_shown
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database


@blueprint.get("/<area>/reports")
def show_reports(area: str) -> ResponseReturnValue:
    return _page(area, {})


@blueprint.post("/<area>/reports")
def close_report(area: str) -> ResponseReturnValue:
    wrong = reports_shown.close(Place(area=area))
    return _page(area, wrong) if wrong else redirect(url_for("board.show_reports", area=area), 303)


def _page(area: str, wrong: dict[str, str]) -> ResponseReturnValue:
    place = database().read(lambda session: shown.place(session, area))
    page = shown.page("reports.html", place, wrong=wrong, **reports_shown.listed(Place(area=area)))
    return page, 400 if wrong else 200
