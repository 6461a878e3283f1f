"""Certificates of the tier reached: a learner makes one for whoever asks, and whoever has its link can see whether it still holds.

A certificate is of one day. Whether it holds today is read from the learner's standing, so that it ends by itself when evidence is
taken back or runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lrs_bridge.connectors import certificate_files
from lrs_bridge.errors import Conflict, NotFound
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.explain import NOT_PROVEN, is_outdated
from lrs_bridge.flows.sign_in import Visitor, digest_of_token, new_token
from lrs_bridge.learning.mappings import Framework, Mappings
from lrs_bridge.moments import Calendar, in_words
from lrs_bridge.settings import Settings
from lrs_bridge.store import audit, certificates, people, projections, timetable
from lrs_bridge.store.certificates import Kept, New
from lrs_bridge.store.database import Session

State = Literal["holds", "ended", "withdrawn"]
"""ended: the tier is no longer reached; withdrawn: by the learner."""
_MOST = 20
NO_ROLE = "Nor does it make anybody a CSE Champion."


@dataclass(frozen=True, slots=True)
class Certificate:
    """`tier`, `framework` and `board` in the words of the day that `as_at` names, which is in words too."""

    number: int
    name: str
    tier: str
    framework: str
    board: str
    as_at: str
    made_at: datetime
    state: State


def make(session: Session, who: Visitor, framework: str, calendar: Calendar, now: datetime) -> str:
    """Certifies the tier that the visitor has reached under a framework, by key. Returns the token of its link, which is kept
    nowhere. Raises NotFound where they have reached none, Conflict where that is being worked out anew, no name is on record, or
    they have twenty that hold."""
    learner = learner_of(who)
    mappings = mapping_flow.in_force(session, calendar)
    known = mappings.frameworks.get(framework)
    kept = projections.standing(session, learner)
    if is_outdated(kept, timetable.in_force(session)) or projections.pending_among(session, [learner]):
        raise Conflict("Where you stand is being worked out just now. Try again in a minute.")
    tier = _attained(kept.body if kept else {}, framework)
    if known is None or tier not in known.tiers:
        raise NotFound("You have not reached a tier there yet.")
    name = people.names_of_learners(session, [learner])[learner]
    if not name:
        raise Conflict("A certificate needs your name, and none is recorded.")
    if sum(one.state == "holds" for one in own(session, learner, calendar)) >= _MOST:
        raise Conflict("You have twenty certificates that hold. Withdraw one that is of no use any more.")
    token = new_token()
    words = f"{tier} {known.tiers[tier].name}"
    new = New(digest_of_token(token), name, framework, known.name, _board(known, mappings), tier, words, now)
    certificates.add(session, learner, who.mbox, new)
    audit.note(session, who=who.address, act="certificate made", about=f"learner {learner}: {words}", now=now)
    return token


def own(session: Session, learner: int, calendar: Calendar) -> list[Certificate]:
    """A learner's, the newest first, but for those withdrawn."""
    return [one for one in every(session, learner, calendar) if one.state != "withdrawn"]


def every(session: Session, learner: int, calendar: Calendar) -> list[Certificate]:
    """A learner's, the newest first, those withdrawn too."""
    return _told(session, certificates.of_learner(session, learner), calendar)


def shown(session: Session, token: str, calendar: Calendar) -> Certificate | None:
    """What whoever has the link may see; None for a link of none."""
    kept = certificates.by_digest(session, digest_of_token(token))
    return _told(session, [kept], calendar)[0] if kept else None


def one_of(session: Session, who: Visitor, number: int, calendar: Calendar) -> Certificate:
    """Raises NotFound for one that isn't the visitor's, or that they have withdrawn."""
    for one in own(session, learner_of(who), calendar):
        if one.number == number:
            return one
    raise NotFound("There is no such certificate of yours.")


def withdraw(session: Session, who: Visitor, number: int, calendar: Calendar, now: datetime) -> None:
    """For good. Raises as `one_of`."""
    one = one_of(session, who, number, calendar)
    certificates.revoke(session, number, now)
    audit.note(
        session,
        who=who.address,
        act="certificate withdrawn",
        about=f"learner {who.learner}: {one.tier}, as at {one.as_at}",
        now=now,
    )


def link_of(token: str, settings: Settings) -> str:
    return f"{settings.public_url}/certificates/{token}"


def can_be_drawn(one: Certificate, token: str, settings: Settings) -> bool:
    """Whether the fonts that are installed have all its letters."""
    return certificate_files.can_draw(_paper(one, link_of(token, settings)), settings.fonts)


def as_pdf(one: Certificate, token: str, settings: Settings) -> bytes:
    """Raises Conflict as `can_be_drawn` is False."""
    drawn = certificate_files.draw(_paper(one, link_of(token, settings)), settings.fonts)
    if drawn is None:
        raise Conflict("No font of this service can show this name. Print the certificate's page instead.")
    return drawn


def _paper(one: Certificate, link: str) -> certificate_files.Paper:
    return certificate_files.Paper(
        heading="CSE knowledge tier reached",
        name=one.name,
        lines=(one.tier, f"of the {one.framework}", one.board, f"as at {one.as_at}"),
        small=(f"It holds while the page at this address says so. {NOT_PROVEN} {NO_ROLE}",),
        link=link,
        made_at=one.made_at,
    )


def learner_of(who: Visitor) -> int:
    """Raises NotFound for a visitor of whom nothing is recorded."""
    if who.learner is None:
        raise NotFound("Nobody's training is recorded under your address.")
    return who.learner


def _told(session: Session, kept: list[Kept], calendar: Calendar) -> list[Certificate]:
    standings = projections.load_standings(session, sorted({one.learner for one in kept}))
    mappings = mapping_flow.in_force(session, calendar)
    return [
        Certificate(
            number=one.number,
            name=one.made.name,
            tier=one.made.tier_name,
            framework=one.made.framework_name,
            board=one.made.board,
            as_at=in_words(calendar.day_of(one.made.at)),
            made_at=one.made.at,
            state=_state(one, standings.get(one.learner), mappings),
        )
        for one in kept
    ]


def _state(one: Kept, standing: projections.KeptStanding | None, mappings: Mappings) -> State:
    if one.revoked_at is not None:
        return "withdrawn"
    framework = mappings.frameworks.get(one.made.framework)
    attained = _attained(standing.body if standing else {}, one.made.framework)
    if framework is None or attained not in framework.tiers:
        return "ended"
    return "holds" if one.made.tier in framework.lineage(attained) else "ended"


def _attained(standing: dict[str, Any], framework: str) -> str:
    """Key of the tier reached, or ""."""
    found = (tier["attained"] for tier in standing.get("tiers", ()) if tier["framework"] == framework)
    return next(found, None) or ""


def _board(framework: Framework, mappings: Mappings) -> str:
    boards = [mappings.areas[area].board for area in framework.areas if area in mappings.areas]
    return " and ".join(dict.fromkeys(board for board in boards if board))
