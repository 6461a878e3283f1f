"""Statements in over HTTP: what is stored, what is refused and how, and that it comes back as it was sent."""

from __future__ import annotations

import json
import re
import threading
import uuid
from datetime import timedelta

import msgspec
import pytest
from builders import VERSION_HEADER, new_id, statement, void_of

from lrs_bridge.moments import format_instant

PLAIN = b'{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"http://example.org/v"},"object":{"id":"http://example.org/a"}}'


def members(text: str) -> dict[str, bytes]:
    return {name: bytes(raw) for name, raw in msgspec.json.decode(text, type=dict[str, msgspec.Raw]).items()}


def with_member(name: str, value: str, **more: str) -> bytes:
    """PLAIN with members written exactly so."""
    added = ",".join(f'"{key}":{text}' for key, text in {name: value, **more}.items())
    return PLAIN[:-1] + b"," + added.encode() + b"}"


def problems(answer) -> list[dict]:
    assert answer.mimetype == "application/problem+json"
    return answer.get_json()["problems"]


class TestStoring:
    @pytest.mark.requirement("XAPI-00146", "XAPI-00147", "XAPI-00026")
    def test_a_post_answers_the_ids_in_the_order_of_the_request(self, bridge):
        known = new_id()
        answer = bridge.post([statement(), statement(id=known.upper()), statement()])
        ids = answer.get_json()
        assert (answer.status_code, len(set(ids)), ids[1]) == (200, 3, known)
        assert all(str(uuid.UUID(one)) == one for one in ids)
        assert bridge.found(ascending="true") == ids

    @pytest.mark.requirement("XAPI-00146")
    def test_one_statement_alone_is_answered_as_an_array_too(self, bridge):
        answer = bridge.post(statement())
        assert bridge.found() == answer.get_json()

    def test_an_empty_array_is_nothing_and_fine(self, bridge):
        answer = bridge.post(b" [ ] ")
        assert (answer.status_code, answer.get_json(), bridge.count()) == (200, [], 0)

    @pytest.mark.requirement("XAPI-00143", "XAPI-00144")
    def test_a_put_stores_under_the_id_that_the_address_names(self, bridge):
        one, two = new_id(), new_id()
        answer = bridge.put(statement(), one)
        assert (answer.status_code, answer.data) == (204, b"")
        assert "Content-Type" not in answer.headers
        assert bridge.put(statement(id=two.upper()), two).status_code == 204
        assert bridge.get(statementId=two.upper()).get_json()["id"] == two
        assert bridge.get(statementId=one).get_json()["id"] == one

    @pytest.mark.requirement("XAPI-00097", "XAPI-00099")
    def test_what_the_lrs_sets(self, bridge):
        told = statement(authority={"mbox": "mailto:liar@example.org"}, stored="2001-01-01T00:00:00Z")
        [id_] = bridge.stored(told)
        kept = bridge.get(statementId=id_).get_json()
        assert kept["id"] == id_
        assert kept["stored"] == kept["timestamp"] == "2026-03-02T09:00:00.000000Z"
        assert kept["version"] == "1.0.3"
        assert kept["authority"]["account"] == {
            "homePage": bridge.settings.public_url,
            "name": f"client:{bridge.credentials['moodle'].key}",
        }

    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    def test_who_waits_for_another_writer_is_stored_after_it(self, bridge, clock):
        """Or whoever asks for what came since the other's would never see it."""
        answers = []
        with bridge.database.engine.connect() as other, other.begin():
            waiting = threading.Thread(target=lambda: answers.append(bridge.post(statement())))
            waiting.start()
            waiting.join(0.3)
            assert not answers
            now = clock.advance(timedelta(seconds=5))
        waiting.join(30)
        [id_] = answers[0].get_json()
        assert bridge.get(statementId=id_).get_json()["stored"] == format_instant(now)

    @pytest.mark.requirement("XAPI-00332")
    def test_the_senders_own_timestamp_and_version_stand(self, bridge):
        [id_] = bridge.stored(statement(timestamp="2017-03-01T10:30:00+01:00", version="1.0.1"))
        kept = bridge.get(statementId=id_).get_json()
        assert (kept["timestamp"], kept["version"]) == ("2017-03-01T10:30:00+01:00", "1.0.1")

    @pytest.mark.requirement("XAPI-00333")
    def test_the_version_of_a_statement_is_that_of_its_request(self, bridge):
        answer = bridge.post(statement(), headers={VERSION_HEADER: "2.0.0"})
        assert answer.headers[VERSION_HEADER] == "2.0.0"
        assert bridge.get(statementId=answer.get_json()[0]).get_json()["version"] == "2.0.0"


