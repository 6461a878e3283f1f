"""Who asks to be registered, and the Board's decision on each."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict
from lrs_bridge.flows import area_register, requests
from lrs_bridge.flows.area_register import Filter, Page, Place
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.flows.requests import Request
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now
from lrs_bridge.web.numbers import a_number

_WORDS: dict[str, requests.Word] = {"register": "register", "return": "return"}


@blueprint.get("/<area>/requests")
def show_requests(area: str) -> str:
    returned = request.args.get("show") == "returned"
    after = request.args.get("after", 0, type=a_number)

    def journey(session: Session) -> tuple[Place, Page]:
        place = shown.place(session, area)
        wanted = Filter("returned" if returned else "requests")
        return place, area_register.page(session, place, wanted, now(), after)

    place, found = database().read(journey)
    return shown.page("requests.html", place, found=found, returned=returned)


@blueprint.get("/<area>/requests/<int:learner>")
def show_request(area: str, learner: int) -> str:
    return _request_page(area, learner)


@blueprint.post("/<area>/requests/<int:learner>")
def decide_request(area: str, learner: int) -> ResponseReturnValue:
    word = _WORDS.get(request.form.get("decision", ""))
    note = request.form.get("note", "")

    def journey(session: Session) -> None:
        shown.see(session, learner)
        place = shown.place(session, area)
        if word is None:
            raise BadInput("Nothing was recorded.")
        requests.decide(session, place, learner, word, note, shown.keeping())

    try:
        database().write(journey)
    except BadInput as refused:
        wrong = shown.wrong_fields(refused) or {"note": "Choose whether to register or to return"}
        return _request_page(area, learner, note=note, wrong=wrong), 400
    except Conflict as refused:
        return _request_page(area, learner, note=note, refused=refused.title), 409
    return redirect(url_for("board.show_request", area=area, learner=learner), 303)


def _request_page(
    area: str, learner: int, *, note: str = "", wrong: dict[str, str] | None = None, refused: str = ""
) -> str:
    def journey(session: Session) -> tuple[Place, Request]:
        shown.see(session, learner)
        place = shown.place(session, area)
        return place, requests.request_of(session, place, learner, now())

    place, found = database().write(journey)  # what was stored a moment ago is matched first
    return shown.page(
        "request.html",
        place,
        asked=found,
        note=note,
        wrong=wrong or {},
        refused=refused,
        not_proven=NOT_PROVEN,
    )
