"""Why was this refused?"""

from __future__ import annotations

from flask import render_template, request

from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import refused
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.store.database import Session
from lrs_bridge.store.refused import Kept
from lrs_bridge.web.here import database, now, settings
from lrs_bridge.web.operator.blueprint import blueprint, place_of, read_place

_ON_A_PAGE = 25
_EVERYTHING = "all"
_NOBODY = "nobody"
"""In the place of a source: whoever showed no good credential."""


@blueprint.get("/refused")
def show_refused() -> str:
    chosen = request.args.get("source") or _EVERYTHING
    after = read_place(request.args.get("after", ""))
    source = {_EVERYTHING: None, _NOBODY: ""}.get(chosen, chosen)

    def journey(session: Session) -> tuple[list[Kept], Mappings]:
        found = refused.page(session, now(), source, after, _ON_A_PAGE)
        return found, mapping_flow.in_force(session, settings().calendar)

    found, mappings = database().read(journey)
    more = found[_ON_A_PAGE - 1] if len(found) > _ON_A_PAGE else None
    sources = [(_EVERYTHING, "Everybody"), (_NOBODY, "Whoever had no good credential")]
    sources += [(key, one.name) for key, one in mappings.sources.items()]
    return render_template(
        "operator/refused.html",
        found=found[:_ON_A_PAGE],
        chosen=chosen,
        sources=sources,
        more=place_of(more.last_at, more.number) if more else "",
        days=refused.KEPT_DAYS,
        is_first=after is None,
    )
