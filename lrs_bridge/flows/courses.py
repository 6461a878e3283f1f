"""The Read API's list of courses: what each is worth, and by which activities the asking source gives it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lrs_bridge.flows import credentials
from lrs_bridge.learning.mappings import Equivalence, Framework, Mappings, Rule, Source
from lrs_bridge.store.clients import Client

_ID_NUMBERS = (
    "https://w3id.org/learning-analytics/learning-management-system/external-id",
    "http://lrs.learninglocker.net/define/extensions/moodle_course idnumber",
)
"""The extensions in which Moodle's plugins send a course's ID number, as mapping files name them."""


def courses_for(client: Client, mappings: Mappings, now: datetime) -> list[dict[str, Any]]:
    """Every course of the mappings, by key. Raises Forbidden for a credential without the scope."""
    credentials.require(client, credentials.COURSES)
    source = mappings.sources.get(client.source or "")
    return [
        {
            "key": key,
            "title": title,
            "sources": _given_by(source, key),
            "covers": [
                one
                for framework in mappings.frameworks.values()
                for one in _covered(framework, _taken_for(key, framework.equivalences, now))
            ],
            "companion": [
                {"framework": {"key": framework.key, "name": framework.name}, "level": level}
                for framework in mappings.frameworks.values()
                for course, level in framework.companion_courses.items()
                if course in _taken_for(key, framework.equivalences, now)
            ],
            "standards": [
                {"key": standard.key, "name": standard.name, "areas": list(standard.areas)}
                for champions in mappings.champions.values()
                for standard in champions.standards.values()
                if _taken_for(key, champions.equivalences, now)
                & {leaf.key for leaf in standard.need.leaves() if leaf.kind == "course"}
            ],
        }
        for key, title in sorted(mappings.courses.items())
    ]


def _given_by(source: Source | None, course: str) -> list[dict[str, Any]]:
    """The source's rules that give the course, as conditions on the activity: all that are given must hold, each by any one
    of its values."""
    return [_conditions(rule) for rule in (source.rules if source else ()) if course in rule.courses]


def _conditions(rule: Rule) -> dict[str, Any]:
    about = rule.about
    return {
        "rule": rule.name,
        "id_numbers": [value for name in _ID_NUMBERS for value in about.extension.get(name, ())],
        "activity": [pattern.text for pattern in about.activity],
        "activity_type": list(about.activity_type),
        "extension": [{"name": name, "values": list(values)} for name, values in about.extension.items()],
        "grouping": [pattern.text for pattern in about.grouping],
        "parent": [pattern.text for pattern in about.parent],
        "verbs": list(rule.accept.verbs),
    }


def _taken_for(course: str, decisions: tuple[Equivalence, ...], now: datetime) -> set[str]:
    """The course and those that it counts as by a decision of the mapping files."""
    return {course} | {
        one.counts_as
        for one in decisions
        if one.course == course
        and (one.since is None or one.since <= now)
        and (one.until is None or now < one.until)
    }


def _covered(framework: Framework, courses: set[str]) -> list[dict[str, Any]]:
    """What the framework's routes give for these courses; `together_with`: the courses that a route asks for beside them."""
    return [
        {
            "framework": {"key": framework.key, "name": framework.name},
            "route": route.name,
            "where": route.where,
            "together_with": [one for one in route.courses if one not in courses],
            "items": [
                {"key": key, "tier": framework.items[key].tier, "text": framework.items[key].text}
                for key in route.covers
            ],
        }
        for route in framework.routes.values()
        if courses.intersection(route.courses)
    ]
