"""Query strings and forms, with odd encodings."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi.forms import fields_of, gathered


@pytest.mark.parametrize(
    ("encoded", "fields"),
    [
        (b"", []),
        (b"&&", []),
        (b"a", [("a", "")]),
        (b"a=1&a=2&b", [("a", "1"), ("a", "2"), ("b", "")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"=x", [("", "x")]),
        (b"a+b=c+%2B", [("a b", "c +")]),
        (b"%61=%C3%A9", [("a", "é")]),
        (b"a=\xc3\xa9", [("a", "é")]),
        (b"a=%00", [("a", "\0")]),
        (b"a;b=1", [("a;b", "1")]),
        (b"a=%2526", [("a", "%26")]),
    ],
)
def test_what_is_read(encoded, fields):
    assert fields_of(encoded) == fields


REFUSED_FORMS = [
    b"a=%",
    b"a=%4",
    b"a=%zz",
    b"%=1",
    b"a=%FF",
    b"a=\xff",
    b"%C3=1",
    b"a=%ED%A0%80",
    b"a=%u00e9",
]


@pytest.mark.requirement("Communication 1.4")
@pytest.mark.parametrize("encoded", REFUSED_FORMS)
def test_what_cannot_be_read_is_refused(encoded):
    with pytest.raises(BadInput) as caught:
        fields_of(encoded)
    assert [problem.rule for problem in caught.value.problems] == ["Communication 1.4"]


def test_every_bad_field_is_told():
    with pytest.raises(BadInput) as caught:
        fields_of(b"a=%&b=1&c=%FF")
    assert len(caught.value.problems) == 2


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
def test_what_is_encoded_comes_back(fields):
    encoded = urlencode(fields).encode()
    assert fields_of(encoded) == parse_qsl(encoded.decode(), keep_blank_values=True) == fields


def test_gathered():
    assert gathered([("a", "1"), ("b", ""), ("a", "2")]) == {"a": ["1", "2"], "b": [""]}
