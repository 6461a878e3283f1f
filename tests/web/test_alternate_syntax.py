"""The alternate request syntax over HTTP."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from urllib.parse import urlencode

import pytest
from builders import VERSION_HEADER, actor_of, new_id, statement
from werkzeug.test import EnvironBuilder, run_wsgi_app

WHO = actor_of("mailto:asha.rao@example.org")
STATE = {"activityId": "https://example.org/activities/1", "agent": json.dumps(WHO), "stateId": "one"}
BARE = {VERSION_HEADER: None, "Content-Type": "application/x-www-form-urlencoded"}


def signed_in(credential) -> dict[str, str]:
    pair = base64.b64encode(f"{credential.key}:{credential.secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}", VERSION_HEADER: "1.0.3"}


@pytest.fixture
def who(bridge):
    return signed_in(bridge.credential("moodle", "all"))


@pytest.fixture
def send(bridge, who):
    """send(method, path, **form): signed in by the form."""

    def sent(method: str, path: str = "/xapi/statements", *, address: str = "", http=None, **form: str):
        return bridge.request(
            "POST",
            urlencode({**who, **form}).encode(),
            path=f"{path}?method={method}{address}",
            headers={**BARE, **(http or {})},
            sender=None,
        )

    return sent


@pytest.mark.requirement("XAPI-00148", "XAPI-00336")
def test_statements(bridge, send):
    sent = statement(id=new_id(), verb="http://example.org/é")
    assert send("PUT", statementId=sent["id"], content=json.dumps(sent)).status_code == 204
    answer = send("POST", content=json.dumps([statement()]), **{"Content-Type": "application/json"})
    assert answer.status_code == 200
    found = send("GET", limit="1", verb="http://example.org/é").get_json()["statements"]
    assert [one["id"] for one in found] == [sent["id"]]
    assert answer.headers[VERSION_HEADER] == "1.0.3"


@pytest.mark.requirement("XAPI-00336")
def test_documents(send):
    path = "/xapi/activities/state"
    told = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": "3"}
    assert send("PUT", path, content="é\0", **told, **STATE).status_code == 204
    answer = send("GET", path, **STATE)
    assert (answer.status_code, answer.data) == (200, "é\0".encode())
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert send("DELETE", path, **STATE, **{"If-Match": '"x"'}).status_code == 412
    assert send("DELETE", path, **STATE, **{"If-Match": answer.headers["ETag"]}).status_code == 204
    assert send("GET", path, **STATE).status_code == 404
    assert send("GET", "/xapi/agents", agent=json.dumps(WHO)).get_json()["objectType"] == "Person"


def test_what_the_form_says_outranks_http(bridge, send):
    http = {VERSION_HEADER: "9", "If-None-Match": '"x"', "Authorization": "Basic eDp5"}
    assert send("GET", http=http).status_code == 200
    assert send("GET", http={VERSION_HEADER: "1.0.3"}, **{VERSION_HEADER: "0.8"}).status_code == 400


@pytest.mark.parametrize("wrong", ["Basic !", "Basic é", "", "Bearer x", "Basic " + "x" * 10_000])
def test_who_asks_is_checked(bridge, send, wrong):
    assert send("GET", Authorization=wrong).status_code == 401
    assert send("GET", address="&limit=1", Authorization=wrong).status_code == 401


@pytest.mark.requirement("XAPI-00336")
@pytest.mark.parametrize("path", ["/xapi/statements", "/xapi/agents", "/xapi/activities/state"])
def test_version_2_has_none(bridge, send, path):
    for method in ("GET", "PUT", "POST", "DELETE"):
        answer = send(method, path, content="{}", **{VERSION_HEADER: "2.0.0"})
        if answer.status_code == 405:
            assert method not in answer.headers["Allow"].split(", ")
            continue
        assert answer.status_code == 400
        assert "2.0.0 has no alternate request syntax" in answer.get_json()["problems"][0]["what"]
    assert bridge.count() == 0


def test_refusals_keep_nothing(bridge, send):
    sent = {"statementId": new_id(), "content": json.dumps(statement())}
    answers = [
        send("PUT", address="&statementId=1", **sent),
        send("PUT", statementId=new_id()),
        send("put", **sent),
        # what isn't read as a form can't say who asks
        send("PUT", http={"Content-Type": "multipart/form-data; boundary=x"}, **sent),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 401]
    assert bridge.count() == 0


def test_another_method_than_post_is_no_form(bridge):
    for method in ("PUT", "GET", "DELETE"):
        answer = bridge.request(method, b"content=1", path="/xapi/activities/state?method=POST")
        assert answer.status_code == 400
        assert answer.get_json()["problems"][0]["rule"] == "XAPI-00336"


def test_only_below_the_prefix(bridge, send):
    assert send("GET", "/health").status_code == 405
    assert send("GET", "/xapi/nowhere").status_code == 404


class TestSize:
    def test_of_the_whole_form_is_held_to_the_limit(self, make_bridge):
        bridge = make_bridge(max_body_bytes=2000)
        who = signed_in(bridge.credential("moodle", "all"))
        form = {**who, **STATE, "content": "x" * 2000}
        answer = bridge.request(
            "POST", urlencode(form).encode(), path="/xapi/activities/state?method=PUT", headers=BARE
        )
        assert answer.status_code == 413

    @pytest.mark.parametrize(("length", "status"), [(100, 204), (5000, 413)])
    def test_of_a_form_in_chunks(self, make_bridge, length, status):
        bridge = make_bridge(max_body_bytes=2000)
        who = signed_in(bridge.credential("moodle", "all"))
        form = urlencode({**who, **STATE, "content": "x" * length, "Content-Type": "text/plain"}).encode()
        environ = EnvironBuilder(
            "/xapi/activities/state", method="POST", query_string="method=PUT",
            headers={"Transfer-Encoding": "chunked", **{k: v for k, v in who.items() if status == 413}},
        ).get_environ()  # fmt: skip
        environ |= {"wsgi.input": BytesIO(form), "wsgi.input_terminated": True}
        environ.pop("CONTENT_LENGTH", None)
        _, answered, _ = run_wsgi_app(bridge.app, environ)
        assert answered.startswith(str(status))
