"""Who is asking. Attached per blueprint by `app.create_app`; without it a blueprint must not be reachable."""

from __future__ import annotations

import hashlib
import secrets
import time

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import Forbidden, NotFound, Unauthorised
from lrs_bridge.flows import sign_in, site_visits
from lrs_bridge.flows.site_visits import SiteVisitor
from lrs_bridge.store import clients
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Database
from lrs_bridge.store.roles import Viewer
from lrs_bridge.web import cookies, here

_GOOD_SECONDS = 1.0
_REMEMBERED = 1000


class Admission:
    """Credentials of one process that were found good less than a second ago are taken as good without asking again. Who was
    revoked reads for that second more; whoever writes is checked once more with what is written. A secret that was replaced at once
    works for that second more."""

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
    if client.has_expired(here.now()):
        raise Unauthorised("The credential has expired: launch the content anew.")
    if client.is_by_old_secret(here.now()):
        raise Unauthorised("The secret was replaced by a newer one, and works no longer.")


def require_visitor() -> ResponseReturnValue | None:
    """Somebody who has signed in by e-mail; puts them into `g.visitor`, and sends others to sign in. Who came by a link of a site is
    none of them: they are led to the page that they may see, may leave, and are refused everything else."""
    cookie = cookies.of_visit()
    who = sign_in.visitor(here.database(), cookie, here.now()) if cookie else None
    if who is not None:
        g.visitor = who
        return None
    if _came_from_site(cookie) is None:
        why = "unsent" if request.method == "POST" else "ended" if cookie else None
        to = request.path if request.endpoint != "mine.show_standing" else None
        return redirect(url_for("sign_in.show_form", to=to, why=why), 303)
    if request.endpoint == "mine.sign_out":
        return None
    if request.endpoint == "mine.show_standing":
        return redirect(url_for("from_site.show_standing"), 303)
    return current_app.make_response((render_template("from_site_only.html"), 403))


def require_site_visitor() -> ResponseReturnValue | None:
    """Somebody who came by a link of a site; puts them into `g.site_visitor`, and sends others where those go who have signed in."""
    who = _came_from_site(cookies.of_visit())
    if who is None:
        refused = require_visitor()
        return refused if refused is not None else redirect(url_for("mine.show_standing"), 303)
    g.site_visitor = who
    return None


def _came_from_site(cookie: str) -> SiteVisitor | None:
    if not cookie:
        return None
    return here.database().read(lambda session: site_visits.visitor(session, cookie, here.now()))


def require_coordinator() -> ResponseReturnValue | None:
    """A coordinator; of the organisation that the address of the page names, where it names one. `g.viewer` sees its people."""
    refused = require_visitor()
    if refused is None:
        mine = here.visitor().roles.organisations
        if not mine:
            raise Forbidden("This is for coordinators: whoever runs the service can make you one.")
        named = (request.view_args or {}).get("organisation")
        if named is not None and named not in mine:
            raise NotFound(_NOT_YOURS)
        g.viewer = Viewer(here.now(), organisations=mine if named is None else frozenset([named]))
    return refused


def require_officer() -> ResponseReturnValue | None:
    """A Board officer; of the area that the address of the page names, where it names one. `g.viewer` sees its people."""
    refused = require_visitor()
    if refused is None:
        mine = here.visitor().roles.areas
        if not mine:
            raise Forbidden("This is for officers of a Board: whoever runs the service can make you one.")
        named = (request.view_args or {}).get("area")
        if named is not None and named not in mine:
            raise NotFound(_NOT_YOURS)
        g.viewer = Viewer(here.now(), areas=mine if named is None else frozenset([named]))
    return refused


def require_operator() -> ResponseReturnValue | None:
    """Whoever runs the service."""
    refused = require_visitor()
    if refused is None and not here.visitor().roles.operator:
        raise Forbidden("This is for whoever runs the service.")
    return refused


_NOT_YOURS = "There is no such page, or it is not yours to see."


def open_to_everybody() -> None:
    """For pages that show nothing of anybody: saying so is part of attaching a blueprint."""
