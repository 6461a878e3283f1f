"""Who did what: roles, credentials, messages, statements opened."""

from __future__ import annotations

from flask import render_template, request

from lrs_bridge.store import audit
from lrs_bridge.web.here import database
from lrs_bridge.web.numbers import a_number
from lrs_bridge.web.operator.blueprint import blueprint

_ON_A_PAGE = 50


@blueprint.get("/audit")
def show_audit_log() -> str:
    return _page("", request.args.get("below", 0, type=a_number))


@blueprint.post("/audit")
def show_audit_log_of() -> str:
    """Of one person, whose address stands in the form alone."""
    return _page(request.form.get("who", "").strip(), request.form.get("below", 0, type=a_number))


def _page(who: str, below: int) -> str:
    found = database().read(
        lambda session: audit.entries(session, below=below, limit=_ON_A_PAGE + 1, who=who)
    )
    more = found[_ON_A_PAGE - 1].number if len(found) > _ON_A_PAGE else None
    return render_template("operator/audit_log.html", found=found[:_ON_A_PAGE], who=who, more=more)
