"""The forms in which statements are given out (Communication 2.1.3, `format`; 2.0.0 4.1.6.1).

exact      as it came, with what the LRS sets. It is made from the very text that was sent, by putting in what is missing;
           only a statement whose `Shape` asks for it is taken apart.
ids        nothing but what identifies agents, activities and verbs
canonical  activities with the definition that the LRS holds, and of each language map one language
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from lrs_bridge.xapi import documents
from lrs_bridge.xapi.agents import IFI_MEMBERS, identifier_of


class Shape:
    """What of a statement's text matters when it is given out; found when it comes in, a bit for each. Plain ints: flags of
    `enum` take longer than all the rest."""

    HAS_ID = 1
    HAS_TIMESTAMP = 2
    HAS_VERSION = 4
    TO_REPLACE = 8
    """It brings a stored or an authority, which are the LRS's to set (Data 2.4.8, 2.4.9), or an id in upper case."""
    LONE_ACTIVITY = 16
    """A context activity stands alone where an array is given back (Data 2.4.6.2)."""


UNKNOWN_SHAPE: Final = 31
"""All bits: right for any statement, only slower."""


def shape_of(statement: dict[str, Any]) -> int:
    """Of a valid statement."""
    shape = 0
    for name, value in statement.items():
        shape |= shape_by(name, value)
    return shape


def shape_by(name: str, value: Any) -> int:
    """What a statement's member adds to its shape."""
    shape = _SHAPE_BY.get(name, 0)
    if name == "id" and value != value.lower():
        shape |= Shape.TO_REPLACE
    elif name == "object" and value.get("objectType") == "SubStatement":
        shape |= shape_by("context", value.get("context", {}))
    elif name == "context" and _has_lone_activity(value):
        shape |= Shape.LONE_ACTIVITY
    return shape


_SHAPE_BY: Final = {
    "id": Shape.HAS_ID,
    "timestamp": Shape.HAS_TIMESTAMP,
    "version": Shape.HAS_VERSION,
    "stored": Shape.TO_REPLACE,
    "authority": Shape.TO_REPLACE,
}


def _has_lone_activity(context: dict[str, Any]) -> bool:
    return any(isinstance(found, dict) for found in context.get("contextActivities", {}).values())


def exact(
    text: str, shape: int, *, id_: str, timestamp: str, stored: str, authority: str, version: str
) -> str:
    """The statement `text` as it is given out; `authority` is JSON, the other values are texts that need no escaping."""
    if shape & (Shape.TO_REPLACE | Shape.LONE_ACTIVITY):
        text, shape = _taken_apart(text, id_, shape)
    missing = f'"stored":"{stored}","authority":{authority}'
    if not shape & Shape.HAS_ID:
        missing += f',"id":"{id_}"'
    if not shape & Shape.HAS_TIMESTAMP:
        missing += f',"timestamp":"{timestamp}"'
    if not shape & Shape.HAS_VERSION:
        missing += f',"version":"{version}"'
    return f"{text[:-1]},{missing}}}"


_Members = dict[str, msgspec.Raw]
_members_of: Final = msgspec.json.Decoder(_Members).decode


def _taken_apart(text: str, id_: str, shape: int) -> tuple[str, int]:
    """With this id, without stored and authority, context activities in arrays, every other value with its very bytes; and its shape."""
    members = _members_of(text)
    members.pop("stored", None)
    members.pop("authority", None)
    if "id" in members:
        members["id"] = msgspec.Raw(f'"{id_}"'.encode())
    if shape & Shape.LONE_ACTIVITY:
        _wrap_activities(members)
        target = _members_of(members["object"])
        if _wrap_activities(target):
            members["object"] = _written(target)
    shape = 0
    for name, flag in _SAID:
        if name in members:
            shape |= flag
    return bytes(_written(members)).decode(), shape


_SAID: Final = (("id", Shape.HAS_ID), ("timestamp", Shape.HAS_TIMESTAMP), ("version", Shape.HAS_VERSION))


def _wrap_activities(members: _Members) -> bool:
    """In a statement's or SubStatement's context; whether there were any. Whatever else happens to be called so is left as
    it is."""
    if "context" not in members:
        return False
    context = _members_of(members["context"])
    if "contextActivities" not in context:
        return False
    by_kind = _members_of(context["contextActivities"])
    for kind, found in by_kind.items():
        if bytes(found).lstrip()[:1] == b"{":
            by_kind[kind] = msgspec.Raw(b"[" + bytes(found) + b"]")
    context["contextActivities"] = _written(by_kind)
    members["context"] = _written(context)
    return True


