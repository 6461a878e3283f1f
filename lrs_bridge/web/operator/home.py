"""Is it healthy?"""

from __future__ import annotations

from flask import render_template

from lrs_bridge.flows import status
from lrs_bridge.web.here import database, now, settings
from lrs_bridge.web.operator.blueprint import blueprint


@blueprint.get("")
def show_status() -> str:
    found = database().read(lambda session: status.status(session, settings(), now()))
    return render_template("operator/status.html", status=found)
