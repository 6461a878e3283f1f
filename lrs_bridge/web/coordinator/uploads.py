"""A coordinator's own spreadsheet: sent, its headings matched, what it would change shown, and taken in."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import uploads
from lrs_bridge.flows.imports import KINDS
from lrs_bridge.flows.imports.columns import UnknownHeadings
from lrs_bridge.flows.imports.scope import KINDS as OPEN
from lrs_bridge.flows.recording import Desk
from lrs_bridge.flows.uploads import Headings
from lrs_bridge.store.database import Session
from lrs_bridge.store.uploads import Upload
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.coordinator.desk import desk, over_page
from lrs_bridge.web.here import database

_HOLDS = {
    "people": "People and their posts",
    "completions": "Completed courses: a row for each, or a row per person with a column of days per course",
    "sessions": "Sessions: who delivered what, when, and who was there",
    "memberships": "Memberships",
    "attestations": "What managers, supervisors or CSE leads signed",
    "equivalences": "Courses that count as another",
}

_OPEN = "?"
"""What the form sends of a heading whose meaning nobody has chosen."""


@blueprint.get("/<int:organisation>/uploads")
def show_upload_form(organisation: int) -> ResponseReturnValue:
    return _form_page(organisation, {})


@blueprint.post("/<int:organisation>/uploads")
def send_upload(organisation: int) -> ResponseReturnValue:
    """Keeps the file; nothing of it is recorded yet."""
    kind, sent = request.form.get("kind", ""), request.files.get("file")
    content = sent.stream.read(uploads.MOST_BYTES + 1) if sent else b""
    name = (sent.filename or "") if sent else ""
    wrong = {} if kind in OPEN else {"kind": "Choose what the file holds"}
    if not name:
        wrong["file"] = "Choose a file"
    try:
        if not wrong:
            uploads.hold(kind, content)
    except BadInput as refused:
        wrong["file"] = _in_one_line(refused)
    if wrong:
        return _form_page(organisation, wrong, kind)
    number = database().write(
        lambda session: uploads.begin(session, desk(session, organisation), kind, name, content)
    )
    return _to(organisation, number)


def _form_page(organisation: int, wrong: dict[str, str], kind: str = "") -> ResponseReturnValue:
    at = database().read(lambda session: desk(session, organisation))
    page = render_template(
        "coordinator/upload_form.html",
        at=at,
        kinds=[(one, _HOLDS[one]) for one in OPEN],
        columns={one: KINDS[one].columns for one in OPEN},
        given={one: uploads.constants_of(at, one, {}, {}) for one in OPEN},
        kind=kind,
        wrong=wrong,
        most_rows=uploads.MOST_ROWS,
        most_megabytes=uploads.MOST_BYTES // 1_000_000,
    )
    return page, 400 if wrong else 200


def _in_one_line(refused: BadInput) -> str:
    """Without what mends it at the command line."""
    first = refused.problems[0] if refused.problems else Problem("", "")
    mend = f"; {first.mend}" if first.mend and "--" not in first.mend else ""
    return f"{refused.title} {_sentence(first)}{mend}".strip()


def _sentence(problem: Problem) -> str:
    said = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return f"{said[:1].upper()}{said[1:]}"


@blueprint.get("/<int:organisation>/uploads/<int:upload>")
def show_upload(organisation: int, upload: int) -> ResponseReturnValue:
    """Where it stands: its headings are asked for, what it would change is shown, or what came of it. `?done=already`: somebody would
    have cancelled it."""
    at, sent = database().read(lambda session: _sent(session, organisation, upload))
    if sent.done_at is not None:
        done = request.args.get("done", "")
        return render_template("coordinator/upload_done.html", at=at, sent=sent, done=done)
    asked = database().read(lambda session: uploads.headings_of(session, at, sent))
    if not asked.settled:
        return redirect(url_for("coordinator.show_headings", organisation=organisation, upload=upload), 303)
    told: dict[str, Any] = {"report": None, "seal": "", "problems": []}
    try:
        told["report"], told["seal"] = database().rehearse(lambda session: uploads.preview(session, at, sent))
    except UnknownHeadings:
        return redirect(url_for("coordinator.show_headings", organisation=organisation, upload=upload), 303)
    except BadInput as refused:
        told["problems"] = [_sentence(problem) for problem in refused.problems]
    return render_template("coordinator/upload_preview.html", at=at, sent=sent, asked=asked, **told)


@blueprint.get("/<int:organisation>/uploads/<int:upload>/headings")
def show_headings(organisation: int, upload: int) -> ResponseReturnValue:
    at, sent = database().read(lambda session: _sent(session, organisation, upload))
    if sent.done_at is not None:
        return _to(organisation, upload)
    asked = database().read(lambda session: uploads.headings_of(session, at, sent))
    # What was told before says nothing of a heading that is new: that is asked, not held against anybody.
    wrong = _missing(at, sent) if sent.told and not asked.new else []
    return _headings_page(at, sent, asked, wrong)


@blueprint.post("/<int:organisation>/uploads/<int:upload>/headings")
def tell_headings(organisation: int, upload: int) -> ResponseReturnValue:
    at, sent = database().read(lambda session: _sent(session, organisation, upload))
    if sent.done_at is not None:
        return _to(organisation, upload)
    asked = database().read(lambda session: uploads.headings_of(session, at, sent))
    said = tuple(
        replace(one, meaning=None if chosen == _OPEN else chosen)
        for place, one in enumerate(asked.headings)
        for chosen in [request.form.get(f"heading-{place}", _OPEN)]
    )
    open_ = [
        (f"heading-{place}", f"Choose what “{one.written}” means")
        for place, one in enumerate(said)
        if one.meaning is None
    ]
    if open_:
        return _headings_page(at, sent, replace(asked, headings=said), open_)
    told = {one.folded: one.meaning or "" for one in said}
    area = request.form.get("area", "")
    database().write(lambda session: uploads.tell(session, at, sent, told, area))
    return _to(organisation, upload)


def _missing(at: Desk, sent: Upload) -> list[tuple[str, str]]:
    """What is still wrong with the headings, in words, each with where to mend it: with the first, where it may be any of them."""
    try:
        database().rehearse(lambda session: uploads.preview(session, at, sent))
    except UnknownHeadings as refused:
        return [("heading-0", _sentence(Problem("", problem.what))) for problem in refused.problems]
    except BadInput:
        return []
    return []


def _headings_page(
    at: Desk, sent: Upload, asked: Headings, wrong: list[tuple[str, str]]
) -> ResponseReturnValue:
    """`wrong`: field and what is wrong there."""
    page = render_template(
        "coordinator/upload_headings.html", at=at, sent=sent, asked=asked, wrong=wrong, open_=_OPEN
    )
    return page, 400 if wrong else 200


@blueprint.post("/<int:organisation>/uploads/<int:upload>")
def apply_upload(organisation: int, upload: int) -> ResponseReturnValue:
    """Takes it in as it was shown; a second time does nothing."""
    seal = request.form.get("seal", "")
    try:
        # What is wrong with it stands on the page that this leads to.
        with contextlib.suppress(BadInput):
            database().write(
                lambda session: uploads.apply(session, desk(session, organisation), upload, seal)
            )
    except Conflict as refused:
        now_at = url_for("coordinator.show_upload", organisation=organisation, upload=upload)
        return over_page(organisation, refused, now_at)
    except NotFound as refused:
        return over_page(organisation, refused)
    return _to(organisation, upload)


@blueprint.post("/<int:organisation>/uploads/<int:upload>/cancel")
def cancel_upload(organisation: int, upload: int) -> ResponseReturnValue:
    cancelled = database().write(lambda session: uploads.cancel(session, desk(session, organisation), upload))
    if not cancelled:
        return redirect(
            url_for("coordinator.show_upload", organisation=organisation, upload=upload, done="already"), 303
        )
    return redirect(url_for("coordinator.show_ways", organisation=organisation), 303)


def _sent(session: Session, organisation: int, upload: int) -> tuple[Desk, Upload]:
    at = desk(session, organisation)
    return at, uploads.upload_of(session, at, upload)


def _to(organisation: int, upload: int) -> ResponseReturnValue:
    return redirect(url_for("coordinator.show_upload", organisation=organisation, upload=upload), 303)
