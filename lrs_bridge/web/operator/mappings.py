"""Which mapping files are in force, whether those in the folder are right, and what others would change."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import tried_mappings
from lrs_bridge.store import what_ifs
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.operator.blueprint import blueprint

_SHOWN = 10


@blueprint.get("/mappings")
def show_mappings() -> str:
    used = settings()

    def journey(session: Session) -> dict[str, Any]:
        return {
            "history": mapping_flow.history(session, _SHOWN),
            "files": mapping_flow.files_in_force(session),
        }

    folder = mapping_flow.look_at_folder(used.mappings, used.calendar)
    return render_template(
        "operator/mappings.html", folder=folder, path=used.mappings, **database().read(journey)
    )


@blueprint.get("/mappings/try")
def show_trying() -> ResponseReturnValue:
    return _try_page("", ())


@blueprint.post("/mappings/try")
def try_mappings() -> ResponseReturnValue:
    """Checks the files that are sent, and has what they would change worked out."""
    sent = [one for one in request.files.getlist("files") if one.filename]
    if not sent:
        return _try_page("Choose at least one file", ())
    try:
        uploaded = [(one.filename or "", one.read().decode("utf-8-sig")) for one in sent]
    except UnicodeDecodeError:
        return _try_page("A file is not UTF-8: save it as UTF-8", ())
    who, at = visitor().address, now()
    try:
        number = tried_mappings.ask(database(), uploaded, settings().calendar, who=who, now=at)
    except (BadInput, Conflict) as refused:
        return _try_page(refused.title, refused.problems)
    return redirect(url_for("operator.show_what_if", number=number), 303)


@blueprint.get("/mappings/what-if/<int:number>")
def show_what_if(number: int) -> str:
    found = database().read(lambda session: what_ifs.load(session, number))
    if found is None:
        raise NotFound("There is no such answer; they are kept for a day.")
    return render_template("operator/what_if.html", one=found)


def _try_page(wrong: str, problems: tuple[Problem, ...]) -> ResponseReturnValue:
    page = render_template("operator/mappings_try.html", wrong=wrong, problems=problems)
    return page, 400 if wrong else 200
