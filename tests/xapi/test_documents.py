"""Strict JSON: what is taken, what is refused and where, and that the bytes sent are the bytes kept."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi.examples import FULL, as_body

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi.documents import parse, split

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)
objects = st.dictionaries(texts, values, max_size=6)
blanks = st.text(" \t\r\n", max_size=3)
escapes = st.booleans()

REFUSED = [
    (b"", "$", "JSON"),
    (b"   ", "$", "JSON"),
    (b"{", "$", "JSON"),
    (b"[1,", "$[1]", "JSON"),
    (b"[1 2]", "$", "JSON"),
    (b"[1],", "$", "JSON"),
    (b"{}{}", "$", "JSON"),
    (b"[1,]", "$[1]", "JSON"),
    (b'{"a":1,}', "$", "JSON"),
    (b'{"a" 1}', "$.a", "JSON"),
    (b'{"a":1 "b":2}', "$", "JSON"),
    (b"{a:1}", "$", "JSON"),
    (b"{'a':1}", "$", "JSON"),
    (b'{"a":tru}', "$.a", "JSON"),
    (b'{"a":"x', "$.a", "JSON"),
    (b'{"a":"\n"}', "$.a", "JSON"),
    (b'{"a":"\\x"}', "$.a", "JSON"),
    (b'{"a":"\\u12"}', "$.a", "JSON"),
    (b"[01]", "$", "JSON"),
    (b"[+1]", "$[0]", "JSON"),
    (b"[.5]", "$[0]", "JSON"),
    (b"[1.]", "$", "JSON"),
    (b"[1e]", "$", "JSON"),
    (b"[0x10]", "$", "JSON"),
    (b"[1] // x", "$", "JSON"),
    (b"[NaN]", "$[0]", "JSON"),
    (b'{"r":{"s":-Infinity}}', "$.r.s", "JSON"),
    (b"\xff\xfe[\x00]\x00", "$", "JSON"),
    (b'{"a":"\xc3"}', "$", "JSON"),
    (b'{"a":"\xed\xa0\x80"}', "$", "JSON"),
    (b'{"a":{"b":["\\ud800"]}}', "$.a.b[0]", "JSON"),
    (b'{"a":"\\udc00\\ud800"}', "$.a", "JSON"),
    (b'[{"\\uD800":1}]', "$[0]", "JSON"),
    (b'{"a":1,"b":2,"a":3}', "$.a", "JSON duplicate"),
    (b'{"a":1,"\\u0061":3}', "$.a", "JSON duplicate"),
    (
        b'[{},{},{},{"o":{"https://e.org/x y":{"d":1,"d":1}}}]',
        '$[3].o["https://e.org/x y"].d',
        "JSON duplicate",
    ),
    (b"[" * 101 + b"]" * 101, "$" + "[0]" * 100, "JSON"),
    (b'{"a":' * 101 + b"1" + b"}" * 101, "$" + ".a" * 100, "JSON"),
    (b"[" * 200_000, "$" + "[0]" * 100, "JSON"),
    (b"[" * 200_000 + b"]" * 200_000, "$" + "[0]" * 100, "JSON"),
    (b'{"a":' * 200_000, "$" + ".a" * 100, "JSON"),
    (b"[" + b"[]," * 200 + b"[" * 100 + b"]" * 100 + b"]", "$[200]" + "[0]" * 99, "JSON"),
]


@pytest.mark.requirement("JSON", "JSON duplicate")
@pytest.mark.parametrize("read", [parse, split])
@pytest.mark.parametrize(("body", "where", "rule"), REFUSED, ids=[str(body[:30]) for body, _, _ in REFUSED])
def test_what_is_not_strict_json_is_refused_with_its_place(read, body, where, rule):
    with pytest.raises(BadInput) as caught:
        read(body)
    problem = caught.value.problems[0]
    assert (problem.where, problem.rule) == (where, rule)
    assert str(caught.value).encode()


def test_line_and_column_are_told():
    with pytest.raises(BadInput, match=r"\$\.b: .*line 3, column 7"):
        parse(b'{\n"a": 1,\n "b": }')


def test_all_repeated_members_and_surrogates_are_told_at_once():
    with pytest.raises(BadInput) as caught:
        split(b'[{"a":1,"a":2},{"b":"\\ud800","c":NaN}]')
    assert [problem.where for problem in caught.value.problems] == ["$[0].a", "$[1].b", "$[1].c"]


def test_a_long_key_is_cut_in_the_message():
    with pytest.raises(BadInput) as caught:
        parse(b'{"' + b"k" * 100_000 + b'": x}')
    assert len(str(caught.value)) < 500


def test_no_more_faults_than_a_person_reads():
    with pytest.raises(BadInput) as caught:
        parse(b"[" + b"NaN," * 10_000 + b"1]")
    assert len(caught.value.problems) == 100


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b" 1 ", 1),
        (b"\xef\xbb\xbf{}", {}),
        (b'"\\u0000"', "\0"),
        (b'{"\\u0000":"\xf0\x9f\x98\x80"}', {"\0": "\U0001f600"}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"[" * 100 + b"]" * 100, None),
        (b"[1e-400, 1E5, -0, -0.0]", [0.0, 100000.0, 0, 0.0]),
        (b"1e400", Decimal("1e400")),
        (b"-1e400", Decimal("-1e400")),
        (b"1" * 4300, (10**4300 - 1) // 9),
        (b"1e99999999999999999999999", Decimal("1E+999999999999999999")),
        (b"-1e99999999999999999999999", Decimal("-1E+999999999999999999")),
    ],
)
def test_what_is_taken(body, value):
    assert value is None or parse(body) == value
    assert split(body).items[0].value is not None


@pytest.mark.parametrize("digits", [4301, 10_000, 1_000_000])
def test_numbers_of_any_length_are_taken_exactly(digits):
    value = parse(b"7" * digits)
    assert isinstance(value, Decimal)
    assert len(value.as_tuple().digits) == digits
    assert value.is_finite()


@given(values, escapes)
def test_parse_reads_what_was_written(value, escaped):
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=60) | st.text('[]{}",:\\u0dD8nulNaI1.-e \n', max_size=60).map(str.encode))
def test_whatever_is_sent_is_parsed_or_refused(body):
    try:
        value = parse(body)
    except BadInput as refusal:
        problems = refusal.problems
    else:
        assert value == json.loads(body.decode("utf-8-sig"))
        return
    assert problems


@given(st.lists(st.tuples(blanks, values, escapes, blanks), max_size=5), blanks, blanks)
def test_split_keeps_each_slice_as_sent(parts, before, after):
    written = [json.dumps(value, ensure_ascii=escaped, indent=1) for _, value, escaped, _ in parts]
    inside = ",".join(
        f"{left}{text}{right}" for (left, _, _, right), text in zip(parts, written, strict=True)
    )
    batch = split(f"{before}[{inside if parts else after}]{after}".encode())
    assert batch.was_array
    assert [sent.text for sent in batch] == written
    assert [sent.value for sent in batch] == [value for _, value, _, _ in parts]
    assert len(batch) == len(parts)


@given(objects, blanks, blanks)
def test_split_of_a_single_object(value, before, after):
    text = json.dumps(value)
    batch = split(f"{before}{text}{after}".encode())
    assert not batch.was_array
    assert [(sent.text, sent.value) for sent in batch] == [(text, value)]


def test_a_full_statement_comes_back_as_it_was_sent():
    body = as_body([FULL, 5, None])
    first, *others = split(body)
    assert first.text.encode() == as_body(FULL)
    assert first.value == FULL
    assert [sent.value for sent in others] == [5, None]