ODD_MEMBERS = [
    '"https:\\/\\/example.org\\/\\u00fc"',
    '"ü \\ud83d\\ude00 😀 \\u0000 \\t"',
    "1.0",
    "1",
    "-0.0",
    "1E+2",
    "0.1000000000000000055511151231257827",
    "123456789012345678901234567890",
    "1e400",
    "-1e-400",
    "9" * 5000,
    "1e" + "9" * 30,
    '{"z":1,"a":2,"Z":3}',
    "{}",
    "[ 1 ,\n2 , [ ] ]",
]


class TestFidelity:
    @pytest.mark.requirement("XAPI-00002")
    @pytest.mark.parametrize("written", ODD_MEMBERS, ids=lambda text: text[:24])
    def test_every_member_keeps_its_bytes(self, bridge, written):
        context = f'{{ "extensions" : {{"http://example.org/x":{written}}}, "platform":"M\\u00fc\\/"}}'
        sent = with_member("context", context, result='{"score":{"scaled":1.0,"raw":1}}')
        [id_] = bridge.post(b"[ " + sent + b" ,\n" + PLAIN + b"]").get_json()[:1]

        by_id, by_filter = bridge.get(statementId=id_), bridge.get(verb="http://example.org/v")
        for kept in (by_id.text, by_filter.text[by_filter.text.index('{"actor"', 2) :]):
            assert context in kept
        kept = members(by_id.text)
        assert {name: kept[name] for name in members(sent.decode())} == members(sent.decode())
        # what the LRS adds comes after what was sent
        assert [*kept][:5] == ["actor", "verb", "object", "context", "result"]

    def test_a_byte_order_mark_and_blanks_around_it_are_no_part_of_a_statement(self, bridge):
        [id_] = bridge.post("\ufeff \n".encode() + PLAIN + b"\r\n ").get_json()
        assert bridge.get(statementId=id_).text.startswith(PLAIN.decode()[:-1])

    def test_an_id_of_its_own_keeps_its_place(self, bridge):
        id_ = new_id()
        bridge.stored(json.loads(f'{{"id":"{id_.upper()}",{PLAIN.decode()[1:]}'))
        kept = bridge.get(statementId=id_).text
        assert kept.startswith(f'{{"id":"{id_}","actor"')


