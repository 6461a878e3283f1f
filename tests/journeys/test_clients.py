"""The bridge as clients that others wrote see it: Python's tincan, and npm's tincanjs, @xapi/xapi and @xapi/cmi5.

The scripts that drive npm's stand in tests/clients. What each sent is compared with what the bridge then gives.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
import tincan
from builders import ATTEMPTED, COMPLETED, VOIDED, Served, new_id
from tincan.documents import ActivityProfileDocument, AgentProfileDocument, StateDocument

SCOPES = ("statements/write", "statements/read", "state", "profile", "define")
ACTIVITY = "https://content.example.org/cse?part=1&sprache=d%C3%A9"
ACTOR = {
    "objectType": "Agent",
    "name": "Asha Räo",
    "account": {"homePage": "https://moodle.example", "name": "asha+1"},
}
TEXT = "Bestätigt: Asha Räo – ✓\r\n--not a boundary\r\n"
HAPPENED = "2026-03-02T09:00:00.123Z"
BINARY = bytes(range(256)) * 40 + b"\r\n--"


@pytest.fixture
def service(serve, database_url) -> Served:
    return serve(database_url)


@pytest.fixture
def credential(service) -> tuple[str, str]:
    return service.credential("moodle", *SCOPES)


@pytest.fixture
def ask(service, credential):
    """ask("activities/state", …): the answer to a GET of the test's own."""
    with service.sender(credential) as sender:
        yield lambda resource, **query: sender.get(f"{service.url}/xapi/{resource}", params=query, timeout=30)


def given(service: Served, credential: tuple[str, str]) -> dict[str, Any]:
    """What every script is told."""
    return {
        "endpoint": f"{service.url}/xapi/",
        "key": credential[0],
        "secret": credential[1],
        "actor": ACTOR,
        "activity": ACTIVITY,
        "verb": ATTEMPTED,
        "others": COMPLETED,
        "voided": VOIDED,
        "registration": new_id(),
    }


