"""Recording one thing about one person; what was recorded; and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict
from lrs_bridge.flows import kept_records, recording
from lrs_bridge.flows.imports import Report
from lrs_bridge.flows.recompute import decided_courses
from lrs_bridge.flows.recording import Desk, PersonHere
from lrs_bridge.store.database import Session
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.coordinator.desk import desk
from lrs_bridge.web.coordinator.record_forms import FORMS, Form, Options, placed, with_decided_courses
from lrs_bridge.web.here import database
from lrs_bridge.web.numbers import a_number


@blueprint.get("/<int:organisation>/records")
def show_ways(organisation: int) -> str:
    """What can be recorded here."""
    at = database().read(lambda session: desk(session, organisation))
    return render_template("coordinator/recording.html", at=at, forms=FORMS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form on the way to its page. `options`: field → its choices; `person`: of whom, where the address says so."""

    at: Desk
    form: Form
    options: dict[str, Options]
    person: PersonHere | None


def _ask(session: Session, organisation: int, kind: str) -> _Asked:
    at, form = desk(session, organisation), FORMS[kind]
    options = {field.name: field.options(at) for field in form.fields}
    if kind == "completion":
        decided = frozenset(decided_courses(session, at.mappings))
        options["course"] = with_decided_courses(options["course"], decided, at)
    learner = request.args.get("learner", type=a_number)
    return _Asked(at, form, options, recording.person_here(session, at, learner) if learner else None)


@blueprint.get("/<int:organisation>/records/new/<any(completion,attestation,membership,equivalence):kind>")
def show_form(organisation: int, kind: str) -> ResponseReturnValue:
    """`?learner=` says of whom, by number; without it the form asks."""
    asked = database().read(lambda session: _ask(session, organisation, kind))
    return _form_page(asked, {"answer": "yes"}, {})


@blueprint.post("/<int:organisation>/records/new/<any(completion,attestation,membership,equivalence):kind>")
def take_form(organisation: int, kind: str) -> ResponseReturnValue:
    """Whatever would be recorded and not count is said before."""
    asked = database().read(lambda session: _ask(session, organisation, kind))
    row = asked.form.given(request.form, asked.at)
    if asked.person:
        row["person"] = asked.person.identifier
    wrong = asked.form.wrong(row)
    if wrong:
        return _form_page(asked, row, wrong)

    def journey(session: Session) -> Report:
        return recording.record(session, asked.at, asked.form.kind, [row])

    try:
        report = database().rehearse(journey)
        if report.warnings and "sure" not in request.form:
            return _form_page(asked, row, {}, [words for _, words in report.warnings])
        report = database().write(journey)
    except BadInput as refused:
        return _form_page(asked, row, recording.by_column(refused))
    [(outcome, statement)] = report.statements
    return redirect(
        url_for("coordinator.show_record", organisation=organisation, statement=statement, done=outcome), 303
    )


def _form_page(
    asked: _Asked, row: dict[str, str], wrong: dict[str, str], warnings: list[str] | None = None
) -> ResponseReturnValue:
    fields = [field for field in asked.form.fields if not (asked.person and field.name == "person")]
    told = placed(wrong, [field.name for field in fields], fields[0].name)
    page = render_template(
        "coordinator/record_form.html",
        **{name: getattr(asked, name) for name in ("at", "form", "options", "person")},
        fields=fields,
        row=row,
        wrong=told,
        warnings=warnings,
    )
    return page, 400 if wrong else 200


@blueprint.get("/<int:organisation>/records/own")
def show_own_records(organisation: int) -> str:
    """What whoever asks recorded here themselves. `?after=`: number of the last record of the page before."""
    after = request.args.get("after", 0, type=a_number)

    def look(session: Session) -> tuple[Desk, list[kept_records.Line], int]:
        at = desk(session, organisation)
        return at, *kept_records.own_records(session, at, after)

    at, lines, more = database().read(look)
    return render_template("coordinator/own_records.html", at=at, lines=lines, more=more)


@blueprint.get("/<int:organisation>/records/<uuid:statement>")
def show_record(organisation: int, statement: UUID) -> str:
    """`?done=`: what recording it just came to."""
    at, found = database().read(lambda session: _found(session, organisation, statement))
    return render_template("coordinator/record.html", at=at, found=found, done=request.args.get("done", ""))


@blueprint.get("/<int:organisation>/records/<uuid:statement>/void")
def show_void(organisation: int, statement: UUID) -> ResponseReturnValue:
    at, found = database().read(lambda session: _found(session, organisation, statement))
    if not found.may_be_taken_back:
        return _record_page(organisation, statement)
    return render_template("coordinator/record_void.html", at=at, found=found, typed="", wrong="")


@blueprint.post("/<int:organisation>/records/<uuid:statement>/void")
def void(organisation: int, statement: UUID) -> ResponseReturnValue:
    reason = request.form.get("reason", "")

    def journey(session: Session) -> None:
        kept_records.take_back(session, desk(session, organisation), statement, reason)

    try:
        database().write(journey)
    except BadInput as refused:
        at, found = database().read(lambda session: _found(session, organisation, statement))
        wrong = refused.problems[0].what
        page = render_template("coordinator/record_void.html", at=at, found=found, typed=reason, wrong=wrong)
        return page, 400
    except Conflict:  # taken back already, as a form sent twice asks for
        return _record_page(organisation, statement)
    return _record_page(organisation, statement)


def _found(session: Session, organisation: int, statement: UUID) -> tuple[Desk, kept_records.KeptRecord]:
    at = desk(session, organisation)
    return at, kept_records.kept_record(session, at, statement)


def _record_page(organisation: int, statement: UUID) -> ResponseReturnValue:
    return redirect(url_for("coordinator.show_record", organisation=organisation, statement=statement), 303)
