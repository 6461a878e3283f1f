"""What learners take away with them: certificates of their tier."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.flows import certificates
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