def held(ask, id_: str, **query: str) -> dict[str, Any]:
    answer = ask("statements", statementId=id_, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def contains(whole: Any, part: Any) -> bool:
    """Whether all that `part` says stands in `whole`, which the LRS may have added members to."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and contains(whole[name], value) for name, value in part.items()
        )
    return bool(whole == part)


# --- Python's tincan -------------------------------------------------------------------------------------------------


class Recording(tincan.RemoteLRS):
    """The client sends every state twice, and hands back the second answer alone: this one knows of both."""

    _props: ClassVar = [*tincan.RemoteLRS._props, "statuses"]

    def _send_request(self, request):
        answer = super()._send_request(request)
        self.statuses.append(answer.response.status)
        return answer

    def told(self) -> list[int]:
        """The statuses of the answers since this was last asked."""
        told, self.statuses = self.statuses, []
        return told


@pytest.fixture
def lrs(service, credential) -> Recording:
    key, secret = credential
    return Recording(
        endpoint=f"{service.url}/xapi", username=key, password=secret, version="1.0.1", statuses=[]
    )


def agent() -> tincan.Agent:
    return tincan.Agent(deepcopy(ACTOR))  # which it writes into


def made_statement(verb: str = ATTEMPTED, **members: Any) -> tincan.Statement:
    return tincan.Statement(
        {"actor": deepcopy(ACTOR), "verb": {"id": verb}, "object": {"id": ACTIVITY}, **members}
    )


class TestTincan:
    def test_statements(self, lrs, ask):
        assert "1.0.3" in lrs._send_request(tincan.HTTPRequest(method="GET", resource="about")).data
        result = {"score": {"scaled": 0.75, "raw": 3, "min": 0, "max": 4}, "success": True}
        one = lrs.save_statement(made_statement(id=new_id(), result=result, timestamp=HAPPENED))
        assert one.success, one.data
        batch = lrs.save_statements(
            [made_statement(COMPLETED, result={"response": f"{n}"}) for n in range(5)]
        )
        assert batch.success, batch.data
        ids = [statement.id for statement in batch.content]

        got = lrs.retrieve_statement(one.content.id)
        assert json.loads(got.data) == held(ask, one.content.id)
        assert contains(json.loads(got.data), json.loads(one.content.to_json("1.0.1")))

        asked = {"agent": agent(), "verb": tincan.Verb(id=COMPLETED), "limit": 2}
        page = lrs.query_statements(asked)
        found = [statement.id for statement in page.content.statements]
        while page.content.more:
            page = lrs.more_statements(page.content)
            found += [statement.id for statement in page.content.statements]
        assert found == ids[::-1]

        target = tincan.StatementRef(id=ids[0])
        void = tincan.Statement(actor=agent(), verb=tincan.Verb(id=VOIDED), object=target)
        assert lrs.save_statement(void).success
        assert lrs.retrieve_statement(ids[0]).response.status == 404
        assert lrs.retrieve_voided_statement(ids[0]).content.id == ids[0]

        # It can't send contents, so each of its attachments must have a fileUrl.
        attachment = {
            "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
            "display": {"en": "Certificate"},
            "contentType": "application/pdf",
            "length": 4711,
            "sha2": hashlib.sha256(b"elsewhere").hexdigest(),
            "fileUrl": "https://content.example.org/certificate.pdf",
        }
        saved = lrs.save_statement(made_statement(attachments=[attachment]))
        assert saved.success, saved.data
        assert held(ask, saved.content.id)["attachments"] == [attachment]
        del attachment["fileUrl"]
        refused = lrs.save_statement(made_statement(attachments=[attachment]))
        assert refused.response.status == 400

    def test_states(self, lrs, ask):
        activity, learner = tincan.Activity(id=ACTIVITY), agent()
        where = {"activityId": ACTIVITY, "agent": json.dumps(ACTOR)}
        state = StateDocument(id="bookmark", activity=activity, agent=learner, content=bytearray(b"slide 4"))
        lrs.save_state(state)
        assert lrs.told() == [204, 204]
        answer = ask("activities/state", stateId="bookmark", **where)
        assert (answer.content, answer.headers["Content-Type"]) == (b"slide 4", "application/octet-stream")

        state.etag, state.content = answer.headers["ETag"], bytearray(b"slide 5")
        lrs.save_state(state)
        assert lrs.told() == [204, 412]  # the second names what the first replaced
        state.content = bytearray(b"slide 6")
        lrs.save_state(state)
        assert lrs.told() == [412, 412]
        assert ask("activities/state", stateId="bookmark", **where).content == b"slide 5"

        assert lrs.retrieve_state_ids(activity, learner).content == ["bookmark"]
        state.etag = None
        assert lrs.delete_state(state).success
        assert lrs.retrieve_state_ids(activity, learner).content == []
        lrs.save_state(state)
        assert lrs.clear_state(activity, learner).success
        assert lrs.retrieve_state(activity, learner, "bookmark").response.status == 404

    def test_profiles(self, lrs, ask):
        for kind, of, made, where in (
            ("activity", tincan.Activity(id=ACTIVITY), ActivityProfileDocument, {"activityId": ACTIVITY}),
            ("agent", agent(), AgentProfileDocument, {"agent": json.dumps(ACTOR)}),
        ):
            save, names = getattr(lrs, f"save_{kind}_profile"), getattr(lrs, f"retrieve_{kind}_profile_ids")
            resource = {"activity": "activities/profile", "agent": "agents/profile"}[kind]
            profile = made(id="settings", content_type="application/json", **{kind: of})
            profile.content = bytearray(b'{"a": 1}')
            assert save(profile).success  # though it never says that it is a new one
            first = ask(resource, profileId="settings", **where)
            assert first.json() == {"a": 1}
            profile.content = bytearray(b'{"a": 2}')
            assert save(profile).response.status == 409
            profile.etag = first.headers["ETag"]
            assert save(profile).success
            assert save(profile).response.status == 412
            assert ask(resource, profileId="settings", **where).json() == {"a": 2}
            assert names(of).content == ["settings"]
            profile.etag = None
            assert getattr(lrs, f"delete_{kind}_profile")(profile).success
            assert names(of).content == []


# --- npm's -----------------------------------------------------------------------------------------------------------


def test_tincanjs(service, credential, ask, javascript):
    told = javascript("tincanjs.mjs", **given(service, credential), text=TEXT)
    assert "1.0.3" in told["versions"]

    seen = told["statements"]
    assert contains(held(ask, seen["sent"]["id"]), seen["sent"])
    assert contains(held(ask, seen["sent"]["id"]), seen["got"])
    newest_first = seen["ids"][::-1]
    assert seen["pages"] == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert seen["stillThere"] == {"status": 404}
    assert seen["voided"] == seen["gone"] == seen["ids"][0]

    seen = told["documents"]
    assert seen["bookmark"] == {"slide": 4, "été": True}
    assert seen["merged"] == {"slide": 4, "été": True, "seen": [1]}
    assert (sorted(seen["ids"]), seen["left"], seen["dropped"]) == (
        ["bookmark", "suspend"],
        ["bookmark"],
        None,
    )
    for kind, query in (("Activity", {"activityId": ACTIVITY}), ("Agent", {"agent": json.dumps(ACTOR)})):
        assert seen[kind]["statuses"] == [204, 204, 412, 412]  # what names no ETag is sent as new
        assert seen[kind]["contents"] == [{"a": 1}, {"a": 2}]
        assert seen[kind]["ids"] == ["settings"]
        resource = {"Activity": "activities/profile", "Agent": "agents/profile"}[kind]
        assert ask(resource, profileId="settings", **query).json() == {"a": 2}

    assert told["attachments"]["texts"] == [TEXT, TEXT]
    whole = ask("statements", statementId=told["attachments"]["id"], attachments="true")
    assert TEXT.encode() in whole.content
    assert told["activity"]["definition"]["name"] == {"en-GB": "Spotting the signs – Anzeichen"}


@pytest.mark.parametrize(("version", "adapter"), [("1.0.3", "axios"), ("2.0.0", "fetch")])
def test_xapi_of_npm(service, credential, ask, javascript, version, adapter):
    content = base64.b64encode(BINARY).decode()
    told = javascript(
        "xapijs.mjs", **given(service, credential), version=version, adapter=adapter, content=content
    )
    assert {"1.0.3", "2.0.0"} <= set(told["about"]["version"])

    seen = told["statements"]
    one = held(ask, seen["one"])
    assert seen["got"] == one
    assert (one["result"]["score"], one["version"]) == ({"scaled": 1, "raw": 100}, version)
    assert seen["pages"] == [seen["ids"][:2], seen["ids"][2:4], seen["ids"][4:]]
    assert (seen["stillThere"], seen["voided"]) == (404, seen["ids"][0])

    seen = told["documents"]
    assert (seen["bookmark"], seen["merged"]) == ({"slide": 4}, {"slide": 4, "seen": [1]})
    assert (seen["stale"], sorted(seen["ids"]), seen["left"], seen["none"]) == (
        412,
        ["bookmark", "other"],
        ["bookmark"],
        [],
    )
    for kind in ("Activity", "Agent"):
        assert seen[kind]["statuses"] == [204, 204, 412, 412]
        assert seen[kind]["contents"] == [{"a": 1}, {"a": 2}]
        assert (seen[kind]["ids"], seen[kind]["left"]) == (["settings"], [])

    seen = told["attachments"]
    assert (seen["parts"], seen["got"]) == (2, seen["id"])
    whole = ask("statements", statementId=seen["id"], attachments="true").content
    assert BINARY in whole
    assert told["activity"]["id"] == ACTIVITY
    assert told["person"]["account"] == [ACTOR["account"]]
    assert told["person"]["name"] == [ACTOR["name"]]


# --- a cmi5 session --------------------------------------------------------------------------------------------------


@contextmanager
def fetch_address(credential: tuple[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Where a cmi5 unit gets its token, and what it asked: once, and by POST (cmi5 8.2)."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            token = base64.b64encode(":".join(credential).encode()).decode()
            body = json.dumps({"auth-token": token}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/token", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


CMI5 = "https://w3id.org/xapi/cmi5/context"


@pytest.mark.parametrize("move_on", [False, True])
def test_a_cmi5_session(service, credential, ask, javascript, move_on):
    registration, session = new_id(), new_id()
    launch_data = {
        "contextTemplate": {
            "extensions": {f"{CMI5}/extensions/sessionid": session},
            "contextActivities": {"grouping": [{"id": "https://content.example.org/au"}]},
        },
        "launchMode": "Normal",
        "moveOn": "CompletedAndPassed",
        "masteryScore": 0.8,
    }
    where = {"activityId": ACTIVITY, "agent": json.dumps(ACTOR)}
    with service.sender(credential) as sender:
        kept = {"stateId": "LMS.LaunchData", "registration": registration, **where}
        resource = f"{service.url}/xapi/activities/state"
        assert sender.put(resource, params=kept, json=launch_data, timeout=30).status_code == 204
        profile = {"agent": where["agent"], "profileId": "cmi5LearnerPreferences"}
        preferences = {"languagePreference": "en-GB,de", "audioPreference": "off"}
        resource = f"{service.url}/xapi/agents/profile"
        new = {"If-None-Match": "*"}
        put = sender.put(resource, params=profile, json=preferences, headers=new, timeout=30)
        assert put.status_code == 204
    with fetch_address(credential) as (fetch, asked):
        parameters = {
            "endpoint": f"{service.url}/xapi/",
            "fetch": fetch,
            "actor": json.dumps(ACTOR),
            "registration": registration,
            "activityId": ACTIVITY,
        }
        launch = f"https://content.example.org/au/index.html?{urlencode(parameters)}"
        told = javascript("cmi5.mjs", launch=launch, moveOn=move_on)
    assert asked == ["/token"]
    assert told["launchData"] == launch_data
    assert told["preferences"] == preferences

    answer = ask("statements", registration=registration, ascending="true").json()["statements"]
    verbs = [one["verb"]["id"].rpartition("/")[2] for one in answer]
    outcome = ["passed", "completed"] if move_on else ["completed", "passed"]
    assert verbs == ["initialized", "progressed", "answered", *outcome, "terminated"]
    sent = [id_ for ids in told["sent"].values() for id_ in ids]
    assert [one["id"] for one in answer] == sent
    for one in answer:
        assert one["actor"] == ACTOR
        assert one["context"]["extensions"][f"{CMI5}/extensions/sessionid"] == session
    by_verb = dict(zip(verbs, answer, strict=True))
    assert by_verb["passed"]["result"]["score"] == {"scaled": 0.9}
    assert by_verb["passed"]["context"]["extensions"][f"{CMI5}/extensions/masteryscore"] == 0.8
    moving = {one["id"] for one in by_verb["completed"]["context"]["contextActivities"]["category"]}
    assert moving == {f"{CMI5}/categories/cmi5", f"{CMI5}/categories/moveon"}
    related = ask(
        "statements", activity="https://content.example.org/au", related_activities="true", format="ids"
    )
    assert {one["id"] for one in related.json()["statements"]} == set(sent)


# --- content launched by a link --------------------------------------------------------------------------------------


def test_a_launch_link_is_opened(service, credential, ask, javascript):
    activity = "https://content.example.org/cse"
    asked = ["--learner", "https://moodle.example|asha+1", "--activity", activity, "--name", "Asha Räo"]
    # on this machine, since https content may not send to a bridge without
    made = service.run(
        "launch-link", "http://localhost:8080/cse/story.html#2", *asked, "--source", "nwg", "--json"
    )
    assert made.returncode == 0, made.stderr
    link = json.loads(made.stdout)
    told = javascript("launched.mjs", link=link["url"], verb=COMPLETED)
    assert (
        told["refused"] == "saveStatement: 400"
    )  # tincanjs repeats the address's own parameters in its requests
    for one in told["opened"]:
        assert one["state"] == "slide 4"
        assert contains(one["actor"], {"account": ACTOR["account"], "name": ACTOR["name"]})
        stored = held(ask, one["id"])
        assert stored["object"]["id"] == activity
        assert stored["context"]["registration"] == link["registration"]
