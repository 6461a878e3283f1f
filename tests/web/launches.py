"""Launch links to test with: Asha's, in one activity of content hosted elsewhere."""

from __future__ import annotations

import base64
from urllib.parse import unquote, urlsplit

from builders import ATTEMPTED, SOURCES, statement

from lrs_bridge.flows import launch
from lrs_bridge.store.clients import NewClient

CONTENT = "https://content.example.org"
ACTIVITY = "https://content.example.org/cse"
ASHA, BEN = "https://moodle.council.example|4711", "mailto:ben@example.org"
REGISTRATION = "6f1c9d7e-8a6b-4c0e-9a55-0f2f8f0d2b11"


def link(bridge, content: str = f"{CONTENT}/cse/story.html", **changed) -> launch.Link:
    asked = {
        "learner": ASHA,
        "activity": ACTIVITY,
        "registration": REGISTRATION,
        "source": "nwg",
        "hours": 8,
        "name": "",
        **changed,
    }
    return bridge.database.write(
        lambda session: launch.make_link(
            session,
            launch.Wanted(content, **asked),
            known_sources=SOURCES,
            public_url=bridge.settings.public_url,
            now=bridge.clock(),
            who="the tests",
        )
    )


def parameters(made: launch.Link) -> dict[str, str]:
    """As content reads them, by decodeURIComponent."""
    pairs = (pair.partition("=") for pair in urlsplit(made.url).query.split("&"))
    return {name: unquote(value) for name, _, value in pairs}


def sender(made: launch.Link) -> NewClient:
    kind, _, credential = parameters(made)["auth"].partition(" ")
    assert kind == "Basic"
    key, _, secret = base64.b64decode(credential).decode().partition(":")
    return NewClient(key, secret)


def in_launch(**members):
    return {**statement(ASHA, ATTEMPTED, ACTIVITY), "context": {"registration": REGISTRATION}, **members}
