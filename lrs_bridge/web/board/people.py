"""One person, as the Board of an area sees them."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.flows import person
from lrs_bridge.flows.area_register import Place
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, settings, viewer


@blueprint.get("/<area>/people/<int:learner>")
def show_person(area: str, learner: int) -> ResponseReturnValue:

    def journey(session: Session) -> tuple[Place, person.PersonSeen]:
        place = shown.place(session, area)
        return place, person.person_seen(session, viewer(), learner, settings().calendar)

    place, seen = database().read(journey)
    if seen.learner != learner:
        return redirect(url_for("board.show_person", area=area, learner=seen.learner), 303)
    back = (url_for("board.show_area", area=area), f"CSE Champions in {place.name}")
    return render_template("person.html", seen=seen, back=back, area=area)
