"""What a site's agent profiles tell of its people: their names, and which e-mail address is whose.

An account and an e-mail are proven to be one person for as long as the profile says so, and the mapping files say that this
site's profiles vouch for addresses of that domain. So the proofs are a function of profiles and mappings in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.errors import BadInput
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.learning.matching import Speaker, same_site, vouches
from lrs_bridge.store import agent_profiles, identity, people, projections, timetable
from lrs_bridge.store.agent_profiles import Kept, Waiting
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agent_profiles import AgentProfile, read

_KIND = "agent_profile"


@dataclass(frozen=True, slots=True)
class _Told:
    """`profile`: what counts of it; `mistake`: why nothing does, of one that isn't in its form."""

    profile: AgentProfile
    mistake: str = ""


def take_pending(
    session: Session, mappings: Mappings, now: datetime, *, after: int = 0, limit: int
) -> tuple[int, int]:
    """Reads the profiles of one chunk of pending rows with numbers above `after`, in this transaction. Those of people whom
    another transaction holds stay pending. Returns how many were read, and the number of the last row seen (0: none)."""
    if timetable.still_in_force(session, mappings.digest) is None:
        return 0, 0
    rows = agent_profiles.claim(session, after, limit)
    kept = agent_profiles.load(session, {row.key for row in rows})
    told = {row.agent: _told(row.agent, kept.get(row.key), mappings) for row in rows}
    known, strangers = _known(session, told, now)
    held = _held(session, told, known)
    free = [row for row in rows if row.agent not in held]
    wanted = {known[row.agent]: known.get(told[row.agent].profile.mbox) for row in free if row.agent in known}
    changed = identity.prove_only(session, wanted, kind=_KIND, source="agent profile", now=now)
    _mark(session, free, told, known, changed | strangers, now)
    projections.take_back(session, "profile", [row.number for row in free])
    for row in free:
        if told[row.agent].mistake:
            reason = f"agent profile of {row.agent}: {told[row.agent].mistake}"
            projections.put_aside(session, "profile", row.number, reason, now)
    agent_profiles.done(session, [row.id for row in free])
    return len(free), rows[-1].id if rows else 0


def _told(agent: str, kept: Kept | None, mappings: Mappings) -> _Told:
    """Nothing counts of what is no longer there, or comes from a credential that doesn't speak for that account."""
    if kept is None or kept.source is None or kept.test or kept.is_launch:
        return _Told(AgentProfile())
    home_page = agent.partition("|")[0]
    if not any(same_site(home_page, page) for page in kept.home_pages):
        return _Told(AgentProfile())
    try:
        profile = read(kept.content_type, kept.body)
    except BadInput as wrong:
        return _Told(AgentProfile(), str(wrong))
    source = mappings.sources.get(kept.source)
    is_vouched = source is not None and vouches(source, home_page, profile.mbox)
    # A credential with mail domains of its own is held to them as it is with statements.
    if kept.mail_domains and Speaker(mail_domains=kept.mail_domains).objection({"mbox": profile.mbox}):
        is_vouched = False
    return _Told(AgentProfile(profile.name, profile.mbox if is_vouched else ""))


def _known(session: Session, told: dict[str, _Told], now: datetime) -> tuple[dict[str, int], set[int]]:
    """Identifier → its number, with those that the profiles make known; and the numbers of the latter."""
    sighted: list[people.Sighting] = []
    for agent, one in told.items():
        if one.profile.name or one.profile.mbox:
            sighted.append(people.Sighting(agent, one.profile.name))
        if one.profile.mbox:
            sighted.append(people.Sighting(one.profile.mbox))
    before = people.numbers_of(session, [*told, *(who.text for who in sighted)])
    known = before | people.learn(session, sighted, now, join=False)
    return known, {known[text] for text in known.keys() - before.keys()}


def _held(session: Session, told: dict[str, _Told], known: dict[str, int]) -> set[str]:
    """The agents that, or whose e-mail, belong to somebody whom another transaction holds; the others are locked."""
    learners = people.learner_numbers(session, known.values())
    free = identity.lock_free_learners(session, learners.values())
    return {
        agent
        for agent, one in told.items()
        if any(text in known and learners[known[text]] not in free for text in (agent, one.profile.mbox))
    }


def _mark(
    session: Session,
    rows: Sequence[Waiting],
    told: dict[str, _Told],
    known: dict[str, int],
    changed: set[int],
    now: datetime,
) -> None:
    """Whoever is new may have an equal e-mail that is known already, which computing finds."""
    by_cause: dict[str, set[int]] = {}
    for row in rows:
        own = {known[text] for text in (row.agent, told[row.agent].profile.mbox) if text in known} & changed
        by_cause.setdefault(row.cause, set()).update(own)
    left = changed.difference(*by_cause.values())  # e-mails that are an account's no longer
    by_cause.setdefault(rows[0].cause if rows else "", set()).update(left)
    for cause, numbers in by_cause.items():
        people.mark_pending(session, people.learner_numbers(session, numbers).values(), now, cause)
