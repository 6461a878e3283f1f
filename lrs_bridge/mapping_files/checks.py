"""What no single key can tell: keys that stand twice, names that nothing declares, and what nobody could ever meet.

Names are gathered from the files as written, so that a part with a mistake is still known to be there and one mistake isn't
reported as ten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lrs_bridge.errors import Problem
from lrs_bridge.learning import mappings as types
from lrs_bridge.learning.by_hand import SOURCE as BRIDGE
from lrs_bridge.mapping_files.documents import Document, KeyPath, value_at

_EXAMPLE_HOST = re.compile(r"(?:https?://|@)[^/\s]*\.example(?=[/\s]|$)")
_ATTESTATIONS = (types.MANAGER_SUPPORT, types.WORKING_KNOWLEDGE)
_IDENTITY = ("activity", "extension", "grouping", "parent")

Loaded = Mapping[str, Mapping[str, dict[str, Any]]]
"""Folder → path → the file's value as marshmallow checked it, less the parts with mistakes."""


class Names:
    """What the files declare and use, as far as they can be read. `complete`: folders whose every file is readable."""

    def __init__(self, documents: Iterable[Document]) -> None:
        by_folder: dict[str, list[Any]] = {"sources": [], "frameworks": [], "champions": []}
        self.complete = set(by_folder)
        for document in documents:
            folder = document.path.split("/")[0]
            by_folder[folder].append(document.value)
            if not isinstance(document.value, dict):
                self.complete.discard(folder)
        frameworks, champions = by_folder["frameworks"], by_folder["champions"]
        holders = [*frameworks, *champions]
        self.areas = {area for file in champions for area in _keys(file, "areas")}
        self.equal = {
            (str(value_at(one, ("course",))), str(value_at(one, ("counts_as",))))
            for file in holders
            for one in _list(file, "equivalences")
        }
        self.given = {
            course
            for file in by_folder["sources"]
            for rule in _list(file, "rules")
            for course in _texts(value_at(rule, ("course",)))
        }
        self.routes = {
            route: _texts(value_at(file, ("routes", route, "all_of"))) or [route]
            for file in frameworks
            for route in _keys(file, "routes")
        }
        self.companion = {course for file in frameworks for course in _keys(file, "companion", "courses")}
        needs = [value_at(one, ("met_by",)) for file in champions for one in _values(file, "standards")]
        wanted = {course for courses in self.routes.values() for course in courses} | self.companion
        wanted |= {course for need in needs for course in _courses_of(need)}
        self.wanted = wanted
        self.used = wanted | {course for course, _ in self.equal}
        self.declared = {*self.given, *self.routes, *self.companion, *(course for course, _ in self.equal)}
        self.givable = self.given | {to for course, to in self.equal if course in self.given}


