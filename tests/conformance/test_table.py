"""Every requirement has a test that names it, and docs/conformance.md says which."""

from __future__ import annotations

import pytest
from conformance.requirements import REQUIREMENTS
from conformance.table import DOCUMENT, named_by, with_table


@pytest.fixture(scope="module")
def tests():
    return named_by()


def test_every_number_is_there():
    numbers = {int(key[5:10]) for key in REQUIREMENTS if key.startswith("XAPI-")}
    assert numbers == set(range(1, 337))


def test_every_requirement_has_a_test(tests):
    assert [key for key, one in REQUIREMENTS.items() if not one.needs_no_test and key not in tests] == []


def test_what_needs_no_test_has_none(tests):
    assert [key for key, one in REQUIREMENTS.items() if one.needs_no_test and key in tests] == []


def test_tests_name_requirements_that_there_are(tests):
    assert set(tests) <= set(REQUIREMENTS)


def test_requirements_say_where_they_stand():
    assert [key for key, one in REQUIREMENTS.items() if not (one.clause_1_0_3 or one.clause_2_0_0)] == []


def test_the_table_is_up_to_date(tests):
    """Run `python tests/conformance/table.py`."""
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == with_table(document, tests)
