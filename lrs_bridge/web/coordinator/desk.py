"""Who records, for the pages on which something is recorded."""

from __future__ import annotations

from flask import g, render_template
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BridgeError
from lrs_bridge.flows import recording
from lrs_bridge.flows.recording import Desk
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import clock, database, settings, visitor


def desk(session: Session, organisation: int) -> Desk:
    return recording.desk(
        session, organisation, viewer=g.viewer, who=visitor().address, settings=settings(), clock=clock()
    )


def over_page(organisation: int, refused: BridgeError, now_at: str = "") -> ResponseReturnValue:
    """For whoever confirms what an open page shows, and what is no longer so. `now_at`: where it stands as it is now, if anywhere."""
    at = database().read(lambda session: desk(session, organisation))
    return render_template("coordinator/over.html", at=at, now_at=now_at), refused.status
