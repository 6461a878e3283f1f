"""Activities with their interactions, and references to statements (Data 2.4.4; 2.0.0 4.2.2.3)."""

from __future__ import annotations

from typing import Any, Final

from lrs_bridge.xapi.findings import (
    Check,
    Findings,
    check_choice,
    check_members,
    extensions,
    iri,
    language_map,
    of_type,
    uuid,
)

INTERACTION_TYPES: Final = (
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
)
_COMPONENT_LISTS: Final = ("choices", "scale", "source", "target", "steps")
_NEED_INTERACTION_TYPE: Final = ("correctResponsesPattern", *_COMPONENT_LISTS)


def _object_type_activity(found: Findings, value: Any, where: str) -> None:
    check_choice(found, value, where, "XAPI-00046", ("Activity",))


def _object_type_reference(found: Findings, value: Any, where: str) -> None:
    check_choice(found, value, where, "XAPI-00046", ("StatementRef",))


def _interaction_type(found: Findings, value: Any, where: str) -> None:
    if isinstance(value, str):
        check_choice(found, value, where, "XAPI-00049", INTERACTION_TYPES)
    else:
        found.wrong_type("XAPI-00049", where, value, "the name of an interaction type")


def _response_patterns(found: Findings, value: Any, where: str) -> None:
    """Types only: patterns may be judged by an LRS, but those that exist are too various to refuse for it."""
    if not isinstance(value, list):
        found.wrong_type("Data 2.4.4.1", where, value, "an array of texts")
        return
    for index, pattern in enumerate(value):
        if not isinstance(pattern, str):
            found.wrong_type("Data 2.4.4.1", f"{where}[{index}]", pattern, "text")


def _components(found: Findings, value: Any, where: str) -> None:
    """Whether the list suits the interaction type isn't judged: the standard leaves it open, and authoring tools
    send choices with true-false."""
    if not isinstance(value, list):
        found.wrong_type("Data 2.4.4.1", where, value, "an array of components")
        return
    seen: set[str] = set()
    for index, component in enumerate(value):
        place = f"{where}[{index}]"
        if not isinstance(component, dict):
            found.wrong_type("Data 2.4.4.1", place, component, "an object")
            continue
        identity = component.get("id")
        if "id" not in component:
            found.missing("Data 2.4.4.1", place, "id", "a text that tells this component from the others")
        elif isinstance(identity, str):
            if identity in seen:
                found.add("Data 2.4.4.1", f"{place}.id", "another component has the same id", "another id")
            seen.add(identity)
        check_members(found, component, place, _COMPONENT)


_COMPONENT: Final[dict[str, Check]] = {
    "id": of_type(str, "Data 2.4.4.1"),
    "description": language_map("Data 2.4.4.1"),
}
_DEFINITION: Final[dict[str, Check]] = {
    "name": language_map("XAPI-00056"),
    "description": language_map("XAPI-00059"),
    "type": iri("XAPI-00060"),
    "moreInfo": iri("XAPI-00061"),
    "extensions": extensions("XAPI-00057"),
    "interactionType": _interaction_type,
    "correctResponsesPattern": _response_patterns,
    **dict.fromkeys(_COMPONENT_LISTS, _components),
}


def _definition(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00048", where, value, "an object")
        return
    if "interactionType" not in value:
        for name in _NEED_INTERACTION_TYPE:
            if name in value:
                mend = "add the interactionType, such as choice"
                found.add("XAPI-00064", f"{where}.{name}", "it needs an interactionType beside it", mend)
    check_members(found, value, where, _DEFINITION)


_ACTIVITY: Final[dict[str, Check]] = {
    "objectType": _object_type_activity,
    "id": iri("XAPI-00047"),
    "definition": _definition,
}
_REFERENCE: Final[dict[str, Check]] = {"objectType": _object_type_reference, "id": uuid("XAPI-00072")}


def check_activity(found: Findings, value: Any, where: str, rule: str = "XAPI-00094") -> None:
    """`rule` is named when it isn't an object at all."""
    if not isinstance(value, dict):
        found.wrong_type(rule, where, value, "an Activity")
        return
    if "id" not in value:
        found.missing("XAPI-00047", where, "id", "the activity's IRI")
    check_members(found, value, where, _ACTIVITY)


def check_reference(found: Findings, value: dict[str, Any], where: str) -> None:
    """A StatementRef; its objectType has been seen by the caller."""
    if "id" not in value:
        found.missing("XAPI-00072", where, "id", "the UUID of the statement it refers to")
    check_members(found, value, where, _REFERENCE)
