"""Becoming a CSE Champion, on the learner's own pages: the standards, the letter to the line manager, the request to the Board."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict
from lrs_bridge.flows import ask_manager, my_champion, my_request
from lrs_bridge.flows.my_champion import MyChampion
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import clock, database, now, settings, visitor
from lrs_bridge.web.my_pages import blueprint
from lrs_bridge.web.numbers import a_number


@blueprint.get("/champion/<area>")
def show_champion(area: str) -> str:
    return render_template("my_champion.html", mine=_mine(area), refused="")


@blueprint.post("/champion/<area>/bulletin")
def wish_bulletin(area: str) -> ResponseReturnValue:
    """Whether the Boards' bulletins are wanted."""
    who, wants = visitor(), request.form.get("wants") == "yes"
    database().write(
        lambda session: my_champion.wish_bulletin(
            session, who, area, settings().calendar, wants=wants, now=now()
        )
    )
    return redirect(url_for("mine.show_champion", area=area), 303)


@blueprint.get("/champion/<area>/manager/<int:place>")
def show_manager(area: str, place: int) -> ResponseReturnValue:
    """Whom the letter for this post goes to."""
    return _manager_page(area, place, {})


@blueprint.post("/champion/<area>/manager/<int:place>")
def ask_for_word(area: str, place: int) -> ResponseReturnValue:
    typed = request.form
    wanted = ask_manager.Wanted(area, place, typed.get("name", ""), typed.get("address", ""))
    try:
        ask_manager.ask(database(), settings(), clock(), visitor(), wanted)
    except BadInput as wrong:
        return _manager_page(area, place, {one.where: one.what for one in wrong.problems})
    except Conflict as refused:
        mine = _mine(area)
        asked = next((one.letter for one in mine.posts if one.held.number == place), None)
        return _refused(mine, refused, is_done=asked is not None and asked.state == "open")
    return redirect(url_for("mine.show_champion", area=area), 303)


@blueprint.post("/champion/<area>/cancel")
def cancel_letter(area: str) -> ResponseReturnValue:
    who, number = visitor(), request.form.get("letter", 0, type=a_number)
    database().write(lambda session: ask_manager.cancel(session, who, number, now()))
    return redirect(url_for("mine.show_champion", area=area), 303)


@blueprint.post("/champion/<area>/request")
def send_request(area: str) -> ResponseReturnValue:
    who = visitor()
    return _say(area, lambda session: my_request.request(session, who, area, settings(), now()), "request")


@blueprint.post("/champion/<area>/withdraw")
def withdraw_request(area: str) -> ResponseReturnValue:
    who = visitor()
    return _say(area, lambda session: my_request.withdraw(session, who, area, settings(), now()), "withdraw")


@blueprint.get("/champion/<area>/leave")
def show_leaving(area: str) -> ResponseReturnValue:
    """Asks once more."""
    return render_template("my_leaving.html", role=_role(area))


@blueprint.post("/champion/<area>/leave")
def leave(area: str) -> ResponseReturnValue:
    who = visitor()
    return _say(area, lambda session: my_request.leave(session, who, area, settings(), now()), "leave")


@blueprint.get("/champion/<area>/elsewhere")
def show_moving(area: str) -> ResponseReturnValue:
    """Asks where to."""
    return render_template("my_moving.html", role=_role(area), wrong="")


@blueprint.post("/champion/<area>/elsewhere")
def move(area: str) -> ResponseReturnValue:
    who, to, role = visitor(), request.form.get("to", ""), _role(area)
    if to not in role.elsewhere:
        return render_template("my_moving.html", role=role, wrong="Say where you are a CSE Champion now"), 400
    try:
        other = database().write(lambda session: my_request.move(session, who, area, to, settings(), now()))
    except Conflict as refused:
        mine = _mine(area)
        return _refused(mine, refused, is_done=mine.sent in ("leave", "request"))
    return redirect(url_for("mine.show_champion", area=other), 303)


def _mine(area: str) -> MyChampion:
    who, calendar = visitor(), settings().calendar
    return database().read(lambda session: my_champion.my_champion(session, who, area, calendar, now()))


def _say(area: str, journey: Callable[[Session], None], act: my_champion.Said) -> ResponseReturnValue:
    """Tells the Board, and shows where things stand then."""
    try:
        database().write(journey)
    except Conflict as refused:
        mine = _mine(area)
        return _refused(mine, refused, is_done=mine.sent == act)
    return redirect(url_for("mine.show_champion", area=area), 303)


def _refused(mine: MyChampion, refused: Conflict, *, is_done: bool) -> ResponseReturnValue:
    """`is_done`: already, as by a button that is pressed twice; the page says so."""
    if is_done:
        return redirect(url_for("mine.show_champion", area=mine.key), 303)
    return render_template("my_champion.html", mine=mine, refused=refused.title), 409


def _role(area: str) -> my_request.Role:
    who = visitor()
    return database().read(lambda session: my_request.role(session, who, area, settings(), now()))


def _manager_page(area: str, place: int, wrong: dict[str, str]) -> ResponseReturnValue:
    who, calendar = visitor(), settings().calendar
    mine = database().read(lambda session: my_champion.my_place(session, who, area, place, calendar, now()))
    page = render_template("my_manager.html", area=area, mine=mine, typed=request.form, wrong=wrong)
    return page, 400 if wrong else 200
