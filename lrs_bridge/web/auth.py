"""Who is asking. Attached per blueprint by `app.create_app`; without it a blueprint must not be reachable."""

from __future__ import annotations

import hashlib
import secrets
import time

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import Unauthorised
from lrs_bridge.flows import sign_in
from lrs_bridge.moments import Clock
from lrs_bridge.store import clients
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Database
from lrs_bridge.web import cookies

_GOOD_SECONDS = 1.0
_REMEMBERED = 1000


class Admission:
    """Credentials of one process that were found good less than a second ago are taken as good without asking again. Who was
    revoked reads for that second more; whoever writes is checked once more with what is written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._salt = secrets.token_bytes(16)
        self._known: dict[bytes, tuple[Client, float]] = {}

    def check(self, key: str, secret: str) -> Client | None:
        """The client whose key and secret these are, expired or not; None for a wrong or revoked one."""
        pair = f"{key}\0{secret}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(pair, key=self._salt, digest_size=32).digest()
        now = time.monotonic()
        client, until = self._known.get(digest, (None, 0.0))
        if now >= until:
            client = self._database.read(lambda session: clients.check(session, key, secret))
            if len(self._known) >= _REMEMBERED:
                self._known = {}
            if client is not None:
                self._known[digest] = (client, now + _GOOD_SECONDS)
        return client


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
    admission: Admission = current_app.extensions["lrs_bridge.admission"]
    client = admission.check(key, secret)
    if client is None:
        raise Unauthorised("The key or the secret is wrong, or the credential was revoked.")
    g.client = client
    clock: Clock = current_app.extensions["lrs_bridge.clock"]
    if client.has_expired(clock()):
        raise Unauthorised("The credential has expired: launch the content anew.")


def require_visitor() -> ResponseReturnValue | None:
    """Somebody who has signed in by e-mail; puts them into `g.visitor`, and sends others to sign in."""
    cookie = cookies.of_visit()
    clock: Clock = current_app.extensions["lrs_bridge.clock"]
    who = sign_in.visitor(database(), cookie, clock()) if cookie else None
    if who is None:
        return redirect(url_for("sign_in.show_form"), 303)
    g.visitor = who
    return None


def open_to_everybody() -> None:
    """For pages that show nothing of anybody: saying so is part of attaching a blueprint."""
