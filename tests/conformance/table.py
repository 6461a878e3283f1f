"""Rewrites the table of docs/conformance.md: each requirement, the rule that stands for it, and the tests that name it.

    python tests/conformance/table.py

A test names requirements by the marker `requirement`; markers are read from the imported modules, so that a test that is
parametrised by a table of rules can name that table.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
if str(TESTS) not in sys.path:  # run as a script
    sys.path.insert(0, str(TESTS))

from conformance.requirements import REQUIREMENTS  # noqa: E402

DOCUMENT = TESTS.parent / "docs" / "conformance.md"
BEGIN = "## Requirement, rule, test\n"
_LEAD = """
Written by `python tests/conformance/table.py`; a test compares. Numbers are those of the public suite, clauses those of 1.0.3 and
of IEEE 9274.1.1 for 2.0.0. ✓: a refusal names it as its rule (`lrs_bridge/xapi/rules.py`). Rules without a number follow at the
end. Tests are those below `tests/` that name the requirement by the marker `requirement`.

| requirement | asks that | 1.0.3 | 2.0.0 | rule | tests |
|---|---|---|---|---|---|
"""


def named_by() -> dict[str, list[str]]:
    """Requirement → the tests that name it, each as file::class::function without parameters."""
    found: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        if (
            "mark.requirement(" not in path.read_text(encoding="utf-8")
            or path.parent == Path(__file__).parent
        ):
            continue
        place = path.relative_to(TESTS)
        module = importlib.import_module(".".join(place.with_suffix("").parts))
        for name, numbers in _marked(vars(module)):
            for number in numbers:
                found.setdefault(number, set()).add(f"{place.as_posix()}::{name}")
    return {number: sorted(tests) for number, tests in found.items()}


def _marked(
    members: Iterable[tuple[str, object]] | dict[str, object],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in dict(members).items():
        if name.startswith("Test") and isinstance(value, type):
            for inner, numbers in _marked(vars(value)):
                yield f"{name}::{inner}", (*numbers, *_numbers(value))
        elif name.startswith("test_"):
            yield name, _numbers(value)


def _numbers(marked: object) -> tuple[str, ...]:
    marks = getattr(marked, "pytestmark", [])
    return tuple(number for mark in marks if mark.name == "requirement" for number in mark.args)


def table(tests: dict[str, list[str]]) -> str:
    rows = []
    for key, requirement in REQUIREMENTS.items():
        told = "<br>".join(f"`{test}`" for test in tests.get(key, [])) or f"none: {requirement.needs_no_test}"
        clauses = f"{requirement.clause_1_0_3 or '–'} | {requirement.clause_2_0_0 or '–'}"
        rows.append(
            f"| {key} | {requirement.words} | {clauses} | {'✓' if requirement.rule else ''} | {told} |"
        )
    return BEGIN + _LEAD + "\n".join(rows) + "\n"


def with_table(document: str, tests: dict[str, list[str]]) -> str:
    """The document with everything from the table's heading on replaced."""
    return document.partition(BEGIN)[0].rstrip() + "\n\n" + table(tests)


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), named_by()), encoding="utf-8")
