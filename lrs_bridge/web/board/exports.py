"""The Board's lists as files; and the bulletin's mailing list."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.connectors import spreadsheets
from lrs_bridge.errors import NotFound
from lrs_bridge.flows import area_exports, bulletin
from lrs_bridge.flows.area_exports import Sheet
from lrs_bridge.flows.area_register import Filter, Place, Which
from lrs_bridge.store import register
from lrs_bridge.store.database import Session
from lrs_bridge.web.board import shown
from lrs_bridge.web.board.blueprint import blueprint
from lrs_bridge.web.here import database, now, visitor
from lrs_bridge.web.numbers import a_number

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PEOPLE: dict[str, Which] = {"champions": "champions", "left": "left", "eligible": "eligible"}


@blueprint.post("/<area>/export/<what>")
def export(area: str, what: str) -> Response:
    """The whole list as it is filtered on the screen: `format` csv or xlsx."""
    form = request.form
    sector, flag = shown.sector_in(form), shown.FLAGS.get(form.get("flag", ""), "")

    def journey(session: Session) -> tuple[Place, Sheet]:
        place = shown.place(session, area)
        who, moment = visitor().address, now()
        if what in _PEOPLE:
            wanted = Filter(_PEOPLE[what], sector, flag)
            return place, area_exports.people(session, place, wanted, who=who, now=moment)
        if what == "gaps":
            return place, area_exports.gaps(session, place, sector, who=who, now=moment)
        if what == "bulletin":
            return place, area_exports.mailing_list(session, place, who=who, now=moment)
        raise NotFound("There is no such list.")

    place, sheet = database().write(journey)
    if form.get("format") == "xlsx":
        body, ending = spreadsheets.as_workbook(sheet.title, sheet.headings, sheet.rows), "xlsx"
    else:
        body, ending = spreadsheets.as_csv(sheet.headings, sheet.rows), "csv"
    answer = Response(body, mimetype=_XLSX if ending == "xlsx" else "text/csv")
    name = f"{place.key}-{sheet.title.lower()}-{place.calendar.day_of(now()).isoformat()}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/<area>/bulletin")
def show_bulletin(area: str) -> str:
    """Who gets the bulletin, and who wants none."""

    def journey(session: Session) -> tuple[Place, bulletin.Page]:
        place = shown.place(session, area)
        return place, bulletin.page(session, place, now(), request.args.get("after", 0, type=a_number))

    place, found = database().read(journey)
    return shown.page("bulletin.html", place, found=found)


@blueprint.post("/<area>/bulletin/<int:learner>")
def keep_wish(area: str, learner: int) -> ResponseReturnValue:
    """What a champion told the Board."""
    wants = request.form.get("wants") == "yes"

    def journey(session: Session) -> None:
        shown.see(session, learner)
        if not register.among(session, area, register.CHAMPIONS, [learner]):
            raise NotFound("This person is not on the register.")
        bulletin.wish(session, learner, wants=wants, who=visitor().address, now=now())

    database().write(journey)
    return redirect(url_for("board.show_bulletin", area=area), 303)
