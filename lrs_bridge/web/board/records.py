"""Two records that are one person, or are not; and people whom no register knows."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict
from lrs_bridge.flows import joining
from lrs_bridge.flows.area_register import Place
from lrs_bridge.flows.joining import Pair, Result
from lrs_bridge.flows.people import Unknown
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.numbers import a_number


@blueprint.get("/<area>/records")
def show_records(area: str) -> str:
    return _form_page(area)


@blueprint.post("/<area>/records")
def look_at_records(area: str) -> ResponseReturnValue:
    """Shows both; nothing is changed yet."""
    try:
        place, pair = database().read(lambda session: _look(session, area))
    except BadInput as refused:
        return _form_page(area, shown.wrong_fields(refused)), 400
    return shown.page("records_pair.html", place, pair=pair, wrong="", refused="", reason="")


@blueprint.post("/<area>/records/decision")
def decide_records(area: str) -> ResponseReturnValue:
    form = request.form
    same, reason = {"join": True, "part": False}.get(form.get("decision", "")), form.get("reason", "")

    def journey(session: Session) -> Result:
        if same is None:
            raise BadInput("Nothing was decided.")
        return joining.decide(
            session,
            shown.place(session, area),
            g.viewer,
            form.get("one", ""),
            form.get("other", ""),
            same=same,
            reason=reason,
            who=visitor().address,
            now=now(),
        )

    try:
        done = database().write(journey)
    except (BadInput, Conflict) as refused:
        return _refused(area, refused, reason)
    return redirect(url_for("board.show_records", area=area, done=done), 303)


def _refused(area: str, refused: BadInput | Conflict, reason: str) -> ResponseReturnValue:
    wrong = shown.wrong_fields(refused) if isinstance(refused, BadInput) else {}
    if wrong.keys() & {"one", "other"}:
        return _form_page(area, wrong), 400
    try:
        place, pair = database().read(lambda session: _look(session, area))
    except BadInput as unseen:
        return _form_page(area, shown.wrong_fields(unseen)), 400
    told = "" if wrong else refused.title
    page = shown.page(
        "records_pair.html", place, pair=pair, wrong=wrong.get("reason", ""), refused=told, reason=reason
    )
    return page, refused.status


@blueprint.get("/<area>/unknown")
def show_unknown(area: str) -> str:
    """People without any post. That the list was opened is kept."""
    after = request.args.get("after", 0, type=a_number)

    def journey(session: Session) -> tuple[Place, list[Unknown]]:
        place = shown.place(session, area)
        return place, joining.unknown(session, place, after, who=visitor().address, now=now())

    place, found = database().write(journey)
    people = found[: joining.UNKNOWN_PAGE]
    more = people[-1].learner if len(found) > joining.UNKNOWN_PAGE else None
    return shown.page("unknown.html", place, people=people, more=more)


def _look(session: Session, area: str) -> tuple[Place, Pair]:
    place = shown.place(session, area)
    one, other = request.form.get("one", ""), request.form.get("other", "")
    return place, joining.look(session, place, g.viewer, one, other)


def _form_page(area: str, wrong: dict[str, str] | None = None) -> str:
    place = database().read(lambda session: shown.place(session, area))
    mail = settings().smtp_host or settings().mail_folder
    return shown.page(
        "records.html",
        place,
        wrong=wrong or {},
        typed=request.form,
        done=request.args.get("done", ""),
        mail=bool(mail),
    )
