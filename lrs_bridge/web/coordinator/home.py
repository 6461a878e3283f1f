"""Which organisations somebody coordinates, and each at a glance."""

from __future__ import annotations

from flask import render_template

from lrs_bridge.flows import organisation_people
from lrs_bridge.store import organisations
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.here import database, viewer, visitor


@blueprint.get("")
def show_organisations() -> str:
    mine = visitor().roles.organisations
    found = database().read(lambda session: organisations.named(session, mine))
    return render_template("coordinator/organisations.html", organisations=found)


@blueprint.get("/<int:organisation>")
def show_organisation(organisation: int) -> str:
    """How many there are, and what wants doing."""
    found = database().read(
        lambda session: organisation_people.at_a_glance(session, organisation, viewer().now)
    )
    return render_template("coordinator/organisation.html", organisation=organisation, found=found)
