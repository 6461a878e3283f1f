"""Who records, for the pages on which something is recorded."""

from __future__ import annotations

from flask import g

from lrs_bridge.flows import recording
from lrs_bridge.flows.recording import Desk
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import clock, settings, visitor


def desk(session: Session, organisation: int) -> Desk:
    return recording.desk(
        session, organisation, viewer=g.viewer, who=visitor().address, settings=settings(), clock=clock()
    )
