"""Records that people keep by hand, as statements of the bridge's own: the words they are written in, and reading them.

The learner is the actor, an activity of ours the object, who vouched, delivered or decided the context's instructor; the
authority is an account of the bridge, named for who keyed the record. Only statements that the bridge itself sent are read
this way.

    attestation   verb tag:lrs-bridge,2026:attested             object tag:lrs-bridge,2026:attestation/<key>
    membership    verb tag:lrs-bridge,2026:joined               object tag:lrs-bridge,2026:membership/<key>
    completion    verb http://adlnet.gov/expapi/verbs/completed object tag:lrs-bridge,2026:course/<key>
    session       verb http://adlnet.gov/expapi/verbs/attended  object tag:lrs-bridge,2026:session/<uuid>
    champion      verb tag:lrs-bridge,2026:<act>                object tag:lrs-bridge,2026:champion/<area>
    equivalence   verb tag:lrs-bridge,2026:decided              object tag:lrs-bridge,2026:equivalence/<course>

`key` of an attestation is "manager_support", "working_knowledge" or "item:4.1"; a membership's is the body's ("nwg"). An
equivalence has no learner: its actor is who decided. What else was recorded stands in one context extension,
tag:lrs-bridge,2026:record:

    attestation   organisation, area, service_area, by_name, parts, until, note, answer ("no": the word was refused)
    membership    source, number, until
    completion    provider, certificate, by_name (who saw it), organisation, area, note
    session       courses, items, title, by_name (who delivered), organisation, area
    champion      organisation, service_area, by_name, note, met and missing (the standards at that moment)
    equivalence   counts_as, area or organisation, by_name, basis, until
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from lrs_bridge.learning.champions import ACTS
from lrs_bridge.learning.matching import Match
from lrs_bridge.moments import parse_instant

SOURCE = "bridge"
BASE = "tag:lrs-bridge,2026:"
RECORD = BASE + "record"

RecordKind = Literal["attestation", "membership", "course", "session", "champion", "equivalence"]

VERBS: dict[RecordKind, dict[str, str]] = {
    "attestation": {"attested": BASE + "attested"},
    "membership": {"joined": BASE + "joined"},
    "course": {"completed": "http://adlnet.gov/expapi/verbs/completed"},
    "session": {"attended": "http://adlnet.gov/expapi/verbs/attended"},
    "champion": {act: BASE + act for act in ACTS},
    "equivalence": {"decided": BASE + "decided"},
}
"""Kind of record → word → verb."""


def activity_id(kind: RecordKind, key: str) -> str:
    return f"{BASE}{kind}/{key}"


def match_by_hand(statement: Mapping[str, Any], vouched_by: Iterable[str]) -> tuple[Match, ...]:
    """What a statement of the bridge's own is evidence of; `vouched_by`: the identifiers of its instructor."""
    activity, verb = str(statement["object"].get("id", "")), statement["verb"]["id"]
    for kind, verbs in VERBS.items():
        word = next((word for word, iri in verbs.items() if iri == verb), None)
        if word is None or not activity.startswith(f"{BASE}{kind}/"):
            continue
        detail = dict(statement.get("context", {}).get("extensions", {}).get(RECORD, {}))
        detail["by"] = list(vouched_by)
        if detail.get("until"):
            detail["until"] = parse_instant(detail["until"])
        return _matches(kind, activity.removeprefix(f"{BASE}{kind}/"), word, detail)
    return ()


def _matches(kind: RecordKind, key: str, word: str, detail: dict[str, Any]) -> tuple[Match, ...]:
    by = detail.get("by_name") or ", ".join(name.removeprefix("mailto:") for name in detail["by"])
    post = ", ".join(part for name in ("organisation", "service_area") if (part := detail.get(name)))
    where = f" for the post at {post}" if post else ""
    if kind == "attestation":
        if not detail["by"]:
            return (Match(kind, key, counts=False, because="nobody is named who vouches", detail=detail),)
        if detail.get("answer") == "no":
            return (Match(kind, key, counts=False, because=f"{by} answered no{where}", detail=detail),)
        return (Match(kind, key, counts=True, because=f"attested by {by}{where}", detail=detail),)
    if kind == "membership":
        number = f", number {detail['number']}" if detail.get("number") else ""
        return (Match(kind, key, counts=True, because=f"membership checked{number}", detail=detail),)
    if kind == "course":
        said = "recorded by hand" + (f", seen by {by}" if by else "")
        said += f", certificate {detail['certificate']}" if detail.get("certificate") else ""
        return (Match("course", key, counts=True, because=said, detail=detail),)
    if kind == "session":
        said = f"session “{detail.get('title') or 'without a title'}” delivered by {by or 'nobody named'}"
        gives = [*detail.get("courses", ()), *(f"item:{item}" for item in detail.get("items", ()))]
        return tuple(Match("course", one, counts=True, because=said, detail=detail) for one in gives)
    if kind == "champion":
        detail["act"] = word
        return (
            Match(
                kind, key, counts=True, because=f"{word}{where}{f', by {by}' if by else ''}", detail=detail
            ),
        )
    return (Match(kind, key, counts=True, because=f"decided by {by}", detail=detail),)
