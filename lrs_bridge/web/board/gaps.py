"""Organisations, service areas and sectors without a champion."""

from __future__ import annotations

from flask import request

from lrs_bridge.flows import area_gaps
from lrs_bridge.flows.area_gaps import Gaps
from lrs_bridge.flows.area_register import Place
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now
from lrs_bridge.web.numbers import a_number


@blueprint.get("/<area>/gaps")
def show_gaps(area: str) -> str:
    sector = shown.sector_in(request.args)
    after = request.args.get("after", 0, type=a_number)

    def journey(session: Session) -> tuple[Place, Gaps]:
        place = shown.place(session, area)
        return place, area_gaps.page(session, place, sector, now(), after)

    place, found = database().read(journey)
    return shown.page("gaps.html", place, found=found, sector=sector)
