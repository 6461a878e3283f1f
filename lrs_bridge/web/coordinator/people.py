"""The people of an organisation: one person."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.flows import person
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.here import database, settings, viewer


@blueprint.get("/<int:organisation>/people/<int:learner>")
def show_person(organisation: int, learner: int) -> ResponseReturnValue:
    seen = database().read(
        lambda session: person.person_seen(session, viewer(), learner, settings().calendar)
    )
    if seen.learner != learner:
        return redirect(
            url_for("coordinator.show_person", organisation=organisation, learner=seen.learner), 303
        )
    back = (url_for("coordinator.show_organisations"), "Your organisations")
    return render_template("person.html", seen=seen, back=back)
