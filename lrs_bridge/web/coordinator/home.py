"""Which organisations somebody coordinates."""

from __future__ import annotations

from flask import render_template

from lrs_bridge.store import organisations
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.here import database, visitor


@blueprint.get("")
def show_organisations() -> str:
    mine = visitor().roles.organisations
    found = database().read(lambda session: organisations.named(session, mine))
    return render_template("coordinator/organisations.html", organisations=found)
