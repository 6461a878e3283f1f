"""Attachments over HTTP: in, kept once, out again; and whatever does not fit, refused with its place and rule.

Requirements of the conformance suite by their numbers: XAPI-00127 to 00135 (Communication 1.5), 00161, 00167 (2.1.3).
"""

from __future__ import annotations

import json
import threading

import pytest
from builders import VERSION_HEADER, new_id, statement, void_of
from web.multiparts import (
    BOUNDARY,
    MIXED,
    attaching,
    attachment,
    multipart,
    of_statements,
    part,
    read,
    request,
    sha2_of,
)

ONE, TWO = b"one\r\n--the-boundary-not\r\n\0\xff", b"two"


def send(bridge, body: bytes, **more):
    return bridge.post(body, headers={**MIXED, **more.pop("headers", {})}, **more)


def rows(bridge, table: str) -> int:
    return bridge.database.read(
        lambda session: session.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    )


def kept(bridge) -> tuple[int, int, int]:
    """Statements, contents, and pairs of the two."""
    return bridge.count(), rows(bridge, "contents"), rows(bridge, "attachments")


def refused(bridge, body: bytes, **more) -> list[tuple[str, str]]:
    """Place and rule of each problem; nothing may have been kept."""
    answer = send(bridge, body, **more)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), answer.text
    assert kept(bridge) == (0, 0, 0)
    assert rows(bridge, "content_parts") == 0
    return [(problem["where"], problem["rule"]) for problem in answer.get_json()["problems"]]


