"""Opening a session for check-in, showing the link in the room, and confirming who was there."""

from __future__ import annotations

import io

import segno
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import check_in, recording
from lrs_bridge.flows.recording import Desk
from lrs_bridge.moments import in_words
from lrs_bridge.store import check_ins
from lrs_bridge.store.check_ins import CheckIn
from lrs_bridge.store.database import Session
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.coordinator.desk import desk, over_page
from lrs_bridge.web.coordinator.record_forms import placed
from lrs_bridge.web.coordinator.sessions import FIELDS, Typed, choices_of, typed_session
from lrs_bridge.web.here import database, now, settings
from lrs_bridge.web.numbers import a_number

_USUAL_HOURS = 3


@blueprint.get("/<int:organisation>/check-ins")
def show_check_ins(organisation: int) -> ResponseReturnValue:
    """Those whose list waits to be confirmed, and a form to open another."""
    at = database().read(lambda session: desk(session, organisation))
    today = f"{at.mappings.calendar.day_of(at.now):%d/%m/%Y}"
    return _form_page(at, Typed({"date": today}), {}, _USUAL_HOURS)


@blueprint.post("/<int:organisation>/check-ins")
def open_check_in(organisation: int) -> ResponseReturnValue:
    at = database().read(lambda session: desk(session, organisation))
    sent, wrong = typed_session(at)
    hours = request.form.get("hours", 0, type=a_number)
    if wrong:
        return _form_page(at, sent, wrong, hours)
    try:
        number = database().write(
            lambda session: check_in.open_check_in(session, at, sent.columns(at), hours)
        )
    except BadInput as refused:
        return _form_page(at, sent, recording.by_column(refused), hours)
    return _to(organisation, number)


def _form_page(at: Desk, sent: Typed, wrong: dict[str, str], hours: int) -> ResponseReturnValue:
    waiting = database().read(lambda session: check_ins.unconfirmed(session, at.organisation.number))
    page = render_template(
        "coordinator/check_ins.html",
        at=at,
        sent=sent,
        wrong=placed(wrong, (*FIELDS, "hours"), "title"),
        options=choices_of(at),
        hours=hours,
        choices=[(one, "1 hour" if one == 1 else f"{one} hours") for one in check_in.HOURS],
        waiting=waiting,
    )
    return page, 400 if wrong else 200


@blueprint.get("/<int:organisation>/check-ins/<int:check_in_number>")
def show_check_in(organisation: int, check_in_number: int) -> ResponseReturnValue:
    """The link and its code while it is open; who entered; what became of it. `?done=already`: somebody would have cancelled what is
    recorded."""
    return _check_in_page(organisation, check_in_number, "")


@blueprint.get("/<int:organisation>/check-ins/<int:check_in_number>/code.svg")
def show_code(organisation: int, check_in_number: int) -> Response:
    """The link as a QR code."""
    _, found = database().read(lambda session: _found(session, organisation, check_in_number))
    drawn = io.BytesIO()
    segno.make_qr(_link(found), error="m").save(drawn, kind="svg", scale=8, light="#fff", xmldecl=False)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@blueprint.post("/<int:organisation>/check-ins/<int:check_in_number>")
def confirm_check_in(organisation: int, check_in_number: int) -> ResponseReturnValue:
    """Records the session with those who are ticked."""
    there = set(request.form.getlist("there", type=a_number))
    last_seen = request.form.get("last_seen", 0, type=a_number)
    try:
        database().write(
            lambda session: check_in.confirm(
                session, desk(session, organisation), check_in_number, there, last_seen
            )
        )
    except BadInput as refused:
        return _check_in_page(
            organisation, check_in_number, next(iter(recording.by_column(refused).values()))
        )
    except NotFound as refused:
        return over_page(organisation, refused)
    return _to(organisation, check_in_number)


@blueprint.post("/<int:organisation>/check-ins/<int:check_in_number>/close")
def close_check_in(organisation: int, check_in_number: int) -> ResponseReturnValue:
    database().write(lambda session: check_in.close(session, desk(session, organisation), check_in_number))
    return _to(organisation, check_in_number)


@blueprint.post("/<int:organisation>/check-ins/<int:check_in_number>/cancel")
def cancel_check_in(organisation: int, check_in_number: int) -> ResponseReturnValue:
    cancelled = database().write(
        lambda session: check_in.cancel(session, desk(session, organisation), check_in_number)
    )
    if not cancelled:
        return _to(organisation, check_in_number, done="already")
    return redirect(url_for("coordinator.show_check_ins", organisation=organisation), 303)


def _check_in_page(organisation: int, number: int, wrong: str) -> ResponseReturnValue:
    def look(session: Session) -> tuple[Desk, CheckIn, list[check_in.OnList]]:
        at, found = _found(session, organisation, number)
        return at, found, check_in.on_list(session, at, found)

    at, found, entered = database().read(look)
    zone = at.mappings.calendar.zone
    closes = found.closes_at.astimezone(zone)
    page = render_template(
        "coordinator/check_in.html",
        at=at,
        found=found,
        entered=entered,
        about=check_in.session_of(at, found),
        struck=_struck(entered) if wrong else set(),
        wrong=wrong,
        done=request.args.get("done", ""),
        is_open=found.is_open(now()),
        link=_link(found),
        closes=f"{closes:%H:%M} on {in_words(closes.date())}",
    )
    return page, 400 if wrong else 200


def _struck(entered: list[check_in.OnList]) -> set[int]:
    """Who was unticked on a form that is shown again, among those whom it had."""
    last_seen = request.form.get("last_seen", 0, type=a_number)
    there = set(request.form.getlist("there"))
    return {one.number for one in entered if one.number <= last_seen and str(one.number) not in there}


def _found(session: Session, organisation: int, number: int) -> tuple[Desk, CheckIn]:
    at = desk(session, organisation)
    return at, check_in.check_in_of(session, at, number)


def _link(found: CheckIn) -> str:
    return f"{settings().public_url}{url_for('check_in.show_form', token=found.token)}"


def _to(organisation: int, number: int, done: str | None = None) -> ResponseReturnValue:
    return redirect(
        url_for("coordinator.show_check_in", organisation=organisation, check_in_number=number, done=done),
        303,
    )