def _written(members: _Members) -> msgspec.Raw:
    parts = (msgspec.json.encode(name) + b":" + bytes(raw) for name, raw in members.items())
    return msgspec.Raw(b"{" + b",".join(parts) + b"}")


# --- ids and canonical -------------------------------------------------------------------------------------------------

_Change = Callable[[dict[str, Any]], dict[str, Any]]


def ids(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement, as `exact` gives it and parsed, with nothing of agents, activities and verbs but what identifies
    them; the members of a Group are kept where nothing else identifies it."""
    return _changed(statement, _Forms(_actor_id, _verb_id, _activity_id))


def canonical(
    statement: dict[str, Any], definitions: Mapping[str, dict[str, Any]], languages: Sequence[str]
) -> dict[str, Any]:
    """The statement, as `exact` gives it and parsed, with activities as the LRS knows them: `definitions` by activity id,
    where none is held the statement's own. Language maps keep the one language that suits `languages` best, which are
    ranges of Accept-Language in order of preference."""

    def verb(value: dict[str, Any]) -> dict[str, Any]:
        if "display" not in value:
            return value
        return {**value, "display": one_language(value["display"], languages)}

    def activity(value: dict[str, Any]) -> dict[str, Any]:
        held = definitions.get(value["id"], value.get("definition"))
        if held is None:
            return value
        return {**value, "definition": _in_one_language(held, languages)}

    return _changed(statement, _Forms(lambda actor: actor, verb, activity))


def without_others(statement: dict[str, Any], own: Collection[str]) -> dict[str, Any] | None:
    """A statement, as it came and parsed, in which of everybody but these identifiers, in canonical text, nothing is left but the
    name; None where nobody else is in it."""
    others: list[dict[str, Any]] = []

    def actor(who: dict[str, Any]) -> dict[str, Any]:
        identifier = identifier_of(who)
        kept = dict(who)
        if identifier is not None and str(identifier) not in own:
            others.append(who)
            kept = {name: who[name] for name in ("objectType", "name", "member") if name in who}
            if "@" in kept.setdefault("name", SOMEBODY):
                kept["name"] = SOMEBODY
        if "member" in who:
            kept["member"] = [actor(member) for member in who["member"]]
        return kept

    changed = _changed(statement, _Forms(actor, lambda verb: verb, lambda activity: activity))
    return changed if others else None


SOMEBODY: Final = "somebody"


def activity_ids(statement: dict[str, Any]) -> set[str]:
    """Of every activity in it, those of a SubStatement and of contexts included."""
    found: set[str] = set()

    def note(value: dict[str, Any]) -> dict[str, Any]:
        found.add(value["id"])
        return value

    _changed(statement, _Forms(lambda actor: actor, lambda verb: verb, note))
    return found


class _Forms:
    """How each kind of thing in a statement is changed."""

    def __init__(self, actor: _Change, verb: _Change, activity: _Change) -> None:
        self.actor, self.verb, self.activity = actor, verb, activity


def _changed(statement: dict[str, Any], forms: _Forms) -> dict[str, Any]:
    result = dict(statement)
    result["actor"] = forms.actor(statement["actor"])
    result["verb"] = forms.verb(statement["verb"])
    result["object"] = _changed_object(statement["object"], forms)
    if "context" in statement:
        result["context"] = _changed_context(statement["context"], forms)
    if "authority" in statement:
        result["authority"] = forms.actor(statement["authority"])
    return result


def _changed_object(target: dict[str, Any], forms: _Forms) -> dict[str, Any]:
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        return forms.activity(target)
    if kind in ("Agent", "Group"):
        return forms.actor(target)
    return _changed(target, forms) if kind == "SubStatement" else target


def _changed_context(context: dict[str, Any], forms: _Forms) -> dict[str, Any]:
    result = dict(context)
    for name in ("instructor", "team"):
        if name in context:
            result[name] = forms.actor(context[name])
    for name, who in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            result[name] = [{**item, who: forms.actor(item[who])} for item in context[name]]
    if "contextActivities" in context:
        result["contextActivities"] = {
            kind: [
                forms.activity(activity)
                for activity in (activities if isinstance(activities, list) else [activities])
            ]
            for kind, activities in context["contextActivities"].items()
        }
    return result


def _actor_id(actor: dict[str, Any]) -> dict[str, Any]:
    """objectType stays: without it a Group would be an Agent."""
    kept = {name: actor[name] for name in ("objectType", *IFI_MEMBERS) if name in actor}
    if "member" in actor and not any(name in actor for name in IFI_MEMBERS):
        kept["member"] = [_actor_id(agent) for agent in actor["member"]]
    return kept


def _verb_id(verb: dict[str, Any]) -> dict[str, Any]:
    return {"id": verb["id"]}


def _activity_id(activity: dict[str, Any]) -> dict[str, Any]:
    """An object without objectType is an Activity."""
    return {"id": activity["id"]}


_COMPONENTS: Final = ("choices", "scale", "source", "target", "steps")


def _in_one_language(definition: dict[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    result = dict(definition)
    for name in ("name", "description"):
        if name in result:
            result[name] = one_language(result[name], languages)
    for name in _COMPONENTS:
        if name in result:
            result[name] = [
                {**component, "description": one_language(component["description"], languages)}
                if "description" in component
                else component
                for component in result[name]
            ]
    return result


_RANGE = re.compile(
    r"\s*(?P<tag>\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=(?P<q>[01](?:\.\d{0,3})?)\s*)?", re.ASCII
)


def accepted_languages(header: str | None) -> list[str]:
    """The ranges of an Accept-Language header, the most wanted first (RFC 9110 12.5.4). What can't be read is passed over:
    a header that only prefers is no reason to refuse a request."""
    found = [
        (float(match["q"] or 1), match["tag"].lower())
        for part in (header or "").split(",")
        if (match := _RANGE.fullmatch(part))
    ]
    return [tag for q, tag in sorted(found, key=lambda one: -one[0]) if q > 0]


def one_language(languages: dict[str, str], wanted: Sequence[str]) -> dict[str, str]:
    """Of a language map the entry that suits best (RFC 4647 3.4, Lookup; then a longer tag of the same language), else the
    first of it."""
    by_tag = {tag.lower(): tag for tag in languages}
    for asked in wanted:
        subtags = asked.split("-")
        for length in range(len(subtags), 0, -1):
            shorter = "-".join(subtags[:length])
            if shorter in by_tag:
                return {by_tag[shorter]: languages[by_tag[shorter]]}
        for tag, original in by_tag.items():
            if tag.split("-")[0] == subtags[0]:
                return {original: languages[original]}
    first = next(iter(languages), None)
    return {} if first is None else {first: languages[first]}


# --- definitions -------------------------------------------------------------------------------------------------------


def definitions_in(statement: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Activity id → its definition, of the activities that bring one. Twice in a statement: the last holds."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("object", "context"):
        if name in statement:
            found |= definitions_by(name, statement[name])
    return found


def definitions_by(name: str, value: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Those that a statement's member brings, as it was sent: context activities may stand alone."""
    if name == "object":
        if value.get("objectType") == "SubStatement":
            return definitions_in(value)
        activities = [value] if value.get("objectType", "Activity") == "Activity" else []
    elif name == "context":
        lists = value.get("contextActivities", {}).values()
        activities = [one for found in lists for one in (found if isinstance(found, list) else [found])]
    else:
        activities = []
    return {one["id"]: one["definition"] for one in activities if one.get("definition")}


def merged(held: dict[str, Any], came: dict[str, Any]) -> dict[str, Any]:
    """The canonical definition after another one came: what it says holds, and languages and extensions that only the
    former had are kept (Data 2.4.4.1)."""
    result = {**held, **came}
    for name in ("name", "description", "extensions"):
        if name in held and name in came:
            result[name] = {**held[name], **came[name]}
    return result


_CHANGED: Final = ("actor", "verb", "object", "context", "authority")
_write: Final = msgspec.json.Encoder(decimal_format="number").encode


def parse(text: str) -> dict[str, Any]:
    """A statement as `exact` gives it, to be changed and written; what no format changes stays raw."""
    members: dict[str, Any] = dict(_members_of(text))
    for name in _CHANGED:
        if name in members:
            members[name] = documents.parse(bytes(members[name]))
    return members


def write(statement: dict[str, Any]) -> str:
    """The JSON of what `parse` gave."""
    return _write(statement).decode()
