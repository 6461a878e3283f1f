"""Statements out over HTTP: filters, pages that stay right while more arrive, single statements, headers."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import parse_qs, urlsplit

import pytest
from builders import ATTEMPTED, COMPLETED, VERSION_HEADER, actor_of, new_id, statement, void_of

AN_ID = "7b9d1b62-62ea-461a-93e4-e79f49d92530"
MAIL = "mailto:asha.rao@example.org"
WHO = {
    "mbox": MAIL,
    "mbox_sha1sum": "sha1:" + hashlib.sha1(MAIL.encode()).hexdigest(),
    "openid": "openid:https://asha.example.org/",
    "account": "https://moodle.example.org|asha",
}


class TestFilters:
    @pytest.mark.requirement("XAPI-00164", "XAPI-00181")
    @pytest.mark.parametrize("kind", WHO)
    def test_by_agent_of_each_kind(self, bridge, kind):
        ids = dict(zip(WHO, bridge.stored(*(statement(who) for who in WHO.values())), strict=True))
        assert bridge.found(agent=actor_of(WHO[kind])) == [ids[kind]]
        named = {"objectType": "Agent", "name": "Somebody else", **actor_of(WHO[kind])}
        assert bridge.found(agent=named) == [ids[kind]]

    def test_by_an_agent_who_is_the_object(self, bridge):
        told = statement("mailto:other@example.org", object={"objectType": "Agent", **actor_of(MAIL)})
        assert bridge.found(agent=actor_of(MAIL)) == []
        [id_] = bridge.stored(told)
        assert bridge.found(agent=actor_of(MAIL)) == [id_]

    def test_by_a_group(self, bridge):
        group = {"objectType": "Group", "mbox": "mailto:team@example.org"}
        [id_] = bridge.stored(statement(actor=group))
        assert bridge.found(agent=group) == [id_]

    def test_the_domain_of_an_address_has_no_case_and_the_rest_has(self, bridge):
        [id_] = bridge.stored(statement("mailto:Asha@EXAMPLE.org"))
        assert bridge.found(agent={"mbox": "mailto:Asha@example.ORG"}) == [id_]
        assert bridge.found(agent={"mbox": "mailto:asha@example.org"}) == []

    @pytest.mark.requirement("XAPI-00164", "XAPI-00178", "XAPI-00179", "XAPI-00180")
    def test_by_verb_activity_and_registration_alone_and_together(self, bridge):
        registration = new_id()
        in_course = {"context": {"registration": registration.upper()}}
        one, two, three, _ = bridge.stored(
            statement(verb=COMPLETED, what="http://example.org/a"),
            statement(what="http://example.org/a", **in_course),
            statement(verb=COMPLETED, what="http://example.org/b", **in_course),
            statement("mailto:ben@example.org", what="http://example.org/c"),
        )
        assert bridge.found(verb=COMPLETED) == [three, one]
        assert bridge.found(activity="http://example.org/a") == [two, one]
        assert bridge.found(registration=registration) == [three, two]
        assert bridge.found(verb=COMPLETED, registration=registration.upper()) == [three]
        assert bridge.found(verb=COMPLETED, activity="http://example.org/a", agent=actor_of(MAIL)) == [one]
        assert bridge.found(verb=COMPLETED, agent=actor_of("mailto:ben@example.org")) == []

    def test_an_activity_is_taken_whole(self, bridge):
        bridge.stored(statement(what="http://example.org/a/1"), statement(what="http://example.org/A"))
        assert bridge.found(activity="http://example.org/a") == []
        assert bridge.found(activity="http://example.org/a/") == []

    @pytest.mark.requirement("XAPI-00164", "XAPI-00174", "XAPI-00175")
    def test_since_is_exclusive_and_until_inclusive_of_stored(self, bridge, clock):
        ids, moments = [], []
        for _ in range(3):
            ids += bridge.stored(statement(timestamp="2017-03-01T00:00:00Z"))
            moments.append(clock().isoformat().replace("+00:00", "Z"))
            clock.advance(timedelta(hours=1))
        assert bridge.found(since=moments[0]) == [ids[2], ids[1]]
        assert bridge.found(until=moments[1]) == [ids[1], ids[0]]
        assert bridge.found(since=moments[0], until=moments[1]) == [ids[1]]
        assert bridge.found(since="2026-03-02T10:00:00+01:00") == [ids[2], ids[1]]
        assert bridge.found(since=moments[0], until=moments[1], verb=ATTEMPTED) == [ids[1]]
        assert bridge.found(since=moments[2]) == []

    @pytest.mark.requirement("XAPI-00166")
    def test_newest_first_unless_ascending(self, bridge, clock):
        first = bridge.stored(statement(), statement())
        clock.advance(timedelta(seconds=1))
        second = bridge.stored(statement(), statement())
        assert bridge.found(ascending="true") == first + second
        assert bridge.found(ascending="false") == bridge.found() == [*reversed(second), *reversed(first)]
        assert bridge.found(verb=ATTEMPTED, ascending="true") == first + second

    def test_a_clock_that_goes_backwards_loses_nothing(self, bridge, clock):
        later = bridge.stored(statement(), statement())
        clock.advance(timedelta(days=-1))
        earlier = bridge.stored(statement(), statement())
        assert bridge.found(ascending="true", limit="1") == earlier + later

    @pytest.mark.requirement("XAPI-00012", "XAPI-00150", "XAPI-00151")
    @pytest.mark.parametrize(
        "query",
        [
            {"statementId": "1"},
            {"statementId": AN_ID, "voidedStatementId": AN_ID},
            {"statementId": AN_ID, "verb": COMPLETED},
            {"agent": "asha"},
            {"agent": {"mbox": "asha@example.org"}},
            {"agent": {"objectType": "Group", "member": [actor_of(MAIL)]}},
            {"agent": '{"mbox":"mailto:a@example.org","mbox":"mailto:b@example.org"}'},
            {"verb": "completed"},
            {"activity": ""},
            {"registration": "none"},
            {"since": "yesterday"},
            {"since": "2026-03-02T10:00:00 01:00"},
            {"until": "0001-01-01T00:00:00+23:59"},
            {"limit": "-1"},
            {"limit": "ten"},
            {"limit": "1.0"},
            {"ascending": "yes"},
            {"format": "long"},
            {"statementid": AN_ID},
            {"colour": "blue"},
            {"cursor": "x"},
            {"cursor": "\ud7ff"},
            {"cursor": base64.urlsafe_b64encode(b"2026-03-02T10:00:00.000000Z 9" + b"9" * 30).decode()},
            {"cursor": base64.urlsafe_b64encode(b"2026-03-02T10:00:00.000000Z -1").decode()},
            {"cursor": base64.urlsafe_b64encode(b"never 1").decode()},
        ],
        ids=json.dumps,
    )
    def test_what_cannot_be_asked_is_refused(self, bridge, query):
        answer = bridge.get(**query)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), answer.text
        assert answer.get_json()["problems"]

    @pytest.mark.requirement("Communication 2.1.3")
    def test_a_parameter_twice_is_refused(self, bridge):
        assert bridge.get(path=f"/xapi/statements?verb={COMPLETED}&verb={COMPLETED}").status_code == 400

    @pytest.mark.parametrize(
        "query",
        [
            {"since": "0001-01-01T00:00:00Z"},
            {"until": "9999-12-31T23:59:59Z"},
            {"limit": "9" * 40},
            {"limit": "0"},
            {"agent": {"account": {"homePage": "http://example.org", "name": "\0"}}},
            {"activity": "http://example.org/" + "a" * 10_000},
        ],
        ids=lambda query: json.dumps(query)[:40],
    )
    def test_what_is_odd_but_can_be_asked(self, bridge, query):
        assert bridge.get(**query).status_code == 200


class TestPages:
    @pytest.fixture
    def bridge(self, make_bridge):
        return make_bridge(max_statements=5)

    @pytest.mark.requirement("XAPI-00108", "XAPI-00110", "XAPI-00111", "XAPI-00114", "XAPI-00173")
    @pytest.mark.parametrize("ascending", ["true", "false"])
    @pytest.mark.parametrize(
        "query", [{}, {"verb": ATTEMPTED}, {"verb": ATTEMPTED, "agent": actor_of(MAIL)}], ids=len
    )
    def test_every_statement_is_on_one_page(self, bridge, query, ascending):
        ids = bridge.stored(*(statement() for _ in range(11)))
        if query:
            bridge.stored(statement("mailto:ben@example.org", COMPLETED))
        pages = [
            [one["id"] for one in page] for page in bridge.pages(ascending=ascending, limit="4", **query)
        ]
        assert [len(page) for page in pages] == [4, 4, 3]
        assert [*chain(*pages)] == (ids if ascending == "true" else ids[::-1])

    def test_a_limit_of_nought_or_too_much_is_what_the_server_allows(self, bridge):
        bridge.stored(*(statement() for _ in range(6)))
        for query in ({}, {"limit": "0"}, {"limit": "600"}):
            assert [len(page) for page in bridge.pages(**query)] == [5, 1]

    @pytest.mark.requirement("XAPI-00109", "XAPI-00149")
    def test_no_more_when_the_last_page_is_full(self, bridge):
        bridge.stored(*(statement() for _ in range(5)))
        assert bridge.get().get_json()["more"] == ""
        assert bridge.get(limit="1", since="2026-03-02T09:00:00.000003Z").get_json()["more"] == ""
        assert bridge.get(verb=COMPLETED).get_json() == {"statements": [], "more": ""}

    def test_descending_pages_stay_right_while_statements_arrive(self, bridge, clock):
        ids = bridge.stored(*(statement() for _ in range(10)))
        seen = []
        for page in bridge.pages(limit="3"):
            seen += [one["id"] for one in page]
            clock.advance(timedelta(seconds=1))
            bridge.stored(statement(), statement())
        assert seen == ids[::-1]

    def test_ascending_pages_come_to_those_that_arrived_meanwhile(self, bridge, clock):
        ids = bridge.stored(*(statement() for _ in range(7)))
        seen, late = [], []
        for page in bridge.pages(limit="3", ascending="true"):
            seen += [one["id"] for one in page]
            if len(late) < 4:
                clock.advance(timedelta(seconds=1))
                late += bridge.stored(statement(), statement())
        assert seen == ids + late

    def test_pages_stay_right_while_statements_are_voided(self, bridge, clock):
        ids = bridge.stored(*(statement() for _ in range(9)))
        seen = []
        for number, page in enumerate(bridge.pages(limit="3", verb=ATTEMPTED)):
            seen += [one["id"] for one in page]
            if number == 0:
                clock.advance(timedelta(seconds=1))
                bridge.stored(void_of(seen[-1]), void_of(ids[0]))
        assert seen == ids[:0:-1]

    def test_pages_keep_to_since_and_until(self, bridge, clock):
        bridge.stored(statement())
        clock.advance(timedelta(hours=1))
        wanted = bridge.stored(*(statement() for _ in range(7)))
        clock.advance(timedelta(hours=1))
        bridge.stored(statement())
        for ascending, expected in (("true", wanted), ("false", wanted[::-1])):
            query = {"since": "2026-03-02T09:30:00Z", "until": "2026-03-02T10:30:00Z", "ascending": ascending}
            assert bridge.found(limit="2", **query) == expected
            assert bridge.found(limit="2", verb=ATTEMPTED, **query) == expected

    def test_a_link_says_all_that_was_asked(self, bridge):
        bridge.stored(*(statement() for _ in range(3)))
        query = {"agent": json.dumps(actor_of(MAIL)), "since": "2020-01-01T00:00:00+01:00", "limit": "1"}
        more = urlsplit(bridge.get(**query).get_json()["more"])
        asked = {name: values[0] for name, values in parse_qs(more.query).items()}
        assert asked.pop("cursor")
        assert (more.scheme, more.netloc, more.path, asked) == ("", "", "/xapi/statements", query)

    def test_a_link_goes_through_the_address_that_others_know(self, make_bridge):
        bridge = make_bridge(public_url="https://council.example/learning/lrs/", max_statements=1)
        ids = bridge.stored(statement(), statement())
        more = bridge.get(headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        link = more.get_json()["more"]
        assert link.startswith("/learning/lrs/xapi/statements?")
        # the proxy takes its part off
        second = bridge.get(path=link.removeprefix("/learning/lrs"))
        assert [one["id"] for one in second.get_json()["statements"]] == [ids[0]]

    def test_a_link_needs_the_credential_too(self, bridge):
        bridge.stored(*(statement() for _ in range(6)))
        more = bridge.get().get_json()["more"]
        assert bridge.get(sender=None, path=more).status_code == 401
        others = bridge.get(sender="nwg", path=more)
        assert others.get_json() == {"statements": [], "more": ""}


class TestOneStatement:
    @pytest.mark.requirement("XAPI-00156", "XAPI-00158", "XAPI-00159", "XAPI-00165")
    def test_last_modified_is_when_it_was_stored(self, bridge, clock):
        [id_] = bridge.stored(statement(timestamp="2017-03-01T00:00:00Z"))
        clock.advance(timedelta(days=1))
        answer = bridge.get(statementId=id_)
        assert answer.last_modified == datetime(2026, 3, 2, 9, tzinfo=UTC)
        assert answer.mimetype == "application/json"

    @pytest.mark.requirement("XAPI-00156")
    def test_an_unknown_one_is_not_found(self, bridge):
        id_ = new_id()
        for query in ({"statementId": id_}, {"voidedStatementId": id_}):
            answer = bridge.get(**query)
            assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
            assert id_ in answer.get_json()["title"]

    @pytest.mark.requirement("XAPI-00125", "XAPI-00126")
    @pytest.mark.parametrize("by", ["statementId", "verb"])
    def test_head_is_get_without_the_body(self, bridge, by):
        [id_] = bridge.stored(statement())
        query = {"statementId": id_} if by == "statementId" else {"verb": ATTEMPTED}
        got, head = bridge.get(**query), bridge.request("HEAD", **query)
        assert (head.status_code, head.data) == (200, b"")
        assert dict(head.headers) == dict(got.headers)
        assert int(head.headers["Content-Length"]) == len(got.data)

    def test_a_length_is_in_bytes(self, bridge):
        [id_] = bridge.stored(statement(actor={"mbox": MAIL, "name": "Jürgen 😀"}))
        answer = bridge.get(statementId=id_)
        assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.requirement("Communication 1.4")
@pytest.mark.parametrize("query", ["verb=%FF", "verb=%", "x%zz=1"])
def test_parameters_that_cannot_be_read_are_not_guessed_at(bridge, query):
    answer = bridge.get(path=f"/xapi/statements?{query}")
    assert answer.status_code == 400
    assert answer.get_json()["problems"][0]["rule"] == "Communication 1.4"


class TestAnswers:
    @pytest.mark.requirement("XAPI-00333")
    @pytest.mark.parametrize(
        ("asked", "spoken"),
        [("1.0.3", "1.0.3"), ("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("2.0.0", "2.0.0"), ("2.0", "2.0.0")],
    )
    def test_the_version_spoken_is_told(self, bridge, asked, spoken):
        answer = bridge.get(headers={VERSION_HEADER: asked, "Content-Type": None})
        assert (answer.status_code, answer.headers[VERSION_HEADER]) == (200, spoken)

    @pytest.mark.requirement("XAPI-00321", "XAPI-00331")
    @pytest.mark.parametrize("asked", [None, "", "0.95", "1.1.0", "3.0.0", "latest", "1.0.3, 2.0.0"])
    def test_a_version_missing_or_unknown_is_refused(self, bridge, asked):
        for answer in (
            bridge.get(headers={VERSION_HEADER: asked}),
            bridge.post(statement(), headers={VERSION_HEADER: asked}),
        ):
            assert answer.status_code == 400
            assert answer.headers[VERSION_HEADER] == ("0.9" if asked is None else "1.0.3")
            assert answer.get_json()["problems"][0]["where"] == VERSION_HEADER
        assert bridge.count() == 0

    @pytest.mark.requirement("XAPI-00333")
    def test_every_answer_under_the_prefix_says_a_version(self, bridge):
        answers = [
            bridge.get(),
            bridge.get(statementId=new_id()),
            bridge.get(sender=None),
            bridge.request("DELETE"),
            bridge.get(path="/xapi/nowhere"),
            bridge.post(b"{"),
        ]
        assert [answer.status_code for answer in answers] == [200, 404, 401, 405, 404, 400]
        assert all(VERSION_HEADER in answer.headers for answer in answers)
        assert VERSION_HEADER not in bridge.get(path="/", sender=None).headers
