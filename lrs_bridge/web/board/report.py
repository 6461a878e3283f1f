"""The one-page report for the Board's meeting."""

from __future__ import annotations

from lrs_bridge.flows import area_report
from lrs_bridge.flows.area_register import Place
from lrs_bridge.flows.area_report import Report
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now


@blueprint.get("/<area>/report")
def show_report(area: str) -> str:
    def journey(session: Session) -> tuple[Place, Report]:
        place = shown.place(session, area)
        return place, area_report.report(session, place, now())

    place, found = database().read(journey)
    return shown.page("report.html", place, report=found, not_proven=NOT_PROVEN)