class TestKeeping:
    @pytest.mark.requirement("XAPI-00167")
    def test_what_was_sent_comes_back(self, bridge):
        answer = send(bridge, request(attaching(ONE, TWO), ONE, TWO))
        [id_] = answer.get_json()
        told, parts = read(bridge.get(statementId=id_, attachments="true"))
        assert told["id"] == id_
        assert parts == [
            (
                {
                    "Content-Type": "text/plain",
                    "Content-Transfer-Encoding": "binary",
                    "X-Experience-API-Hash": sha2_of(content),
                },
                content,
            )
            for content in (ONE, TWO)
        ]

    @pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
    def test_a_put(self, bridge, version):
        headers = {**MIXED, VERSION_HEADER: version}
        id_ = new_id()
        assert bridge.put(request(attaching(ONE), ONE), id_, headers=headers).status_code == 204
        assert read(bridge.get(statementId=id_, attachments="true"))[1][0][1] == ONE

    @pytest.mark.requirement("XAPI-00167")
    def test_xapi_00167_a_page_holds_each_content_once(self, bridge):
        batch = [attaching(ONE), statement(), attaching(TWO, ONE), attaching(ONE)]
        send(bridge, request(batch, ONE, TWO))
        assert kept(bridge) == (4, 2, 4)
        told, parts = read(bridge.get(attachments="true", ascending="true"))
        assert [len(one.get("attachments", ())) for one in told["statements"]] == [1, 0, 2, 1]
        assert [content for _, content in parts] == [ONE, TWO]

    def test_more_pages_have_their_own(self, bridge):
        send(bridge, request([attaching(ONE), attaching(TWO)], ONE, TWO))
        told, parts = read(bridge.get(attachments="true", ascending="true", limit="1"))
        assert [content for _, content in parts] == [ONE]
        told, parts = read(bridge.get(path=told["more"]))
        assert ([content for _, content in parts], told["more"]) == ([TWO], "")

    @pytest.mark.requirement("XAPI-00161")
    def test_xapi_00161_without_asking_there_is_json_alone(self, bridge):
        send(bridge, request(attaching(ONE), ONE))
        for asked in ({}, {"attachments": "false"}):
            answer = bridge.get(**asked)
            assert answer.mimetype == "application/json"
            assert answer.get_json()["statements"][0]["attachments"][0]["sha2"] == sha2_of(ONE)

    def test_multipart_though_nothing_is_held(self, bridge):
        elsewhere = attaching(attachments=[attachment(ONE, fileUrl="https://example.org/1")])
        [id_] = bridge.stored(elsewhere)
        assert read(bridge.get(statementId=id_, attachments="true"))[1] == []
        assert read(bridge.get(attachments="true", verb="https://example.org/none"))[0] == {
            "statements": [],
            "more": "",
        }

    def test_a_voided_one(self, bridge):
        [id_] = send(bridge, request(attaching(ONE), ONE)).get_json()
        bridge.stored(void_of(id_))
        told, parts = read(bridge.get(voidedStatementId=id_, attachments="true"))
        assert (told["id"], parts[0][1]) == (id_, ONE)
        assert read(bridge.get(attachments="true"))[1] == []

    @pytest.mark.parametrize("asked", [{}, {"statementId": True}])
    def test_head_has_the_headers_of_get(self, bridge, asked):
        [id_] = send(bridge, request(attaching(ONE), ONE)).get_json()
        query = {"attachments": "true", **dict.fromkeys(asked, id_)}
        got, head = bridge.get(**query), bridge.request("HEAD", headers={"Content-Type": None}, **query)
        assert head.data == b""
        assert head.status_code == 200
        for name in ("Content-Length", "Last-Modified", VERSION_HEADER):
            assert head.headers.get(name) == got.headers.get(name)
        assert head.mimetype == got.mimetype == "multipart/mixed"

    @pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
    def test_every_digest_of_sha2(self, bridge, algorithm):
        said = attachment(ONE, algorithm)
        said["sha2"] = said["sha2"].upper()
        body = multipart(
            of_statements(statement(attachments=[said])),
            part(ONE, X_Experience_API_Hash=sha2_of(ONE, algorithm)),
        )
        [id_] = send(bridge, body).get_json()
        [(headers, content)] = read(bridge.get(statementId=id_, attachments="true"))[1]
        assert (headers["X-Experience-API-Hash"], content) == (said["sha2"], ONE)

    def test_one_content_by_two_digests_is_kept_once(self, bridge):
        both = [attachment(ONE), attachment(ONE, "sha512")]
        hashes = [one["sha2"] for one in both]
        body = multipart(
            of_statements(statement(attachments=both)),
            *(part(ONE, X_Experience_API_Hash=sha2) for sha2 in hashes),
        )
        assert send(bridge, body).status_code == 200
        assert kept(bridge) == (1, 1, 2)
        parts = read(bridge.get(attachments="true"))[1]
        assert [headers["X-Experience-API-Hash"] for headers, _ in parts] == hashes

    def test_of_a_substatement(self, bridge):
        inner = {"objectType": "SubStatement", **attaching(ONE)}
        body = {**statement(), "object": inner}
        assert send(bridge, request(body, ONE)).status_code == 200
        assert read(bridge.get(attachments="true"))[1][0][1] == ONE

    def test_an_empty_one_and_one_of_many_parts(self, bridge):
        large = bytes(range(256)) * 10_000
        send(bridge, request(attaching(b"", large), b"", large))
        assert [content for _, content in read(bridge.get(attachments="true"))[1]] == [b"", large]
        assert rows(bridge, "content_parts") == 3

    def test_sent_again_it_is_held_once(self, bridge):
        body = request(attaching(ONE, id=new_id()), ONE)
        assert send(bridge, body).get_json() == send(bridge, body).get_json()
        assert kept(bridge) == (1, 1, 1)
        assert send(bridge, request(attaching(ONE), ONE)).status_code == 200
        assert (kept(bridge), rows(bridge, "content_parts")) == ((2, 1, 2), 1)

    def test_a_statement_held_already_takes_nothing_more(self, bridge):
        id_ = new_id()
        bridge.stored(statement(id=id_))
        assert send(bridge, request(attaching(ONE, id=id_), ONE)).status_code == 200
        assert kept(bridge) == (1, 0, 0)

    def test_a_conflict_keeps_nothing_of_the_content(self, bridge):
        id_ = new_id()
        bridge.stored(statement(id=id_))
        body = request([attaching(TWO), attaching(ONE, id=id_, result={"success": True})], ONE, TWO)
        assert send(bridge, body).status_code == 409
        assert kept(bridge) == (1, 0, 0)
        assert rows(bridge, "content_parts") == 0

    def test_content_goes_to_those_alone_who_may_read_a_statement_that_names_it(self, bridge):
        mine = bridge.credential("moodle", "statements/write", "statements/read/mine")
        other = bridge.credential("nwg", "statements/write", "statements/read/mine")
        [theirs] = send(bridge, request(attaching(ONE), ONE), sender=other).get_json()
        send(bridge, request(attaching(TWO), TWO), sender=mine)
        assert [c for _, c in read(bridge.get(sender=mine, attachments="true"))[1]] == [TWO]
        assert bridge.get(sender=mine, statementId=theirs, attachments="true").status_code == 404
        # naming a content by its digest alone opens nothing
        elsewhere = attachment(ONE, fileUrl="https://example.org/1")
        bridge.stored(statement(attachments=[elsewhere]), sender=mine)
        assert [c for _, c in read(bridge.get(sender=mine, attachments="true"))[1]] == [TWO]

    def test_the_same_content_from_many_at_once(self, bridge):
        contents = [bytes([number]) * 200_000 for number in range(6)]
        answers = []

        def sending(number: int) -> None:
            order = contents if number % 2 else contents[::-1]
            body = [request(attaching(*order), *order) for _ in range(3)]
            answers.extend(send(bridge, one).status_code for one in body)

        threads = [threading.Thread(target=sending, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert answers == [200] * 18
        assert kept(bridge) == (18, 6, 108)


class TestMultipartWithoutAttachments:
    @pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
    def test_statements_alone(self, bridge, version):
        elsewhere = attaching(attachments=[attachment(ONE, fileUrl="https://example.org/1")])
        for body in (statement(), [elsewhere, statement()], []):
            answer = send(bridge, request(body), headers={VERSION_HEADER: version})
            assert answer.status_code == 200
        assert kept(bridge) == (3, 0, 0)

    def test_content_beside_a_file_url(self, bridge):
        both = attaching(attachments=[attachment(ONE, fileUrl="https://example.org/1")])
        assert send(bridge, request(both, ONE)).status_code == 200
        assert kept(bridge) == (1, 1, 1)

    def test_as_many_clients_write_it(self, bridge):
        """No line break at either end, headers without blanks, a quoted boundary, a preamble, a charset."""
        first = b"content-type:application/json; charset=utf-8\r\n\r\n" + json.dumps(attaching(ONE)).encode()
        other = f"CONTENT-TYPE:text/plain\r\ncontent-transfer-encoding:BINARY\r\nX-EXPERIENCE-API-HASH:\r\n {sha2_of(ONE).upper()}\r\n\r\n"
        body = b"\r\n".join([b"hello", b"--a b", first, b"--a b", other.encode() + ONE, b"--a b--"])
        answer = send(bridge, body, headers={"Content-Type": 'Multipart/Mixed; type=x; boundary="a b"'})
        assert answer.status_code == 200, answer.text

    def test_a_length_is_compared_with_what_the_part_says(self, bridge):
        """The suite sends contents of another length, where the part says none, and wants them taken (XAPI-00127)."""
        body = statement(attachments=[attachment(ONE, length=1)])
        assert send(bridge, request(body, ONE)).status_code == 200
        said = part(ONE, Content_Length=str(len(ONE)))
        whole = statement(attachments=[attachment(ONE, length=float(len(ONE)))])
        assert send(bridge, multipart(of_statements(whole), said)).status_code == 200
        told, parts = read(bridge.get(attachments="true", limit="1"))
        assert (told["statements"][0]["attachments"][0]["length"], parts[0][1]) == (len(ONE), ONE)

    def test_the_same_part_twice(self, bridge):
        assert send(bridge, request(attaching(ONE), ONE, ONE)).status_code == 200
        assert kept(bridge) == (1, 1, 1)


FIRST = of_statements(attaching(ONE))
REFUSED = {
    "XAPI-00128 content of no attachment": (
        request(attaching(ONE), ONE, TWO),
        [("part[2] X-Experience-API-Hash", "XAPI-00128")],
    ),
    "XAPI-00129 no content": (
        request([statement(), attaching(ONE, TWO)], ONE),
        [("$[1].attachments[1].sha2", "XAPI-00129")],
    ),
    "XAPI-00129 none at all": (request(attaching(ONE)), [("$.attachments[0].sha2", "XAPI-00129")]),
    "XAPI-00130 no boundary between": (
        multipart(of_statements(json.dumps(attaching(ONE)).encode() + b"\r\n" + part(ONE))),
        [("$", "JSON")],
    ),
    "XAPI-00130 cut short": (multipart(FIRST, part(ONE))[:-20], [("part[1]", "XAPI-00130")]),
    "XAPI-00131 no boundary": (FIRST, [("body", "XAPI-00131")]),
    "XAPI-00132 no hash": (
        multipart(FIRST, part(ONE, X_Experience_API_Hash=None)),
        [("part[1] X-Experience-API-Hash", "XAPI-00132"), ("$.attachments[0].sha2", "XAPI-00129")],
    ),
    "XAPI-00132 not a hash": (
        multipart(FIRST, part(ONE, X_Experience_API_Hash="12")),
        [("part[1] X-Experience-API-Hash", "XAPI-00132"), ("$.attachments[0].sha2", "XAPI-00129")],
    ),
    "XAPI-00132 the content is another": (
        multipart(FIRST, part(ONE[:-1] + b"?", X_Experience_API_Hash=sha2_of(ONE))),
        [("part[1] X-Experience-API-Hash", "XAPI-00132")],
    ),
    "XAPI-00132 and 00128 the hash is another": (
        multipart(FIRST, part(ONE, X_Experience_API_Hash="0" * 64)),
        [
            ("part[1] X-Experience-API-Hash", "XAPI-00132"),
            ("$.attachments[0].sha2", "XAPI-00129"),
            ("part[1] X-Experience-API-Hash", "XAPI-00128"),
        ],
    ),
    "XAPI-00133 statements in two parts": (
        multipart(FIRST, FIRST, part(ONE)),
        [("part[1] X-Experience-API-Hash", "XAPI-00133"), ("part[1] Content-Transfer-Encoding", "XAPI-00135")],
    ),
    "XAPI-00134 statements as text": (
        multipart(FIRST.replace(b"application/json", b"text/plain"), part(ONE)),
        [("part[0] Content-Type", "XAPI-00134")],
    ),
    "XAPI-00134 statements of no type": (
        multipart(b"\r\n" + json.dumps(statement()).encode()),
        [("part[0] Content-Type", "XAPI-00134")],
    ),
    "XAPI-00134 statements in base64": (
        multipart(b"Content-Transfer-Encoding: base64\r\n" + FIRST, part(ONE)),
        [("part[0] Content-Transfer-Encoding", "XAPI-00134")],
    ),
    "XAPI-00135 base64": (
        multipart(FIRST, part(ONE, Content_Transfer_Encoding="base64")),
        [("part[1] Content-Transfer-Encoding", "XAPI-00135")],
    ),
    "XAPI-00135 no encoding": (
        multipart(FIRST, part(ONE, Content_Transfer_Encoding=None)),
        [("part[1] Content-Transfer-Encoding", "XAPI-00135")],
    ),
    "another length than the statement says": (
        multipart(
            of_statements(attaching(attachments=[attachment(ONE, length=1)])),
            part(ONE, Content_Length=str(len(ONE))),
        ),
        [("$.attachments[0].length", "Communication 1.5.2")],
    ),
    "another length than the part says": (
        multipart(FIRST, part(ONE, Content_Length="1")),
        [("part[1] Content-Length", "Communication 1.5.2")],
    ),
    "another type": (
        multipart(FIRST, part(ONE, Content_Type="text/html")),
        [("$.attachments[0].contentType", "Communication 1.5.2")],
    ),
    "a header twice": (
        multipart(FIRST, b"content-type: text/html\r\n" + part(ONE)),
        [("part[1] content-type", "Communication 1.5.2"), ("$.attachments[0].contentType", "Communication 1.5.2")],
    ),
    "a broken header": (multipart(FIRST, b"?\r\n" + part(ONE)), [("part[1]", "Communication 1.5.2")]),
    "statements that are no JSON": (
        multipart(of_statements(b"{"), part(ONE, Content_Transfer_Encoding="8bit")),
        [("$", "JSON"), ("part[1] Content-Transfer-Encoding", "XAPI-00135")],
    ),
    "of a SubStatement": (
        request({**statement(), "object": {"objectType": "SubStatement", **attaching(ONE)}}),
        [("$.object.attachments[0].sha2", "XAPI-00129")],
    ),
    "everything at once": (
        multipart(
            of_statements([attaching(ONE), {**attaching(TWO), "verb": {}}]),
            part(ONE, Content_Type="a/b"),
            part(b"three", Content_Transfer_Encoding="8bit"),
        ),
        [
            ("$[1].verb", "XAPI-00044"),
            ("part[2] Content-Transfer-Encoding", "XAPI-00135"),
            ("$[0].attachments[0].contentType", "Communication 1.5.2"),
            ("$[1].attachments[0].sha2", "XAPI-00129"),
            ("part[2] X-Experience-API-Hash", "XAPI-00128"),
        ],
    ),
    "attachments that are none": (
        request({**statement(), "attachments": [1, {}, {"sha2": 1}, {"sha2": "x"}]}),
        None,
    ),
}  # fmt: skip


class TestRefusing:
    @pytest.mark.requirement(
        "XAPI-00128",
        "XAPI-00129",
        "XAPI-00130",
        "XAPI-00131",
        "XAPI-00132",
        "XAPI-00133",
        "XAPI-00134",
        "XAPI-00135",
        "Communication 1.5.2",
    )
    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize("name", REFUSED)
    def test_each_by_place_and_rule(self, bridge, name):
        body, wanted = REFUSED[name]
        found = refused(bridge, body)
        assert found == wanted if wanted else found

    @pytest.mark.requirement("XAPI-00129")
    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
    def test_xapi_00129_plain_json_needs_file_urls(self, bridge, version):
        answer = bridge.post([statement(), attaching(ONE)], headers={VERSION_HEADER: version})
        [problem] = answer.get_json()["problems"]
        assert (answer.status_code, bridge.count()) == (400, 0)
        assert (problem["where"], problem["rule"]) == ("$[1].attachments[0].sha2", "XAPI-00129")
        assert sha2_of(ONE) not in problem["what"]

    @pytest.mark.requirement("XAPI-00131")
    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize(
        "said", ["multipart/mixed", "multipart/mixed;", f"multipart/mixed; boundary={'b' * 71}"]
    )
    def test_xapi_00131_no_boundary_in_the_header(self, bridge, said):
        found = refused(bridge, request(statement()), headers={"Content-Type": said})
        assert found == [("Content-Type", "XAPI-00131")]

    @pytest.mark.requirement("XAPI-00127")
    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize("said", ["multipart/form-data", "multipart/related", "text/plain"])
    def test_xapi_00127_another_content_type(self, bridge, said):
        headers = {"Content-Type": f"{said}; boundary={BOUNDARY}"}
        assert refused(bridge, request(attaching(ONE), ONE), headers=headers) == [
            ("Content-Type", "XAPI-00127")
        ]

    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    def test_a_put_names_one_statement(self, bridge):
        answer = bridge.put(request([attaching(ONE)], ONE), new_id(), headers=MIXED)
        assert (answer.status_code, kept(bridge)) == (400, (0, 0, 0))

    @pytest.mark.requirement("XAPI-00328")
    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    def test_what_is_too_large_names_the_setting(self, make_bridge):
        bridge = make_bridge(max_attachment_bytes=10_000, max_body_bytes=1_000)
        fits = request(attaching(ONE), ONE)
        assert send(bridge, fits + b" " * (10_000 - len(fits))).status_code == 200
        answer = send(bridge, fits + b" " * (10_001 - len(fits)))
        assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
        assert "max_attachment_bytes" in answer.get_json()["title"]
        answer = send(bridge, request(statement(result={"response": "x" * 1_000})))
        assert answer.status_code == 413
        assert "max_body_bytes" in answer.get_json()["title"]
        assert bridge.count() == 1

    @pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
    def test_too_many_parts(self, bridge):
        answer = send(bridge, request(attaching(b""), *[b""] * 10_001))
        assert (answer.status_code, bridge.count()) == (413, 0)
        assert "10000" in answer.get_json()["title"]
