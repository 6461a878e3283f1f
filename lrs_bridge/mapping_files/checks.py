"""What no single file can tell: keys that stand twice, names that nothing declares, and what nobody could ever meet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lrs_bridge.errors import Problem
from lrs_bridge.learning import mappings as types
from lrs_bridge.mapping_files.documents import Document, KeyPath

_EXAMPLE_HOST = re.compile(r"(?:https?://|@)[^/\s]*\.example(?=[/\s]|$)")

Documents = Mapping[str, Document]
Loaded = Mapping[str, Mapping[str, dict[str, Any]]]
"""Folder → path → the file's value as marshmallow checked it."""


class CrossChecks:
    """Compares files with each other."""

    def __init__(self, documents: Documents, loaded: Loaded) -> None:
        self.documents, self.loaded = documents, loaded

    def problems(self) -> list[Problem]:
        found = [*self._double_keys(), *self._areas(), *self._source_courses()]
        for path, data in self.loaded["frameworks"].items():
            found += _framework_problems(self.documents[path], data)
        for path, data in self.loaded["champions"].items():
            found += self._champion_problems(self.documents[path], data)
        return found

    def _double_keys(self) -> Iterator[Problem]:
        for folder, word in (("sources", "source"), ("frameworks", "framework"), ("champions", "champions")):
            seen: dict[str, str] = {}
            for path, data in self.loaded[folder].items():
                first = seen.setdefault(data[word], path)
                if first != path:
                    yield self.documents[path].problem(
                        (word,), f"“{data[word]}” is already the key of {first}"
                    )

    def _areas(self) -> Iterator[Problem]:
        owner: dict[str, str] = {}
        for path, data in self.loaded["champions"].items():
            for area in data["areas"]:
                if owner.setdefault(area, path) != path:
                    yield self.documents[path].problem(
                        ("areas", area), f"area already declared in {owner[area]}"
                    )
        adopted: dict[str, str] = {}
        for path, data in self.loaded["frameworks"].items():
            for place, area in enumerate(data["areas"]):
                document = self.documents[path]
                if owner and area not in owner:
                    yield document.problem(("areas", place), f"unknown area “{area}”", mend=_one_of(owner))
                if adopted.setdefault(area, path) != path:
                    yield document.problem(("areas", place), f"{area} has already adopted {adopted[area]}")

    def _used_courses(self) -> set[str]:
        used: set[str] = set()
        for data in self.loaded["frameworks"].values():
            for key, route in data["routes"].items():
                used |= set(route["all_of"] or [key])
            used |= set(data["companion"]["courses"])
        for data in self.loaded["champions"].values():
            used |= {
                leaf["course"]
                for standard in data["standards"].values()
                for leaf in _leaves(standard["met_by"])
                if "course" in leaf
            }
        for folder in ("frameworks", "champions"):
            used |= {one["course"] for data in self.loaded[folder].values() for one in data["equivalences"]}
        return used

    def _source_courses(self) -> Iterator[Problem]:
        used = self._used_courses()
        for path, data in self.loaded["sources"].items():
            for place, rule in enumerate(data["rules"]):
                for course in rule["course"]:
                    if used and course not in used:
                        yield self.documents[path].problem(
                            ("rules", place, "course"),
                            f"gives the course “{course}”, which no framework or champions file uses",
                            mend=_one_of(used),
                        )

    def _champion_problems(self, document: Document, data: dict[str, Any]) -> Iterator[Problem]:
        declared = self._declared_courses()
        for key, standard in data["standards"].items():
            for place, area in enumerate(standard["areas"]):
                if area not in data["areas"]:
                    at: KeyPath = ("standards", key, "areas", place)
                    yield document.problem(at, f"unknown area “{area}”", mend=_one_of(data["areas"]))
            for leaf in _leaves(standard["met_by"]):
                if "course" in leaf and leaf["course"] not in declared:
                    yield document.problem(
                        ("standards", key, "met_by"),
                        f"can't be met by “{leaf['course']}”: no source rule, route or companion course has that name",
                        mend=_one_of(declared),
                    )
                known = (types.MANAGER_SUPPORT, types.WORKING_KNOWLEDGE)
                if "attestation" in leaf and leaf["attestation"] not in known:
                    yield document.problem(
                        ("standards", key, "met_by"),
                        f"unknown attestation “{leaf['attestation']}”",
                        mend=_one_of(known),
                    )

    def _declared_courses(self) -> set[str]:
        declared = {
            course
            for data in self.loaded["sources"].values()
            for rule in data["rules"]
            for course in rule["course"]
        }
        for data in self.loaded["frameworks"].values():
            declared |= set(data["routes"]) | set(data["companion"]["courses"])
        for folder in ("frameworks", "champions"):
            declared |= {
                one["course"] for data in self.loaded[folder].values() for one in data["equivalences"]
            }
        return declared