class TestSentAgain:
    def test_the_same_content_is_success_and_nothing_doubled(self, bridge, clock):
        sent = statement(id=new_id(), timestamp="2017-03-01T10:30:00Z", result={"success": True})
        bridge.stored(sent, statement())
        first = bridge.get(statementId=sent["id"]).text
        clock.advance(timedelta(hours=1))
        assert bridge.stored(sent) == [sent["id"]]
        assert bridge.put(sent, sent["id"]).status_code == 204
        assert bridge.get(statementId=sent["id"]).text == first
        assert bridge.count() == 2

    @pytest.mark.parametrize(
        "change",
        [
            {"timestamp": "2017-03-01T11:30:00.0000+01:00"},
            {"stored": "2026-01-01T00:00:00Z", "version": "1.0.0", "authority": {"mbox": "mailto:x@y.org"}},
            {"verb": {"id": "http://example.org/v", "display": {"en": "did"}}},
            {"actor": {"objectType": "Agent", "mbox": "mailto:a@EXAMPLE.org"}},
        ],
        ids=["zone", "what the LRS sets", "display", "domain"],
    )
    def test_equivalent_content_is_the_same(self, bridge, change):
        sent = json.loads(PLAIN) | {"id": new_id(), "timestamp": "2017-03-01T10:30:00Z"}
        if "actor" in change:
            sent["actor"]["objectType"] = "Agent"
        bridge.stored(sent)
        assert bridge.stored(sent | change) == [sent["id"]]
        assert bridge.count() == 1

    def test_what_the_lrs_gave_back_may_be_sent_again(self, bridge):
        """The timestamp that was set here is no new content (Data 2.3.1)."""
        [id_] = bridge.stored(statement())
        kept = bridge.get(statementId=id_).get_json()
        assert bridge.stored(kept) == [id_]

    @pytest.mark.requirement("XAPI-00142", "XAPI-00182", "XAPI-00323", "XAPI-00326")
    def test_other_content_is_a_conflict_and_nothing_of_the_batch_is_stored(self, bridge):
        sent = statement(id=new_id())
        bridge.stored(sent)
        first = bridge.get(statementId=sent["id"]).text
        answer = bridge.post([statement(), sent | {"result": {"success": False}}, statement()])
        assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
        assert sent["id"] in answer.get_json()["title"]
        assert bridge.count() == 1
        assert bridge.get(statementId=sent["id"]).text == first

    def test_a_conflict_names_each_that_is_held_with_other_content(self, bridge):
        """Whoever sends a batch that was partly stored before can leave those out, and send the others at once."""
        sent = [statement(id=new_id()) for _ in range(5)]
        for one in (sent[0], sent[2], sent[3]):
            bridge.stored(one)
        changed = [one | {"result": {"success": False}} for one in sent]
        answer = bridge.post([sent[0], changed[1], changed[2], changed[3], sent[4]])
        assert answer.status_code == 409
        assert answer.get_json()["statements"] == [2, 3]
        assert [problem["where"] for problem in problems(answer)] == ["$[2].id", "$[3].id"]
        assert sent[2]["id"] in problems(answer)[0]["what"]
        bridge.stored(changed[1], sent[4])

    @pytest.mark.requirement("XAPI-00142", "XAPI-00323")
    def test_other_content_by_put_is_a_conflict(self, bridge):
        id_ = new_id()
        bridge.put(statement(), id_)
        answer = bridge.put(statement(result={"success": True}), id_)
        assert answer.status_code == 409
        assert [problem["where"] for problem in problems(answer)] == ["$.id"]

    def test_a_conflict_leaves_nothing_pending(self, bridge):
        sent = statement(id=new_id())
        bridge.stored(sent)
        bridge.recompute()
        bridge.post([statement(), sent | {"result": {"success": False}}])
        assert bridge.pending() == (0, 0)


BAD_JSON = {
    "nothing": b"",
    "blanks": b"  ",
    "cut off": PLAIN[:-1],
    "two values": PLAIN + PLAIN,
    "comma at the end": b"[" + PLAIN + b",]",
    "NaN": with_member("result", '{"score":{"raw":NaN}}'),
    "infinity": with_member("result", '{"score":{"raw":-Infinity}}'),
    "a member twice": with_member("result", '{"success":true,"success":false}'),
    "a member twice, written otherwise": with_member("result", '{"success":true,"succes\\u0073":false}'),
    "half a surrogate": with_member("result", '{"response":"\\ud83d"}'),
    "half a surrogate in a name": with_member("result", '{"extensions":{"http://e.org/\\udc00":1}}'),
    "not UTF-8": PLAIN.replace(b"/v", b"/\xff"),
    "a surrogate in UTF-8": PLAIN.replace(b"/v", b"/\xed\xa0\x80"),
    "UTF-16": PLAIN.decode().encode("utf-16"),
    "nesting": with_member("result", '{"extensions":{"http://e.org/x":' + "[" * 200 + "]" * 200 + "}}"),
    "nesting without end": b"[" * 100_000,
    "a raw U+0000": PLAIN.replace(b"/v", b"/\x00"),
    "a number alone": b"1e400",
    "null": b"null",
    "text": b'"statement"',
    "numbers": b"[1,2]",
    "null in a batch": b"[null]",
    "an array in an array": b"[[" + PLAIN + b"]]",
}

