"""Requests for erasure: who asks, for what, and until when they are to be answered."""

from __future__ import annotations

from flask import render_template
from werkzeug.exceptions import NotFound

from lrs_bridge.moments import in_words
from lrs_bridge.store import erasures
from lrs_bridge.web.here import database, now, settings
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
def show_erasure(erasure: int) -> str:
    one = database().read(lambda session: erasures.numbered(session, erasure))
    if one is None:
        raise NotFound("There is no such request.")
    day = settings().calendar.day_of
    return render_template(
        "operator/erasure.html",
        one=one,
        asked=in_words(day(one.at)),
        due=in_words(day(one.due_at)),
        closed=in_words(day(one.closed_at)) if one.closed_at else "",
    )
