"""Any valid statement of either version, for property tests: odd but allowed in every notation, all kinds of everything.

`statements(version)` draws them as the JSON values that documents.parse gives.
"""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from lrs_bridge.xapi.objects import INTERACTION_TYPES
from lrs_bridge.xapi.validity import VOIDED

ALNUM = string.ascii_letters + string.digits
HEX = string.hexdigits

texts = st.text(max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def members(needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(needed, optional=optional)


# --- notations -------------------------------------------------------------------------------------------------------

_SEGMENT = st.text(
    st.sampled_from(ALNUM + "-._~!$&'()*+,;=:@éß中\u00a0\ufdf0\U00010000\U000e1000"), max_size=6
) | st.sampled_from(["%41", "%e4%b8%ad", "%00", ".", ".."])
_PATH = st.lists(_SEGMENT, max_size=3).map(lambda parts: "".join("/" + part for part in parts))
_QUERY = st.just("") | _SEGMENT.map(lambda text: f"?{text}/?\ue000\U0010fffd")
_FRAGMENT = st.just("") | _SEGMENT.map(lambda text: f"#{text}?/")
_HOST = st.sampled_from(
    [
        "example.org",
        "EXAMPLE.org",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[2001:db8::7]",
        "[v1.a:b]",
        "bücher.example",
        "%41.example",
        "a_b",
        "xn--bcher-kva.example",
    ]
)
_AUTHORITY = st.tuples(
    st.sampled_from(["", "user@", "user:p%40ss@", ":@"]), _HOST, st.sampled_from(["", ":", ":80", ":65536"])
).map("".join)
_HIERARCHICAL = st.tuples(
    st.sampled_from(["http", "https", "HTTP", "ftp", "x+y-z.1"]), _AUTHORITY, _PATH, _QUERY, _FRAGMENT
).map(lambda part: f"{part[0]}://{part[1]}{part[2]}{part[3]}{part[4]}")
iris = (
    st.sampled_from(
        ["https://example.org/a", "http://adlnet.gov/expapi/verbs/completed", "urn:a:b", "URN:UUID:6690E6C9-3EF0-4ED3-8B37-7F3964730BEE", "tag:example.org,2024:x", "mailto:a@b.org", "a:", "file:///x", "x:/y", "tel:+1-816-555-1212", "a:?", "a:#", "a:b?c#d"]
    )
    | _HIERARCHICAL
    | st.tuples(st.sampled_from(["urn:", "tag:", "a1+:"]), _SEGMENT).map("".join)
)  # fmt: skip
uris = iris.filter(str.isascii)

uuids = st.builds(
    lambda one, upper: str(one).upper() if upper else str(one), st.uuids(allow_nil=True), st.booleans()
)


def _digits(number: int, width: int = 2) -> str:
    return f"{number:0{width}}"


@st.composite
def timestamps(draw: st.DrawFn, version: str) -> str:
    """RFC 3339; in 1.0.x the other ways of ISO 8601 too."""
    moment = draw(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)))  # noqa: DTZ001  (the zone is written below)
    fraction = draw(st.sampled_from(["", ".0", ".123", ".1234567", ".000000000000"]))
    hours, minutes = draw(st.integers(0, 23)), draw(st.integers(0, 59))
    sign = draw(st.sampled_from("+-" if hours or minutes else "+"))
    zone = draw(st.sampled_from(["Z", "z", f"{sign}{_digits(hours)}:{_digits(minutes)}"]))
    day = f"{_digits(moment.year, 4)}-{moment:%m-%d}"
    letter = draw(st.sampled_from("Tt "))
    plain = f"{day}{letter}{moment:%H:%M:%S}{fraction}{zone}"
    plain = draw(st.sampled_from([plain, plain, "2016-12-31T23:59:60Z", "1990-12-31T15:59:60.5-08:00"]))
    if version == "2.0.0" or draw(st.booleans()):
        return plain
    basic = f"{_digits(moment.year, 4)}{moment:%m%dT%H%M%S}"
    week = f"{moment.isocalendar().year:04}-W{moment.isocalendar().week:02}-{moment.isocalendar().weekday}"
    return draw(
        st.sampled_from(
            [
                *(
                    day,
                    f"{day}T{moment:%H:%M:%S}",
                    f"{day}T{moment:%H:%M}",
                    f"{day}T24:00:00Z",
                    f"{day}T{moment:%H}",
                    f"{day}T{moment:%H:%M},5Z",
                    basic,
                    f"{basic}Z",
                ),
                *(f"{basic},5{sign if hours else '+'}{_digits(hours)}", week, f"{week}T{moment:%H:%M:%S}Z"),
                f"{_digits(moment.year, 4)}-{moment:%j}T{moment:%H:%M:%S},25Z",
            ]
        )
    )


