"""The operator's first question: what looks like a completion, and no rule takes it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from lrs_bridge.learning.mappings import Mappings, Source
from lrs_bridge.learning.matching import looks_like_course, match_statement
from lrs_bridge.moments import format_instant
from lrs_bridge.store import evidence
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents


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
    found = [_described(group, mappings) for group in evidence.unmapped_groups(session, source)]
    return sorted(found, key=lambda one: (not looks_like_course(one.activity_type), -one.count, one.activity))


LOOKED_AT = 1_000


def lately_unmapped(session: Session, mappings: Mappings, limit: int) -> tuple[list[UnmappedActivity], int]:
    """As `unmapped`, among the 1,000 statements that came last, so that it takes no longer with more of them: at most `limit`, and
    how many others there are."""

    def rank(group: evidence.UnmappedGroup) -> tuple[bool, int]:
        activity_type = documents.parse(group.sample.encode())["object"].get("definition", {}).get("type", "")
        return not looks_like_course(activity_type), -group.count

    groups = sorted(evidence.unmapped_groups(session, None, LOOKED_AT), key=rank)
    return [_described(group, mappings) for group in groups[:limit]], max(0, len(groups) - limit)


def _described(group: evidence.UnmappedGroup, mappings: Mappings) -> UnmappedActivity:
    statement = documents.parse(group.sample.encode())
    source = mappings.sources.get(group.source)
    _, missed = match_statement(statement, source, group.last)
    activity = statement["object"]["id"]
    activity_type = statement["object"].get("definition", {}).get("type", "")
    name = missed.name if missed else ""
    return UnmappedActivity(
        source=group.source,
        activity=activity,
        name=name,
        activity_type=activity_type,
        verbs=group.verbs,
        count=group.count,
        first=group.first,
        last=group.last,
        nearest_rule=missed.nearest_rule if missed else "",
        failed=missed.failed if missed else "a rule takes it now; it is waiting to be matched anew",
        rule=rule_to_paste(activity, activity_type, name, sorted(group.verbs), source),
    )


def rule_to_paste(
    activity: str, activity_type: str, name: str, verbs: list[str], source: Source | None
) -> str:
    """A rule to paste under `rules:`. What every rule of the source asks for is likely to stand in its defaults; what
    this activity doesn't have of it is taken away."""
    about: dict[str, Any] = {"activity": activity}
    rules = source.rules if source else ()
    for condition in ("activity_type", "extension", "grouping", "parent"):
        if rules and all(getattr(rule.about, condition) for rule in rules):
            about[condition] = activity_type or None if condition == "activity_type" else None
    rule = {
        "name": name or activity,
        "about": about,
        "accept": {"verbs": verbs},
        "course": "PUT_THE_COURSE_HERE",
    }
    return yaml.safe_dump([rule], allow_unicode=True, sort_keys=False, width=1000)
