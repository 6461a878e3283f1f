"""The register: champions, who could be one, and what they reported."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, BridgeError, Conflict, NotFound
from lrs_bridge.flows import area_register
from lrs_bridge.flows.area_register import Filter, History, Page, Place, Which
from lrs_bridge.flows.days import moment_of
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.learning.champions import Act
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now
from lrs_bridge.web.numbers import a_number

_ACTS: dict[str, Act] = {"update": "update", "leave": "leave"}

_ASKED = {
    "learner": "Tick at least one champion",
    "act": "Choose what happened",
    "day": "Enter the day on which it happened",
}


@blueprint.get("/<area>/champions")
def show_champions(area: str) -> str:
    return _champions_page(area)


@blueprint.post("/<area>/champions")
def record_acts(area: str) -> ResponseReturnValue:
    """Of all who are ticked: that they attended the annual update, or left."""
    form = request.form
    chosen = form.getlist("learner", type=a_number)
    act, day = _ACTS.get(form.get("act", "")), form.get("day", "").strip()
    if act is None or not (chosen and day):
        missing = {"learner": not chosen, "act": act is None, "day": not day}
        return _champions_page(
            area, chosen, wrong={name: _ASKED[name] for name in missing if missing[name]}
        ), 400

    def journey(session: Session) -> None:
        place = shown.place(session, area)
        for learner in chosen:
            shown.see(session, learner)
        keeping = shown.keeping()
        happened = moment_of(day, "day", place.calendar, keeping.now)
        area_register.act_on(session, place, act, chosen, happened, form.get("note", "").strip(), keeping)

    try:
        database().write(journey)
    except BadInput as refused:
        return _champions_page(area, chosen, wrong=shown.wrong_fields(refused)), 400
    except Conflict as refused:
        return _champions_page(area, chosen, refused), 409
    return redirect(url_for("board.show_champions", area=area, recorded=act, number=len(set(chosen))), 303)


@blueprint.get("/<area>/eligible")
def show_eligible(area: str) -> str:
    """Who meets every standard and has not asked."""
    place, found, wanted, _ = _list_page(area, "eligible")
    return shown.page("eligible.html", place, found=found, wanted=wanted, not_proven=NOT_PROVEN)


@blueprint.get("/<area>/champions/<int:learner>")
def show_champion(area: str, learner: int) -> str:
    def journey(session: Session) -> tuple[Place, History]:
        shown.see(session, learner)
        place = shown.place(session, area)
        found = area_register.history(session, place, learner)
        if not (found.line or found.acts):
            raise NotFound("Nothing of this person is on the register.")
        return place, found

    place, found = database().read(journey)
    return shown.page("champion.html", place, history=found, not_proven=NOT_PROVEN)


def _champions_page(
    area: str,
    chosen: list[int] | None = None,
    refused: BridgeError | None = None,
    wrong: dict[str, str] | None = None,
) -> str:
    which: Which = "left" if request.args.get("show") == "left" else "champions"
    place, found, wanted, more = _list_page(area, which)
    problems = [problem.what for problem in refused.problems] if refused else []
    return shown.page(
        "champions.html",
        place,
        found=found,
        wanted=wanted,
        more=more,
        chosen=chosen or [],
        refused=refused,
        problems=problems,
        wrong=wrong or {},
        recorded=request.args.get("recorded", ""),
        number=request.args.get("number", 0, type=a_number),
        typed=request.form,
        not_proven=NOT_PROVEN,
    )


def _list_page(area: str, which: Which) -> tuple[Place, Page, Filter, dict[str, str]]:
    """The page asked for, and by which words of the address the next one is."""
    flag = shown.FLAGS.get(request.args.get("flag", ""), "")
    wanted = Filter(which, shown.sector_in(request.args), flag)

    def journey(session: Session) -> tuple[Place, Page]:
        place = shown.place(session, area)
        after = request.args.get("after", 0, type=a_number)
        return place, area_register.page(session, place, wanted, now(), after)

    place, found = database().read(journey)
    kept = {name: request.args[name] for name in ("show", "sector", "flag") if request.args.get(name)}
    return place, found, wanted, kept
