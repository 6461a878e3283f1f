"""Joining a person with training that came under an address or number which nobody knows them by."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.flows import person, recognise
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.here import database, settings, viewer, visitor

_NOBODY = "Nobody without a post is known by exactly this. Check each letter; an officer of the Board can look further"
_SAME = "This person is known by this already"


@blueprint.get("/<int:organisation>/people/<int:learner>/match")
def show_match(organisation: int, learner: int) -> ResponseReturnValue:
    return _page(organisation, learner, {})


@blueprint.post("/<int:organisation>/people/<int:learner>/match")
def match(organisation: int, learner: int) -> ResponseReturnValue:
    typed, reason = request.form.get("identifier", "").strip(), request.form.get("reason", "").strip()
    wrong = {
        **({} if typed else {"identifier": "Enter the address or number"}),
        **({} if reason else {"reason": "Enter how you know that it is theirs"}),
    }
    if wrong:
        return _page(organisation, learner, wrong)
    outcome = database().write(
        lambda session: recognise.recognise(
            session, viewer(), organisation, learner, typed, reason, who=visitor().address
        )
    )
    if outcome != "joined":
        return _page(organisation, learner, {"identifier": _SAME if outcome == "same" else _NOBODY})
    return redirect(url_for("coordinator.show_person", organisation=organisation, learner=learner), 303)


def _page(organisation: int, learner: int, wrong: dict[str, str]) -> ResponseReturnValue:
    seen = database().read(
        lambda session: person.person_seen(session, viewer(), learner, settings().calendar)
    )
    page = render_template(
        "coordinator/match.html",
        organisation=organisation,
        seen=seen,
        wrong=wrong,
        typed=request.form,
    )
    return page, 400 if wrong else 200
