"""Signing in by e-mail. Opening a link changes nothing, its button does; no address of a person stands in an address of a page."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.connectors.openid import NotSignedIn, OpenIdProvider
from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import sign_in, single_sign_on
from lrs_bridge.web import cookies
from lrs_bridge.web.here import clock, database, now, settings

blueprint = Blueprint("sign_in", __name__, url_prefix="/sign-in")


@blueprint.get("")
def show_form() -> Response:
    """For who wanted another page (`to`), or whose visit is over (`why`), too."""
    answer = current_app.make_response(_form("", "", _WHY.get(request.args.get("why", ""), "")))
    cookies.keep_wanted(answer, request.args.get("to", ""))
    return answer


_WHY = {
    "ended": "You are no longer signed in. Sign in again to go on where you were.",
    "unsent": "What you sent was not recorded, for you are no longer signed in. Sign in again, and send it once more.",
}


@blueprint.post("")
def send_letter() -> ResponseReturnValue:
    """Sends the letter, whether the address is known or not."""
    typed = request.form.get("email", "")
    try:
        sign_in.send_letter(database(), settings(), clock(), typed, cookies.browser_token())
    except BadInput:
        wrong = "Enter an e-mail address in the correct format, like name@example.org"
        return _form(typed, wrong), 400
    return redirect(url_for("sign_in.show_sent"), 303)


@blueprint.get("/sent")
def show_sent() -> ResponseReturnValue:
    """Where the code is typed."""
    return _sent_page("")


@blueprint.post("/code")
def take_code() -> ResponseReturnValue:
    browser, code = cookies.browser_token(), request.form.get("code", "")
    token, refusal = database().write(lambda session: sign_in.enter_by_code(session, browser, code, now()))
    return _entered(token) if token else _sent_page(_WRONG[refusal or "expired"], 400)


_WRONG = {
    "wrong": "That is not the code in the newest e-mail. Check it and type it again",
    "expired": "This code no longer works. Ask for another e-mail",
    "paused": "Codes can't be taken just now. Open the link in the e-mail instead",
}


@blueprint.get("/link/<token>")
def show_link(token: str) -> ResponseReturnValue:
    """What a link in a letter opens: mail scanners open it too, so it spends nothing."""
    address = database().read(lambda session: sign_in.opens(session, token, now()))
    return _link_page(address)


@blueprint.post("/link/<token>")
def take_link(token: str) -> ResponseReturnValue:
    entered = database().write(lambda session: sign_in.enter_by_link(session, token, now()))
    return _entered(entered) if entered else _link_page(None)


@blueprint.get("/with/<provider>")
def go_to_provider(provider: str) -> ResponseReturnValue:
    """To the sign-in of an organisation."""
    asked = single_sign_on.ask(provider, cookies.browser_token(), now())
    try:
        return redirect(_provider(provider).address(asked), 303)
    except NotSignedIn as refused:
        return _not_in(refused)


@blueprint.get("/with/<provider>/back")
def come_back(provider: str) -> ResponseReturnValue:
    """From there."""
    known, state = _provider(provider), request.args.get("state", "")
    try:
        asked = single_sign_on.asked_before(provider, cookies.browser_token(), state, now())
        if "error" in request.args or not known.answers_as(request.args.get("iss")):
            raise NotSignedIn("Your organisation's sign-in did not confirm who you are. Try again.")
        address = known.address_of_person(request.args.get("code", ""), asked, now())
    except NotSignedIn as refused:
        return _not_in(refused)
    return _entered(
        database().write(lambda session: sign_in.begin_visit(session, f"mailto:{address}", now()))
    )


def _not_in(refused: NotSignedIn) -> ResponseReturnValue:
    return render_template("sign_in_failed.html", reason=str(refused)), refused.status


def _provider(key: str) -> OpenIdProvider:
    providers: dict[str, OpenIdProvider] = current_app.extensions["lrs_bridge.providers"]
    if key not in providers:
        raise NotFound("There is no such sign-in here.")
    return providers[key]


def _form(typed: str, wrong: str, notice: str = "") -> str:
    others = [(one.key, one.name) for one in settings().sign_in]
    return render_template("sign_in.html", typed=typed, wrong=wrong, notice=notice, others=others)


def _link_page(address: str | None) -> ResponseReturnValue:
    return render_template("sign_in_link.html", address=address), 200 if address else 410


def _sent_page(wrong: str, status: int = 200) -> ResponseReturnValue:
    browser = cookies.browser_token()
    address = database().read(lambda session: sign_in.address_asked(session, browser, now()))
    if address is None and wrong:
        return _form("", wrong), status
    if address is None:
        return redirect(url_for("sign_in.show_form"), 303)
    return render_template("sign_in_sent.html", address=address, wrong=wrong), status


def _entered(token: str) -> Response:
    answer = current_app.make_response(redirect(cookies.wanted() or url_for("mine.show_standing"), 303))
    cookies.keep_wanted(answer, "")
    cookies.give_visit(answer, token)
    return answer
