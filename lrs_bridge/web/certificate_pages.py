"""What whoever has the link of a certificate may see: what it says, and whether it still holds."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Gone, NotFound

from lrs_bridge.flows import certificates
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.moments import in_words
from lrs_bridge.web.here import database, now, settings

blueprint = Blueprint("certificates", __name__, url_prefix="/certificates")


@blueprint.after_request
def _found_by_no_search(answer: Response) -> Response:
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@blueprint.get("/<token>")
def show_certificate(token: str) -> ResponseReturnValue:
    one = _held(token)
    holds = one.state == "holds"
    page = render_template(
        "certificate.html",
        one=one if one.state != "withdrawn" else None,
        holds=holds,
        link=certificates.link_of(token, settings()),
        pdf=url_for("certificates.get_pdf", token=token)
        if holds and certificates.can_be_drawn(one, token, settings())
        else None,
        today=in_words(settings().calendar.day_of(now())),
        not_proven=f"{NOT_PROVEN} {certificates.NO_ROLE}",
    )
    return page, 410 if one.state == "withdrawn" else 200


@blueprint.get("/<token>/certificate.pdf")
def get_pdf(token: str) -> Response:
    one = _held(token)
    if one.state != "holds":
        raise Gone("This certificate holds no longer.")
    answer = Response(certificates.as_pdf(one, token, settings()), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename="certificate.pdf")
    return answer


def _held(token: str) -> certificates.Certificate:
    found = database().read(lambda session: certificates.shown(session, token, settings().calendar))
    if found is None:
        raise NotFound("There is no certificate at this address. Check that you have the whole of it.")
    return found
