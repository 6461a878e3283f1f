"""Coming from a site straight through: the link, and the one page that such a visit may see."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import Conflict
from lrs_bridge.flows import site_visits
from lrs_bridge.store.database import Session
from lrs_bridge.web import cookies
from lrs_bridge.web.here import database, now, settings, site_visitor

entrance = Blueprint("site_entrance", __name__, url_prefix="/sign-in/site")
blueprint = Blueprint("from_site", __name__, url_prefix="/from-site")


@entrance.get("/<token>")
def enter(token: str) -> ResponseReturnValue:
    """Spends the link: the site's page sends the browser here the moment that it was asked for, and no mail carries it."""
    return _enter(token, leaving=False)


@entrance.post("/<token>")
def leave_and_enter(token: str) -> ResponseReturnValue:
    """The same, where somebody else's visit was open, and they were asked."""
    return _enter(token, leaving=True)


def _enter(token: str, *, leaving: bool) -> ResponseReturnValue:
    def journey(session: Session) -> str | None:
        return site_visits.enter(session, token, cookies.of_visit(), now(), leaving=leaving)

    try:
        entered = database().write(journey)
    except Conflict:
        return render_template("from_site_other.html"), 409
    if entered is None:
        return render_template("from_site_over.html"), 410
    answer = current_app.make_response(redirect(url_for("mine.show_standing"), 303))
    cookies.give_visit(answer, entered)
    return answer


@blueprint.get("")
def show_standing() -> str:
    """What the site itself may see of them."""
    who = site_visitor()
    seen = database().read(lambda session: site_visits.seen(session, who, settings().calendar))
    return render_template("from_site.html", seen=seen, site=who.site)
