"""How far the organisation is, as pictures and as the same numbers in tables."""

from __future__ import annotations

from flask import Response, render_template

from lrs_bridge.flows import progress
from lrs_bridge.flows.explain import NOT_PROVEN
from lrs_bridge.web import pictures
from lrs_bridge.web.coordinator.blueprint import blueprint
from lrs_bridge.web.here import database, settings, viewer


def _progress(organisation: int) -> progress.Progress:
    return database().read(
        lambda session: progress.progress_of(session, organisation, settings().calendar, viewer().now)
    )


@blueprint.get("/<int:organisation>/progress")
def show_progress(organisation: int) -> str:
    found = _progress(organisation)
    return render_template(
        "coordinator/progress.html", organisation=organisation, found=found, not_proven=NOT_PROVEN
    )


@blueprint.get("/<int:organisation>/progress/teams.svg")
def draw_teams(organisation: int) -> Response:
    return pictures.bars([(one.name, one.percent) for one in _progress(organisation).teams])


@blueprint.get("/<int:organisation>/progress/roles.svg")
def draw_roles(organisation: int) -> Response:
    return pictures.bars([(one.name, one.percent) for one in _progress(organisation).roles])


@blueprint.get("/<int:organisation>/progress/over-time.svg")
def draw_over_time(organisation: int) -> Response:
    return pictures.line([(one.name, one.percent) for one in _progress(organisation).over_time])
