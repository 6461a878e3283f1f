"""Reminding people who are below the tier that their post requires: the letter is looked at before it is sent."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.flows import reminders
from lrs_bridge.flows.recording import Desk
from lrs_bridge.store.database import Session
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.coordinator.desk import desk
from lrs_bridge.web.here import database
from lrs_bridge.web.numbers import a_number


@blueprint.get("/<int:organisation>/reminders")
def show_reminders(organisation: int) -> str:
    """`?sent=`: how many have just been sent."""

    def look(session: Session) -> tuple[Desk, reminders.Reminding]:
        at = desk(session, organisation)
        return at, reminders.reminding(session, at)

    at, found = database().read(look)
    sent = request.args.get("sent", type=a_number)
    return render_template("coordinator/reminders.html", at=at, found=found, sent=sent, most=reminders.MOST)


@blueprint.post("/<int:organisation>/reminders")
def send_reminders(organisation: int) -> ResponseReturnValue:
    sent = database().write(lambda session: reminders.send(session, desk(session, organisation)))
    return redirect(url_for("coordinator.show_reminders", organisation=organisation, sent=sent), 303)
