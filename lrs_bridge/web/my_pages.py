"""The learner's own pages."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.flows import my_standing, sign_in
from lrs_bridge.settings import Settings
from lrs_bridge.web import cookies
from lrs_bridge.web.auth import database

blueprint = Blueprint("mine", __name__, url_prefix="/me")


@blueprint.get("")
def show_standing() -> str:
    """Where I stand, why, and what next."""
    settings: Settings = current_app.extensions["lrs_bridge.settings"]
    who: sign_in.Visitor = g.visitor
    address = who.mbox.removeprefix("mailto:")
    learner = who.learner
    if learner is None:
        return render_template("nobody_known.html", address=address)
    found = database().read(lambda session: my_standing.my_standing(session, learner, settings.calendar))
    return render_template("my_standing.html", address=address, mine=found)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    database().write(lambda session: sign_in.leave(session, cookies.of_visit()))
    return _left()


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """In every browser: for whoever lost a phone, or signed in on somebody else's."""
    database().write(lambda session: sign_in.leave_everywhere(session, g.visitor))
    return _left()


def _left() -> Response:
    answer = current_app.make_response(redirect(url_for("sign_in.show_form"), 303))
    cookies.take_visit(answer)
    return answer
