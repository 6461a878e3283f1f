"""Where those in the room enter themselves, on their own phone, without an account. The link is the room's secret."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput
from lrs_bridge.flows import check_in
from lrs_bridge.web import cookies
from lrs_bridge.web.here import database, now

blueprint = Blueprint("check_in", __name__, url_prefix="/check-in")


@blueprint.get("/<token>")
def show_form(token: str) -> ResponseReturnValue:
    return _page(token, {})


@blueprint.post("/<token>")
def enter(token: str) -> ResponseReturnValue:
    """Answers the same whether they are known, unknown, or on the list already."""
    name, known_by = request.form.get("name", ""), request.form.get("known_by", "")
    browser = cookies.browser_token()
    try:
        database().write(
            lambda session: check_in.enter(
                session, token, name=name, known_by=known_by, browser=browser, now=now()
            )
        )
    except BadInput as refused:
        return _page(token, {problem.where: problem.what for problem in refused.problems})
    return redirect(url_for("check_in.show_thanks", token=token), 303)


@blueprint.get("/<token>/thanks")
def show_thanks(token: str) -> str:
    room = database().read(lambda session: check_in.in_room(session, token, now()))
    return render_template("check_in_thanks.html", room=room, token=token)


def _page(token: str, wrong: dict[str, str]) -> ResponseReturnValue:
    room = database().read(lambda session: check_in.in_room(session, token, now()))
    page = render_template("check_in.html", room=room, typed=request.form, wrong=wrong)
    return page, 400 if wrong else 200
