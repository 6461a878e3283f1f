"""Who may write, read and void what; and what test and revoked credentials are good for."""

from __future__ import annotations

import base64

import pytest
from builders import actor_of, completion, day, new_id, statement, void_of, wait_until

from lrs_bridge.errors import BadInput
from lrs_bridge.store import clients
from lrs_bridge.store.clients import NewClient

ASHA = "https://moodle.council.example|asha"


def basic(text: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text).decode()}


def revoke(bridge, credential: NewClient) -> None:
    assert bridge.database.write(lambda session: clients.revoke(session, credential.key, bridge.clock()))


class TestIdentification:
    @pytest.mark.requirement("XAPI-00334")
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Bearer abc"},
            {"Authorization": "Basic"},
            {"Authorization": "Basic ÿ"},
            basic(b"nocolon"),
            basic(b":"),
            basic(b"\xff\xfe:x"),
            basic(b"a\0b:c"),
            basic(b"key:" + b"x" * 10_000),
            basic("schlüssel:geheim".encode()),
        ],
        ids=lambda headers: headers.get("Authorization", "none")[:24],
    )
    def test_nobody_comes_in_without_a_credential(self, bridge, headers):
        for answer in (
            bridge.get(sender=None, headers=headers),
            bridge.post(statement(), sender=None, headers=headers),
            bridge.put(statement(), new_id(), sender=None, headers=headers),
        ):
            assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        assert bridge.count() == 0

    @pytest.mark.requirement("XAPI-00334", "XAPI-00335")
    def test_the_key_and_the_secret_must_belong_together(self, bridge):
        moodle, nwg = bridge.credentials["moodle"], bridge.credentials["nwg"]
        for wrong in (
            NewClient(moodle.key, nwg.secret),
            NewClient(moodle.key, ""),
            NewClient("", moodle.secret),
            NewClient("bridge", ""),
        ):
            assert bridge.get(sender=wrong).status_code == 401

    def test_a_refusal_does_not_say_which_part_was_wrong(self, bridge):
        moodle = bridge.credentials["moodle"]
        one = bridge.get(sender=NewClient(moodle.key, "wrong"))
        other = bridge.get(sender=NewClient("nobody", "wrong"))
        assert one.get_json() == other.get_json()

    def test_a_revoked_credential_is_refused_and_what_it_sent_stays(self, bridge):
        [id_] = bridge.stored(completion(ASHA, "induction", day(1)))
        assert bridge.get().status_code == 200
        revoke(bridge, bridge.credentials["moodle"])
        # Nothing is written from that moment; reading ends within a second.
        assert [bridge.post(one).status_code for one in (statement(), [statement()])] == [401, 401]
        assert bridge.put(statement(), new_id()).status_code == 401
        wait_until(lambda: bridge.get().status_code == 401, "reading to end", seconds=2)
        assert bridge.count() == 1
        bridge.recompute()
        assert [one["statement_id"] for one in bridge.explain(ASHA)["evidence"] if one["counts"]] == [id_]

    @pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
    def test_a_revoked_credential_changes_no_document(self, bridge, method):
        sender = bridge.credential("moodle", "state")
        at = {"path": "/xapi/activities/state", "sender": sender, "stateId": "bookmark"}
        at |= {"activityId": "https://example.org/activities/1", "agent": actor_of(ASHA)}
        assert bridge.request("PUT", {"slide": 1}, **at).status_code == 204
        revoke(bridge, sender)
        assert bridge.request(method, {"slide": 2}, **at).status_code == 401
        wait_until(lambda: bridge.get(**at).status_code == 401, "reading to end", seconds=2)
        kept = bridge.get(**{**at, "sender": bridge.credential("moodle", "state")})
        assert kept.get_json() == {"slide": 1}

    def test_the_secret_is_not_kept(self, bridge):
        secret = bridge.credentials["moodle"].secret
        rows = bridge.database.read(lambda session: session.exec_driver_sql("SELECT * FROM clients").all())
        assert secret not in repr(rows)

    def test_a_credential_names_known_scopes_and_sources(self, bridge):
        for source, scope in (("moodel", "all"), ("bridge", "all"), ("moodle", "read")):
            with pytest.raises(BadInput):
                bridge.credential(source, scope)


