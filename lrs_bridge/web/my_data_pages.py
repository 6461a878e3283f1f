"""What learners take away with them: certificates of their tier, and everything that is held about them; and asking that it be erased."""

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

from lrs_bridge.flows import certificates, erasure, my_data, person
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


@blueprint.get("/erasure")
def show_erasure() -> ResponseReturnValue:
    return _erasure_page("", "")


@blueprint.post("/erasure")
def ask_for_erasure() -> ResponseReturnValue:
    typed = request.form.get("what", "")
    if len(typed.strip()) > erasure.LONGEST:
        return _erasure_page(typed, f"Use {erasure.LONGEST:,} characters or fewer")
    database().write(lambda session: erasure.ask(session, visitor(), typed, settings().calendar, now()))
    return redirect(url_for("mine.show_erasure"), 303)


@blueprint.post("/erasure/withdraw")
def withdraw_erasure() -> ResponseReturnValue:
    database().write(lambda session: erasure.withdraw(session, visitor(), now()))
    return redirect(url_for("mine.show_erasure"), 303)


def _erasure_page(typed: str, wrong: str) -> ResponseReturnValue:
    one = database().read(lambda session: erasure.standing_request(session, visitor()))
    due = in_words(settings().calendar.day_of(one.due_at)) if one else ""
    page = render_template("my_erasure.html", one=one, due=due, typed=typed, wrong=wrong)
    return page, 400 if wrong else 200