class CrossChecks:
    """Compares files with each other."""

    def __init__(self, documents: Mapping[str, Document], loaded: Loaded) -> None:
        self.documents, self.loaded = documents, loaded
        self.names = Names(documents.values())
        self.notes: list[Problem] = []
        """What is no mistake and yet worth a look: courses that can only be recorded by hand."""

    def problems(self) -> Iterator[Problem]:
        yield from self._double_keys()
        yield from self._double_areas()
        for path, data in self.loaded["sources"].items():
            yield from self._source(self.documents[path], data)
        for path, data in self.loaded["frameworks"].items():
            yield from self._framework(self.documents[path], data)
            yield from self._equivalences(self.documents[path], data)
        for path, data in self.loaded["champions"].items():
            yield from self._champions(self.documents[path], data)
            yield from self._equivalences(self.documents[path], data)

    def _double_keys(self) -> Iterator[Problem]:
        for folder, word in (("sources", "source"), ("frameworks", "framework"), ("champions", "champions")):
            seen: dict[str, str] = {}
            for path, data in self.loaded[folder].items():
                first = seen.setdefault(data[word], path)
                if first != path:
                    what = f"“{data[word]}” is already the key of {first}"
                    yield self.documents[path].problem((word,), what, mend="give this file a key of its own")

    def _double_areas(self) -> Iterator[Problem]:
        for folder, said in (("champions", "declared in"), ("frameworks", "adopted by")):
            owner: dict[str, str] = {}
            for path, data in self.loaded[folder].items():
                for place, area in enumerate(data["areas"]):
                    at: KeyPath = ("areas", area if folder == "champions" else place)
                    if owner.setdefault(area, path) != path:
                        yield self.documents[path].problem(
                            at,
                            f"the area “{area}” is already {said} {owner[area]}",
                            mend="name it in one of the two files",
                        )

    def _source(self, document: Document, data: dict[str, Any]) -> Iterator[Problem]:
        if data["source"] == BRIDGE:
            yield document.problem(
                ("source",), f"“{BRIDGE}” is this service itself", mend="give the source a name of its own"
            )
        for place, rule in enumerate(data["rules"]):
            written = value_at(document.value, document.as_written(("rules", place)))
            about, accept = (_merged(document.value, written, part) for part in ("about", "accept"))
            if not any(about.get(name) is not None for name in _IDENTITY):
                yield document.problem(
                    ("rules", place),
                    "says of no activity that it is about it",
                    mend=f"give about one of {', '.join(_IDENTITY)}",
                )
            if accept.get("verbs") is None:
                yield document.problem(
                    ("rules", place), "accepts no verb", mend="give accept.verbs, here or in defaults"
                )
            if {"frameworks", "champions"} <= self.names.complete:
                for course in rule["course"]:
                    if self.names.used and course not in self.names.used:
                        yield document.problem(
                            ("rules", place, "course"),
                            f"gives the course “{course}”, which no framework or champions file uses",
                            mend=_one_of(self.names.used),
                        )

    def _framework(self, document: Document, data: dict[str, Any]) -> Iterator[Problem]:
        for place, area in enumerate(data["areas"]):
            if area not in self.names.areas and "champions" in self.names.complete:
                yield document.problem(
                    ("areas", place),
                    f"unknown area “{area}”",
                    mend=_one_of(self.names.areas)
                    if self.names.areas
                    else "declare it under areas in champions/",
                )
        yield from _tier_problems(document, data)
        yield from _coverage_problems(document, data)
        levels = _levels(document)
        for course, level in data["companion"]["courses"].items():
            if levels is not None and level not in levels:
                yield document.problem(
                    ("companion", "courses", course), f"unknown level “{level}”", mend=_one_of(levels)
                )
        known = self.names.declared | self.names.wanted
        for course in data["course_names"]:
            if course not in known and {"sources", "frameworks", "champions"} <= self.names.complete:
                yield document.problem(
                    ("course_names", course),
                    "no rule, route, standard or companion has a course of that name",
                    mend=_one_of(known),
                )
        yield from self._unmeetable_items(document, data)

    def _unmeetable_items(self, document: Document, data: dict[str, Any]) -> Iterator[Problem]:
        ways: dict[str, list[str]] = {}
        for route in _keys(document.value, "routes"):
            for covered in _texts(value_at(document.value, ("routes", route, "covers"))):
                ways.setdefault(covered, []).append(route)
        for key, written in data["items"].items():
            item = types.Item(key, **written)
            for part in item.parts:
                if part in item.attestable:
                    continue
                routes = ways.get(key, []) if part == "knowledge" else []
                if not routes:
                    yield document.problem(
                        ("items", key),
                        f"no way can meet the {part} of {key}",
                        mend="let a route cover it, or mark it local or practice so that somebody may attest it",
                    )
                elif not any(self._can_be_taken(self.names.routes[route]) for route in routes):
                    self._note(document, ("items", key), f"the {part} of {key}", " or ".join(routes))

    def _note(self, document: Document, at: KeyPath, what: str, courses: str) -> None:
        note = document.problem(
            at,
            f"no source rule gives {courses}, so {what} is met only by what people record by hand",
            mend="leave it so, or write a rule in sources/",
        )
        self.notes.append(note)

    def _can_be_taken(self, courses: Iterable[str]) -> bool:
        return "sources" not in self.names.complete or set(courses) <= self.names.givable

    def _champions(self, document: Document, data: dict[str, Any]) -> Iterator[Problem]:
        areas = _keys(document.value, "areas")
        for key, standard in data["standards"].items():
            for place, area in enumerate(standard["areas"]):
                if area not in areas:
                    at: KeyPath = ("standards", key, "areas", place)
                    yield document.problem(at, f"unknown area “{area}”", mend=_one_of(areas))
            unknown = list(self._unknown_leaves(document, standard["met_by"], ("standards", key, "met_by")))
            yield from unknown
            if not unknown and not self._can_be_met(standard["met_by"]):
                self._note(document, ("standards", key), "this standard", "its courses")
        for area in data["areas"]:
            standards = _values(document.value, "standards")
            if not any(area in (value_at(one, ("areas",)) or areas) for one in standards):
                yield document.problem(
                    ("areas", area),
                    "the area has no standard, so everybody would be eligible",
                    mend="name the area in a standard's areas, or take it out",
                )

    def _unknown_leaves(self, document: Document, need: dict[str, Any], at: KeyPath) -> Iterator[Problem]:
        for at_leaf, leaf in _leaves(need, at):
            course, attestation = leaf.get("course"), leaf.get("attestation")
            readable = {"sources", "frameworks"} <= self.names.complete
            if course is not None and course not in self.names.declared and readable:
                yield document.problem(
                    (*at_leaf, "course"),
                    f"can't be met by “{course}”: no source rule, route or companion course has that name",
                    mend=_one_of(self.names.declared),
                )
            if attestation is not None and attestation not in _ATTESTATIONS:
                yield document.problem(
                    (*at_leaf, "attestation"),
                    f"unknown attestation “{attestation}”",
                    mend=_one_of(_ATTESTATIONS),
                )

    def _can_be_met(self, need: dict[str, Any]) -> bool:
        if "any_of" in need:
            return any(self._can_be_met(one) for one in need["any_of"])
        if "all_of" in need:
            return all(self._can_be_met(one) for one in need["all_of"])
        return "course" not in need or self._can_be_taken([need["course"]])

    def _equivalences(self, document: Document, data: dict[str, Any]) -> Iterator[Problem]:
        for place, one in enumerate(data["equivalences"]):
            if (
                one["counts_as"] not in self.names.wanted
                and {"frameworks", "champions"} <= self.names.complete
            ):
                yield document.problem(
                    ("equivalences", place, "counts_as"),
                    f"“{one['counts_as']}” is no course that a route, a standard or the companion asks for",
                    mend=_one_of(self.names.wanted),
                )


