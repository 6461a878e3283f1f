"""What learners take away with them: certificates of their tier, and everything that is held about them."""

from __future__ import annotations

from flask import (
    Response,
    redirect,
    render_template,
    request,
    stream_template,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from lrs_bridge.flows import certificates, my_data, person
from lrs_bridge.moments import in_words
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.my_pages import blueprint


@blueprint.post("/certificates")
def make_certificate() -> ResponseReturnValue:
    """Leads to its page: the link is the only thing by which it is found again."""
    framework = request.form.get("framework", "")
    token = database().write(
        lambda session: certificates.make(session, visitor(), framework, settings().calendar, now())
    )
    return redirect(url_for("certificates.show_certificate", token=token), 303)


@blueprint.get("/certificates/<int:certificate>/withdraw")
def show_withdrawing(certificate: int) -> str:
    one = database().read(
        lambda session: certificates.one_of(session, visitor(), certificate, settings().calendar)
    )
    return render_template("certificate_withdraw.html", one=one)


@blueprint.post("/certificates/<int:certificate>/withdraw")
def withdraw_certificate(certificate: int) -> ResponseReturnValue:
    database().write(
        lambda session: certificates.withdraw(session, visitor(), certificate, settings().calendar, now())
    )
    return redirect(url_for("mine.show_standing", _anchor="certificates"), 303)


@blueprint.get("/data")
def show_data() -> str:
    return render_template("my_data.html")


@blueprint.post("/data")
def send_data() -> Response:
    """Everything that is held about them. Streamed: nothing of it stands in memory whole."""
    opened, calendar, who = database(), settings().calendar, visitor()
    mine = opened.write(lambda session: my_data.gather(session, who, calendar, now()))
    learner = mine.learner
    seen = (
        opened.read(lambda session: person.seen_by_themselves(session, learner, calendar))
        if learner is not None
        else None
    )
    page = stream_template(
        "my_data_copy.html",
        as_at=in_words(calendar.day_of(mine.now)),
        told=mine.told,
        seen=seen,
        statements=my_data.listed(opened, mine),
    )
    answer = Response(stream_with_context(my_data.pack(opened, mine, page)), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename="your-cse-training.zip")
    return answer