@st.composite
def durations(draw: st.DrawFn) -> str:
    number = st.integers(0, 10**6).map(str)
    if draw(st.booleans()):
        return f"P{draw(number)}{draw(st.sampled_from(['', '.5', ',25']))}W"
    day = [draw(number) + unit for unit in "YMD" if draw(st.booleans())]
    time = [draw(number) + unit for unit in "HMS" if draw(st.booleans())]
    parts = day + time or ["0D"]
    if draw(st.booleans()):  # the last part may have a fraction
        last = parts[-1]
        parts[-1] = f"{last[:-1]}{draw(st.sampled_from(['.0', '.123456', ',5']))}{last[-1]}"
    cut = len(day) if day or time else 1
    return "P" + "".join(parts[:cut]) + ("T" + "".join(parts[cut:]) if time else "")


@st.composite
def language_tags(draw: st.DrawFn) -> str:
    def letters(low: int, high: int, of: str = string.ascii_letters) -> str:
        return draw(st.text(st.sampled_from(of), min_size=low, max_size=high))

    if draw(st.booleans()):
        return draw(
            st.sampled_from(
                [
                    *(
                        "en",
                        "en-GB",
                        "EN-gb",
                        "de-CH-1901",
                        "x-pirate",
                        "i-klingon",
                        "i-default",
                        "zh-min-nan",
                    ),
                    *(
                        "sgn-BE-FR",
                        "en-GB-oed",
                        "art-lojban",
                        "sl-rozaj-biske-1994",
                        "hy-Latn-IT-arevela",
                        "und",
                    ),
                ]
            )
        )
    parts = [letters(2, 3), *(letters(3, 3) for _ in range(draw(st.integers(0, 3))))]
    if draw(st.booleans()):
        parts = [letters(4, 8)]
    if draw(st.booleans()):
        parts.append(letters(4, 4))
    if draw(st.booleans()):
        parts.append(draw(st.sampled_from(["GB", "us", "419"])))
    variants = st.text(st.sampled_from(ALNUM), min_size=5, max_size=8)
    parts += draw(st.lists(variants | st.just("1901"), max_size=2, unique_by=str.lower))
    for singleton in draw(st.lists(st.sampled_from("a1u9T"), max_size=2, unique=True)):
        parts += [singleton, letters(2, 8, ALNUM)]
    if draw(st.booleans()):
        parts += ["x", letters(1, 8, ALNUM)]
    return "-".join(parts)


language_maps = st.dictionaries(language_tags(), texts, max_size=2)
extension_maps = st.dictionaries(iris, json_values, max_size=2)

_LOCAL = st.text(st.sampled_from(ALNUM + "!$&'*+/=_~.-éß"), min_size=1, max_size=8) | st.just("%22a%20b%22")
_DOMAIN = st.sampled_from(
    [
        "example.org",
        "EXAMPLE.org",
        "localhost",
        "müller.example",
        "a-b.c_d.example",
        "1.2",
        "%E7%B4%8D.example",
        "%5B::1%5D",
    ]
)
mboxes = st.builds("mailto:{}@{}".format, _LOCAL, _DOMAIN)
media_types = st.sampled_from(
    ["text/plain", "application/pdf; name=\"a b.pdf\"", "APPLICATION/x.y+z;a=b ; c=\"d \\\" e\"", "text/plain;", "!#$/%&'", "a/b;;c=d"]
)  # fmt: skip


