"""Valid statements, and how to break one of them in exactly one way."""

from __future__ import annotations

import copy
import json
from typing import Any

BOTH = ("1.0.3", "2.0.0")
GONE = object()

AGENT = {"objectType": "Agent", "name": "Anna", "mbox": "mailto:anna@example.org"}
ACCOUNT = {"account": {"homePage": "https://moodle.example.org", "name": "4711"}}
GROUP = {"objectType": "Group", "name": "Team", "member": [{"mbox": "mailto:ben@example.org"}, ACCOUNT]}
REFERENCE = {"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"}
ACTIVITY = {"id": "https://moodle.example.org/course/view.php?id=42"}
ATTACHMENT = {
    "usageType": "https://example.org/usage/certificate",
    "display": {"en": "Certificate"},
    "description": {"en-GB": "Of completion"},
    "contentType": 'application/pdf; name="a b.pdf"',
    "length": 27,
    "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    "fileUrl": "https://example.org/certificate.pdf",
}

FULL: dict[str, Any] = {
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": AGENT,
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/completed",
        "display": {"en-GB": "completed", "x-pirate": "done"},
    },
    "object": {
        "objectType": "Activity",
        **ACTIVITY,
        "definition": {
            "name": {"en": "Chemistry"},
            "description": {"de-CH-1996": "Chemie"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "https://example.org/more",
            "interactionType": "choice",
            "correctResponsesPattern": ["golf[,]tetris"],
            "choices": [{"id": "golf", "description": {"en": "Golf"}}, {"id": "tetris"}],
            "extensions": {"https://example.org/ext": None},
        },
    },
    "result": {
        "score": {"scaled": 0.8, "raw": 80, "min": 0, "max": 100},
        "success": True,
        "completion": False,
        "response": "golf",
        "duration": "PT1H30M",
        "extensions": {"https://example.org/ext": {"deep": [None, ""]}},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": GROUP,
        "team": GROUP,
        "contextActivities": {
            "parent": [ACTIVITY],
            "grouping": ACTIVITY,
            "category": [],
            "other": [{"objectType": "Activity", **ACTIVITY}, {"id": "urn:example:2"}],
        },
        "revision": "3",
        "platform": "Moodle",
        "language": "en-GB",
        "statement": REFERENCE,
        "extensions": {"tag:example.org,2024:x": ""},
    },
    "timestamp": "2024-03-01T09:30:00+00:00",
    "stored": "2024-03-01T09:30:01.123Z",
    "authority": ACCOUNT,
    "version": "1.0.3",
    "attachments": [ATTACHMENT],
}

SMALL: dict[str, Any] = {"actor": ACCOUNT, "verb": {"id": "urn:example:did"}, "object": ACTIVITY}

WITH_SUBSTATEMENT: dict[str, Any] = {
    **SMALL,
    "object": {
        "objectType": "SubStatement",
        **SMALL,
        "timestamp": "2034-03-01T09:30:00Z",
        "context": {"platform": "Moodle"},
        "attachments": [ATTACHMENT],
        "result": {},
    },
}

CONTEXT_2_0: dict[str, Any] = {
    **SMALL,
    "context": {
        "contextAgents": [
            {
                "objectType": "contextAgent",
                "agent": AGENT,
                "relevantTypes": ["https://example.org/types/player"],
            },
        ],
        "contextGroups": [
            {"objectType": "contextGroup", "group": GROUP},
        ],
    },
}


def changed(statement: dict[str, Any], *changes: tuple[str, Any]) -> dict[str, Any]:
    """A copy with the value at each dotted path replaced, added or, by GONE, removed."""
    # By way of JSON, or what stands in several places would stay one object and change in all of them.
    result = json.loads(json.dumps(statement))
    for path, value in changes:
        *way, last = path.split(".")
        place: Any = result
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if value is GONE:
            del place[last]
        elif isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = copy.deepcopy(value)
    return result


def as_body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
