"""What is kept of refused requests: enough to see who sends what wrongly, bounded, and never at the cost of the answer."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from builders import VERSION_HEADER, new_id, statement, wait_until
from web.launches import in_launch, link, sender
from web.multiparts import MIXED, attaching
from web.multiparts import request as multiparts

from lrs_bridge.errors import Conflict, Forbidden, Unavailable
from lrs_bridge.flows import refused, status
from lrs_bridge.store import refused as rows
from lrs_bridge.store.database import Database

WRONG_ACTOR = {**statement(), "actor": {"mbox": "asha.rao@example.org"}}


def kept(bridge, **asked):
    wanted = {"days": 30, "source": None, "limit": 1_000, **asked}
    return bridge.database.read(lambda session: refused.listing(session, bridge.clock(), **wanted))


class TestWhatIsKept:
    def test_of_a_wrong_statement(self, bridge):
        answer = bridge.post([statement(), WRONG_ACTOR], sender="nwg")
        assert answer.status_code == 400
        [one] = kept(bridge)
        assert (one["method"], one["path"], one["status"]) == ("POST", "/xapi/statements", 400)
        assert (one["source"], one["times"]) == ("nwg", 1)
        title, first, *_ = one["reason"].split("\n")
        assert title == answer.get_json()["title"]
        assert "$[1].actor.mbox" in first
        assert "XAPI-" in first
        assert one["excerpt"].startswith('[{"actor"')

    def test_only_the_first_problems_and_the_beginning_of_the_body(self, bridge):
        bridge.post([WRONG_ACTOR] * 300)
        [one] = kept(bridge)
        assert len(one["excerpt"]) == 500
        assert len(one["reason"].split("\n")) == 7
        assert "and 295 more problems" in one["reason"]

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"method": "POST", "body": statement(), "sender": None}, 401),
            ({"method": "POST", "body": statement(), "sender": "reader"}, 403),
            ({"method": "GET", "path": "/xapi/nowhere"}, 404),
            ({"method": "DELETE"}, 405),
            ({"method": "POST", "body": statement(), "headers": {"Content-Type": "text/plain"}}, 400),
            ({"method": "GET", "headers": {"X-Experience-API-Version": "9"}}, 400),
            ({"method": "OPTIONS", "sender": None, "headers": {"Origin": "https://x.example", "Access-Control-Request-Method": "PUT"}}, 403),
            ({"method": "GET", "path": "/api/v1/courses", "sender": None}, 401),
            ({"method": "GET", "path": "/api/v1/courses"}, 403),
        ],
    )  # fmt: skip
    def test_every_refusal_of_the_xapi_and_of_access_to_the_read_api(self, bridge, sent, status):
        bridge.credentials["reader"] = bridge.credential("nwg", "statements/read")
        assert bridge.request(**sent).status_code == status
        [one] = kept(bridge)
        assert (one["method"], one["status"]) == (sent["method"], status)
        assert one["reason"]

    def test_not_what_goes_well_or_is_asked_for_in_vain(self, bridge):
        bridge.stored(statement())
        assert bridge.get(statementId=new_id()).status_code == 404
        assert bridge.request("HEAD", statementId=new_id(), headers={"Content-Type": None}).status_code == 404
        for path, code in (("/nowhere", 404), ("/api/v1/nowhere", 404), ("/health", 503), ("/", 200)):
            assert bridge.get(path=path).status_code == code
        assert (
            bridge.get(
                path="/api/v1/courses", x="1", sender=bridge.credential("moodle", "courses/read")
            ).status_code
            == 400
        )
        assert kept(bridge) == []

    def test_other_content_under_an_id_that_is_held(self, bridge):
        id_ = new_id()
        bridge.stored(statement(id=id_))
        assert bridge.post(statement("mailto:ben@example.org", id=id_)).status_code == 409
        assert [one["status"] for one in kept(bridge)] == [409]

    @pytest.mark.parametrize("status", [409, 412])
    def test_not_two_that_wrote_one_document_at_once(self, bridge, status):
        raised = type("Raised", (Conflict,), {"status": status})
        bridge.app.add_url_rule(
            "/xapi/activities/state/now", view_func=lambda: (_ for _ in ()).throw(raised("twice"))
        )
        assert bridge.get(path="/xapi/activities/state/now").status_code == status
        assert kept(bridge) == []

    def test_names_of_parameters_and_no_values(self, bridge):
        bridge.get(agent={"mbox": "mailto:asha.rao@example.org"}, verb="http://x.example/asha", limit="many")
        [one] = kept(bridge)
        assert one["path"] == "/xapi/statements?agent&limit&verb"

    @pytest.mark.parametrize(
        "body", [b"\xff\xfe", b'{"a":"\\ud800","b":"\0"}', b"\0" * 2_000, b"", "ä".encode() * 900]
    )
    def test_whatever_was_sent_can_be_kept(self, bridge, body):
        assert bridge.post(body).status_code == 400
        [one] = kept(bridge)
        assert len(one["excerpt"]) <= 500
        assert "\0" not in one["excerpt"]
        json.dumps(one).encode()

    def test_nothing_of_the_body_of_whoever_has_no_credential(self, bridge):
        bridge.post(statement(), sender=None)
        [one] = kept(bridge)
        assert (one["excerpt"], one["sender"]) == ("", None)

    def test_of_statements_with_attachments_how_the_statements_begin(self, bridge):
        wrong = {**attaching(b"a certificate"), "actor": {"mbox": "asha.rao@example.org"}}
        assert bridge.post(multiparts(wrong, b"a certificate"), headers=MIXED).status_code == 400
        [one] = kept(bridge)
        assert one["excerpt"] == json.dumps(wrong)[:500]

    def test_never_the_credential_that_a_form_holds(self, bridge):
        known = bridge.credentials["moodle"]
        basic = base64.b64encode(f"{known.key}:{known.secret}".encode()).decode()
        form = {
            "Authorization": f"Basic {basic}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
            "content": json.dumps(WRONG_ACTOR),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", VERSION_HEADER: None}
        answer = bridge.post(
            urlencode(form).encode(), sender=None, path="/xapi/statements?method=POST", headers=headers
        )
        assert answer.status_code == 400
        [one] = kept(bridge)
        assert one["source"] == "moodle"
        assert one["excerpt"] == json.dumps(WRONG_ACTOR)
        assert basic not in json.dumps(one)

    def test_an_expired_launch_is_told_by_its_name(self, bridge, clock):
        made = link(bridge)
        clock.advance(timedelta(hours=9))
        assert bridge.post(in_launch(), sender=sender(made)).status_code == 401
        [one] = kept(bridge)
        assert one["sender"].startswith("launch of ")
        assert "expired" in one["reason"]


class TestTheSameAgain:
    def test_is_one_row_with_the_number_of_times(self, bridge, clock):
        for name in ("asha", "ben", "cem"):
            bridge.post({**statement(), "actor": {"mbox": f"{name}@example.org"}})
            clock.advance(timedelta(minutes=1))
        [one] = kept(bridge)
        assert one["times"] == 3
        assert one["first_at"] < one["last_at"]
        assert "cem@" in one["excerpt"]

    def test_whatever_its_place_in_the_batch(self, bridge):
        bridge.post([WRONG_ACTOR, statement()])
        bridge.post([statement(), WRONG_ACTOR])
        assert [one["times"] for one in kept(bridge)] == [2]

    def test_of_another_sender_address_or_rule_is_another(self, bridge):
        bridge.post(WRONG_ACTOR)
        bridge.post(WRONG_ACTOR, sender="nwg")
        bridge.put(WRONG_ACTOR, new_id())
        bridge.post({**statement(), "verb": {"id": "x"}})
        assert [one["times"] for one in kept(bridge)] == [1] * 4

    def test_of_an_id_that_is_held_is_the_same_whatever_the_id(self, bridge):
        for _ in range(2):
            [id_] = bridge.stored(statement())
            bridge.post(statement("mailto:ben@example.org", id=id_))
        assert [one["times"] for one in kept(bridge)] == [2]

    def test_nobody_floods_it_without_a_credential(self, bridge, clock):
        for number in range(30):
            bridge.get(path=f"/xapi/{number}?x{number}", sender=None)
            preflight = {"Origin": f"https://{number}.example", "Access-Control-Request-Method": "PUT"}
            bridge.request("OPTIONS", sender=None, headers=preflight)
            bridge.post(statement(), sender=None)
        clock.advance(timedelta(seconds=2))
        bridge.post(statement(), sender=None)
        wait_until(lambda: sum(one["times"] for one in kept(bridge)) == 91, "all 91 to be counted")
        assert sorted(one["status"] for one in kept(bridge)) == [401, 403, 404]

    def test_writes_are_few_however_many_are_refused_and_all_are_counted(self, bridge, monkeypatch):
        written = []
        plain = rows.keep
        monkeypatch.setattr(rows, "keep", lambda *given: (written.append(1), plain(*given)))
        for _ in range(50):
            bridge.post(WRONG_ACTOR)
        wait_until(lambda: [one["times"] for one in kept(bridge)] == [50], "all 50 to be counted")
        assert 10 < len(written) < 20


class TestBounds:
    def test_the_oldest_go(self, make_bridge, clock):
        bridge = make_bridge(refused_kept=3)
        for source in ("moodle", "nwg", "set_toolbox"):
            for body in (WRONG_ACTOR, {}):
                clock.advance(timedelta(seconds=2))
                bridge.post(body, sender=source)
        assert [one["source"] for one in kept(bridge)] == ["set_toolbox", "set_toolbox", "nwg"]

    def test_they_are_forgotten_after_a_month(self, bridge, clock):
        bridge.post(WRONG_ACTOR)
        clock.advance(timedelta(days=20))
        bridge.post({})
        purge = lambda: bridge.database.write(lambda s: rows.purge(s, clock() - timedelta(days=30)))  # noqa: E731
        assert purge() == 0
        clock.advance(timedelta(days=11))
        assert purge() == 1
        assert len(kept(bridge)) == 1

    def test_they_are_asked_for_by_time_source_and_number(self, bridge, clock):
        bridge.post(WRONG_ACTOR)
        clock.advance(timedelta(days=3))
        bridge.post(WRONG_ACTOR, sender="nwg")
        bridge.post({}, sender="nwg")
        assert len(kept(bridge, days=2)) == 2
        assert [one["source"] for one in kept(bridge, source="moodle")] == ["moodle"]
        assert len(kept(bridge, limit=1)) == 1


class TestTheAnswer:
    def test_is_the_same_while_the_database_is_away(self, bridge, monkeypatch, caplog):
        def away(*_):
            raise Unavailable("away")

        monkeypatch.setattr(rows, "keep", away)
        plain = bridge.post(WRONG_ACTOR)
        assert plain.status_code == 400
        assert "could not be kept" in caplog.text

    def test_is_the_same_when_keeping_fails(self, bridge, monkeypatch, caplog):
        monkeypatch.setattr(rows, "keep", lambda *_: 1 / 0)
        assert bridge.post(WRONG_ACTOR).status_code == 400
        assert "ZeroDivisionError" in caplog.text

    def test_is_the_same_when_the_request_can_not_be_described(self, bridge, monkeypatch, caplog):
        monkeypatch.setattr(refused, "refusal", lambda **_: 1 / 0)
        assert bridge.post(WRONG_ACTOR).status_code == 400
        assert "ZeroDivisionError" in caplog.text

    def test_is_not_waited_for(self, bridge, monkeypatch):
        """The database is left alone until the answer is out."""
        order = []
        monkeypatch.setattr(rows, "keep", lambda *_: order.append("kept"))
        client = bridge.app.test_client()
        answer = client.post("/xapi/statements", buffered=False)
        order.append("answered")
        answer.close()
        assert order == ["answered", "kept"]

    def test_a_database_that_is_away_is_not_asked_again_and_again(self, bridge, clock, monkeypatch):
        keeper = bridge.app.extensions["lrs_bridge.refused"]
        tries = []

        class Away(Database):
            def write(self, _journey):
                tries.append(1)
                raise Unavailable("away")

        monkeypatch.setattr(keeper, "_database", Away("sqlite:///none.sqlite"))
        for _ in range(5):
            bridge.post(WRONG_ACTOR)
        assert len(tries) == 1
        clock.advance(timedelta(minutes=1))
        bridge.post(WRONG_ACTOR)
        assert len(tries) == 2

    def test_names_every_bad_statement_however_many_problems_there_are(self, bridge):
        worst = {**statement(), **{f"unknown{number}": 1 for number in range(300)}}
        body = bridge.post([statement(), worst, statement(), WRONG_ACTOR, worst]).get_json()
        assert len(body["problems"]) == 200
        assert body["problems_not_shown"] > 0
        assert body["statements"] == [1, 3, 4]

    def test_of_one_statement_names_no_index(self, bridge):
        assert "statements" not in bridge.post(WRONG_ACTOR).get_json()


class TestStatus:
    def told(self, bridge):
        return bridge.database.read(lambda s: status.status(s, bridge.settings, bridge.clock()))["refused"]

    def test_says_how_many_and_the_newest(self, bridge, clock):
        assert self.told(bridge) == {"last_day": 0, "newest": None}
        bridge.post(WRONG_ACTOR)
        clock.advance(timedelta(minutes=1))
        bridge.post(b"{", sender="nwg")
        assert self.told(bridge) == {"last_day": 2, "newest": "The body is not JSON as xAPI needs it"}
        clock.advance(timedelta(days=2))
        assert self.told(bridge) == {"last_day": 0, "newest": None}


def test_a_refusal_with_problems_says_them_as_text():
    from lrs_bridge.errors import Problem

    assert str(Forbidden("No.", [Problem("$.a", "is b")])) == "No.\n  $.a: is b"
    assert str(Forbidden("No.")) == "No."
