"""Credentials for sources: made here, checked at every request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from lrs_bridge.errors import BadInput, Forbidden, NotFound, Problem, Unauthorised
from lrs_bridge.flows.origins import parse_origin
from lrs_bridge.learning.by_hand import SOURCE as BRIDGE
from lrs_bridge.moments import format_instant
from lrs_bridge.store import audit, clients
from lrs_bridge.store.database import Session

XAPI_SCOPES: Mapping[str, str] = {
    "statements/write": "write any statement",
    "statements/read/mine": "read statements of its own authority",
    "statements/read": "read any statement",
    "state": "read and write state documents",
    "define": "change definitions of activities and agents",
    "profile": "read and write profile documents",
    "all/read": "read everything",
    "all": "everything, voiding others' statements included",
}
"""The scopes of the xAPI specification (Communication 4.2)."""

STANDINGS, COURSES, LINKS, SIGN_IN = "standings/read", "courses/read", "accounts/link", "accounts/sign-in"
READ_API_SCOPES: Mapping[str, str] = {
    STANDINGS: "read where the learners of its own home pages stand",
    COURSES: "read which courses count, and for what",
    LINKS: "let learners of its own home pages join their account with their e-mail address",
    SIGN_IN: "open a page here for learners of its own home pages, with what standings/read tells",
}
"""The scopes of the Read API. None of xAPI's includes them, so that a credential made for statements reads nobody's standing."""

SCOPES: Mapping[str, str] = {**XAPI_SCOPES, **READ_API_SCOPES}

DEFAULT_SCOPES = ("statements/write", "statements/read/mine")

MOODLE_SCOPES = ("statements/write", "profile", STANDINGS, COURSES, LINKS, SIGN_IN)
"""What the plugin local_lrsbridge does: it sends statements and agent profiles, shows learners where they stand, lets them join
their account with their e-mail address, and leads them to the bridge. It reads no statement, not even its own."""


def moodle_site(address: str) -> str:
    """The home page of a Moodle site's accounts, which is its $CFG->wwwroot. Raises BadInput for what can't be one."""
    problem = None
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or any(character.isspace() for character in address):
        problem = f"“{address}” is not a site's address", "write it whole: https://moodle.example.org"
    elif "@" in parts.netloc or "?" in address or "#" in address:
        problem = (
            f"“{address}” holds more than a site's address",
            f"without user, query and fragment: {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}",
        )
    elif address.endswith("/"):
        problem = (
            f"“{address}” ends in a slash, and the address in Moodle's config.php ($CFG->wwwroot) has none",
            address.rstrip("/"),
        )
    if problem:
        raise BadInput("The credential was not made.", [Problem("--for-moodle", problem[0], "", problem[1])])
    return address


def add_client(
    session: Session,
    *,
    name: str,
    source: str | None,
    scopes: tuple[str, ...],
    test: bool,
    home_pages: tuple[str, ...],
    mail_domains: tuple[str, ...],
    known_sources: tuple[str, ...],
    public_url: str,
    now: datetime,
    who: str,
    origins: tuple[str, ...] = (),
) -> clients.NewClient:
    """Makes a credential; its secret can be read only from the answer. Raises BadInput for an unknown scope or source, and for
    what is no origin."""
    problems = [
        Problem("--scope", f"there is no scope “{scope}”", "Communication 4.2", f"one of {', '.join(SCOPES)}")
        for scope in scopes
        if scope not in SCOPES
    ]
    problems += source_problems(source, known_sources)
    allowed, wrong = _read_origins(origins)
    problems += wrong
    problems += [
        Problem(
            "--home-page", f"“{page}” is not an address", "", "write it whole: https://moodle.example.org"
        )
        for page in home_pages
        if "://" not in page
    ]
    problems += [
        Problem(
            "--home-page",
            f"is missing, and {scope} is for learners with an account on one of the credential's own sites alone",
            "",
            "name the site: --home-page https://moodle.example.org",
        )
        for scope in (STANDINGS, LINKS, SIGN_IN)
        if scope in scopes and not home_pages
    ]
    problems += [
        Problem(
            "--mail-domain", f"“{domain}” is not a mail domain", "", "what stands after the @: council.gov.uk"
        )
        for domain in mail_domains
        if "@" in domain or "." not in domain or domain.split() != [domain]
    ]
    if not name.strip():
        problems.append(Problem("NAME", "is empty"))
    if problems:
        raise BadInput("The credential was not made.", problems)
    scopes = scopes or DEFAULT_SCOPES
    made = clients.add(
        session,
        name=name,
        source=source,
        scopes=scopes,
        test=test,
        home_pages=home_pages,
        mail_domains=mail_domains,
        public_url=public_url,
        now=now,
        created_by=who,
        origins=allowed,
    )
    about = f"{name} ({made.key}), source {source or 'none'}, may {', '.join(scopes)}"
    audit.note(session, who=who, act="credential made", about=about, now=now)
    return made


LONGEST_OVERLAP = timedelta(days=90)


def rotate(session: Session, key: str, overlap: timedelta, *, who: str, now: datetime) -> clients.NewClient:
    """Gives a credential a new secret, which can be read only from the answer; the one that it had works for `overlap` yet, an older
    one no longer. Who it is, what it may do and what it sent stay. Raises BadInput for an overlap of more than 90 days, NotFound for
    a credential that there is not, was revoked, or is of a launch."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        problem = Problem("overlap", "is longer than 90 days", "", "0 to 90 days")
        raise BadInput("The secret was not changed.", [problem])
    changed = clients.rotate(session, key, now + overlap)
    if changed is None:
        raise NotFound(f"There is no credential {key} whose secret can be changed.")
    name, made = changed
    until = f"until {format_instant(now + overlap)[:16]}Z" if overlap else "no longer"
    about = f"{name} ({key}); the old secret works {until}"
    audit.note(session, who=who, act="secret changed", about=about, now=now)
    return made


