"""Alerts of the area: what waits or is held, and the messages."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict
from lrs_bridge.flows import area_alerts
from lrs_bridge.flows.alerts import Verdict
from lrs_bridge.flows.area_alerts import Alerts
from lrs_bridge.flows.area_register import Place
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now, settings, viewer, visitor

_VERDICTS: dict[str, Verdict] = {"release": "release", "drop": "drop"}


@blueprint.get("/<area>/alerts")
def show_alerts(area: str) -> str:
    return _alerts_page(area)


@blueprint.get("/<area>/alerts/held/<cause>")
def show_held(area: str, cause: str) -> str:
    return _held_page(area, cause)


@blueprint.post("/<area>/alerts/held/<cause>")
def decide_held(area: str, cause: str) -> ResponseReturnValue:
    """Lets what one cause would tell be sent, or put away."""
    reason, verdict = request.form.get("reason", ""), _VERDICTS.get(request.form.get("verdict", ""))

    def journey(session: Session) -> None:
        place = shown.place(session, area)
        if verdict is None:
            raise BadInput("Nothing was decided.")
        area_alerts.decide(session, place, cause, verdict, reason=reason, who=visitor().address, now=now())

    try:
        database().write(journey)
    except BadInput as refused:
        wrong = shown.wrong_fields(refused).get("reason", "Choose whether to send or to drop them")
        return _held_page(area, cause, wrong=wrong), 400
    except Conflict as refused:
        return _alerts_page(area, refused=refused.title), 409
    return redirect(url_for("board.show_alerts", area=area), 303)


@blueprint.post("/<area>/alerts/messages/<uuid:message>/again")
def send_again(area: str, message: uuid.UUID) -> ResponseReturnValue:
    def journey(session: Session) -> None:
        place = shown.place(session, area)
        area_alerts.send_again(session, place, message, who=visitor().address, now=now())

    try:
        database().write(journey)
    except Conflict as refused:
        return _alerts_page(area, refused=refused.title), 409
    return redirect(url_for("board.show_alerts", area=area), 303)


def _alerts_page(area: str, refused: str = "") -> str:
    after = request.args.get("after", type=uuid.UUID)

    def journey(session: Session) -> tuple[Place, Alerts]:
        place = shown.place(session, area)
        return place, area_alerts.page(session, place, viewer(), settings(), now(), after)

    place, found = database().read(journey)
    return shown.page("alerts.html", place, found=found, refused=refused)


def _held_page(area: str, cause: str, wrong: str = "") -> str:
    def journey(session: Session) -> tuple[Place, dict[str, Any]]:
        place = shown.place(session, area)
        return place, area_alerts.held_group(session, place, settings(), cause, now())

    place, found = database().read(journey)
    return shown.page("alerts_held.html", place, group=found, wrong=wrong, typed=request.form)
