"""Every way of the table to break one rule at one place of a valid statement.

`mutations_of` finds the places by what stands there: it has its own small picture of the data model, so that neither the
places nor the rules come from the code under test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xapi.examples import GONE

from lrs_bridge.xapi.paths import member
from lrs_bridge.xapi.validity import VOIDED

# Kind → its members → (kind of the member, the rule that a value of another type breaks). "*": an array of them.
_TEXT = "text"
_IDENTIFIERS = {
    "mbox": ("mbox", "XAPI-00038"),
    "mbox_sha1sum": ("sha1", "XAPI-00039"),
    "openid": ("uri", "XAPI-00040"),
    "account": ("account", "XAPI-00041"),
}
_BODY = {
    "actor": ("actor", "XAPI-00031"),
    "verb": ("verb", "XAPI-00006"),
    "object": ("object", "XAPI-00006"),
    "result": ("result", "XAPI-00006"),
    "context": ("context", "XAPI-00006"),
    "timestamp": ("timestamp", "XAPI-00022"),
    "attachments": ("*attachment", "XAPI-00025"),
}
_COMPONENTS = dict.fromkeys(("choices", "scale", "source", "target", "steps"), ("*component", "Data 2.4.4.1"))
MODEL: dict[str, dict[str, tuple[str, str]]] = {
    "statement": {
        **_BODY,
        "id": ("id", "XAPI-00028"),
        "stored": ("timestamp", "XAPI-00023"),
        "authority": ("authority", "XAPI-00024"),
        "version": ("version", "XAPI-00101"),
    },
    "substatement": {**_BODY, "objectType": ("type", "")},
    "agent": {**_IDENTIFIERS, "objectType": ("type", "XAPI-00032"), "name": (_TEXT, "XAPI-00033")},
    "group": {
        **_IDENTIFIERS,
        "objectType": ("type", ""),
        "name": (_TEXT, "XAPI-00033"),
        "member": ("*agent", "XAPI-00036"),
    },
    "account": {"homePage": ("iri", "XAPI-00042"), "name": (_TEXT, "XAPI-00043")},
    "verb": {"id": ("iri", "XAPI-00044"), "display": ("language map", "XAPI-00045")},
    "activity": {
        "id": ("iri", "XAPI-00047"),
        "objectType": ("type", "XAPI-00046"),
        "definition": ("definition", "XAPI-00048"),
    },
    "definition": {
        "name": ("language map", "XAPI-00056"),
        "description": ("language map", "XAPI-00059"),
        "type": ("iri", "XAPI-00060"),
        "moreInfo": ("iri", "XAPI-00061"),
        "extensions": ("extensions", "XAPI-00057"),
        "interactionType": ("interaction type", "XAPI-00049"),
        "correctResponsesPattern": (f"*{_TEXT}", "Data 2.4.4.1"),
        **_COMPONENTS,
    },
    "component": {"id": (_TEXT, "Data 2.4.4.1"), "description": ("language map", "Data 2.4.4.1")},
    "reference": {"id": ("uuid", "XAPI-00072"), "objectType": ("type", "")},
    "result": {
        "score": ("score", "XAPI-00079"),
        "success": ("truth", "XAPI-00074"),
        "completion": ("truth", "XAPI-00075"),
        "response": (_TEXT, "XAPI-00076"),
        "duration": ("duration", "XAPI-00077"),
        "extensions": ("extensions", "XAPI-00078"),
    },
    "score": {
        "scaled": ("scaled", "XAPI-00083"),
        "raw": ("number", "XAPI-00082"),
        "min": ("number", "XAPI-00081"),
        "max": ("number", "XAPI-00080"),
    },
    "context": {
        "registration": ("uuid", "XAPI-00087-1"),
        "instructor": ("actor", "XAPI-00087-2"),
        "team": ("group", "XAPI-00088"),
        "contextActivities": ("context activities", "XAPI-00086"),
        "revision": (_TEXT, "XAPI-00089"),
        "platform": (_TEXT, "XAPI-00090"),
        "language": ("language", "XAPI-00091"),
        "statement": ("reference", "XAPI-00092"),
        "extensions": ("extensions", "XAPI-00120"),
        "contextAgents": ("*context agent", "2.0 contextAgents"),
        "contextGroups": ("*context group", "2.0 contextGroups"),
    },
    "context activities": dict.fromkeys(
        ("parent", "grouping", "category", "other"), ("some activities", "XAPI-00094")
    ),
    "context agent": {
        "objectType": ("type", "2.0 contextAgents"),
        "agent": ("agent", "2.0 contextAgents"),
        "relevantTypes": ("*iri", "2.0 relevantTypes"),
    },
    "context group": {
        "objectType": ("type", "2.0 contextGroups"),
        "group": ("group", "2.0 contextGroups"),
        "relevantTypes": ("*iri", "2.0 relevantTypes"),
    },
    "attachment": {
        "usageType": ("iri", "XAPI-00107"),
        "display": ("language map", "XAPI-00106"),
        "description": ("language map", "XAPI-00106"),
        "contentType": ("media type", "XAPI-00105"),
        "length": ("length", "XAPI-00102"),
        "sha2": ("sha2", "XAPI-00103"),
        "fileUrl": ("iri", "XAPI-00104"),
    },
}

# Of a single value: what is put there → the rule it breaks; None: that of the place.
_IRI = {
    "": "XAPI-00007",
    "no/scheme": "XAPI-00011",
    "http://a b": None,
    "http:///x": None,
    "x:%zz": None,
    "a:\\": None,
}
_UUID = {"": "XAPI-00007", "one": None, "{6690e6c9-3ef0-4ed3-8b37-7f3964730bee}": "XAPI-00029"}
WRONG_VALUES: dict[str, dict[str, str | None]] = {
    _TEXT: {},
    "truth": {"true": None},
    "number": {"1": None},
    "scaled": {"1": None},
    "length": {"27": None},
    "language map": {"en": None},
    "extensions": {"x": None},
    "iri": _IRI,
    "uri": {**_IRI, "http://example.org/é": None},
    "uuid": _UUID,
    "id": {**_UUID, "one": "XAPI-00027"},
    "mbox": {"": "XAPI-00007", "a@example.org": None, "mailto:a": None, "MAILTO:a@example.org": None},
    "sha1": {"": "XAPI-00007", "a" * 39: None, "g" * 40: None},
    "sha2": {"": "XAPI-00007", "a" * 40: None, "z" * 64: None},
    "media type": {"": "XAPI-00007", "text": None, "text/plain; x": None},
    "timestamp": {"": "XAPI-00007", **dict.fromkeys(("now", "2024-02-30T00:00:00Z", "2024-03-01T00:00:00-00:00"), "XAPI-00123")},
    "duration": {"": "XAPI-00007", **dict.fromkeys(("P", "PT", "1H", "P1YT", "P4W1D", "P1.5Y1D", "-P1D"), "XAPI-00124")},
    "language": {"": "XAPI-00007", "en_GB": None, "e": None, "en-": None, "a-b-c-d": None},
    "interaction type": {"": None, "essay": None, "Choice": "XAPI-00009"},
    "version": {"": None, "0.9": None, "1.1": None, "3.0.0": None},
}  # fmt: skip
_NUMBERS_OUTSIDE = {"scaled": (1.0000001, -2), "length": (-1, 0.5)}
_NEEDED = {
    "statement": {"actor": "XAPI-00003", "verb": "XAPI-00004", "object": "XAPI-00005"},
    "substatement": dict.fromkeys(("actor", "verb", "object"), "XAPI-00066"),
    "account": {"homePage": "XAPI-00042", "name": "XAPI-00043"},
    "verb": {"id": "XAPI-00044"},
    "activity": {"id": "XAPI-00047"},
    "component": {"id": "Data 2.4.4.1"},
    "reference": {"id": "XAPI-00072"},
    "context agent": dict.fromkeys(("objectType", "agent"), "2.0 contextAgents"),
    "context group": dict.fromkeys(("objectType", "group"), "2.0 contextGroups"),
    "attachment": {
        "usageType": "XAPI-00107",
        "display": "XAPI-00106",
        "contentType": "XAPI-00105",
        "length": "XAPI-00102",
        "sha2": "XAPI-00103",
    },
}
_FORBIDDEN_INSIDE = {
    "authority": ("XAPI-00067", {"mbox": "mailto:a@b.org"}),
    "version": ("XAPI-00068", "1.0.0"),
    "stored": ("XAPI-00069", "2024-03-01T00:00:00Z"),
    "id": ("XAPI-00070", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"),
}
_ONE, _TWO = {"mbox": "mailto:a@b.org"}, {"account": {"homePage": "urn:a:b", "name": "c"}}
_AUTHORITIES = (
    ("XAPI-00098", "", {"member": [_TWO]}),
    ("XAPI-00098", ".mbox", {"member": [_ONE, _TWO], **_ONE}),
    ("XAPI-00100", ".member", {"member": [_ONE, _TWO, _ONE]}),
    ("Data 2.4.9", ".member", {"member": [_ONE, _ONE]}),
)
# What objectType may not say there.
_TYPES = {
    "agent": {"Person": None, "agent": "XAPI-00009"},
    "activity": {"Course": "XAPI-00046", "activity": "XAPI-00009"},
}


@dataclass(frozen=True)
class Place:
    """`way`: the steps to it from the statement; `where`: its JSON path; `rule`: broken by a value of another type."""

    kind: str
    value: Any
    way: tuple[str | int, ...]
    where: str
    rule: str


@dataclass(frozen=True)
class Mutation:
    rule: str
    where: str
    way: tuple[str | int, ...]
    value: Any

    def of(self, statement: dict[str, Any]) -> dict[str, Any]:
        result = json.loads(json.dumps(statement))
        *steps, last = self.way
        place: Any = result
        for step in steps:
            place = place[step]
        if self.value is GONE:
            del place[last]
        else:
            place[last] = self.value
        return result


def _kind_of(kind: str, value: Any) -> str:
    said = value.get("objectType") if isinstance(value, dict) else None
    if kind in ("actor", "authority"):
        return "group" if said == "Group" else "agent"
    if kind == "object":
        kinds = {
            "Agent": "agent",
            "Group": "group",
            "StatementRef": "reference",
            "SubStatement": "substatement",
        }
        return kinds.get(said or "", "activity")
    return kind


def places_of(kind: str, value: Any, way: tuple[str | int, ...], where: str, rule: str) -> Iterator[Place]:
    kind = _kind_of(kind, value)
    if kind == "some activities":
        kind = "*activity" if isinstance(value, list) else "activity"
    yield Place(kind, value, way, where, rule)
    if kind[0] == "*":
        for index, item in enumerate(value):
            yield from places_of(kind[1:], item, (*way, index), f"{where}[{index}]", rule)
    for name, (inner, inner_rule) in MODEL.get(kind, {}).items():
        if name in value:
            # What the object of a statement is, is told by its objectType.
            is_of_object = name == "objectType" and rule == "XAPI-00006"
            broken = "XAPI-00046" if is_of_object else inner_rule
            yield from places_of(inner, value[name], (*way, name), f"{where}.{name}", broken)


def mutations_of(statement: dict[str, Any], version: str) -> list[Mutation]:
    """Each breaks one rule, at one place."""
    found: list[Mutation] = []
    for place in places_of("statement", statement, (), "$", ""):
        found += _of_value(place)
        if place.kind in MODEL:
            found += _of_members(place, version)
        if place.kind == "language map":
            found += _of_language_map(place)
        if place.kind == "extensions":
            found.append(_inside(place, "no scheme", "XAPI-00118", 1))
            found.append(_inside(place, "", "XAPI-00118", 1))
    return found


def _inside(place: Place, name: str, rule: str, value: Any) -> Mutation:
    return Mutation(rule, member(place.where, name), (*place.way, name), value)


def _of_value(place: Place) -> Iterator[Mutation]:
    if not place.way:
        return
    yield Mutation("XAPI-00001", place.where, place.way, None)
    others = {k: v or place.rule for k, v in WRONG_VALUES.get(place.kind, {}).items()}
    for value, rule in others.items():
        yield Mutation(rule, place.where, place.way, value)
    for outside in _NUMBERS_OUTSIDE.get(place.kind, ()):
        yield Mutation(place.rule, place.where, place.way, outside)
    if place.kind in MODEL or place.kind[0] == "*":
        yield Mutation(place.rule, place.where, place.way, "text")
    if place.rule and place.kind not in ("number", "scaled", "length"):
        yield Mutation(place.rule, place.where, place.way, 5)


def _of_members(place: Place, version: str) -> Iterator[Mutation]:
    value, kind = place.value, place.kind
    yield _inside(place, "colour", "XAPI-00093" if kind == "context activities" else "XAPI-00010", "red")
    for name in MODEL[kind]:
        if version == "2.0.0" or not name.startswith(("contextAgents", "contextGroups")):
            yield _inside(place, name.upper(), "XAPI-00008", 1)
    for name, rule in _NEEDED.get(kind, {}).items():
        yield Mutation(rule, place.where, (*place.way, name), GONE)
    if kind == "substatement":
        for name, (rule, content) in _FORBIDDEN_INSIDE.items():
            yield _inside(place, name, rule, content)
        yield _inside(place, "object", "XAPI-00071", {"objectType": "SubStatement"})
    if "objectType" in value:
        for said, rule in _TYPES.get(kind, {}).items():
            at_place = "XAPI-00046" if place.rule == "XAPI-00006" else place.rule
            yield _inside(place, "objectType", rule or at_place, said)
    if kind in ("agent", "group"):
        yield from _of_identifiers(place)
    if kind == "definition" and "interactionType" not in value:
        for name in ("correctResponsesPattern", "choices", "scale", "source", "target", "steps"):
            yield _inside(place, name, "XAPI-00064", [])
    if kind == "context" and version == "1.0.3":
        for name in ("contextAgents", "contextGroups"):
            yield _inside(place, name, "XAPI-00010", [])
    if kind in ("statement", "substatement"):
        yield from _of_several_members(place)
    if kind == "statement":
        for rule, where, group in _AUTHORITIES:
            yield Mutation(rule, f"$.authority{where}", ("authority",), {"objectType": "Group", **group})
    if kind == "context":
        for name, rule in (("team", "XAPI-00088"), ("statement", "XAPI-00092")):
            if name in value:
                yield Mutation(rule, f"{place.where}.{name}", (*place.way, name, "objectType"), GONE)
    if kind == "score" and "min" in value and "max" in value:
        yield _inside(place, "max", "XAPI-00080", value["min"])
    if kind in ("context agent", "context group"):
        yield _inside(place, "relevantTypes", "2.0 relevantTypes", [])


def _of_several_members(place: Place) -> Iterator[Mutation]:
    """What object, verb and context say about each other."""
    value = place.value
    kind = _kind_of("object", value["object"])
    if kind != "activity":
        for name, rule in (("revision", "XAPI-00084"), ("platform", "XAPI-00085")):
            context = {**value.get("context", {}), name: "1"}
            yield Mutation(rule, f"{place.where}.context.{name}", (*place.way, "context"), context)
        rule = "XAPI-00065" if kind in ("agent", "group") else "XAPI-00073"
        yield Mutation(rule, f"{place.where}.object", (*place.way, "object", "objectType"), GONE)
    if kind != "reference":
        yield Mutation("XAPI-00017", f"{place.where}.object", (*place.way, "verb"), {"id": VOIDED})


def _of_identifiers(place: Place) -> Iterator[Mutation]:
    """Too many, too few, and members where there can be none."""
    has = [name for name in _IDENTIFIERS if name in place.value]
    rule = "XAPI-00034" if place.kind == "agent" else "XAPI-00037"
    if has:
        other = "openid" if has == ["mbox"] else "mbox"
        content = "https://a.example/" if other == "openid" else "mailto:a@b.org"
        yield Mutation(rule, place.where, (*place.way, other), content)
    if place.kind == "agent":
        yield Mutation(rule, place.where, (*place.way, has[0]), GONE)
        yield _inside(place, "member", "XAPI-00035", [])
    elif not has:
        yield Mutation(rule, place.where, (*place.way, "member"), GONE)
        yield _inside(place, "member", rule, [])
    if place.kind == "group":
        inner = {"objectType": "Group", "member": [{"mbox": "mailto:a@b.org"}]}
        where = f"{place.where}.member[0]"
        yield Mutation("XAPI-00036", where, (*place.way, "member"), [inner])


def _of_language_map(place: Place) -> Iterator[Mutation]:
    yield _inside(place, "en_GB", "XAPI-00121", "x")
    yield _inside(place, "", "XAPI-00007", "x")
    yield _inside(place, "en", place.rule, 5)
