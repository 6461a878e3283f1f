"""Records that people keep by hand, as statements of the bridge's own: the words they are written in, and reading them.

The learner is the actor, an activity of ours the object, who vouched the context's instructor; the authority is an account
of the bridge, named for who keyed the record. Only statements that the bridge itself sent are read this way.

    attestation   verb tag:lrs-bridge,2026:attested   object tag:lrs-bridge,2026:attestation/<key>
    membership    verb tag:lrs-bridge,2026:joined     object tag:lrs-bridge,2026:membership/<key>

`key` is "manager_support", "working_knowledge" or "item:4.1"; a membership's is the body's ("nwg"). What else was recorded
stands in one context extension, tag:lrs-bridge,2026:record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lrs_bridge.learning.matching import Kind, Match
from lrs_bridge.moments import parse_instant

SOURCE = "bridge"
BASE = "tag:lrs-bridge,2026:"
RECORD = BASE + "record"
VERBS: dict[Kind, str] = {"attestation": BASE + "attested", "membership": BASE + "joined"}


def activity_id(kind: Kind, key: str) -> str:
    return f"{BASE}{kind}/{key}"


def match_by_hand(statement: Mapping[str, Any], vouched_by: Iterable[str]) -> tuple[Match, ...]:
    """What a statement of the bridge's own is evidence of; `vouched_by`: the identifiers of its instructor."""
    activity = str(statement["object"].get("id", ""))
    for kind, verb in VERBS.items():
        if statement["verb"]["id"] == verb and activity.startswith(f"{BASE}{kind}/"):
            detail = dict(statement.get("context", {}).get("extensions", {}).get(RECORD, {}))
            detail["by"] = list(vouched_by)
            if detail.get("until"):
                detail["until"] = parse_instant(detail["until"])
            key = activity.removeprefix(f"{BASE}{kind}/")
            if kind == "attestation" and not detail["by"]:
                return (Match(kind, key, counts=False, because="nobody is named who vouches", detail=detail),)
            return (Match(kind, key, counts=True, because=_said(kind, detail), detail=detail),)
    return ()


def _said(kind: Kind, detail: Mapping[str, Any]) -> str:
    if kind == "attestation":
        return f"attested by {detail.get('by_name') or ', '.join(detail['by'])}"
    number = f", number {detail['number']}" if detail.get("number") else ""
    return f"membership checked{number}"
