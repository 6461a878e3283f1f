"""multipart/mixed, cut anywhere: the same parts; and what is no multipart, refused with its place."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi import multipart
from lrs_bridge.xapi.multipart import Parser, PartBegins, PartData, PartEnds, boundary_of, closing, opening


def read(boundary: str, *pieces: bytes) -> list[tuple[tuple[tuple[str, str], ...], bytes]]:
    """Each part's headers and content. Begins and ends must be paired."""
    parser, parts, is_open = Parser(boundary), [], False
    for piece in pieces:
        for event in parser.feed(piece):
            if isinstance(event, PartBegins):
                assert not is_open
                parts.append((event.headers, b""))
                is_open = True
            elif isinstance(event, PartData):
                assert is_open
                assert event.data
                parts[-1] = (parts[-1][0], parts[-1][1] + event.data)
            else:
                assert isinstance(event, PartEnds)
                assert is_open
                is_open = False
    parser.finish()
    assert not is_open
    return parts


def refused(boundary: str, *pieces: bytes):
    with pytest.raises(BadInput) as caught:
        read(boundary, *pieces)
    [problem] = caught.value.problems
    return problem


def cut(body: bytes, *places: int) -> list[bytes]:
    ends = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(ends)]


# Contents from the very letters of boundaries and line breaks, so that near misses are common.
TRICKY = some.lists(
    some.sampled_from([b"\r\n--b", b"\r\n--", b"\r", b"\n", b"-", b"b", b" ", b"x", b"\0"])
).map(b"".join)
NAMES = some.sampled_from(["Content-Type", "X-Experience-API-Hash", "X"])
VALUES = some.text("abc;=/ \t\xe9", max_size=8).map(lambda text: text.strip(" \t"))


def is_content(content: bytes) -> bool:
    """Not cut by a boundary line of its own."""
    return not any(
        (line := rest.lstrip(b" \t")).startswith(b"\r\n") or rest.startswith((b"--", b" ", b"\t")) or not line
        for rest in (b"\r\n" + content).split(b"\r\n--b")[1:]
    )


@given(
    some.lists(some.tuples(some.lists(some.tuples(NAMES, VALUES)), TRICKY.filter(is_content)), min_size=1),
    some.sampled_from([b"", b"\r\n", b"before\r\n"]),
    some.sampled_from([b"", b" \t"]),
    some.sampled_from([b"", b"\r\n", b"\r\nafter\r\n--b\r\n"]),
    some.lists(some.integers(0, 10_000), max_size=12),
)
def test_however_the_bytes_are_cut_the_parts_are_the_same(parts, before, blanks, after, places):
    body = before
    for place, (headers, content) in enumerate(parts):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")
        body += (b"\r\n" if place else b"") + b"--b" + blanks + b"\r\n" + lines + b"\r\n" + content
    body += b"\r\n--b--" + after
    wanted = [
        (tuple((name.lower(), value) for name, value in headers), content) for headers, content in parts
    ]
    assert read("b", *cut(body, *places)) == wanted
    assert read("b", *(body[place : place + 1] for place in range(len(body)))) == wanted


@given(some.binary(max_size=300), some.lists(some.integers(0, 300), max_size=5))
def test_any_bytes_are_refused_alike_however_they_are_cut(noise, places):
    body = b"--b\r\n" + noise

    def outcome(*pieces):
        try:
            return read("b", *pieces)
        except BadInput as fault:
            return fault.problems

    assert outcome(*cut(body, *places)) == outcome(body)


def test_what_is_written_is_read_by_others():
    body = (
        opening("==b", {"Content-Type": "application/json"})
        + b"{}"
        + opening("==b", {"Content-Type": "image/png", "X-Experience-API-Hash": "00"})
        + b"\r\n--\x00"
        + closing("==b")
    )
    assert read("==b", body) == [
        ((("content-type", "application/json"),), b"{}"),
        ((("content-type", "image/png"), ("x-experience-api-hash", "00")), b"\r\n--\x00"),
    ]
    other = message_from_bytes(b'Content-Type: multipart/mixed; boundary="==b"\r\n\r\n' + body, policy=HTTP)
    assert [part["Content-Type"] for part in other.iter_parts()] == ["application/json", "image/png"]


