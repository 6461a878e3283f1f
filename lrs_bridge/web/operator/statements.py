"""Statements: looked for by a form, for what is typed names people; and one of them, with what it was worth."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import statement_search, statement_worth
from lrs_bridge.flows.statement_search import Asked, Lines
from lrs_bridge.store import audit
from lrs_bridge.web import cookies
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.operator.blueprint import blueprint, place_of, read_place

_FIELDS = ("agent", "verb", "activity", "since", "until")


@blueprint.get("/statements")
def show_statement_search() -> ResponseReturnValue:
    """The form; and what was looked for last, where the address says so."""
    if "sought" not in request.args:
        return _page({}, None, {})
    typed = cookies.sought()
    asked = Asked(**{name: typed.get(name, "") for name in _FIELDS})
    after = read_place(request.args.get("after", ""))
    try:
        found = database().read(
            lambda session: statement_search.search(session, asked, settings().calendar, after)
        )
    except BadInput as wrong:
        return _page(typed, None, {problem.where: problem.what for problem in wrong.problems})
    if asked.agent and after is None:
        who, at = visitor().address, now()
        database().write(lambda session: statement_search.note_search(session, asked, who=who, now=at))
    return _page(typed, found, {})


@blueprint.post("/statements")
def search_statements() -> ResponseReturnValue:
    """Leads to what is found."""
    typed = {name: request.form.get(name, "").strip() for name in (*_FIELDS, "id")}
    if typed["id"]:
        return _by_id(typed)
    answer = current_app.make_response(redirect(url_for("operator.show_statement_search", sought="yes"), 303))
    cookies.keep_sought(answer, typed)
    return answer


@blueprint.get("/statements/<uuid:statement>")
def show_statement(statement: uuid.UUID) -> str:
    found = database().read(lambda session: statement_worth.look_at(session, statement, settings().calendar))
    who, at = visitor().address, now()
    database().write(
        lambda session: audit.note(session, who=who, act="statement opened", about=str(statement), now=at)
    )
    return render_template("operator/statement.html", one=found)


def _by_id(typed: Mapping[str, str]) -> ResponseReturnValue:
    try:
        wanted = uuid.UUID(typed["id"])
        database().read(lambda session: statement_worth.look_at(session, wanted, settings().calendar))
    except ValueError:
        return _page(typed, None, {"id": "Enter the statement’s whole id, 32 hexadecimal digits"})
    except NotFound:
        return _page(typed, None, {"id": "There is no statement with this id"})
    return redirect(url_for("operator.show_statement", statement=wanted), 303)


def _page(typed: Mapping[str, str], found: Lines | None, wrong: Mapping[str, str]) -> ResponseReturnValue:
    following = place_of(*found.following) if found and found.following else ""
    page = render_template(
        "operator/statements.html", typed=typed, found=found, wrong=wrong, following=following
    )
    return page, 400 if wrong else 200
