"""A kept standing narrowed to what somebody may see who knows the learner from some of their posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lrs_bridge.learning.eligibility import eligibility_in
from lrs_bridge.learning.history import History, Post
from lrs_bridge.learning.mappings import Framework, Mappings
from lrs_bridge.learning.sight import Sight
from lrs_bridge.learning.standing import eligibility_as_json
from lrs_bridge.learning.tiers import companion_asked, highest


def narrowed(
    body: dict[str, Any], history: History, sight: Sight, mappings: Mappings, now: datetime
) -> dict[str, Any]:
    """`body`: of a kept standing (`standing.standing_as_json`); `history`: all that is known of the learner. A tier is shown to
    whoever sees a post by its organisation, and as that post requires it."""
    current = tuple(post for post in sight.posts if post.periods.at(now))
    areas = {post.area for post in sight.posts}
    tiers = []
    for tier in body["tiers"]:
        framework = mappings.frameworks.get(tier["framework"] or "")
        if framework and sight.organisations and areas.intersection(framework.areas):
            tiers.append(_narrowed_tier(tier, framework, current))
    unseen = {(one.statement_id, one.kind) for one in history.evidence if not sight.sees(one)}
    seen = sight.of(history)
    eligibility = {}
    for area, kept in body["eligibility"].items():
        if area not in areas | sight.areas:
            continue
        champions = mappings.champions_of(area)
        if champions is None or sight.is_here(kept["organisation"], area):
            eligibility[area] = kept
        else:  # judged for a post that they don't see
            eligibility[area] = eligibility_as_json(eligibility_in(seen, area, champions, mappings, now))
    return {
        **body,
        "tiers": tiers,
        "eligibility": eligibility,
        "evidence": [one for one in body["evidence"] if (one["statement_id"], one["kind"]) not in unseen],
    }


def _narrowed_tier(tier: dict[str, Any], framework: Framework, posts: tuple[Post, ...]) -> dict[str, Any]:
    """What is attained is the person's; what is required, and missing for it, is these posts'."""
    order = list(framework.tiers)
    here = [post for post in posts if post.area in framework.areas]
    required, attained = highest(framework, [post.required_tier for post in here]), tier["attained"]
    reached = required is None or (attained and order.index(required) <= order.index(attained))
    goal = tier["next"] if reached else required
    wanted = {item.key for item in framework.items_up_to(goal)} if goal else set()
    asked = companion_asked(framework, required or tier["next"] or attained, here)
    return {
        **tier,
        "required": required,
        "missing": [one for one in tier["missing"] if one["item"] in wanted],
        "companion": {**tier["companion"], "required": asked},
    }
