"""What a form in the alternate syntax stands for."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from lrs_bridge.xapi.alternate_syntax import is_alternate, read

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("query", "alternate"),
    [
        (b"method=PUT", True), (b"a=1&method=", True), (b"m%65thod=PUT", True), (b"method", True),
        (b"", False), (b"Method=PUT", False), (b"statementId=method", False), (b"agent=%7B%7D", False),
        (b"a=%FF&method=PUT", False),
    ],
)  # fmt: skip
def test_is_told_by_the_address(query, alternate):
    assert is_alternate(query) is alternate


def test_headers_content_and_parameters_are_told_apart():
    form = urlencode(
        {
            "authorization": "Basic x",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": "7000",
            "If-Match": '"é"',
            "If-None-Match": "*",
            "stateId": "a b",
            "agent": '{"mbox":"mailto:é@example.org"}',
            "Accept-Language": "en",
            "content": "é\r\n\0",
        }
    )
    meant = read("POST", b"method=PUT", FORM, None, form.encode())
    assert (meant.method, meant.refusal) == ("PUT", None)
    assert meant.headers == {
        "Authorization": "Basic x",
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "text/plain; charset=utf-8",
        "If-Match": '"é"',
        "If-None-Match": "*",
    }
    assert meant.parameters == [
        ("stateId", "a b"), ("agent", '{"mbox":"mailto:é@example.org"}'), ("Accept-Language", "en"),
    ]  # fmt: skip
    assert meant.content == "é\r\n\0".encode()


@pytest.mark.parametrize(
    "content_type", [FORM, "text/plain", "", "Application/X-WWW-form-urlencoded; charset=UTF-8"]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_content(method, content_type):
    meant = read("POST", f"method={method}".encode(), content_type, "1.0.3", b"limit=1&limit=2")
    assert (meant.method, meant.content, meant.refusal, meant.headers) == (method, None, None, {})
    assert meant.parameters == [("limit", "1"), ("limit", "2")]


@pytest.mark.parametrize("form", [b"content=", b"content"])
def test_content_may_be_empty_and_is_json_unless_told(form):
    meant = read("POST", b"method=POST", FORM, "1.0.3", form)
    assert (meant.content, meant.headers, meant.refusal) == (b"", {"Content-Type": "application/json"}, None)


REFUSED_ALTERNATES = [
    ("method", ("PUT", b"method=POST", FORM, "1.0.3", b"content=1")),
    ("method", ("GET", b"method=GET", "", "1.0.3", b"")),
    ("method", ("POST", b"method=put", FORM, "1.0.3", b"")),
    ("method", ("POST", b"method=HEAD", FORM, "1.0.3", b"")),
    ("method", ("POST", b"method=", FORM, "1.0.3", b"")),
    ("method", ("POST", b"method=GET&method=GET", FORM, "1.0.3", b"")),
    ("method", ("POST", b"method=GET", FORM, "2.0.0", b"")),
    ("method", ("POST", b"method=GET", FORM, "1.0.3", b"X-Experience-API-Version=2.0")),
    ("method", ("POST", b"method=PUT&x=1", "application/json", "2.0.0", b"{}")),
    ("x", ("POST", b"method=GET&x=1", FORM, "1.0.3", b"")),
    ("Content-Type", ("POST", b"method=GET", "application/json", "1.0.3", b"{}")),
    ("content", ("POST", b"method=PUT", FORM, "1.0.3", b"statementId=1")),
    ("content", ("POST", b"method=PUT", FORM, "1.0.3", b"")),
    ("content", ("POST", b"method=PUT", FORM, "1.0.3", b'{"content":1}')),
    ("content", ("POST", b"method=GET", FORM, "1.0.3", b"content=1")),
    ("content", ("POST", b"method=PUT", FORM, "1.0.3", b"content=1&content=2")),
    ("if-match", ("POST", b"method=DELETE", FORM, "1.0.3", b"If-Match=1&if-match=2")),
    ("Authorization", ("POST", b"method=GET", FORM, "1.0.3", b"Authorization=a%0D%0AX:b")),
    ("If-Match", ("POST", b"method=GET", FORM, "1.0.3", b"If-Match=%00")),
]


@pytest.mark.requirement("XAPI-00336")
@pytest.mark.parametrize(("where", "sent"), REFUSED_ALTERNATES)
def test_what_is_refused(where, sent):
    refusal = read(*sent).refusal
    assert refusal is not None
    assert [(problem.where, problem.rule) for problem in refusal.problems] == [(where, "XAPI-00336")]


@pytest.mark.parametrize(
    "form", [b"content=%FF", b"content=%zz", b"content=\xff", b"content=1&" + b"a&" * 1000]
)
def test_what_cannot_be_read_is_refused_and_nothing_guessed(form):
    meant = read("POST", b"method=PUT", FORM, "1.0.3", form)
    assert meant.refusal is not None
    assert {problem.rule for problem in meant.refusal.problems} == {"Communication 1.4"}


def test_all_problems_are_told():
    form = b"content=1&If-Match=%0A"
    refusal = read("POST", b"method=GET&a=1&b=2", FORM, None, form).refusal
    assert refusal is not None
    assert [problem.where for problem in refusal.problems] == ["If-Match", "a", "b", "content"]


def test_another_version_is_left_to_be_told_with_all_others():
    assert read("POST", b"method=GET", FORM, "1.0.3", b"X-Experience-API-Version=0.8").refusal is None
