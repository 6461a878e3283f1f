"""Of which areas somebody is an officer of the Board."""

from __future__ import annotations

from flask import render_template

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, settings, visitor


@blueprint.get("")
def show_areas() -> str:
    mappings = database().read(lambda session: mapping_flow.in_force(session, settings().calendar))
    mine = {key: area for key, area in mappings.areas.items() if key in visitor().roles.areas}
    return render_template("board/areas.html", areas=mine)