def hexes(*lengths: int) -> st.SearchStrategy[str]:
    return st.sampled_from(lengths).flatmap(lambda n: st.text(st.sampled_from(HEX), min_size=n, max_size=n))


# --- people ----------------------------------------------------------------------------------------------------------

accounts = members({"homePage": iris, "name": texts}, {})
identifiers = st.one_of(
    mboxes.map(lambda value: {"mbox": value}),
    hexes(40).map(lambda value: {"mbox_sha1sum": value}),
    uris.map(lambda value: {"openid": value}),
    accounts.map(lambda value: {"account": value}),
)


def _agent(typed: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda who, more: {**more, **who}, identifiers, typed)


agents = _agent(members({}, {"objectType": st.just("Agent"), "name": texts}))
typed_agents = _agent(members({"objectType": st.just("Agent")}, {"name": texts}))
_GROUP: dict[str, Any] = {"objectType": st.just("Group")}
groups = st.builds(
    lambda who, more: {**more, **who},
    identifiers,
    members(_GROUP, {"name": texts, "member": st.lists(agents, max_size=2)}),
) | members({**_GROUP, "member": st.lists(agents, min_size=1, max_size=3)}, {"name": texts})
actors = agents | groups


# --- objects ---------------------------------------------------------------------------------------------------------

components = st.lists(members({"id": texts}, {"description": language_maps}), max_size=3, unique_by=lambda one: one["id"])  # fmt: skip
_PLAIN_DEFINITION: dict[str, Any] = {
    "name": language_maps,
    "description": language_maps,
    "type": iris,
    "moreInfo": iris,
    "extensions": extension_maps,
}
definitions = members({}, _PLAIN_DEFINITION) | members(
    {"interactionType": st.sampled_from(INTERACTION_TYPES)},
    {
        **_PLAIN_DEFINITION,
        "correctResponsesPattern": st.lists(texts, max_size=2),
        **dict.fromkeys(("choices", "scale", "source", "target", "steps"), components),
    },
)
activities = members({"id": iris}, {"objectType": st.just("Activity"), "definition": definitions})
references = members({"objectType": st.just("StatementRef"), "id": uuids}, {})

# --- what came of it, and around it ----------------------------------------------------------------------------------

_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def scores(draw: st.DrawFn) -> dict[str, Any]:
    low, raw, high = sorted(draw(st.lists(_NUMBERS, min_size=3, max_size=3, unique=True)))
    whole = {
        "scaled": draw(st.floats(-1, 1) | st.sampled_from([-1, 0, 1])),
        "raw": raw,
        "min": low,
        "max": high,
    }
    whole["raw"] = draw(st.sampled_from([low, raw, high]))
    kept = draw(st.sets(st.sampled_from(list(whole))))
    return {name: value for name, value in whole.items() if name in kept}


results = members(
    {},
    {
        "score": scores(),
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": texts,
        "duration": durations(),
        "extensions": extension_maps,
    },
)
_RELEVANT = {"relevantTypes": st.lists(iris, min_size=1, max_size=2)}


def contexts(version: str, *, about_activity: bool) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(activities, max_size=2) | activities
    known: dict[str, Any] = {
        "registration": uuids,
        "instructor": actors,
        "team": groups,
        "contextActivities": members({}, dict.fromkeys(("parent", "grouping", "category", "other"), some)),
        "language": language_tags(),
        "statement": references,
        "extensions": extension_maps,
    }
    if about_activity:
        known |= {"revision": texts, "platform": texts}
    if version == "2.0.0":
        agent = members({"objectType": st.just("contextAgent"), "agent": agents}, _RELEVANT)
        group = members({"objectType": st.just("contextGroup"), "group": groups}, _RELEVANT)
        known |= {"contextAgents": st.lists(agent, max_size=2), "contextGroups": st.lists(group, max_size=2)}
    return members({}, known)


attachments = members(
    {
        "usageType": iris,
        "display": language_maps,
        "contentType": media_types,
        "length": st.integers(0, 10**20) | st.sampled_from([0.0, 27.0]),
        "sha2": hexes(56, 64, 96, 128),
        "fileUrl": iris,
    },
    {"description": language_maps},
)