def _leaves(need: dict[str, Any]) -> Iterator[dict[str, Any]]:
    inner = need.get("any_of") or need.get("all_of")
    if inner:
        for one in inner:
            yield from _leaves(one)
    else:
        yield need


def _framework_problems(document: Document, data: dict[str, Any]) -> Iterator[Problem]:
    tiers, items, levels = data["tiers"], data["items"], data["companion"]["levels"]
    for key, tier in tiers.items():
        if tier["inherits"] and tier["inherits"] not in tiers:
            yield document.problem(
                ("tiers", key, "inherits"), f"unknown tier “{tier['inherits']}”", mend=_one_of(tiers)
            )
        elif _inherits_itself(key, tiers):
            yield document.problem(("tiers", key, "inherits"), "the tier inherits from itself, by a circle")
        for level in [tier["companion"], *tier["companion_for_roles"].values()]:
            if level and level not in levels:
                yield document.problem(
                    ("tiers", key, "companion"), f"unknown level “{level}”", mend=_one_of(levels)
                )
    for key, item in items.items():
        if item["tier"] not in tiers:
            yield document.problem(
                ("items", key, "tier"), f"unknown tier “{item['tier']}”", mend=_one_of(tiers)
            )
    for key, route in data["routes"].items():
        for place, item in enumerate(route["covers"]):
            at: KeyPath = ("routes", key, "covers", place)
            if item not in items:
                yield document.problem(at, f"unknown item “{item}”", mend=_one_of(items))
            elif route["national"] and items[item]["local"]:
                yield document.problem(
                    at,
                    f"a national course can't cover {item}, which is local to {items[item]['local']}",
                    mend="leave the item out, or drop `national`",
                )
    for course, level in data["companion"]["courses"].items():
        if level not in levels:
            yield document.problem(
                ("companion", "courses", course), f"unknown level “{level}”", mend=_one_of(levels)
            )


def _inherits_itself(key: str, tiers: Mapping[str, dict[str, Any]]) -> bool:
    seen, step = {key}, tiers[key]["inherits"]
    while step in tiers:
        if step in seen:
            return True
        seen.add(step)
        step = tiers[step]["inherits"]
    return False


def unmeetable(mappings: types.Mappings, documents: Documents, loaded: Loaded) -> Iterator[Problem]:
    """Items and standards that nobody could ever meet."""
    for path, data in loaded["frameworks"].items():
        framework = mappings.frameworks[data["framework"]]
        covered = {item for route in framework.routes.values() for item in route.covers}
        for item in framework.items.values():
            for part in item.parts:
                taught = part == "knowledge" and item.key in covered
                if not taught and part not in item.attestable:
                    yield documents[path].problem(
                        ("items", item.key),
                        f"no way can meet the {part} of {item.key}",
                        mend="let a route cover it, or mark it local or practice so that somebody may attest it",
                    )
    for path, data in loaded["champions"].items():
        for area in data["areas"]:
            if not mappings.champions[data["champions"]].standards_of(area):
                yield documents[path].problem(
                    ("areas", area), "the area has no standard, so everybody would be eligible"
                )


def examples(documents: Iterable[Document]) -> Iterator[Problem]:
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
