from __future__ import annotations

import pytest

from lrs_bridge.errors import BadInput
from lrs_bridge.xapi.versions import answered, negotiate, precedes_1_0_3


@pytest.mark.parametrize(
    ("header", "version"),
    [
        *[
            ("1.0", "1.0.3"),
            ("1.0.0", "1.0.3"),
            ("1.0.3", "1.0.3"),
            ("1.0.99", "1.0.3"),
            (" 1.0.3 ", "1.0.3"),
        ],
        *[("2.0", "2.0.0"), ("2.0.0", "2.0.0"), ("2.0.1", "2.0.0")],
    ],
)
def test_the_edition_a_header_asks_for(header, version):
    assert negotiate(header) == version


@pytest.mark.parametrize(
    "header",
    [
        "",
        "1",
        "1.1.0",
        "0.9",
        "0.95",
        "3.0.0",
        "1.0.",
        "1.0.x",
        "1.0.3.1",
        "v1.0.3",
        "2.0.0, 1.0.3",
        "1.0.٣",
        "1.0.3\n",
    ],
)
def test_other_versions_are_refused(header):
    with pytest.raises(BadInput) as caught:
        negotiate(header)
    assert [problem.rule for problem in caught.value.problems] == ["XAPI-00331"]


def test_a_missing_header_is_refused():
    with pytest.raises(BadInput) as caught:
        negotiate(None)
    assert [problem.rule for problem in caught.value.problems] == ["XAPI-00321"]


@pytest.mark.parametrize(
    ("header", "told"),
    [("1.0.1", "1.0.3"), ("2.0", "2.0.0"), (None, "0.9"), ("0.95", "1.0.3"), ("latest", "1.0.3")],
)
def test_what_an_answer_says(header, told):
    assert answered(header) == told


@pytest.mark.parametrize(
    ("header", "precedes"),
    [
        *[("1.0", True), ("1.0.0", True), (" 1.0.1", True), ("1.0.2", True)],
        *[("1.0.3", False), ("1.0.4", False), ("2.0.0", False), (None, False)],
    ],
)
def test_which_requests_are_of_an_earlier_time(header, precedes):
    assert precedes_1_0_3(header) is precedes