BAD_STATEMENTS = {
    "no actor": {"verb": {"id": "http://example.org/v"}, "object": {"id": "http://example.org/a"}},
    "an actor that is text": statement(actor="asha"),
    "an actor with two identifiers": statement(
        actor={"mbox": "mailto:a@example.org", "openid": "http://a.org"}
    ),
    "a list for a verb": statement(verb=["x"]),
    "a verb that is no IRI": statement(verb="completed"),
    "null": statement(result=None),
    "a number for text": statement(result={"response": 7}),
    "a boolean as text": statement(result={"success": "true"}),
    "a score above its range": statement(result={"score": {"scaled": 1.5}}),
    "a vast score": statement(result={"score": {"scaled": 10**400}}),
    "an id that is no UUID": statement(id="1"),
    "an id that is a number": statement(id=1),
    "an unknown member": statement(verdict="guilty"),
    "no such day": statement(timestamp="2026-02-30T00:00:00Z"),
    "the offset -00:00": statement(timestamp="2026-02-20T00:00:00-00:00"),
    "a void of no statement": statement(verb="http://adlnet.gov/expapi/verbs/voided"),
    "a registration that is a number": statement(context={"registration": 7}),
    "empty": {},
}


class TestRefusals:
    @pytest.mark.requirement("XAPI-00014", "XAPI-00015", "XAPI-00021", "JSON", "JSON duplicate")
    @pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON)
    def test_what_is_not_json_is_refused_with_its_place(self, bridge, body):
        answer = bridge.post(body)
        assert answer.status_code == 400, answer.text
        assert problems(answer)[0]["where"].startswith("$")
        assert bridge.count() == 0

    @pytest.mark.requirement("XAPI-00182", "XAPI-00323", "XAPI-00326")
    @pytest.mark.parametrize("bad", BAD_STATEMENTS.values(), ids=BAD_STATEMENTS)
    def test_a_bad_statement_is_refused_with_all_its_batch(self, bridge, bad):
        answer = bridge.post([statement(), bad, statement()])
        assert answer.status_code == 400, answer.text
        assert {re.match(r"\$\[\d+\]", problem["where"])[0] for problem in problems(answer)} == {"$[1]"}
        assert bridge.count() == 0
        alone = bridge.post(bad)
        assert alone.status_code == 400
        assert problems(alone)[0]["where"].startswith("$")

    def test_every_bad_statement_is_named(self, bridge):
        answer = bridge.post([statement(id="x"), statement(), {}, statement(actor={})])
        named = {re.match(r"\$\[\d+\]", problem["where"])[0] for problem in problems(answer)}
        assert named == {"$[0]", "$[2]", "$[3]"}

    @pytest.mark.requirement("Communication 2.1.2")
    def test_one_id_twice_in_a_batch_is_refused(self, bridge):
        id_ = new_id()
        answer = bridge.post([statement(id=id_), statement(id=id_.upper())])
        assert answer.status_code == 400
        assert "$[1]" in problems(answer)[0]["where"]
        assert bridge.count() == 0

    @pytest.mark.requirement("XAPI-00145")
    def test_a_put_takes_one_statement_and_its_own_id(self, bridge):
        id_ = new_id()
        assert bridge.put([statement()], id_).status_code == 400
        assert bridge.put([], id_).status_code == 400
        assert problems(bridge.put(statement(id=new_id()), id_))[0]["where"] == "$.id"
        assert problems(bridge.request("PUT", statement()))[0]["where"] == "statementId"
        assert bridge.put(statement(), "1").status_code == 400
        assert bridge.count() == 0

    @pytest.mark.requirement("XAPI-00127")
    @pytest.mark.parametrize(
        "sent",
        [None, "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonx"],
    )
    def test_another_content_type_is_refused_by_name(self, bridge, sent):
        answer = bridge.post(statement(), headers={"Content-Type": sent})
        assert (answer.status_code, bridge.count()) == (400, 0)
        assert "application/json" in answer.get_json()["title"]
        assert problems(answer)[0]["rule"] == "XAPI-00127"

    def test_a_charset_beside_the_content_type_does_no_harm(self, bridge):
        answer = bridge.post(statement(), headers={"Content-Type": "application/json; charset=utf-8"})
        assert answer.status_code == 200

    @pytest.mark.requirement("XAPI-00323", "XAPI-00328")
    def test_a_body_of_fifty_megabytes_is_too_large(self, bridge):
        answer = bridge.post(b" " * 50_000_000)
        assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
        assert "max_body_bytes" in answer.get_json()["title"]

    def test_the_largest_body_is_taken(self, make_bridge):
        bridge = make_bridge(max_body_bytes=1000)
        assert bridge.post(PLAIN.ljust(1000)).status_code == 200
        assert bridge.post(PLAIN.ljust(1001)).status_code == 413

    def test_a_void_cannot_be_refused_after_half_the_batch(self, bridge):
        [theirs] = bridge.stored(statement(), sender="nwg")
        answer = bridge.post([statement(), void_of(theirs)])
        assert (answer.status_code, bridge.count()) == (403, 1)


