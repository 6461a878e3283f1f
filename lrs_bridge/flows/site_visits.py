"""Coming from a site straight through: a page for one of its accounts, by a link that the site asks for.

Whoever administers a site can ask for a link of any of its accounts. So a visit by such a link sees what the Read API tells that site
anyway, by the very same way, and nothing else; whoever wants the whole signs in by e-mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.errors import Conflict
from lrs_bridge.flows import credentials, person, sign_in, standings
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.person import PersonSeen
from lrs_bridge.flows.sign_in import digest_of_token, new_token
from lrs_bridge.moments import Calendar
from lrs_bridge.settings import Settings
from lrs_bridge.store import people, site_visits
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import as_actor, parse_identifier

LINK_LASTS = timedelta(seconds=60)
VISIT_LASTS = timedelta(minutes=30)


def permit(client: Client) -> None:
    """Raises Forbidden for a credential without the scopes for links and for standings, or without a home page of its own."""
    credentials.require(client, credentials.SIGN_IN)
    standings.permit(client)


@dataclass(frozen=True, slots=True)
class SiteLink:
    """An address that opens the page once, until then."""

    link: str
    expires_at: datetime


def make_link(
    session: Session, client: Client, agent: dict[str, Any], settings: Settings, now: datetime
) -> SiteLink:
    """For a valid Agent that is an account of the credential's site, known or not. Raises Forbidden as `permit`, BadInput for
    another agent."""
    permit(client)
    account = standings.account_named(agent, client, "No link was made.")
    token = new_token()
    site_visits.add_link(session, digest_of_token(token), client.id, account, now)
    return SiteLink(f"{settings.public_url}/sign-in/site/{token}", now + LINK_LASTS)


def enter(session: Session, token: str, cookie: str, now: datetime, *, leaving: bool) -> str | None:
    """Spends a link. Returns the cookie's token of a new visit, or that of the visit that this browser has, where whoever has signed
    in there is the very person; None for a link that is no longer good. Raises Conflict, the link being good still, where this
    browser has somebody else's visit, which is ended on `leaving` alone: a link doesn't put another in a person's place."""
    found = site_visits.take_link(session, digest_of_token(token))
    if found is None or now >= found[2] + LINK_LASTS:
        return None
    client, account, _ = found
    signed_in = sign_in.visitor_in(session, cookie, now) if cookie else None
    learner = people.learners_by_identifier(session, [account]).get(account)
    if signed_in is not None and signed_in.learner is not None and signed_in.learner == learner:
        return cookie
    came = visitor(session, cookie, now) if cookie else None
    if not leaving and (signed_in is not None or (came is not None and came.account != account)):
        raise Conflict("Somebody else's visit is open in this browser.")
    if cookie:
        leave(session, cookie)
        sign_in.leave(session, cookie)
    begun = new_token()
    site_visits.begin(session, digest_of_token(begun), client, account, now)
    return begun


@dataclass(frozen=True, slots=True)
class SiteVisitor:
    """Who came by a site's link: its credential, and the account, in canonical text."""

    client: Client
    account: str

    @property
    def site(self) -> str:
        return self.account.partition("|")[0]


def visitor(session: Session, cookie: str, now: datetime) -> SiteVisitor | None:
    """Whose visit this cookie is; None where it is none, or over."""
    found = site_visits.visit(session, digest_of_token(cookie), now)
    if found is None or now >= found[2] + VISIT_LASTS:
        return None
    return SiteVisitor(found[0], found[1])


def seen(session: Session, who: SiteVisitor, calendar: Calendar) -> PersonSeen | None:
    """What the Read API tells the site of that account; None where it knows nobody by it. Raises Forbidden where the credential may
    not ask."""
    agent = as_actor(parse_identifier(who.account))
    [asked] = standings.standings_for(session, who.client, [agent], calendar)
    if asked.standing is None:
        return None
    return person.seen_as_told(asked.standing, mapping_flow.in_force(session, calendar))


def leave(session: Session, cookie: str) -> None:
    site_visits.end(session, digest_of_token(cookie))


def forget_old(session: Session, now: datetime) -> None:
    """Links and visits that are of no use."""
    site_visits.forget_before(session, now - LINK_LASTS, now - VISIT_LASTS)
