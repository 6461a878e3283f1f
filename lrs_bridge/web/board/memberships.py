"""Memberships of people of the area: one by a form, or many from a file, which is shown before it is done; and taking one back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.connectors.tables import csv_of, read_table
from lrs_bridge.errors import BadInput, Conflict, Problem
from lrs_bridge.flows import area_memberships, kept_records
from lrs_bridge.flows.area_memberships import Uploaded
from lrs_bridge.flows.area_register import Place
from lrs_bridge.flows.imports import Report, Taking
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import clock, database, now, settings, viewer, visitor
from lrs_bridge.web.numbers import a_number

_ASKED = {
    "person": "Enter an e-mail address, or a number with who issued it",
    "checked": "Enter the day on which it was checked",
    "source": "Enter where it was checked",
}
_FIELDS = ("person", "membership", "checked", "source", "number", "until")


@blueprint.get("/<area>/memberships")
def show_memberships(area: str) -> str:
    return _page(area)


@blueprint.post("/<area>/memberships")
def record_membership(area: str) -> ResponseReturnValue:
    row = {name: request.form.get(name, "").strip() for name in _FIELDS}
    text = csv_of([row]).decode()
    missing = {name: text for name, text in _ASKED.items() if not row[name]}
    if missing:
        return _page(area, wrong=missing), 400
    try:
        report = database().write(lambda session: _take_in(session, area, text, ""))
    except BadInput as refused:
        told = {problem.where.rpartition(", ")[2]: problem.what for problem in refused.problems}
        wrong = {name: told[name] for name in _FIELDS if name in told}
        return _page(area, wrong=wrong or {"person": str(refused)}), 400
    [(outcome, statement)] = report.statements
    return redirect(url_for("board.show_membership", area=area, statement=statement, done=outcome), 303)


@blueprint.get("/<area>/memberships/<uuid:statement>")
def show_membership(area: str, statement: UUID) -> str:
    """One that this Board recorded. `?done=`: what recording it just came to."""
    place, found = database().read(lambda session: _recorded(session, area, statement))
    return shown.page("membership.html", place, found=found, done=request.args.get("done", ""))


@blueprint.get("/<area>/memberships/<uuid:statement>/void")
def show_void(area: str, statement: UUID) -> ResponseReturnValue:
    place, found = database().read(lambda session: _recorded(session, area, statement))
    if found.taken_back:
        return _to_membership(area, statement)
    return shown.page("membership_void.html", place, found=found, typed="", wrong="")


@blueprint.post("/<area>/memberships/<uuid:statement>/void")
def void(area: str, statement: UUID) -> ResponseReturnValue:
    reason = request.form.get("reason", "")

    def journey(session: Session) -> None:
        kept_records.void(session, _recorded(session, area, statement)[1], reason, shown.keeping())

    try:
        database().write(journey)
    except BadInput as refused:
        place, found = database().read(lambda session: _recorded(session, area, statement))
        wrong = refused.problems[0].what
        return shown.page("membership_void.html", place, found=found, typed=reason, wrong=wrong), 400
    except Conflict:  # taken back already, as a form sent twice asks for
        return _to_membership(area, statement)
    return _to_membership(area, statement)


def _recorded(session: Session, area: str, statement: UUID) -> tuple[Place, kept_records.KeptRecord]:
    place = shown.place(session, area)
    return place, area_memberships.recorded(session, place, viewer(), statement)


def _to_membership(area: str, statement: UUID) -> ResponseReturnValue:
    return redirect(url_for("board.show_membership", area=area, statement=statement), 303)


@blueprint.post("/<area>/memberships/file")
def look_at_file(area: str) -> ResponseReturnValue:
    """What the file would change; nothing is changed yet."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise BadInput("Nothing was taken in.", [Problem("", "Choose a file")])
        text = area_memberships.text_of(read_table(sent.read(), most=area_memberships.MOST_ROWS))
        report = database().rehearse(lambda session: _take_in(session, area, text, sent.filename or ""))
    except BadInput as refused:
        return _page(area, problems=_in_words(refused)), 400
    place = database().read(lambda session: shown.place(session, area))
    found = Uploaded(report, text)
    return shown.page("memberships_look.html", place, found=found, file=sent.filename)


@blueprint.post("/<area>/memberships/import")
def take_in_file(area: str) -> ResponseReturnValue:
    """The table that was shown."""
    text, file = request.form.get("table", ""), request.form.get("file", "")
    try:
        report = database().write(lambda session: _take_in(session, area, text, file))
    except BadInput as refused:
        return _page(area, problems=_in_words(refused)), 400
    return redirect(url_for("board.show_memberships", area=area, recorded=report.changed), 303)


def _in_words(refused: BadInput) -> list[str]:
    """Without what mends it at the command line."""
    told = [f"{one.where}: {one.what}" if one.where else one.what for one in refused.problems]
    return [refused.title, *(f"{one[:1].upper()}{one[1:]}" for one in told)]


def _take_in(session: Session, area: str, text: str, file: str) -> Report:
    place = shown.place(session, area)
    taking = Taking(
        place.mappings, settings().public_url, visitor().address, now(), again=True, clock=clock()
    )
    return area_memberships.take_in(session, place, text, viewer(), taking, file)


def _page(area: str, *, wrong: dict[str, str] | None = None, problems: list[str] | None = None) -> str:
    def journey(session: Session) -> tuple[Place, tuple[str, ...]]:
        place = shown.place(session, area)
        return place, area_memberships.bodies(place)

    place, asked = database().read(journey)
    more: dict[str, Any] = {"recorded": request.args.get("recorded", type=a_number)}
    return shown.page(
        "memberships.html",
        place,
        bodies=asked,
        wrong=wrong or {},
        problems=problems or [],
        typed=request.form,
        **more,
    )