ACCEPTED = {
    "U+0000 in an account's name": (
        statement(actor={"account": {"homePage": "http://example.org", "name": "a\0b"}}),
        {"agent": {"account": {"homePage": "http://example.org", "name": "a\0b"}}},
    ),
    "U+0000 in an extension": (
        statement(context={"extensions": {"http://example.org/x": "\0"}}),
        {"verb": "http://adlnet.gov/expapi/verbs/attempted"},
    ),
    "U+0000 in names": (
        statement(
            actor={"mbox": "mailto:a@example.org", "name": "\0"},
            object={"id": "http://example.org/a", "definition": {"name": {"en": "\0"}}},
        ),
        {"agent": {"mbox": "mailto:a@example.org"}, "activity": "http://example.org/a"},
    ),
    "an IRI of ten thousand characters": (
        statement(what="http://example.org/" + "a" * 10_000, verb="http://example.org/" + "v" * 10_000),
        {"activity": "http://example.org/" + "a" * 10_000, "verb": "http://example.org/" + "v" * 10_000},
    ),
    "an account's name of ten thousand characters": (
        statement("http://example.org|" + "n" * 10_000),
        {"agent": {"account": {"homePage": "http://example.org", "name": "n" * 10_000}}},
    ),
    "the earliest instant": (
        statement(timestamp="0001-01-01T00:00:00Z"),
        {"verb": "http://adlnet.gov/expapi/verbs/attempted"},
    ),
    "the latest instant": (
        statement(timestamp="9999-12-31T23:59:59.999999Z"),
        {"verb": "http://adlnet.gov/expapi/verbs/attempted"},
    ),
}

COMPLETION = "http://adlnet.gov/expapi/verbs/completed"


class TestOddButValid:
    """What is accepted is found again, and computing it fails nowhere either."""

    @pytest.mark.parametrize(("sent", "query"), ACCEPTED.values(), ids=ACCEPTED)
    def test_it_is_found_by_what_it_says(self, bridge, sent, query):
        [id_] = bridge.stored(sent)
        assert bridge.found(**query) == [id_]
        kept = bridge.get(statementId=id_).get_json()
        assert {name: kept[name] for name in sent} == sent

    @pytest.mark.parametrize("sent", [sent for sent, _ in ACCEPTED.values()], ids=ACCEPTED)
    def test_it_is_matched_and_computed(self, bridge, sent):
        bridge.stored(sent | {"verb": {"id": COMPLETION}}, sender="nwg")
        bridge.recompute()
        assert aside(bridge) == []
        assert bridge.differences() == []

    @pytest.mark.parametrize("written", ODD_MEMBERS, ids=lambda text: text[:24])
    def test_odd_values_are_matched_and_computed(self, bridge, written):
        extensions = f'{{"extensions":{{"http://example.org/x":{written}}}}}'
        told = PLAIN.replace(b"http://example.org/v", COMPLETION.encode())
        sent = told[:-1] + f',"context":{extensions},"result":{extensions}}}'.encode()
        assert bridge.post(sent, sender="nwg").status_code == 200
        bridge.recompute()
        assert aside(bridge) == []
        assert unmapped(bridge) == ["http://example.org/a"]


def aside(bridge) -> list[dict]:
    from lrs_bridge.store import projections

    return bridge.database.read(projections.aside)


def unmapped(bridge) -> list[str]:
    """What `lrs-bridge unmapped` lists."""
    from lrs_bridge.flows import mappings as mapping_flow
    from lrs_bridge.flows import unmapped as missing

    def journey(session):
        mappings = mapping_flow.in_force(session, bridge.settings.calendar)
        return [one.activity for one in missing.unmapped(session, mappings, None)]

    return bridge.database.read(journey)
