"""The learner's own pages."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput
from lrs_bridge.flows import certificates, links, person, sign_in, site_visits
from lrs_bridge.store.database import Session
from lrs_bridge.web import cookies, pages
from lrs_bridge.web.here import clock, database, now, settings, visitor

blueprint = Blueprint("mine", __name__, url_prefix="/me")


@blueprint.get("")
def show_standing() -> ResponseReturnValue:
    """Where I stand, why, and what next."""
    who = visitor()
    learner = who.learner
    if learner is None and who.roles:
        return redirect(pages.places_of_visitor()[0][0], 303)
    if learner is None:
        return render_template("nobody_known.html", address=who.address)
    calendar = settings().calendar
    found, own = database().read(
        lambda session: (
            person.seen_by_themselves(session, learner, calendar),
            certificates.own(session, learner, calendar),
        )
    )
    return render_template("my_standing.html", address=who.address, mine=found, certificates=own)


@blueprint.get("/other-address")
def show_other_address() -> ResponseReturnValue:
    return _other_address_page("", "")


@blueprint.post("/other-address")
def send_code() -> ResponseReturnValue:
    """Sends a code to another address of theirs."""
    typed = request.form.get("email", "")
    try:
        address = sign_in.address_typed(typed)
    except BadInput:
        return _other_address_page(
            typed, "Enter an e-mail address in the correct format, like name@example.org"
        )
    if address.casefold() == visitor().mbox:
        return _other_address_page(typed, "Enter another address than the one that you are signed in with")
    links.send_code(database(), settings(), clock(), _asker(), address)
    return redirect(url_for("mine.show_other_code"), 303)


@blueprint.get("/other-address/code")
def show_other_code() -> ResponseReturnValue:
    return _other_code_page("")


@blueprint.post("/other-address/code")
def take_code() -> ResponseReturnValue:
    code = request.form.get("code", "")
    result, tries_left = database().write(lambda session: links.take_code(session, _asker(), code, now()))
    if result == "wrong" and tries_left:
        return _other_code_page("That is not the code in the newest e-mail. Check it and type it again")
    told = "expired" if result == "wrong" else result
    return render_template("other_address_done.html", result=told), 200 if told == "linked" else 409


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Whoever came from a site too."""
    cookie = cookies.of_visit()

    def journey(session: Session) -> None:
        sign_in.leave(session, cookie)
        site_visits.leave(session, cookie)

    database().write(journey)
    return _left()


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """In every browser: for whoever lost a phone, or signed in on somebody else's."""
    database().write(lambda session: sign_in.leave_everywhere(session, visitor()))
    return _left()


def _other_address_page(typed: str, wrong: str) -> ResponseReturnValue:
    page = render_template("other_address.html", address=visitor().address, typed=typed, wrong=wrong)
    return page, 400 if wrong else 200


def _other_code_page(wrong: str) -> ResponseReturnValue:
    other = database().read(lambda session: links.waits_for(session, _asker(), now()))
    if other is None:
        return redirect(url_for("mine.show_other_address"), 303)
    return render_template("other_address_code.html", other=other, wrong=wrong), 400 if wrong else 200


def _asker() -> links.Asker:
    return links.asker_here(visitor(), settings())


def _left() -> Response:
    answer = current_app.make_response(redirect(url_for("sign_in.show_form"), 303))
    cookies.take_all(answer)
    return answer
