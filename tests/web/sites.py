"""A site that asks the Read API, and what its refusals look like."""

from __future__ import annotations

from typing import Any

from builders import SITE

from lrs_bridge.flows import credentials
from lrs_bridge.web.problems import TYPES

STANDINGS, COURSES, DOCUMENT = "/api/v1/standings", "/api/v1/courses", "/api/v1/openapi.json"


def account(name: str, home_page: str = SITE) -> dict[str, Any]:
    return {"account": {"homePage": home_page, "name": name}}


class Site:
    """A Moodle site and its credential, as its plugin asks."""

    def __init__(self, bridge, *scopes: str, **limits: Any) -> None:
        self.bridge = bridge
        self.credential = bridge.credential(
            "moodle",
            *(scopes or (*credentials.DEFAULT_SCOPES, *credentials.READ_API_SCOPES)),
            **{"home_pages": (SITE,), **limits},
        )

    def ask(self, *agents: Any, **more: Any):
        body = more.pop("body", {"agents": list(agents)})
        return self.bridge.post(body, sender=self.credential, path=STANDINGS, **more)

    def standings(self, *agents: Any) -> list[Any]:
        answer = self.ask(*agents)
        assert answer.status_code == 200, answer.text
        found = answer.get_json()["standings"]
        assert [one["agent"] for one in found] == list(agents)
        return [one["standing"] for one in found]

    def courses(self) -> dict[str, Any]:
        answer = self.bridge.get(path=COURSES, sender=self.credential)
        assert answer.status_code == 200, answer.text
        return {one["key"]: one for one in answer.get_json()["courses"]}


def problem_of(answer, status: int) -> dict[str, Any]:
    """The problem details of a refusal, which are those of its status."""
    body = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    known = TYPES[status]
    assert (body["status"], body["title"]) == (status, known.title)
    assert body["type"].endswith(f"{DOCUMENT}#/x-problem-types/{known.name}")
    assert body["detail"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    return body