def _tier_problems(document: Document, data: dict[str, Any]) -> Iterator[Problem]:
    tiers, levels = _keys(document.value, "tiers"), _levels(document)
    for key, tier in data["tiers"].items():
        if tier["inherits"] and tier["inherits"] not in tiers:
            yield document.problem(
                ("tiers", key, "inherits"), f"unknown tier “{tier['inherits']}”", mend=_one_of(tiers)
            )
        elif _inherits_itself(key, data["tiers"]):
            yield document.problem(
                ("tiers", key, "inherits"),
                "the tier inherits from itself, by a circle",
                mend="let the lowest tier inherit nothing",
            )
        asked: list[tuple[KeyPath, str | None]] = [(("companion",), tier["companion"])]
        asked += [
            (("companion_for_roles", role), level) for role, level in tier["companion_for_roles"].items()
        ]
        for at, level in asked:
            if level and levels is not None and level not in levels:
                yield document.problem(("tiers", key, *at), f"unknown level “{level}”", mend=_one_of(levels))


def _levels(document: Document) -> list[str] | None:
    """The companion's levels; None where what is written is no list of them."""
    written = value_at(document.value, ("companion",))
    if written is None or (isinstance(written, dict) and "levels" not in written):
        return []
    found = value_at(written, ("levels",))
    return _texts(found) if isinstance(found, list) else None


def _inherits_itself(key: str, tiers: Mapping[str, dict[str, Any]]) -> bool:
    seen, step = set(), tiers[key]["inherits"]
    while step in tiers and step not in seen:
        seen.add(step)
        step = tiers[step]["inherits"]
    return key in seen


def _coverage_problems(document: Document, data: dict[str, Any]) -> Iterator[Problem]:
    tiers, items = _keys(document.value, "tiers"), _keys(document.value, "items")
    for key, item in data["items"].items():
        if item["tier"] not in tiers:
            yield document.problem(
                ("items", key, "tier"), f"unknown tier “{item['tier']}”", mend=_one_of(tiers)
            )
    for key, route in data["routes"].items():
        for place, item in enumerate(route["covers"]):
            at: KeyPath = ("routes", key, "covers", place)
            local = data["items"].get(item, {}).get("local")
            if item not in items:
                yield document.problem(at, f"unknown item “{item}”", mend=_one_of(items))
            elif route["national"] and local:
                yield document.problem(
                    at,
                    f"a national course can't cover {item}, which is local to {local}",
                    mend="leave the item out, or drop “national”",
                )


def _leaves(need: dict[str, Any], at: KeyPath) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    for kind in ("any_of", "all_of"):
        if kind in need:
            for place, one in enumerate(need[kind]):
                yield from _leaves(one, (*at, kind, place))
            return
    yield at, need


# --- files as written, whatever they hold ----------------------------------------------------------------------------


def _keys(value: Any, *at: str) -> list[str]:
    found = value_at(value, at)
    return list(found) if isinstance(found, dict) else []


def _values(value: Any, *at: str) -> list[Any]:
    found = value_at(value, at)
    return list(found.values()) if isinstance(found, dict) else []


def _list(value: Any, *at: str) -> list[Any]:
    found = value_at(value, at)
    return found if isinstance(found, list) else []


def _texts(value: Any) -> list[str]:
    """One text or a list of them."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _courses_of(need: Any) -> Iterator[str]:
    if isinstance(need, dict):
        yield from _texts(need.get("course"))
        for kind in ("any_of", "all_of"):
            for one in _list(need, kind):
                yield from _courses_of(one)


def _merged(file: Any, rule: Any, part: str) -> dict[str, Any]:
    shared, own = value_at(file, ("defaults", part)), value_at(rule, (part,))
    return {**(shared if isinstance(shared, dict) else {}), **(own if isinstance(own, dict) else {})}


def examples(documents: Iterable[Document]) -> Iterator[Problem]:
    """Values that are still the shipped examples."""

    def scalars(value: Any, at: KeyPath) -> Iterator[tuple[KeyPath, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from scalars(inner, (*at, key))
        elif isinstance(value, list):
            for place, inner in enumerate(value):
                yield from scalars(inner, (*at, place))
        elif isinstance(value, str):
            yield at, value

    for document in documents:
        for at, text in scalars(document.value, ()):
            if _EXAMPLE_HOST.search(text):
                yield document.problem(
                    at, f"still the shipped example: {text}", mend="put your own value here"
                )


def _one_of(known: Iterable[str]) -> str:
    names = sorted(known)
    return f"one of {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"
