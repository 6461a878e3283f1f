"""Requests for erasure: who asks, for what, until when they are to be answered; and answering them."""

from __future__ import annotations

from typing import Literal

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from lrs_bridge.flows import erasure as flow
from lrs_bridge.moments import in_words
from lrs_bridge.store import erasures
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.operator.blueprint import blueprint

_CLOSED_SHOWN = 50


@blueprint.get("/erasures")
def show_erasures() -> str:
    waiting, closed = database().read(
        lambda session: (erasures.open_ones(session), erasures.closed_ones(session, _CLOSED_SHOWN))
    )
    day = settings().calendar.day_of
    return render_template(
        "operator/erasures.html",
        waiting=[(one, in_words(day(one.due_at)), one.due_at <= now()) for one in waiting],
        closed=[(one, in_words(day(one.closed_at))) for one in closed if one.closed_at],
    )


@blueprint.get("/erasures/<int:erasure>")
def show_erasure(erasure: int) -> ResponseReturnValue:
    return _page(erasure, "", "", {})


@blueprint.post("/erasures/<int:erasure>")
def answer_erasure(erasure: int) -> ResponseReturnValue:
    """Tells the learner, and closes the request."""
    state, reason = request.form.get("state", ""), request.form.get("reason", "")
    wrong = {}
    if state not in ("done", "refused"):
        wrong["state"] = "Say whether it was carried out"
    if not reason.strip():
        wrong["reason"] = "Enter what the learner is told"
    if wrong:
        return _page(erasure, state, reason, wrong)
    as_said: Literal["done", "refused"] = "done" if state == "done" else "refused"
    database().write(
        lambda session: flow.close(session, erasure, as_said, reason=reason, who=visitor().address, now=now())
    )
    return redirect(url_for("operator.show_erasure", erasure=erasure), 303)


def _page(erasure: int, state: str, reason: str, wrong: dict[str, str]) -> ResponseReturnValue:
    one = database().read(lambda session: erasures.numbered(session, erasure))
    if one is None:
        raise NotFound("There is no such request.")
    day = settings().calendar.day_of
    page = render_template(
        "operator/erasure.html",
        one=one,
        asked=in_words(day(one.at)),
        due=in_words(day(one.due_at)),
        closed=in_words(day(one.closed_at)) if one.closed_at else "",
        state=state,
        reason=reason,
        wrong=wrong,
    )
    return page, 400 if wrong else 200
