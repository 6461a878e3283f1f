"""The operator's first question: what looks like a completion, and no rule takes it?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.learning.matching import looks_like_course, match_statement
from lrs_bridge.moments import format_instant
from lrs_bridge.store import projections
from lrs_bridge.store.database import Session


@dataclass(frozen=True, slots=True)
class UnmappedActivity:
    source: str
    activity: str
    name: str
    activity_type: str
    verbs: dict[str, int]
    count: int
    first: datetime
    last: datetime
    nearest_rule: str
    failed: str
    rule: str

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "activity": self.activity,
            "name": self.name,
            "type": self.activity_type,
            "verbs": self.verbs,
            "count": self.count,
            "first": format_instant(self.first),
            "last": format_instant(self.last),
            "nearest_rule": self.nearest_rule or None,
            "failed": self.failed,
            "rule": self.rule,
        }


def unmapped(session: Session, mappings: Mappings, source: str | None = None) -> list[UnmappedActivity]:
    """What looks like a course first, then by how often it came."""
    found = [_described(group, mappings) for group in projections.unmapped_groups(session, source)]
    return sorted(found, key=lambda one: (not looks_like_course(one.activity_type), -one.count, one.activity))


def _described(group: projections.UnmappedGroup, mappings: Mappings) -> UnmappedActivity:
    statement = json.loads(group.sample)
    _, missed = match_statement(statement, mappings.sources.get(group.source), group.last)
    definition = statement["object"].get("definition", {})
    return UnmappedActivity(
        source=group.source,
        activity=statement["object"]["id"],
        name=missed.name if missed else "",
        activity_type=definition.get("type", ""),
        verbs=group.verbs,
        count=group.count,
        first=group.first,
        last=group.last,
        nearest_rule=missed.nearest_rule if missed else "",
        failed=missed.failed if missed else "a rule takes it now; it is waiting to be matched anew",
        rule=_rule_for(statement["object"]["id"], missed.name if missed else "", list(group.verbs)),
    )


def _rule_for(activity: str, name: str, verbs: list[str]) -> str:
    rule = {
        "name": name or activity,
        "about": {"activity": activity},
        "accept": {"verbs": verbs},
        "course": "PUT_THE_COURSE_HERE",
    }
    return yaml.safe_dump([rule], allow_unicode=True, sort_keys=False, width=1000)