def revoke(session: Session, key: str, *, who: str, now: datetime, reason: str = "") -> None:
    """Ends a credential; what it sent stays stored and counts on. Raises NotFound where there is none to revoke."""
    if not clients.revoke(session, key, now):
        raise NotFound(f"There is no credential {key} to revoke.")
    audit.note(session, who=who, act="credential revoked", about=key, now=now, reason=reason)


def source_problems(source: str | None, known: tuple[str, ...]) -> list[Problem]:
    if source == BRIDGE:
        return [Problem("--source", "“bridge” is this service itself; nobody else speaks for it")]
    if source is not None and source not in known:
        return [
            Problem("--source", f"no mapping file describes “{source}”", "", f"one of {', '.join(known)}")
        ]
    return []


def _read_origins(typed: tuple[str, ...]) -> tuple[tuple[str, ...], list[Problem]]:
    """Origins as browsers write them, each once; and what is wrong with others."""
    read: dict[str, None] = {}
    problems = []
    for one in typed:
        try:
            read[parse_origin(one)] = None
        except ValueError as wrong:
            problems.append(
                Problem("--origin", f"“{one}”: {wrong}", "", "such as https://content.example.org")
            )
    return tuple(read), problems


def readable_authority(client: clients.Client) -> int | None:
    """Which authority's statements this client may read: one, or None for any. Raises Forbidden where it may read none."""
    if client.may("all/read", "statements/read"):
        return None
    if client.may("statements/read/mine"):
        return client.authority_id
    raise Forbidden(f"The credential “{client.name}” may not read statements (scope statements/read/mine).")


def hold_live(session: Session, numbers: set[int], now: datetime) -> None:
    """Raises Unauthorised where one of these credentials was revoked or has expired since it was let in: it is remembered as good
    for a moment, by which it may read, but not write."""
    if clients.live(session, numbers, now) != numbers:
        raise Unauthorised("The credential was revoked or has expired.")


def require(client: clients.Client, scope: str) -> None:
    """Raises Forbidden unless the credential has this very scope of the Read API, and for those that are for a site's own learners
    names a site."""
    if scope not in client.scopes:
        raise Forbidden(
            f"The credential “{client.name}” lacks the scope {scope}: it is given when a credential is made "
            f"(`lrs-bridge add-client --scope {scope}`)."
        )
    if scope in (STANDINGS, LINKS, SIGN_IN) and not client.home_pages:
        raise Forbidden(
            f"The credential “{client.name}” names no home page, so there is nobody whom {scope} is for: make one "
            "with `lrs-bridge add-client --home-page` and the address of your site."
        )


def listing(session: Session, now: datetime, *, launches: bool) -> list[dict[str, Any]]:
    """What `lrs-bridge clients --json` says: the credentials of launches, or all others, the newest first."""
    return [_told(one, now) for one in clients.listed(session, launches=launches)]


def _told(one: clients.Listed, now: datetime) -> dict[str, Any]:
    client, launch = one.client, one.client.launch
    expired = "expired" if client.has_expired(now) else "in use"
    return {
        "key": one.key,
        "name": client.name,
        "source": client.source,
        "scopes": sorted(client.scopes),
        "test": client.test,
        "home_pages": list(client.home_pages),
        "mail_domains": list(one.mail_domains),
        "origins": list(client.origins),
        "launch": {
            "learner": launch.agent,
            "activity": launch.activity,
            "registration": launch.registration,
        }
        if launch
        else None,
        "state": "revoked" if one.revoked_at else expired,
        "created_at": format_instant(one.created_at),
        "created_by": one.created_by,
        "revoked_at": format_instant(one.revoked_at) if one.revoked_at else None,
        "expires_at": format_instant(client.expires_at) if client.expires_at else None,
        "old_secret_until": format_instant(one.old_until) if one.old_until and one.old_until > now else None,
    }
