"""The people of an organisation: the list, and one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from flask import Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.connectors import spreadsheets
from lrs_bridge.flows import organisation_people, person
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.store.post_standings import CHAMPION_CHOICES, Choice, Order
from lrs_bridge.web import cookies
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.here import database, now, settings, viewer, visitor
from lrs_bridge.web.numbers import number_in


@blueprint.get("/<int:organisation>/people")
def show_people(organisation: int) -> ResponseReturnValue:
    """By filters that name nobody, which an address may hold, and the name that was looked for last."""
    choice = choice_in({**request.args, "name": cookies.sought().get("name", "")})
    order = order_in(request.args)

    found = database().read(
        lambda session: organisation_people.people_of(
            session,
            viewer(),
            organisation,
            choice,
            order,
            settings().calendar,
            after=number_in(request.args, "after"),
        )
    )
    return render_template(
        "coordinator/people.html",
        organisation=organisation,
        found=found,
        choice=choice,
        order=order,
        chosen=in_address(choice, order),
        is_open=choice == Choice(),
        not_proven=NOT_PROVEN,
        orders=organisation_people.ORDERS,
        champions=organisation_people.CHAMPIONS,
    )


@blueprint.post("/<int:organisation>/people")
def find_people(organisation: int) -> ResponseReturnValue:
    """Leads to the list by these filters."""
    choice = choice_in(request.form)
    chosen = in_address(choice, order_in(request.form))
    answer = current_app.make_response(
        redirect(url_for("coordinator.show_people", organisation=organisation, **chosen), 303)
    )
    cookies.keep_sought(answer, {"name": choice.name})
    return answer


@blueprint.post("/<int:organisation>/people/export")
def export_people(organisation: int) -> Response:
    """What is on the screen, all pages of it: `format` csv or xlsx."""
    choice, order = choice_in(request.form), order_in(request.form)
    rows = database().write(
        lambda session: organisation_people.exported(
            session, viewer(), organisation, choice, order, settings().calendar, who=visitor().address
        )
    )
    if request.form.get("format") == "xlsx":
        body = spreadsheets.as_workbook("People", organisation_people.HEADINGS, rows)
        answer, ending = Response(body, mimetype=_XLSX), "xlsx"
    else:
        body = spreadsheets.as_csv(organisation_people.HEADINGS, rows)
        answer, ending = Response(body, mimetype="text/csv"), "csv"
    day = settings().calendar.day_of(now()).isoformat()
    answer.headers["Content-Disposition"] = f'attachment; filename="people-{day}.{ending}"'
    return answer


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def choice_in(given: Mapping[str, str]) -> Choice:
    """What a form or an address asks for; what it says of which there is no such thing is passed over."""
    champion = given.get("champion", "")
    return Choice(
        name=given.get("name", "").strip(),
        team=given.get("team", ""),
        role=given.get("role", ""),
        required=given.get("required", ""),
        below=given.get("below") == "yes",
        expiring=given.get("expiring") == "yes",
        champion=champion if champion in CHAMPION_CHOICES else "",
    )


def order_in(given: Mapping[str, str]) -> Order:
    asked = given.get("order", "")
    return cast("Order", asked) if asked in organisation_people.ORDERS else "name"


def in_address(choice: Choice, order: Order) -> dict[str, Any]:
    """The same as members of a form or an address, without the name: that one is looked for is all that they say."""
    told = {key: "yes" if value is True else str(value) for key, value in asdict(choice).items() if value}
    if told.pop("name", None):
        told["sought"] = "yes"
    return told if order == "name" else {**told, "order": order}


@blueprint.get("/<int:organisation>/people/<int:learner>")
def show_person(organisation: int, learner: int) -> ResponseReturnValue:
    seen = database().read(
        lambda session: person.person_seen(session, viewer(), learner, settings().calendar)
    )
    if seen.learner != learner:
        return redirect(
            url_for("coordinator.show_person", organisation=organisation, learner=seen.learner), 303
        )
    back = (url_for("coordinator.show_people", organisation=organisation), "The people of this organisation")
    return render_template("person.html", seen=seen, back=back, organisation=organisation)