ODD = {
    "folded headers": (b"--b\r\nX-Hash:\r\n  12\r\n\t34\r\n\r\nz\r\n--b--", [((("x-hash", "12 34"),), b"z")]),
    "no headers": (b"--b\r\n\r\nz\r\n--b--", [((), b"z")]),
    "an empty header": (b"--b\r\nX:\r\n\r\nz\r\n--b--", [((("x", ""),), b"z")]),
    "no content, no line for it": (b"--b\r\nX: 1\r\n\r\n--b\r\n\r\n--b--", [((("x", "1"),), b""), ((), b"")]),
    "content that begins like the boundary": (b"--b\r\n\r\n--bc\r\n--b--", [((), b"--bc")]),
    "another multipart inside": (
        b"--b\r\n\r\n--bb\r\n\r\nz\r\n--bb--\r\n\r\n--b--",
        [((), b"--bb\r\n\r\nz\r\n--bb--\r\n")],
    ),
    "a boundary's beginning before the first": (b"--bc\r\n--b\r\n\r\nz\r\n--b--", [((), b"z")]),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_and_allowed(name):
    body, wanted = ODD[name]
    assert read("b", body) == wanted
    assert read("b", *(body[place : place + 1] for place in range(len(body)))) == wanted


BROKEN = {
    "nothing": (b"", "body", "XAPI-00131"),
    "no boundary": (b"Content-Type: application/json\r\n\r\n{}", "body", "XAPI-00131"),
    "no part": (b"--b--\r\n", "body", "XAPI-00134"),
    "ends after a boundary": (b"--b\r\n", "part[0]", "XAPI-00130"),
    "ends in headers": (b"--b\r\nX: 1\r\n", "part[0]", "XAPI-00130"),
    "ends in content": (b"--b\r\n\r\nz\r\n--b\r\n\r\nzz", "part[1]", "XAPI-00130"),
    "ends in the closing boundary": (b"--b\r\n\r\nz\r\n--b-", "part[0]", "XAPI-00130"),
    "lines end with LF": (b"--b\nX: 1\n\nz\n--b--", "body", "XAPI-00131"),
    "a header without colon": (b"--b\r\nX\r\n\r\nz\r\n--b--", "part[0]", "Communication 1.5.2"),
    "a header without name": (b"--b\r\n: 1\r\n\r\nz\r\n--b--", "part[0]", "Communication 1.5.2"),
    "a blank before the colon": (b"--b\r\nX : 1\r\n\r\nz\r\n--b--", "part[0]", "Communication 1.5.2"),
    "a line feed in a header": (b"--b\r\nX: 1\n2\r\n\r\nz\r\n--b--", "part[0]", "Communication 1.5.2"),
    "a NUL in a header": (b"--b\r\nX: \0\r\n\r\nz\r\n--b--", "part[0]", "Communication 1.5.2"),
    "a fold first": (b"--b\r\n X: 1\r\n\r\nz\r\n--b--", "part[0]", "Communication 1.5.2"),
    "headers without end": (b"--b\r\n" + b"X: 1\r\n" * 9_999, "part[0]", "Communication 1.5.2"),
    "too many headers": (b"--b\r\n" + b"X: 1\r\n" * 51 + b"\r\n", "part[0]", "Communication 1.5.2"),
    "words after a boundary": (b"--b\r\n\r\nz\r\n--b  c\r\n\r\n\r\n", "part[0]", "Communication 1.5.2"),
    "a thousand near misses": (b"--b\r\n\r\n" + b"\r\n--bc" * 1_001, "part[0]", "XAPI-00130"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_refused_with_its_place(name):
    body, where, rule = BROKEN[name]
    problem = refused("b", body)
    assert (problem.where, problem.rule) == (where, rule)
    assert refused("b", *cut(body, *range(len(body)) if len(body) < 999 else (7, 99))) == problem


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("multipart/mixed; boundary=abc", "abc"),
        ("Multipart/Mixed; Boundary=abc; charset=utf-8", "abc"),
        ('multipart/mixed; boundary="a b:c=d"', "a b:c=d"),
        ("multipart/mixed; boundary=-------314159265358979323846", "-------314159265358979323846"),
        ('multipart/mixed; boundary="gc0pJq0M:08jU534c0p"', "gc0pJq0M:08jU534c0p"),
        ("multipart/mixed;boundary=====1==", "====1=="),
        (f"multipart/mixed; boundary={'b' * 70}", "b" * 70),
    ],
)
def test_a_boundary(said, wanted):
    assert boundary_of(said) == wanted


@pytest.mark.parametrize(
    "said",
    [
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        'multipart/mixed; boundary="a "',
        'multipart/mixed; boundary="ä"',
        f"multipart/mixed; boundary={'b' * 71}",
    ],
)
def test_no_boundary(said):
    with pytest.raises(BadInput) as caught:
        boundary_of(said)
    assert [problem.rule for problem in caught.value.problems] == ["XAPI-00131"]
    assert caught.value.title == multipart.TITLE


def test_memory_stays_flat():
    parser = Parser("b")
    parser.feed(b"--b\r\n\r\n")
    for _ in range(100):
        given_back = sum(len(event.data) for event in parser.feed(b"\r\n--" * 16_384))
        assert given_back > 60_000
    assert len(parser._bytes) - parser._at < 17_000
