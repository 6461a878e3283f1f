"""The conformance run counts by the list of tests, and says what is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")


@pytest.fixture(scope="module")
def conformance():
    spec = importlib.util.spec_from_file_location("conformance_run", RUN)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "conformance_run", module)
        spec.loader.exec_module(module)
        yield module


A, B, TWICE = ("State", "a"), ("State", "b"), ("State", "twice")


@pytest.mark.parametrize(
    ("told", "numbers", "missing"),
    [
        ([], (0, 0, 4), [A, B, TWICE, TWICE]),
        ([(A, "passed"), (B, "passed"), (TWICE, "passed"), (TWICE, "passed")], (4, 0, 0), []),
        ([(A, "passed"), (A, "passed"), (B, "passed"), (TWICE, "passed")], (3, 0, 1), [TWICE]),
        ([(A, "passed"), (A, "failed")], (0, 1, 3), [B, TWICE, TWICE]),
        ([(A, "passed"), (B, "pending"), (TWICE, "failed"), (TWICE, "passed")], (2, 1, 1), [B]),
    ],
)
def test_every_listed_test_counts_once(conformance, told, numbers, missing):
    outcome = conformance.Outcome("1.0.3", "sqlite", Counter([A, B, TWICE, TWICE]))
    for title, result in told:
        outcome.take({"test": list(title), "outcome": result, "why": "because"})
    assert outcome.numbers == numbers
    assert sorted(outcome.not_run()) == missing
    assert outcome.all_passed is (numbers == (4, 0, 0))


def test_a_failing_step_before_the_tests_is_no_success(conformance):
    outcome = conformance.Outcome("1.0.3", "sqlite", Counter([A]))
    outcome.take({"test": list(A), "outcome": "passed"})
    outcome.take({"test": ["State", '"after all" hook'], "outcome": "failed", "why": "x"})
    assert not outcome.all_passed


def test_a_list_without_tests_is_no_success(conformance):
    assert not conformance.Outcome("1.0.3", "sqlite", Counter()).all_passed


def test_a_suite_that_is_not_there_is_told_aloud(tmp_path):
    command = [sys.executable, str(RUN)]
    environ = {"LRS_CONFORMANCE_SUITE": str(tmp_path / "none"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 69
    assert str(tmp_path / "none") in done.stderr
    assert "git clone" in done.stderr
