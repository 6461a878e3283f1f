"""State and profile documents over HTTP, on each kind of database."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from email.utils import format_datetime

import pytest
from builders import VERSION_HEADER, actor_of, new_id

from lrs_bridge.store import documents as kept
from lrs_bridge.xapi.agents import identifier_of
from lrs_bridge.xapi.document_queries import DocumentQuery

PATHS = {
    "state": "/xapi/activities/state",
    "activity": "/xapi/activities/profile",
    "agent": "/xapi/agents/profile",
}
ACTIVITY = "https://example.org/activities/1"
WHO = actor_of("mailto:asha.rao@example.org")
KINDS = [*PATHS]
NEW = {"If-None-Match": "*"}


def naming(kind: str, name: str | None = "one", **more):
    context = {
        "state": {"activityId": ACTIVITY, "agent": WHO},
        "activity": {"activityId": ACTIVITY},
        "agent": {"agent": WHO},
    }
    named = {} if name is None else {"stateId" if kind == "state" else "profileId": name}
    return {**context[kind], **named, **more}


class Shelf:
    """One kind of document of one bridge, asked in one version."""

    def __init__(
        self, bridge, kind: str, *, version: str = "1.0.3", scopes: tuple[str, ...] = ("state", "profile")
    ):
        self.bridge, self.kind, self.version = bridge, kind, version
        self.sender = bridge.credential("moodle", *scopes)

    def ask(self, method, body=None, *, name: str | None = "one", headers=None, **more):
        return self.bridge.request(
            method, body, path=PATHS[self.kind], sender=self.sender,
            headers={VERSION_HEADER: self.version, **(headers or {})}, **naming(self.kind, name, **more),
        )  # fmt: skip

    def get(self, name: str | None = "one", **more):
        return self.ask("GET", name=name, **more)

    def put(self, body, **more):
        return self.ask("PUT", body, **more)

    def post(self, body, **more):
        return self.ask("POST", body, **more)

    def names(self, **more):
        answer = self.get(None, **more)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def made(self, body=b"{}", **more):
        """Posts, which needs no header."""
        answer = self.post(body, **more)
        assert answer.status_code == 204, answer.text
        return answer


@pytest.fixture(params=KINDS)
def shelf(bridge, request):
    return Shelf(bridge, request.param)


class TestOne:
    @pytest.mark.requirement("XAPI-00192", "XAPI-00259", "XAPI-00269", "XAPI-00288")
    @pytest.mark.parametrize("body", [b"", b"\x00\xff\x00", b' {"a":1} ', "é".encode() * 1000])
    @pytest.mark.parametrize("content_type", ["image/png", "text/html; charset=UTF-8", None])
    def test_comes_back_as_it_was_put(self, shelf, clock, body, content_type):
        assert shelf.put(body, headers={"Content-Type": content_type, **NEW}).status_code == 204
        for version in ("1.0.3", "2.0.0"):
            answer = shelf.get(headers={VERSION_HEADER: version})
            assert (answer.status_code, answer.data) == (200, body)
            assert answer.headers["Content-Type"] == (content_type or "application/octet-stream")
            assert answer.headers["ETag"] == f'"{hashlib.sha1(body).hexdigest()}"'
            assert answer.headers["Last-Modified"] == format_datetime(clock(), usegmt=True)
            assert answer.headers[VERSION_HEADER] == version

    @pytest.mark.requirement("XAPI-00125", "XAPI-00126")
    def test_head_is_get_without_the_body(self, shelf):
        shelf.made({"a": 1})
        for name in ("one", None):
            got, head = shelf.get(name), shelf.ask("HEAD", name=name)
            assert head.data == b""
            for answer in (head, got):
                answer.headers.pop("Date", None)  # of this very second
            assert head.headers == got.headers
            assert int(head.headers["Content-Length"]) == len(got.data) > 0
        assert shelf.ask("HEAD", name="none").status_code == 404

    def test_that_is_not_there(self, shelf):
        assert shelf.get().status_code == 404
        assert shelf.names() == []
        assert shelf.ask("DELETE").status_code == 204

    @pytest.mark.requirement("XAPI-00220", "XAPI-00227")
    def test_is_another_by_every_part_of_its_name(self, bridge):
        registration = new_id()
        parts = [
            {}, {"stateId": "One"}, {"registration": registration}, {"registration": new_id()},
            {"agent": actor_of("mailto:ben@example.org")}, {"agent": actor_of("https://a.example|1")},
            {"activityId": "https://example.org/activities/2"},
        ]  # fmt: skip
        shelf = Shelf(bridge, "state")
        for number, part in enumerate(parts):
            shelf.made({"number": number}, **part)
        for number, part in enumerate(parts):
            assert shelf.get(**part).get_json() == {"number": number}
        assert shelf.get(registration=registration.upper()).get_json() == {"number": 2}
        bridge_profile = Shelf(bridge, "activity")
        assert bridge_profile.get().status_code == 404

    def test_is_the_same_for_whom_the_domain_is_written_otherwise(self, bridge):
        shelf = Shelf(bridge, "agent")
        shelf.made({"a": 1})
        named = {"name": "Asha", "objectType": "Agent", "mbox": "mailto:asha.rao@EXAMPLE.org"}
        assert shelf.get(agent=named).get_json() == {"a": 1}

    @pytest.mark.requirement("XAPI-00191", "XAPI-00216", "XAPI-00271", "XAPI-00285", "XAPI-00291")
    def test_is_removed(self, shelf):
        shelf.made()
        shelf.made(name="two")
        assert shelf.ask("DELETE").status_code == 204
        assert (shelf.get().status_code, shelf.names()) == (404, ["two"])

    def test_what_was_kept_for_one_who_has_it(self, shelf, clock):
        shelf.made()
        tag = shelf.get().headers["ETag"]
        unchanged = shelf.get(headers={"If-None-Match": tag})
        assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", tag)
        assert shelf.get(headers={"If-None-Match": '"x"'}).status_code == 200
        assert shelf.get(headers={"If-Match": '"x"'}).status_code == 412
        later = {"If-Modified-Since": format_datetime(clock() + timedelta(hours=1), usegmt=True)}
        assert shelf.get(headers=later).status_code == 200

    def test_acts_as_no_page_of_ours(self, shelf):
        shelf.put(b"<script>alert(1)</script>", headers={"Content-Type": "text/html", **NEW})
        headers = shelf.get().headers
        assert "sandbox" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.requirement(
        "XAPI-00225",
        "XAPI-00226",
        "XAPI-00228",
        "XAPI-00276",
        "XAPI-00277",
        "XAPI-00305",
        "XAPI-00306",
        "XAPI-00307",
    )
    @pytest.mark.parametrize("name", ["", "\0", 'a\0"\\b\u2400', "é \U0001f600", "x" * 5000, "..", "/?#&=+%"])
    def test_any_text_is_a_name(self, shelf, name):
        shelf.made({"a": 1}, name=name)
        assert shelf.get(name).get_json() == {"a": 1}
        assert shelf.names() == [name]

    def test_a_nul_is_not_its_picture(self, bridge):
        shelf = Shelf(bridge, "agent")
        shelf.made({"a": 1}, agent=actor_of("https://a.example|\0"))
        assert shelf.get(agent=actor_of("https://a.example|\u2400")).status_code == 404
        assert shelf.get(agent=actor_of("https://a.example|\0")).status_code == 200


class TestMany:
    @pytest.mark.requirement(
        "XAPI-00141",
        "XAPI-00193",
        "XAPI-00195",
        "XAPI-00221",
        "XAPI-00222",
        "XAPI-00268",
        "XAPI-00270",
        "XAPI-00275",
        "XAPI-00289",
        "XAPI-00294",
        "XAPI-00303",
    )
    def test_are_listed_by_when_they_changed(self, shelf, clock):
        moments = []
        for name in ("a", "b", "c"):
            shelf.made(name=name)
            moments.append(clock().isoformat().replace("+00:00", "Z"))
            clock.advance(timedelta(minutes=1))
        shelf.made(name="a")
        assert shelf.names() == ["b", "c", "a"]
        assert shelf.names(since=moments[1]) == ["c", "a"]
        assert shelf.names(since=clock().isoformat().replace("+00:00", "Z")) == []
        answer = shelf.get(None, since=moments[1])
        assert answer.headers["Last-Modified"] == format_datetime(clock(), usegmt=True)
        assert answer.mimetype == "application/json"
        assert "Last-Modified" not in shelf.get(None, since="2099-01-01T00:00:00Z").headers

    @pytest.mark.requirement("XAPI-00193")
    def test_of_another_context_are_not_listed(self, bridge):
        shelf = Shelf(bridge, "state")
        one, two = new_id(), new_id()
        shelf.made(name="plain")
        shelf.made(name="mine", registration=one)
        shelf.made(name="mine", registration=two)
        shelf.made(name="else", agent=actor_of("mailto:ben@example.org"))
        shelf.made(name="else", activityId="https://example.org/activities/2")
        assert sorted(shelf.names()) == ["mine", "plain"]
        assert shelf.names(registration=one) == ["mine"]
        assert shelf.names(registration=new_id()) == []

    @pytest.mark.requirement("XAPI-00194", "XAPI-00219")
    def test_states_are_removed_together(self, bridge):
        shelf = Shelf(bridge, "state")
        one, two = new_id(), new_id()
        for registration in (one, two):
            shelf.made(name="mine", registration=registration)
        shelf.made(name="plain")
        shelf.made(name="else", agent=actor_of("mailto:ben@example.org"))
        assert shelf.ask("DELETE", name=None, registration=one).status_code == 204
        assert sorted(shelf.names()) == ["mine", "plain"]
        assert shelf.ask("DELETE", name=None).status_code == 204
        assert shelf.names() == []
        assert shelf.names(agent=actor_of("mailto:ben@example.org")) == ["else"]

    def test_profiles_are_not(self, bridge):
        for kind in ("activity", "agent"):
            shelf = Shelf(bridge, kind)
            shelf.made()
            assert shelf.ask("DELETE", name=None).status_code == 400
            assert shelf.names() == ["one"]


class TestMerging:
    @pytest.mark.requirement("XAPI-00183", "XAPI-00184", "XAPI-00234", "XAPI-00279", "XAPI-00308")
    def test_top_level_members(self, shelf, clock):
        shelf.made(b'{"car": {"make": "Ford", "model": 1}, "b": 1.0}')
        clock.advance(timedelta(minutes=1))
        shelf.made(b'{"car": {"make": "Dodge"}, "c": 12345678901234567890123}')
        answer = shelf.get()
        assert answer.data == b'{"car":{"make": "Dodge"},"b":1.0,"c":12345678901234567890123}'
        assert answer.headers["ETag"] == f'"{hashlib.sha1(answer.data).hexdigest()}"'
        assert answer.headers["Last-Modified"] == format_datetime(clock(), usegmt=True)

    @pytest.mark.requirement("XAPI-00182")
    @pytest.mark.parametrize(
        ("content_type", "body"),
        [("text/plain", b"{}"), ("application/json", b"[1]"), ("application/json", b"{")],
    )
    def test_what_cannot_be_merged_changes_nothing(self, shelf, content_type, body):
        shelf.made({"a": 1})
        before = shelf.get()
        answer = shelf.post(body, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
        assert answer.get_json()["problems"]
        after = shelf.get()
        for seen in (before, after):
            seen.headers.pop("Date")  # of the answer, not of the document
        assert (after.data, after.headers) == (before.data, before.headers)

    def test_into_what_is_not_json(self, shelf):
        shelf.put(b"{}", headers={"Content-Type": "text/plain", **NEW})
        assert shelf.post({"a": 1}).status_code == 400
        assert shelf.get().data == b"{}"


class TestConcurrency:
    @pytest.mark.requirement("XAPI-00322")
    @pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
    def test_a_change_that_knows_another_document_is_refused(self, bridge, version):
        for kind in KINDS:
            shelf = Shelf(bridge, kind, version=version)
            shelf.made({"a": 1})
            tag = shelf.get().headers["ETag"]
            for method in ("PUT", "POST", "DELETE"):
                assert shelf.ask(method, {"b": 2}, headers={"If-Match": '"1234"'}).status_code == 412
                assert shelf.ask(method, {"b": 2}, headers=NEW).status_code == 412
            assert shelf.get().get_json() == {"a": 1}
            assert shelf.put({"b": 2}, headers={"If-Match": tag}).status_code == 204
            assert shelf.post({"c": 3}, headers={"If-Match": tag}).status_code == 412
            assert shelf.get().get_json() == {"b": 2}
            assert shelf.ask("DELETE", headers={"If-Match": shelf.get().headers["ETag"]}).status_code == 204
            assert shelf.put({"b": 2}, headers={"If-Match": tag}).status_code == 412
            assert shelf.get().status_code == 404

    @pytest.mark.requirement("XAPI-00273", "XAPI-00322")
    @pytest.mark.parametrize(
        ("kind", "version", "new", "old"),
        [
            ("state", "1.0.3", 204, 204),
            ("state", "2.0.0", 204, 409),
            ("agent", "1.0.3", 400, 409),
            ("agent", "2.0.0", 204, 409),
            ("activity", "1.0.3", 400, 409),
            ("activity", "2.0.0", 204, 409),
        ],
    )
    def test_a_put_that_says_nothing(self, bridge, kind, version, new, old):
        shelf = Shelf(bridge, kind, version=version)
        assert shelf.put({"a": 1}).status_code == new
        assert shelf.get().status_code == (200 if new == 204 else 404)
        shelf.made({"a": 1}, name="two")
        answer = shelf.put({"b": 2}, name="two")
        assert answer.status_code == old
        if old == 409:
            assert "If-Match" in answer.get_json()["title"]
        assert shelf.get("two").get_json() == ({"b": 2} if old == 204 else {"a": 1})

    def test_one_of_many_at_once_is_first(self, shelf):
        """Each says that it knows of no document."""
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: shelf.put({"n": n}, headers=NEW).status_code, range(8)))
        assert sorted(answers) == [204] + [412] * 7
        assert shelf.get().get_json() == {"n": answers.index(204)}

    def test_no_update_is_lost(self, shelf):
        """Each reads, adds one and writes what it knows of, until it was let."""
        shelf.made({"count": 0})

        def add_one(_):
            for _try in range(200):
                held = shelf.get()
                changed = {"count": held.get_json()["count"] + 1}
                answer = shelf.put(changed, headers={"If-Match": held.headers["ETag"]})
                if answer.status_code == 204:
                    return
                assert answer.status_code == 412
            raise AssertionError("never let")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add_one, range(12)))
        assert shelf.get().get_json() == {"count": 12}

    def test_posts_at_once_are_all_merged(self, shelf):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: shelf.post({str(n): n}).status_code, range(8)))
        assert answers == [204] * 8
        assert shelf.get().get_json() == {str(n): n for n in range(8)}

    @pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
    def test_removing_a_context_waits_for_a_change_under_way(self, bridge):
        """Else the change, which knew the document, would bring it back."""
        shelf = Shelf(bridge, "state")
        shelf.made()
        query = DocumentQuery("state", ACTIVITY, identifier_of(WHO), name="one")
        changed = kept.Document("application/json", b'{"a":1}', "x", bridge.clock())
        with ThreadPoolExecutor(1) as pool:
            with bridge.database.engine.connect() as session, session.begin():
                assert kept.hold(session, query) is not None
                removal = pool.submit(shelf.ask, "DELETE", name=None)
                wait([removal], timeout=1)
                assert not removal.done()
                kept.put(session, query, changed, client_id=1)
            assert removal.result().status_code == 204
        assert shelf.names() == []


class TestRefusals:
    def test_tell_everything_and_keep_nothing(self, bridge):
        shelf = Shelf(bridge, "state")
        answer = shelf.put({}, agent="{", registration="1", colour="red")
        assert answer.status_code == 400
        told = {one["where"]: one["rule"] for one in answer.get_json()["problems"]}
        assert set(told.values()) == {"XAPI-00199", "XAPI-00203", "XAPI-00324"}
        assert shelf.names() == []

    def test_of_what_is_not_utf_8(self, shelf):
        answer = shelf.bridge.request("GET", path=f"{PATHS[shelf.kind]}?agent=%FF&x=%zz", sender=shelf.sender)
        assert answer.status_code == 400
        assert len(answer.get_json()["problems"]) == 2

    def test_of_what_grows_too_large(self, make_bridge):
        shelf = Shelf(make_bridge(max_body_bytes=1000), "state")
        for number, status in ((1, 204), (2, 204), (3, 413)):
            body = json.dumps({str(number): "x" * 400}).encode()
            assert shelf.post(body).status_code == status
        assert set(shelf.get().get_json()) == {"1", "2"}

    def test_of_what_is_too_large(self, make_bridge):
        shelf = Shelf(make_bridge(max_body_bytes=1000), "state")
        assert shelf.put(b"x" * 1001, headers={"Content-Type": "text/plain"}).status_code == 413
        assert shelf.put(b"x" * 1000, headers={"Content-Type": "text/plain"}).status_code == 204

    @pytest.mark.parametrize("method", ["PATCH", "TRACE"])
    def test_of_other_methods(self, shelf, method):
        answer = shelf.ask(method)
        assert answer.status_code == 405
        assert {"GET", "HEAD", "PUT", "POST", "DELETE"} <= set(answer.headers["Allow"].split(", "))

    @pytest.mark.requirement("Communication 2.2")
    def test_of_what_is_no_media_type(self, shelf):
        assert shelf.put(b"", headers={"Content-Type": "json", **NEW}).status_code == 400
        assert shelf.names() == []

    @pytest.mark.parametrize(("version", "status"), [("1.0", 204), ("1.0.2", 204), ("1.0.3", 400)])
    def test_of_a_new_profile_not_said_to_be_new(self, bridge, version, status):
        """Clients older than 1.0.3 never say so."""
        shelf = Shelf(bridge, "agent")
        assert shelf.put({"a": 1}, headers={VERSION_HEADER: version}).status_code == status
        assert shelf.names() == (["one"] if status == 204 else [])


MAY = {
    "state": {"state": "all"},
    "profile": {"agent": "all", "activity": "all"},
    "all/read": dict.fromkeys(KINDS, "read"),
    "all": dict.fromkeys(KINDS, "all"),
    "statements/read": {},
    "define": {},
}


class TestScopes:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("scope", MAY)
    def test_who_may_what(self, bridge, kind, scope):
        Shelf(bridge, kind).made({"a": 1})
        shelf = Shelf(bridge, kind, scopes=(scope,))
        may = MAY[scope].get(kind)
        reads = [shelf.get().status_code, shelf.get(None).status_code, shelf.ask("HEAD").status_code]
        assert reads == [200 if may else 403] * 3
        changes = [shelf.put({}, headers={"If-Match": "*"}), shelf.post({"b": 2}), shelf.ask("DELETE")]
        assert [answer.status_code for answer in changes] == [204 if may == "all" else 403] * 3
        gone = may == "all"
        assert Shelf(bridge, kind).get().status_code == (404 if gone else 200)

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_default_credential_may_nothing(self, bridge, kind):
        answer = bridge.get(path=PATHS[kind], **naming(kind))
        assert answer.status_code == 403
        assert "scope" in answer.get_json()["title"]
        assert bridge.post({}, path=PATHS[kind], **naming(kind)).status_code == 403
        assert bridge.get(path=PATHS[kind], sender=None, **naming(kind)).status_code == 401


def test_json_of_names_is_readable(bridge):
    shelf = Shelf(bridge, "agent")
    shelf.made(name="é")
    assert shelf.get(None).data == json.dumps(["é"], ensure_ascii=False).encode()
