"""Signed statements over HTTP (XAPI-00115, 00116, 00117 of Data 2.6): kept with their signatures, or refused whole."""

from __future__ import annotations

import pytest
from builders import VERSION_HEADER, new_id, statement
from web.multiparts import MIXED, attachment, multipart, of_statements, part, read, request
from xapi.test_signatures import KEY, OTHER_KEY, certificate, signed

from lrs_bridge.xapi.signatures import CONTENT_TYPE, LONGEST, USAGE


def sending(bridge, payload, body=None, *, jws: bytes | None = None, version="1.0.3", named=None, **header):
    """Sends `body`, or the payload, with the signature of the payload attached."""
    content = signed(payload, **header) if jws is None else jws
    said = attachment(content, **{"usageType": USAGE, "contentType": CONTENT_TYPE, **(named or {})})
    sent = dict(payload if body is None else body)
    sent["attachments"] = [*sent.get("attachments", []), said]
    whole = multipart(of_statements(sent), part(content, Content_Type=said["contentType"]))
    return bridge.post(whole, headers={**MIXED, VERSION_HEADER: version}), content


def problems(answer) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    return [(problem["where"], problem["rule"]) for problem in answer.get_json()["problems"]]


@pytest.mark.requirement("XAPI-00115", "XAPI-00117")
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_signed_statement_is_kept_with_its_signature(bridge, version, algorithm):
    answer, jws = sending(
        bridge, statement(id=new_id()), version=version, algorithm=algorithm, x5c=[certificate(KEY)]
    )
    [id_] = answer.get_json()
    [(headers, content)] = read(bridge.get(statementId=id_, attachments="true"))[1]
    assert (headers["Content-Type"], content) == (CONTENT_TYPE, jws)


def test_other_attachments_beside_the_signature(bridge):
    """They are part of what was signed, or not: attachments are not compared (Data 2.3.1)."""
    elsewhere = statement(id=new_id(), attachments=[attachment(b"1", fileUrl="https://example.org/1")])
    assert sending(bridge, elsewhere)[0].status_code == 200
    bare = {name: value for name, value in elsewhere.items() if name != "attachments"} | {"id": new_id()}
    assert sending(bridge, bare, {**elsewhere, "id": bare["id"]})[0].status_code == 200


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
class TestRefused:
    def told(self, bridge, *args, **more) -> list[tuple[str, str]]:
        found = problems(sending(bridge, *args, **more)[0])
        assert bridge.count() == 0
        return found

    @pytest.mark.requirement("XAPI-00116", "XAPI-00117")
    @pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
    def test_by_what_is_wrong(self, bridge, version):
        one = statement(id=new_id())
        place = "$.attachments[0]"
        for rule, more in {
            "XAPI-00115": {"jws": b"no signature"},
            "XAPI-00116": {"body": {**one, "result": {"success": True}}},
            "XAPI-00117": {
                "algorithm": "HS256",
                "key": "a shared secret that is long enough for its algorithm",
            },
        }.items():
            assert self.told(bridge, one, version=version, **more) == [(place, rule)]
        assert self.told(bridge, one, x5c=[certificate(OTHER_KEY)]) == [(place, "XAPI-00115")]

    @pytest.mark.requirement("XAPI-00115")
    def test_xapi_00115_another_content_type(self, bridge):
        found = self.told(bridge, statement(), named={"contentType": "text/plain; charset=ascii"})
        assert found == [("$.attachments[0].contentType", "XAPI-00115")]

    @pytest.mark.requirement("XAPI-00115")
    @pytest.mark.parametrize(
        "more", [{}, {"fileUrl": "https://example.org/signature"}], ids=["", "elsewhere"]
    )
    def test_xapi_00115_the_signature_itself_is_missing(self, bridge, more):
        said = attachment(b"1", usageType=USAGE, contentType=CONTENT_TYPE, **more)
        one = statement(attachments=[said])
        for answer in (bridge.post(one), bridge.post(request(one), headers=MIXED)):
            assert problems(answer) == [("$.attachments[0].sha2", "XAPI-00115")]

    def test_a_signature_larger_than_is_read(self, bridge):
        found = self.told(bridge, statement(), jws=b"a" * (LONGEST + 1))
        assert found == [("$.attachments[0].length", "XAPI-00115")]

    def test_each_statement_has_its_own(self, bridge):
        """The signature of the first does not do for the second."""
        first, second = statement(id=new_id()), statement(id=new_id())
        jws = signed(first)
        named = {"attachments": [attachment(jws, usageType=USAGE, contentType=CONTENT_TYPE)]}
        body = multipart(of_statements([first | named, second | named]), part(jws, Content_Type=CONTENT_TYPE))
        assert problems(bridge.post(body, headers=MIXED)) == [("$[1].attachments[0]", "XAPI-00116")]
        assert bridge.count() == 0
