"""What looks like a completion, and no rule takes it?"""

from __future__ import annotations

from flask import render_template

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import unmapped
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import database, settings
from lrs_bridge.web.operator.blueprint import blueprint

_SHOWN = 30


@blueprint.get("/unmapped")
def show_unmapped() -> str:
    def journey(session: Session) -> tuple[list[unmapped.UnmappedActivity], int]:
        mappings = mapping_flow.in_force(session, settings().calendar)
        return unmapped.lately_unmapped(session, mappings, _SHOWN)

    found, others = database().read(journey)
    return render_template("operator/unmapped.html", found=found, others=others, looked_at=unmapped.LOOKED_AT)
