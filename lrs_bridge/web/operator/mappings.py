"""Which mapping files are in force, and whether those in the folder are right."""

from __future__ import annotations

from typing import Any

from flask import render_template

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import database, settings
from lrs_bridge.web.operator.blueprint import blueprint

_SHOWN = 10


@blueprint.get("/mappings")
def show_mappings() -> str:
    used = settings()

    def journey(session: Session) -> dict[str, Any]:
        return {
            "history": mapping_flow.history(session, _SHOWN),
            "files": mapping_flow.files_in_force(session),
        }

    folder = mapping_flow.look_at_folder(used.mappings, used.calendar)
    return render_template(
        "operator/mappings.html", folder=folder, path=used.mappings, **database().read(journey)
    )
