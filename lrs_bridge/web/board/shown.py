"""What the Board's pages share: the area of the address, whom its officer may see, and in whose name they record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, render_template

from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import area_register, by_hand
from lrs_bridge.flows.area_exports import STATUS_IN_WORDS
from lrs_bridge.flows.area_register import Flag, Place
from lrs_bridge.store import roles
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import clock, now, settings, visitor

TABS = (
    ("board.show_area", "Overview"),
    ("board.show_requests", "Requests"),
    ("board.show_champions", "Champions"),
    ("board.show_eligible", "Eligible"),
    ("board.show_gaps", "Gaps"),
    ("board.show_memberships", "Memberships"),
    ("board.show_alerts", "Alerts"),
    ("board.show_report", "Report"),
    ("board.show_records", "Records"),
    ("board.show_reports", "Reported"),
)


def place(session: Session, area: str) -> Place:
    return area_register.place(session, area, settings().calendar)


def page(template: str, place: Place, **more: Any) -> str:
    """A page of an area, with the way to its other pages."""
    moment = now()
    return render_template(
        f"board/{template}",
        place=place,
        tabs=TABS,
        status_words=STATUS_IN_WORDS,
        today=place.calendar.day_of(moment),
        moment=place.calendar.in_words(moment),
        **more,
    )


def see(session: Session, learner: int) -> None:
    """Raises NotFound for whom this officer may not see."""
    if not roles.sees(session, g.viewer, learner):
        raise NotFound("There is no such page, or it is not yours to see.")


def keeping() -> by_hand.Keeping:
    return by_hand.Keeping(settings().public_url, visitor().address, now(), clock=clock())


def wrong_fields(refused: BadInput) -> dict[str, str]:
    """Field → what is wrong with what was typed there."""
    return {problem.where: problem.what for problem in refused.problems}


FLAGS: dict[str, Flag] = {"lapsed": "lapsed", "legacy": "legacy", "update": "update"}


def sector_in(given: Mapping[str, str]) -> str | None:
    """The sector that an address or a form narrows a list to: "" where none is recorded, None: any."""
    asked = given.get("sector", "")
    return None if not asked else "" if asked == "none" else asked
