"""Of which areas somebody is an officer of the Board, and what awaits them in each."""

from __future__ import annotations

from flask import render_template

from lrs_bridge.flows import area_register
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.area_register import Overview, Place
from lrs_bridge.store.database import Session
from lrs_bridge.store.register import MOST_COUNTED
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now, settings, visitor


@blueprint.get("")
def show_areas() -> str:
    mappings = database().read(lambda session: mapping_flow.in_force(session, settings().calendar))
    mine = {key: area for key, area in mappings.areas.items() if key in visitor().roles.areas}
    return render_template("board/areas.html", areas=mine)


@blueprint.get("/<area>")
def show_area(area: str) -> str:
    """Who can be champion, who is, and where are the gaps?"""

    def journey(session: Session) -> tuple[Place, Overview]:
        place = shown.place(session, area)
        return place, area_register.overview(session, place, now())

    place, found = database().read(journey)
    return shown.page("area.html", place, overview=found, most_counted=MOST_COUNTED)
