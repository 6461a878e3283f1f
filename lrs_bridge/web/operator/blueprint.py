"""Where the pages hang, and what all of them show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.moments import format_instant, parse_instant
from lrs_bridge.web.here import settings
from lrs_bridge.web.numbers import a_number

blueprint = Blueprint("operator", __name__, url_prefix="/operator")

_MENU = (
    ("show_status", "Is it healthy?"),
    ("show_credentials", "Credentials"),
    ("show_refused", "What was refused"),
    ("show_statement_search", "Look for statements"),
    ("show_unmapped", "What no rule takes"),
    ("show_mappings", "Mapping files"),
    ("show_messages", "Alerts and messages"),
    ("show_roles", "People with roles"),
    ("show_erasures", "Requests for erasure"),
    ("show_audit_log", "Audit log"),
    ("show_reports", "Reported by learners"),
)
"""Pages by the name of what shows them, and what they are called."""


@blueprint.context_processor
def on_every_page() -> dict[str, Any]:
    return {"menu": _menu, "moment": moment}


def _menu() -> list[tuple[str, str, bool]]:
    """Address, name, and whether this is the page that is shown, or one below it."""
    pages = [(url_for(f"operator.{page}"), name) for page, name in _MENU]
    here = max((address for address, _ in pages if request.path.startswith(address)), key=len, default="")
    return [(address, name, address == here) for address, name in pages]


def moment(instant: datetime | str | None) -> str:
    """“3 Apr 2026 at 09:30”; "" for none."""
    if not instant:
        return ""
    return settings().calendar.in_words(parse_instant(instant) if isinstance(instant, str) else instant)


def place_of(at: datetime, number: int) -> str:
    """Where a list goes on, for a link or a form: behind the row of this moment and number."""
    return f"{format_instant(at)}_{number}"


def read_place(written: str) -> tuple[datetime, int] | None:
    """As `place_of` wrote it; None for "". Raises BadInput."""
    if not written:
        return None
    at, _, numbered = written.partition("_")
    try:
        return parse_instant(at), a_number(numbered)
    except ValueError as wrong:
        raise BadInput(
            "The next page can't be found.", [Problem("after", "is not a place in this list")]
        ) from wrong
