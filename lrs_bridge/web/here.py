"""What this application is joined with: its database, settings and clock; and who is signed in."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, g

from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.flows.site_visits import SiteVisitor
from lrs_bridge.moments import Clock
from lrs_bridge.settings import Settings
from lrs_bridge.store.database import Database
from lrs_bridge.store.roles import Viewer


def database() -> Database:
    found: Database = current_app.extensions["lrs_bridge.database"]
    return found


def settings() -> Settings:
    found: Settings = current_app.extensions["lrs_bridge.settings"]
    return found


def clock() -> Clock:
    found: Clock = current_app.extensions["lrs_bridge.clock"]
    return found


def now() -> datetime:
    return clock()()


def site_visitor() -> SiteVisitor:
    """On pages behind `auth.require_site_visitor`."""
    found: SiteVisitor = g.site_visitor
    return found


def visitor() -> Visitor:
    """On pages behind `auth.require_visitor` and its like."""
    found: Visitor = g.visitor
    return found


def viewer() -> Viewer:
    """Whom the visitor may see; on pages of coordinators and of Boards."""
    found: Viewer = g.viewer
    return found
