"""Credentials: who may send and read what; made, given a new secret, revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import BadInput, Conflict, NotFound, Problem
from lrs_bridge.flows import credentials, freshness
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.store.clients import NewClient
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.operator.blueprint import blueprint, moment

_OVERLAPS = (
    ("7", "For 7 days: time to enter the new one"),
    ("1", "For 1 day"),
    ("30", "For 30 days"),
    ("0", "No longer: somebody else may know it"),
)
_FIELDS = {
    "NAME": ("name", "Name"),
    "--source": ("source", "Source"),
    "--scope": ("scopes", "What it may do"),
    "--home-page": ("home_pages", "A home page"),
    "--mail-domain": ("mail_domains", "Mail domains"),
    "--origin": ("origins", "Origins"),
}
"""Where the flow says that something is wrong → the form's field, and what it is called there."""


@blueprint.get("/credentials")
def show_credentials() -> str:
    def journey(session: Session) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        listed = credentials.listing(session, now(), launches=False)
        return listed, freshness.last_by_key(session, now())

    found, last = database().read(journey)
    return render_template("operator/credentials.html", found=found, last=last)


@blueprint.get("/credentials/new")
def show_new_credential() -> ResponseReturnValue:
    return _form({"scopes": list(credentials.DEFAULT_SCOPES)}, {})


@blueprint.post("/credentials/new")
def make_credential() -> ResponseReturnValue:
    """Answers the page with the secret itself: it stands in no address and is kept nowhere."""
    typed: dict[str, Any] = {name: request.form.get(name, "") for name, _ in _FIELDS.values()}
    typed |= {"scopes": request.form.getlist("scopes"), "test": "test" in request.form}
    if not typed["scopes"]:
        return _form(typed, {"scopes": "Select what the credential may do"})

    def journey(session: Session) -> NewClient:
        name = typed["name"].strip()
        for one in credentials.listing(session, now(), launches=False):
            if (one["name"], one["state"]) == (name, "in use"):  # as where the answer is loaded again
                said = f"is that of a credential in use, made on {moment(one['created_at'])}"
                raise BadInput("No credential was made.", [Problem("NAME", said, "", "another name")])
        return credentials.add_client(
            session,
            name=name,
            source=typed["source"] or None,
            scopes=tuple(typed["scopes"]),
            test=typed["test"],
            home_pages=_lines(typed["home_pages"]),
            mail_domains=_lines(typed["mail_domains"]),
            origins=_lines(typed["origins"]),
            known_sources=tuple(mapping_flow.in_force(session, settings().calendar).sources),
            public_url=settings().public_url,
            now=now(),
            who=visitor().address,
        )

    try:
        made = database().write(journey)
    except BadInput as wrong:
        return _form(typed, _told(wrong))
    return _secret_page("The credential is made", made, typed["name"], "")


@blueprint.get("/credentials/<key>")
def show_credential(key: str) -> str:
    def journey(session: Session) -> tuple[dict[str, Any], dict[str, Any]]:
        return _one(session, key), freshness.last_by_key(session, now())

    one, last = database().read(journey)
    return render_template(
        "operator/credential.html", one=one, last=last.get(key), overlaps=_OVERLAPS, scopes=credentials.SCOPES
    )


@blueprint.post("/credentials/<key>/secret")
def change_secret(key: str) -> ResponseReturnValue:
    """Answers the page with the secret itself. Of a page that was opened before the last change it's refused: sent again by mistake,
    it would end the secret that a site still uses."""
    chosen, at = request.form.get("overlap", ""), now()
    if chosen not in dict(_OVERLAPS):
        return _refused_change(key, "Select how long the old secret works", 400)
    overlap = timedelta(days=int(chosen))

    def journey(session: Session) -> tuple[dict[str, Any], NewClient]:
        one = _one(session, key)
        if (one["old_secret_until"] or "") != request.form.get("seen", ""):
            raise Conflict("The secret was changed since this page was opened. Nothing is changed now")
        return one, credentials.rotate(session, key, overlap, who=visitor().address, now=at)

    try:
        one, made = database().write(journey)
    except Conflict as refused:
        return _refused_change(key, refused.title, 409)
    until = settings().calendar.in_words(at + overlap)
    told = f"The old secret works until {until}." if overlap else "The old secret works no longer."
    return _secret_page("The secret is changed", made, one["name"], told)


def _refused_change(key: str, wrong: str, status: int) -> ResponseReturnValue:
    one = database().read(lambda session: _one(session, key))
    page = render_template(
        "operator/credential.html",
        one=one,
        last=None,
        overlaps=_OVERLAPS,
        scopes=credentials.SCOPES,
        wrong=wrong,
    )
    return page, status


@blueprint.get("/credentials/<key>/revoke")
def show_revoking(key: str) -> str:
    one = database().read(lambda session: _one(session, key))
    return render_template("operator/credential_revoke.html", one=one)


@blueprint.post("/credentials/<key>/revoke")
def revoke_credential(key: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "").strip()
    database().write(
        lambda session: credentials.revoke(session, key, who=visitor().address, now=now(), reason=reason)
    )
    return redirect(url_for("operator.show_credential", key=key), 303)


def _one(session: Session, key: str) -> dict[str, Any]:
    """Raises NotFound."""
    for one in credentials.listing(session, now(), launches=False):
        if one["key"] == key:
            return one
    raise NotFound("There is no such credential.")


def _secret_page(heading: str, made: NewClient, name: str, told: str) -> str:
    return render_template(
        "operator/credential_secret.html",
        heading=heading,
        made=made,
        name=name,
        told=told,
        endpoint=f"{settings().public_url}/xapi",
        read_api=f"{settings().public_url}/api/v1",
    )


def _form(typed: Mapping[str, Any], wrong: Mapping[str, str]) -> ResponseReturnValue:
    mappings = database().read(lambda session: mapping_flow.in_force(session, settings().calendar))
    sources = [("", "None: kept, and no rule will match it")]
    sources += [(key, one.name) for key, one in mappings.sources.items()]
    page = render_template(
        "operator/credential_new.html",
        typed=typed,
        wrong=wrong,
        sources=sources,
        scopes=list(credentials.SCOPES.items()),
    )
    return page, 400 if wrong else 200


def _told(refused: BadInput) -> dict[str, str]:
    """The first thing that is wrong with each field, in words."""
    wrong: dict[str, str] = {}
    for problem in refused.problems:
        field, label = _FIELDS[problem.where]
        said = f"{label} {problem.what}" if problem.what.startswith("is ") else problem.what
        wrong.setdefault(field, said[:1].upper() + said[1:])
    return wrong


def _lines(typed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))