READERS = {
    "all": "everything",
    "all/read": "everything",
    "statements/read": "everything",
    "statements/read/mine": "its own",
    "statements/write": "nothing",
    "state": "nothing",
    "define": "nothing",
    "profile": "nothing",
}


class TestScopes:
    @pytest.mark.requirement("XAPI-00327")
    @pytest.mark.parametrize(("scope", "sees"), READERS.items())
    def test_who_reads_what(self, bridge, scope, sees):
        [theirs] = bridge.stored(statement())
        reader = bridge.credential("nwg", *{scope, "statements/write"})
        [own] = bridge.stored(statement(), sender=reader)
        if sees == "nothing":
            assert bridge.get(sender=reader).status_code == 403
            assert bridge.get(sender=reader, statementId=own).status_code == 403
            return
        expected = [own, theirs] if sees == "everything" else [own]
        assert bridge.found(sender=reader) == expected
        assert bridge.found(sender=reader, verb=statement()["verb"]["id"]) == expected
        assert bridge.get(sender=reader, statementId=own).status_code == 200
        others = bridge.get(sender=reader, statementId=theirs)
        assert others.status_code == (200 if sees == "everything" else 404)

    @pytest.mark.parametrize("scope", READERS)
    def test_who_writes(self, bridge, scope):
        writer = bridge.credential("nwg", scope)
        may = scope in ("all", "statements/write")
        assert bridge.post(statement(), sender=writer).status_code == (200 if may else 403)
        assert bridge.put(statement(), new_id(), sender=writer).status_code == (204 if may else 403)
        assert bridge.post([], sender=writer).status_code == (200 if may else 403)
        assert bridge.count() == (2 if may else 0)

    def test_the_default_is_to_write_and_read_ones_own(self, bridge):
        bridge.stored(statement(), sender="moodle")
        own = bridge.stored(statement(), sender="nwg")
        assert bridge.found(sender="nwg") == own

    @pytest.mark.requirement("XAPI-00323", "XAPI-00327")
    def test_a_refusal_names_credential_and_scope(self, bridge):
        reader = bridge.credential("nwg", "all/read")
        title = bridge.post(statement(), sender=reader).get_json()["title"]
        assert "nwg all/read" in title
        assert "statements/write" in title

    def test_whose_a_statement_is_stays_when_another_sends_it_again(self, bridge):
        sent = statement(id=new_id())
        bridge.stored(sent, sender="moodle")
        assert bridge.stored(sent, sender="nwg") == [sent["id"]]
        assert bridge.found(sender="nwg") == []
        assert bridge.found(sender="moodle") == [sent["id"]]


