"""Who is asking. Attached per blueprint by `app.create_app`; without it a blueprint must not be reachable."""

from __future__ import annotations

from flask import current_app, g, request

from lrs_bridge.errors import Unauthorised
from lrs_bridge.moments import Clock
from lrs_bridge.store import clients
from lrs_bridge.store.database import Database


def database() -> Database:
    found: Database = current_app.extensions["lrs_bridge.database"]
    return found


def require_client() -> None:
    """HTTP Basic with a client's key and secret (Communication 4.0); puts the client into `g.client`."""
    try:
        given = request.authorization
    except ValueError:  # base64 has no letters beyond ASCII
        given = None
    if given is None or given.type != "basic":
        raise Unauthorised(
            "This needs a credential: HTTP Basic with key and secret (`lrs-bridge add-client` makes one)."
        )
    key, secret = given.username or "", given.password or ""
    client = database().read(lambda session: clients.check(session, key, secret))
    if client is None:
        raise Unauthorised("The key or the secret is wrong, or the credential was revoked.")
    g.client = client
    clock: Clock = current_app.extensions["lrs_bridge.clock"]
    if client.has_expired(clock()):
        raise Unauthorised("The credential has expired: launch the content anew.")


def open_to_everybody() -> None:
    """For pages that show nothing of anybody: saying so is part of attaching a blueprint."""
