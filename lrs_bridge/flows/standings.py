"""The Read API's standings: what a site may show its own learners.

A site knows its learners by accounts on its own home pages, and asks by those alone. Asking by an e-mail address or another
site's account would tell it of people who never came to it: addresses can be guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import credentials, named
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.explain import NOT_PROVEN, is_outdated
from lrs_bridge.learning.eligibility import POST
from lrs_bridge.learning.mappings import Champions, Framework, Mappings
from lrs_bridge.learning.matching import same_site
from lrs_bridge.learning.tiers import ATTESTATION
from lrs_bridge.moments import Calendar, format_instant
from lrs_bridge.store import evidence, people, projections, timetable
from lrs_bridge.store.clients import Client
from lrs_bridge.store.database import Session
from lrs_bridge.xapi.agents import identifier_of


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent as asked for, and its standing; None where this credential knows of nobody by it."""

    agent: dict[str, Any]
    standing: dict[str, Any] | None


def permit(client: Client) -> None:
    """Raises Forbidden for a credential without the scope, or without a home page of its own."""
    credentials.require(client, credentials.STANDINGS)


def standings_for(
    session: Session, client: Client, agents: Sequence[dict[str, Any]], calendar: Calendar
) -> list[Asked]:
    """The standings of valid Agents, in the order asked and in a fixed number of queries. Raises Forbidden as `permit`."""
    permit(client)
    texts = [own_account(agent, client) for agent in agents]
    numbers = people.learners_by_identifier(session, {text for text in texts if text})
    mappings = mapping_flow.in_force(session, calendar)
    learners = sorted(set(numbers.values()))
    kept = projections.load_standings(session, learners)
    waiting = projections.pending_among(session, learners)
    waiting |= {numbers[text] for text in evidence.agents_pending(session, numbers)}
    row = timetable.in_force(session)
    found: dict[int, dict[str, Any]] = {}
    for learner in learners:
        standing = kept.get(learner)
        is_stale = learner in waiting or is_outdated(standing, row)
        found[learner] = shown(standing, mappings) | {"is_stale": is_stale}
    return [
        Asked(agent, found[numbers[text]] if text in numbers else None)
        for agent, text in zip(agents, texts, strict=True)
    ]


def own_account(agent: dict[str, Any], client: Client) -> str | None:
    """The canonical text of an Agent that is an account on one of the credential's own home pages; None for any other."""
    account = agent.get("account")
    if account is None or not any(same_site(account["homePage"], page) for page in client.home_pages):
        return None
    return str(identifier_of(agent))


def account_named(agent: dict[str, Any], client: Client, refusal: str) -> str:
    """As `own_account`; raises BadInput, which begins with `refusal`, for an agent that is no account of the credential's site."""
    account = own_account(agent, client)
    if account is None:
        problem = Problem(
            "$.agent",
            "is no account of this credential's site",
            "Read API",
            f"an account with homePage {', '.join(client.home_pages)}",
        )
        raise BadInput(refusal, [problem])
    return account


def shown(kept: projections.KeptStanding | None, mappings: Mappings) -> dict[str, Any]:
    """What a learner's page shows. Member by member, so that nothing that is kept one day goes out unasked: no evidence,
    organisations, notes, or who vouched or decided."""
    body = kept.body if kept else {"tiers": [], "eligibility": {}}
    return {
        "computed_at": format_instant(kept.computed_at) if kept else None,
        "tiers": [_tier(tier, mappings) for tier in body["tiers"] if tier["framework"]],
        "champion": [_area(area, one, mappings) for area, one in body["eligibility"].items()],
        "not_proven": NOT_PROVEN,
    }


def _tier(tier: dict[str, Any], mappings: Mappings) -> dict[str, Any]:
    framework = mappings.frameworks.get(tier["framework"])
    names = {key: one.name for key, one in framework.tiers.items()} if framework else {}
    return {
        "framework": {"key": tier["framework"], "name": framework.name if framework else tier["framework"]},
        "required": tier["required"],
        "attained": tier["attained"],
        "next": tier["next"],
        "progress": [
            {"tier": key, "name": names.get(key, key), "covered": done, "total": total}
            for key, (done, total) in tier["progress"].items()
        ],
        "missing": [
            {
                "item": one["item"],
                "part": one["part"],
                "text": one["text"],
                "ways": [_way(key, framework) for key in one["ways"]],
            }
            for one in tier["missing"]
        ],
        "companion": {name: tier["companion"][name] for name in ("level", "required", "status")},
    }


def _way(key: str, framework: Framework | None) -> dict[str, Any]:
    if key == ATTESTATION:
        return {"kind": ATTESTATION, "key": key, "name": "Somebody's word", "where": "", "courses": []}
    route = framework.routes.get(key) if framework else None
    if route is None:  # computed by earlier mappings
        return {"kind": "route", "key": key, "name": named.in_plain(key), "where": "", "courses": []}
    return {
        "kind": "route",
        "key": key,
        "name": route.name,
        "where": route.where,
        "courses": list(route.courses),
    }


def _area(area: str, one: dict[str, Any], mappings: Mappings) -> dict[str, Any]:
    champions = mappings.champions_of(area)
    state = one["champion"]
    known = mappings.areas.get(area)
    return {
        "area": {"key": area, "name": known.name if known else area},
        "status": one["status"],
        "standards_met": one["standards_met"],
        "since": one["since"],
        "met": [{"key": key, "name": _standard(key, champions)} for key in one["met"]],
        "missing": [
            {
                "key": key,
                "name": _standard(key, champions),
                "ways": _ways(key, keys, champions, mappings),
            }
            for key, keys in one["wanting"].items()
        ],
        "state": {"key": state["state"], "since": state["since"]} if state else None,
    }


def _standard(key: str, champions: Champions | None) -> str:
    if key == POST:
        return "A current post in this area"
    known = champions.standards.get(key) if champions else None
    return known.name if known else named.in_plain(key)


def _ways(
    standard: str, keys: Iterable[str], champions: Champions | None, mappings: Mappings
) -> list[dict[str, str]]:
    known = champions.standards.get(standard) if champions else None
    kinds = {leaf.key: leaf.kind for leaf in known.need.leaves()} if known else {}
    return [
        {
            "kind": kinds[key],
            "key": key,
            "name": named.of(kinds[key], key, mappings),
        }
        for key in keys
        if key in kinds
    ]