class TestVoiding:
    def is_voided(self, bridge, id_: str, sender="moodle") -> bool:
        plain = bridge.get(statementId=id_, sender=sender).status_code
        voided = bridge.get(voidedStatementId=id_, sender=sender).status_code
        assert {plain, voided} == {200, 404}
        assert (id_ in bridge.found(sender=sender)) is (plain == 200)
        return voided == 200

    @pytest.mark.requirement("XAPI-00155", "XAPI-00157", "XAPI-00163", "XAPI-00018")
    def test_by_its_own_authority(self, bridge):
        target, other = bridge.stored(statement(), statement())
        text = bridge.get(statementId=target).text
        [void] = bridge.stored(void_of(target))
        assert self.is_voided(bridge, target)
        assert not self.is_voided(bridge, other)
        assert bridge.get(voidedStatementId=target).text == text
        assert set(bridge.found()) == {void, other}

    def test_by_another_authority_is_forbidden(self, bridge):
        [target] = bridge.stored(statement())
        answer = bridge.post(void_of(target), sender="nwg")
        assert answer.status_code == 403
        assert target in answer.get_json()["title"]
        assert not self.is_voided(bridge, target)
        assert bridge.count() == 1

    def test_by_a_credential_for_all(self, bridge):
        [target] = bridge.stored(statement())
        bridge.stored(void_of(target.upper()), sender=bridge.credential(None, "all"))
        assert self.is_voided(bridge, target)

    @pytest.mark.requirement("XAPI-00016")
    def test_before_the_target_arrives(self, bridge):
        target = new_id()
        bridge.stored(void_of(target))
        bridge.stored(statement(id=target))
        assert self.is_voided(bridge, target)

    def test_before_the_target_arrives_from_another_authority_is_without_effect(self, bridge):
        target = new_id()
        bridge.stored(void_of(target), sender="nwg")
        bridge.stored(statement(id=target))
        assert not self.is_voided(bridge, target)

    def test_before_the_target_arrives_by_a_credential_for_all(self, bridge):
        target = new_id()
        bridge.stored(void_of(target), sender=bridge.credential(None, "all"))
        bridge.stored(statement(id=target))
        assert self.is_voided(bridge, target)

    def test_in_one_batch_with_its_target(self, bridge):
        target = new_id()
        bridge.stored(void_of(target), statement(id=target))
        assert self.is_voided(bridge, target)

    @pytest.mark.requirement("XAPI-00016")
    def test_a_void_cannot_be_voided(self, bridge):
        [target] = bridge.stored(statement())
        [void] = bridge.stored(void_of(target))
        bridge.stored(void_of(void))
        assert not self.is_voided(bridge, void)
        assert self.is_voided(bridge, target)

    def test_twice_is_as_once(self, bridge):
        target, void = new_id(), new_id()
        bridge.stored(statement(id=target))
        for sent in (void_of(target, id=void), void_of(target, id=void), void_of(target)):
            bridge.stored(sent)
        assert self.is_voided(bridge, target)

    def test_a_voided_statement_is_not_anothers_to_read(self, bridge):
        [target] = bridge.stored(statement())
        bridge.stored(void_of(target))
        assert bridge.get(voidedStatementId=target, sender="nwg").status_code == 404

    def test_a_voided_statement_sent_again_stays_voided(self, bridge):
        sent = statement(id=new_id())
        bridge.stored(sent)
        bridge.stored(void_of(sent["id"]))
        assert bridge.stored(sent) == [sent["id"]]
        assert self.is_voided(bridge, sent["id"])

    @pytest.mark.parametrize("first", ["the void", "the target"])
    def test_it_takes_the_credit_back(self, bridge, first):
        kept = completion(ASHA, "induction", day(1), id=new_id())
        taken = completion(ASHA, "escb_basic", day(2), id=new_id())
        sent = [[kept, taken], void_of(taken["id"])]
        for body in reversed(sent) if first == "the void" else sent:
            assert bridge.post(body).status_code == 200
            bridge.recompute()
        evidence = {one["statement_id"]: one["counts"] for one in bridge.explain(ASHA)["evidence"]}
        assert evidence == {kept["id"]: True, taken["id"]: False}
        assert bridge.differences() == []


class TestWhatCounts:
    def test_a_test_credential_is_stored_and_shown_and_never_credited(self, bridge):
        trying = bridge.credential("moodle", test=True)
        [id_] = bridge.stored(completion(ASHA, "induction", day(1)), sender=trying)
        bridge.recompute()
        assert bridge.found(sender=trying) == [id_]
        [evidence] = bridge.explain(ASHA)["evidence"]
        assert (evidence["statement_id"], evidence["counts"]) == (id_, False)
        assert "test credential" in evidence["because"]
        assert bridge.post({}, sender=trying).status_code == 400

    def test_a_credential_may_be_held_to_its_home_pages_and_mail_domains(self, bridge):
        limited = bridge.credential(
            "moodle", home_pages=("https://moodle.council.example",), mail_domains=("council.example",)
        )
        inside = [ASHA, "mailto:asha@Council.example"]
        outside = ["https://elsewhere.example|asha", "mailto:asha@elsewhere.example"]
        bridge.stored(*(completion(who, "induction", day(1)) for who in inside + outside), sender=limited)
        bridge.recompute()
        for who in inside + outside:
            [evidence] = bridge.explain(who)["evidence"]
            assert evidence["counts"] is (who in inside)
        assert "outside what this credential may speak for" in evidence["because"]

    def test_a_source_is_matched_by_its_own_rules_alone(self, bridge):
        bridge.stored(completion(ASHA, "induction", day(1)), sender="nwg")
        bridge.stored(completion(ASHA, "induction", day(1)), sender=bridge.credential(None))
        bridge.stored(completion(ASHA, "escb_missing", day(1)), sender="moodle")
        bridge.recompute()
        assert [one["course"] for one in bridge.explain(ASHA)["evidence"]] == ["escb_missing"]
