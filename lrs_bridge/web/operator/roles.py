"""Who may open what: roles given and taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, BridgeError, Conflict, NotFound
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import roles
from lrs_bridge.flows.sign_in import address_typed
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store import roles as grants
from lrs_bridge.store.database import Session
from lrs_bridge.store.roles import Grant, Role
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.numbers import a_number
from lrs_bridge.web.operator.blueprint import blueprint

_ON_A_PAGE = 50
_KINDS = (
    ("coordinator", "Coordinator: sees the people with a post at one organisation"),
    ("board", "Board officer: sees the people with a post in one area, and its champions"),
    ("operator", "Operator: sees whether it runs, credentials, statements and these pages"),
)
_FIELDS = {"email": "email", "--coordinator": "organisation", "--board": "area", "roles": "role"}
"""Where the flow says that something is wrong → the form's field."""


@blueprint.get("/roles")
def show_roles() -> ResponseReturnValue:
    chosen = request.args.get("role", "")
    below = request.args.get("below", 0, type=a_number)
    role: Role | None = chosen if chosen in get_args(Role) else None  # type: ignore[assignment]  # one of them, then

    def journey(session: Session) -> tuple[list[Grant], Mappings]:
        found = grants.latest_grants(session, role=role, below=below, limit=_ON_A_PAGE + 1)
        return found, _mappings(session)

    found, mappings = database().read(journey)
    more = found[_ON_A_PAGE - 1].number if len(found) > _ON_A_PAGE else None
    return _page(found[:_ON_A_PAGE], mappings, chosen=role or "", more=more, is_first=not below)


@blueprint.post("/roles")
def find_roles() -> ResponseReturnValue:
    """Those of one address, which stands in the form alone."""
    typed = request.form.get("email", "")
    try:
        mbox = address_typed(typed).casefold()
    except BadInput:
        found, mappings = database().read(
            lambda session: (grants.latest_grants(session, limit=_ON_A_PAGE), _mappings(session))
        )
        wrong = "Enter an e-mail address in the correct format, like name@example.org"
        return _page(found, mappings, typed=typed, wrong=wrong), 400
    found, mappings = database().read(lambda session: (grants.grants(session, mbox=mbox), _mappings(session)))
    return _page(found, mappings, typed=typed)


@blueprint.get("/roles/give")
def show_giving() -> ResponseReturnValue:
    return _form({}, {})


@blueprint.post("/roles/give")
def give_role() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in _FIELDS.values()}
    role = typed["role"]
    if role not in get_args(Role):
        return _form(typed, {"role": "Select a role"})
    where = {"coordinator": typed["organisation"], "board": typed["area"]}.get(role, "")
    wanted = roles.Wanted(role, where)  # type: ignore[arg-type]  # one of them: looked at above

    def journey(session: Session) -> list[str]:
        return roles.give(
            session, typed["email"], [wanted], _mappings(session), who=visitor().address, now=now()
        )

    try:
        given = database().write(journey)
    except Conflict as refused:
        return _form(typed, {"email": refused.title})
    except BadInput as refused:
        return _form(typed, _told(refused))
    if not given:
        return _form(typed, {"email": "They have this role already"})
    return redirect(url_for("operator.show_roles"), 303)


@blueprint.get("/roles/<int:grant>/take")
def show_taking(grant: int) -> ResponseReturnValue:
    return _taking(grant, "")


@blueprint.post("/roles/<int:grant>/take")
def take_role(grant: int) -> ResponseReturnValue:
    try:
        database().write(
            lambda session: roles.take_one(
                session, grant, _mappings(session), who=visitor().address, now=now()
            )
        )
    except Conflict as refused:
        return _taking(grant, refused.title)
    return redirect(url_for("operator.show_roles"), 303)


def _mappings(session: Session) -> Mappings:
    return mapping_flow.in_force(session, settings().calendar)


def _page(found: list[Grant], mappings: Mappings, **more: Any) -> str:
    shown = [(one, roles.in_words(one, mappings)) for one in found]
    kinds = [("", "All")] + [(key, text.partition(":")[0]) for key, text in _KINDS]
    return render_template("operator/roles.html", found=shown, kinds=kinds, **more)


def _form(typed: Mapping[str, str], wrong: Mapping[str, str]) -> ResponseReturnValue:
    mappings = database().read(_mappings)
    areas = [("", "Choose an area"), *((key, area.name) for key, area in mappings.areas.items())]
    page = render_template("operator/role_give.html", typed=typed, wrong=wrong, kinds=_KINDS, areas=areas)
    return page, 400 if wrong else 200


def _told(refused: BridgeError) -> dict[str, str]:
    words = {
        "email": "Enter an e-mail address in the correct format, like name@example.org",
        "organisation": "Enter the organisation’s name as it is recorded",
        "area": "Select an area",
        "role": "Select a role",
    }
    fields = [_FIELDS[problem.where] for problem in refused.problems]
    return {field: words[field] for field in fields}


def _taking(number: int, wrong: str) -> ResponseReturnValue:
    def journey(session: Session) -> tuple[Grant | None, Mappings]:
        return grants.grant_numbered(session, number), _mappings(session)

    one, mappings = database().read(journey)
    if one is None:
        raise NotFound("That role was taken already, or never given.")
    page = render_template(
        "operator/role_take.html", one=one, words=roles.in_words(one, mappings), wrong=wrong
    )
    return page, 409 if wrong else 200
