"""The house's own rules, where no linter knows them."""

from __future__ import annotations

import ast
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "lrs_bridge").rglob("*.py"))

NO_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "service", "services"}
LONGEST = 450

# Put together here, or this file would break its own rule.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:" + "work|root|home|Users" + r")/[\w.-]+")

DIRECTIVE = re.compile(
    r"noqa(?::\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?|type:\s*ignore(?:\[[^\]]*\])?",
    re.IGNORECASE,
)
CODED = re.compile(r"noqa:\s*[A-Z]+\d+|type:\s*ignore\[\w", re.IGNORECASE)

CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
}
CLOCKS_ALLOWED = {
    "moments.py": CLOCKS,
    "jobs.py": {"time.monotonic", "time.monotonic_ns"},
    "web/auth.py": {"time.monotonic"},  # how long ago a credential was found good
    "connectors/openid.py": {"time.monotonic"},  # how long ago a provider described itself
    "flows/consistency.py": {"time.monotonic"},  # how old an answer is, not when anything happened
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_rooms_import_only_lower_rooms():
    # The script beside this Python; its cache would be shared by the processes of a test run.
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(script), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"\n{done.stdout}\n{done.stderr}"


def test_there_are_modules_to_look_at():
    assert len(MODULES) > 5


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_named_for_the_thing_it_is(path):
    parts = path.relative_to(ROOT / "lrs_bridge").with_suffix("").parts
    assert not NO_NAMES.intersection(parts)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def files_of_the_project() -> list[Path]:
    """What git keeps, or would keep."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout: there is no telling which files belong to the project")
    # CI often checks out as one user and tests as another, which git distrusts unless told.
    command = [
        "git",
        "-c",
        f"safe.directory={ROOT}",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    return [file for file in files if file.is_file()]


def test_no_file_knows_the_machine_it_was_written_on():
    found = [
        f"{name_of(file)}:{number}: {match[0]}"
        for file in files_of_the_project()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        for match in MACHINE_PATH.finditer(line)
    ]
    assert not found


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("see " + "/work" + "/main/x", True),
        ("sqlite:///" + "/home" + "/asha/x", True),
        ('"' + "/root" + '/.cache"', True),
        ("https://example.org/home/asha", False),
        ("{base}" + "/home" + "/asha", True),
        ("../srv/main", False),
        ("a framework/rooted/home", False),
    ],
)
def test_what_is_taken_for_a_path_of_this_machine(line, is_one):
    assert bool(MACHINE_PATH.search(line)) is is_one


def unreasoned(source: str) -> Iterator[int]:
    """Lines with a linter's or type checker's rule switched off that don't name it and say why."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not DIRECTIVE.search(token.string):
            continue
        directives = DIRECTIVE.findall(token.string)
        reason = re.findall(r"\w+", DIRECTIVE.sub("", token.string))
        if len(CODED.findall(token.string)) < len(directives) or len(reason) < 2:
            yield token.start[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_rule_switched_off_says_why(path):
    assert list(unreasoned(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("line", "is_fine"),
    [
        ("x = 1  # noqa: S105 - a public prefix", True),
        ("x = 1  # noqa: S105, E501 - a public prefix", True),
        ("x = 1  # type: ignore[attr-defined]  # stubs lag behind", True),
        ("x = 1  # noqa: S105", False),
        ("x = 1  # noqa: S105, E501", False),
        ("x = 1  # noqa", False),
        ("x = 1  # noqa - because I say so", False),
        ("x = 1  # type: ignore", False),
        ("x = 1  # type: ignore[attr-defined]", False),
        ("x = 1  # noqa: S105  # type: ignore[misc]", False),
        ("x = '# noqa'", True),
    ],
)
def test_what_is_taken_for_a_reason(line, is_fine):
    assert (list(unreasoned(line + "\n")) == []) is is_fine


def clocks_in(source: str) -> Iterator[tuple[int, str]]:
    """Whatever tells the time by itself, called or handed on: `datetime.now`, `from time import time`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = (
                node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            )
            if f"{owner}.{node.attr}" in CLOCKS:
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for imported in node.names:
                if f"time.{imported.name}" in CLOCKS:
                    yield node.lineno, f"time.{imported.name}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_time_is_passed_in(path):
    allowed = CLOCKS_ALLOWED.get(path.relative_to(ROOT / "lrs_bridge").as_posix(), set())
    found = [
        (line, clock) for line, clock in clocks_in(path.read_text(encoding="utf-8")) if clock not in allowed
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("datetime.now(UTC)", 1),
        ("field(default_factory=datetime.datetime.utcnow)", 1),
        ("dt.date.today()", 1),
        ("time.time()", 1),
        ("from time import time, sleep", 1),
        ("func.now()", 0),
        ("'datetime.now()'", 0),
        ("time.sleep(1)", 0),
    ],
)
def test_what_is_taken_for_a_clock(source, number):
    assert len(list(clocks_in(source))) == number


class TestSocketsAreOff:
    @pytest.mark.parametrize("call", ["connect", "connect_ex"])
    @pytest.mark.parametrize(
        ("family", "host"),
        [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"), (socket.AF_INET, "example.org")],
    )
    def test_no_other_machine_is_reached(self, call, family, host):
        with socket.socket(family) as line, pytest.raises(Exception, match="loopback only") as refused:
            getattr(line, call)((host, 80))
        # Code under test forgives bad lines; it must not forgive this.
        assert not isinstance(refused.value, OSError)

    def test_no_datagram_leaves(self):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line,
            pytest.raises(Exception, match="loopback only"),
        ):
            line.sendto(b"", ("192.0.2.1", 53))

    @pytest.mark.parametrize("host", ["example.org", "192.0.2.1"])
    def test_nor_by_the_usual_way(self, host):
        with pytest.raises(Exception, match="loopback only"):
            socket.create_connection((host, 80), timeout=1)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_the_loopback_is_reached(self, host):
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection((host, server.getsockname()[1]), timeout=5).close()

    def test_unix_sockets_are_left_alone(self, tmp_path):
        with socket.socket(socket.AF_UNIX) as line, pytest.raises(FileNotFoundError):
            line.connect(str(tmp_path / "none"))


def test_no_setting_of_this_machine_is_seen():
    assert not [name for name in os.environ if name.startswith("LRS_BRIDGE_")]
