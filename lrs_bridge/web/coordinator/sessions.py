"""Training given face to face: who delivered what, when, and who was there. Shown before it is recorded, as a file would be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.connectors.tables import csv_of, read_csv
from lrs_bridge.errors import BadInput, Conflict
from lrs_bridge.flows import attendees, recording, uploads
from lrs_bridge.flows.days import moment_of
from lrs_bridge.flows.recording import Desk
from lrs_bridge.store.database import Session
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.coordinator.desk import desk
from lrs_bridge.web.coordinator.record_forms import Options, areas, courses, placed
from lrs_bridge.web.here import database

_TEXTS = ("date", "title", "delivered_by", "delivered_by_name", "area")
_ASKED = {
    "date": "Enter the day of the session",
    "title": "Enter what was used or what it was called",
    "delivered_by": "Enter who delivered it",
    "area": "Choose the area",
}
_MOST_TOLD = 5
FIELDS = ("title", "date", "delivered_by", "delivered_by_name", "area", "courses", "items")
"""In the order in which the form asks for them."""


@dataclass(frozen=True)
class Typed:
    """A session as its form sends it. `row`: column → text; `courses` and `items`: those that were ticked."""

    row: dict[str, str] = field(default_factory=dict)
    courses: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    attendees: str = ""

    def columns(self, at: Desk) -> dict[str, str]:
        """As a row of the import, without who attended."""
        gave = {"courses": ";".join(self.courses), "items": ";".join(self.items)}
        return {**self.row, **gave, "organisation": at.organisation.name}


def typed_session(at: Desk) -> tuple[Typed, dict[str, str]]:
    """What the form says of the session, and what of it is missing."""
    row = {name: request.form.get(name, "").strip() for name in _TEXTS}
    if len(at.areas) == 1:
        row["area"] = next(iter(at.areas))
    sent = Typed(
        row,
        tuple(request.form.getlist("courses")),
        tuple(request.form.getlist("items")),
        request.form.get("attendees", ""),
    )
    wrong = {name: text for name, text in _ASKED.items() if not row[name]}
    if row["date"]:
        try:
            moment_of(row["date"], "date", at.mappings.calendar, at.now)
        except BadInput as refused:
            wrong["date"] = refused.problems[0].what
        except Conflict as refused:
            wrong["date"] = refused.title
    if not wrong.get("delivered_by") and not {"@", "|"} & {*row["delivered_by"]}:
        wrong["delivered_by"] = "Enter an e-mail address in the correct format, like name@example.org"
    if not (sent.courses or sent.items):
        wrong["courses"] = "Choose what the session gave"
    return sent, wrong


def choices_of(at: Desk) -> dict[str, Options]:
    """What a session can give: courses, and items beside them."""
    items = {
        item.key: f"{item.key} {item.text}"
        for area in at.areas
        if (framework := at.mappings.framework_of(area))
        for item in framework.items.values()
        if not item.course_only
    }
    return {"courses": courses(at), "items": list(items.items()), "areas": areas(at)}


@blueprint.get("/<int:organisation>/sessions/new")
def show_session_form(organisation: int) -> ResponseReturnValue:
    at = database().read(lambda session: desk(session, organisation))
    return _page(at, Typed(), {})


@blueprint.post("/<int:organisation>/sessions/new")
def take_session(organisation: int) -> ResponseReturnValue:
    """Keeps the list until what it would record was looked at."""
    at = database().read(lambda session: desk(session, organisation))
    sent, wrong = typed_session(at)
    rows: list[dict[str, str]] = []
    try:
        rows = _rows(at, sent)
    except BadInput as refused:
        told = [f"{one.where}: {one.what}" if one.where else one.what for one in refused.problems]
        more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
        wrong["attendees"] = ("; ".join(told[:_MOST_TOLD]) or refused.title) + more
    if not rows and "attendees" not in wrong:
        wrong["attendees"] = "Enter who attended, or choose a file"
    if wrong:
        return _page(at, sent, wrong)
    content = csv_of(rows)
    try:
        database().read(lambda session: recording.prepare(session, at, "sessions", read_csv(content)))
    except BadInput as refused:
        return _page(at, sent, recording.by_column(refused))

    def keep(session: Session) -> int:
        return uploads.begin(session, at, "sessions", "", content)

    number = database().write(keep)
    return redirect(url_for("coordinator.show_upload", organisation=organisation, upload=number), 303)


def _rows(at: Desk, sent: Typed) -> list[dict[str, str]]:
    """A row for each who attended, typed or in the file."""
    found = attendees.attendees_typed(sent.attendees, at.organisation)
    uploaded = request.files.get("file")
    if uploaded and uploaded.filename:
        content = uploaded.stream.read(uploads.MOST_BYTES + 1)
        uploads.hold("sessions", content)
        found += attendees.attendees_in(content, at.organisation)
    about = sent.columns(at)
    return [{**about, "attendees": one.identifier, "attendee_name": one.name} for one in found]


def _page(at: Desk, sent: Typed, wrong: dict[str, str]) -> ResponseReturnValue:
    told = placed(wrong, (*FIELDS, "attendees", "file"), "attendees")
    context: dict[str, Any] = {"at": at, "sent": sent, "wrong": told, "options": choices_of(at)}
    return render_template("coordinator/session_form.html", **context), 400 if wrong else 200