# --- statements ------------------------------------------------------------------------------------------------------

_verbs = members({"id": iris.filter(lambda iri: iri != VOIDED)}, {"display": language_maps})
_voiding = members({"id": st.just(VOIDED)}, {"display": language_maps})


@st.composite
def _bodies(draw: st.DrawFn, version: str, *, outermost: bool) -> dict[str, Any]:
    """What statements and SubStatements have in common."""
    about = draw(
        st.sampled_from(["activity", "activity", "person", "statement", "void", *["inner"] * outermost])
    )
    target = {
        "activity": activities,
        "person": typed_agents | groups,
        "statement": references,
        "void": references,
        "inner": _bodies(version, outermost=False).map(lambda one: {"objectType": "SubStatement", **one})
        if outermost
        else st.nothing(),
    }[about]
    return draw(
        members(
            {"actor": actors, "verb": _voiding if about == "void" else _verbs, "object": target},
            {
                "result": results,
                "context": contexts(version, about_activity=about == "activity"),
                "timestamp": timestamps(version),
                "attachments": st.lists(attachments, max_size=2),
            },
        )
    )


def _authorities() -> st.SearchStrategy[dict[str, Any]]:
    consumer = accounts.map(lambda value: {"account": value})
    both = st.builds(lambda one, two: {"objectType": "Group", "member": [one, two]}, consumer, agents)
    return agents | both


@st.composite
def statements(draw: st.DrawFn, version: str) -> dict[str, Any]:
    versions = ["1.0", "1.0.0", "1.0.3", "1.0.9", *(["2.0.0", "2.0"] if version == "2.0.0" else [])]
    around = members(
        {},
        {
            "id": uuids,
            "stored": timestamps(version),
            "authority": _authorities(),
            "version": st.sampled_from(versions),
        },
    )
    return {**draw(around), **draw(_bodies(version, outermost=True))}


# --- written otherwise -----------------------------------------------------------------------------------------------


def _swapped(text: str) -> str:
    return text.swapcase()


def _domain_swapped(mbox: str) -> str:
    local, at, domain = mbox.rpartition("@")
    return local + at + (domain.swapcase() if domain.isascii() else domain)


_BY_CASE = {"registration": _swapped, "language": _swapped, "mbox_sha1sum": _swapped, "mbox": _domain_swapped}
_NO_PART = ("definition", "display", "attachments")


def written_otherwise(value: Any, chance: Any, name: str = "") -> Any:
    """The same statement, as far as comparing goes: members in another order, cases of what has none, numbers, zones,
    lone activities, Groups; without what is no part of a statement. `chance` is a random.Random."""
    if isinstance(value, dict):
        if name == "extensions":
            return dict(chance.sample(list(value.items()), len(value)))
        found = {
            key: written_otherwise(inner, chance, key) for key, inner in value.items() if key not in _NO_PART
        }
        if name == "contextActivities":
            found = {key: _alone_or_not(one) for key, one in found.items()}
        if value.get("objectType") == "StatementRef":
            found["id"] = found["id"].swapcase()
        return dict(chance.sample(list(found.items()), len(found)))
    if isinstance(value, list):
        found = [written_otherwise(inner, chance) for inner in value]
        return chance.sample(found, len(found)) if name == "member" else found
    if isinstance(value, str):
        if name == "timestamp":
            return _elsewhere(value)
        return _BY_CASE.get(name, str)(value)
    if isinstance(value, int) and not isinstance(value, bool) and float_holds(value):
        return float(value)
    return value


def _alone_or_not(found: Any) -> Any:
    if isinstance(found, dict):
        return [found]
    return found[0] if len(found) == 1 else found


def float_holds(value: int) -> bool:
    return abs(value) < 2**53


def _elsewhere(text: str) -> str:
    from lrs_bridge.moments import parse_instant

    moment = parse_instant(text).astimezone(timezone(timedelta(hours=5, minutes=30)))
    return moment.isoformat() if moment.year < 9990 else parse_instant(text).astimezone(UTC).isoformat()
