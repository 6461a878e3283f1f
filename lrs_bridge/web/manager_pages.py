"""The page that a letter to a line manager leads to. Whoever has the link may answer, and sees of the learner what the letter says."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput
from lrs_bridge.flows import manager_word
from lrs_bridge.web.here import database, now, settings

blueprint = Blueprint("manager", __name__, url_prefix="/manager")

_MISSING = {
    "manager": "Say whether they are one of your staff",
    "support": "Say whether you support it and give time for it",
    "knowledge": "Say whether their working knowledge of safeguarding is good",
}


@blueprint.get("/<token>")
def show_letter(token: str) -> ResponseReturnValue:
    """Opening it changes nothing: mail scanners open it too."""
    return _page(token, {})


@blueprint.post("/<token>")
def answer(token: str) -> ResponseReturnValue:
    said = {name: request.form.get(name, "") for name in _MISSING}
    needed = ("manager",) if said["manager"] == "no" else tuple(_MISSING)
    wrong = {name: _MISSING[name] for name in needed if said[name] not in ("yes", "no")}
    if wrong:
        return _page(token, wrong)
    answers = manager_word.Answers(*(said[name] == "yes" for name in _MISSING))
    database().write(lambda session: manager_word.answer(session, token, answers, settings(), now()))
    return redirect(url_for("manager.show_letter", token=token), 303)


@blueprint.post("/<token>/take-back")
def take_back(token: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    try:
        database().write(lambda session: manager_word.take_back(session, token, reason, settings(), now()))
    except BadInput as wrong:
        return _page(token, {one.where: one.what for one in wrong.problems})
    return redirect(url_for("manager.show_letter", token=token), 303)


def _page(token: str, wrong: dict[str, str]) -> ResponseReturnValue:
    found = database().read(lambda session: manager_word.opened(session, token, settings(), now()))
    if found is None:
        return render_template("manager_over.html"), 410
    page = render_template(
        "manager_letter.html",
        token=token,
        one=found,
        typed=request.form,
        wrong=wrong,
        longest=manager_word.LONGEST_REASON,
    )
    return page, 400 if wrong else 200
