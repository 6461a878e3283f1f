"""The wheel carries all that the service needs, and works from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        ROOT,
    ]
    subprocess.run(command, check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel unpacked, first on the path; its dependencies are this environment's."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LRS_BRIDGE_")}
    return environment | {"PYTHONPATH": str(folder)}


def bridge(environment, cwd, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "lrs_bridge", *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_every_file_of_the_package_and_what_is_shipped(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", "lrs_bridge", "mappings", "config"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    shipped = {
        path if path.startswith("lrs_bridge/") else f"lrs_bridge/shipped/{path}"
        for path in tracked
        if (ROOT / path).exists()
    }
    with zipfile.ZipFile(wheel) as packed:
        assert shipped <= set(packed.namelist())


def test_it_runs_from_another_folder(installed, tmp_path):
    where = bridge(installed, tmp_path, "settings").stdout
    assert str(ROOT) not in where, "the checkout was found instead of the installed package"
    assert bridge(installed, tmp_path, "check-mappings").returncode == 0
    assert bridge(installed, tmp_path, "init", "here").returncode == 0
    assert (tmp_path / "here/mappings/frameworks/escb.yaml").exists()


def test_the_demonstration_runs_from_the_wheel_to_its_end(installed, tmp_path):
    shown = bridge(installed, tmp_path, "demo", "--once")
    assert shown.returncode == 0, shown.stderr
    for said in (
        "Asha Rao",
        "essex: eligible",
        "southend: NWG membership",
        "Eligible as CSE Champion: Liam O'Neill",
        "Asks to be CSE Champion: Grace Mensah",
        "Grace Mensah is registered by Joe Ray: champion in thurrock",
        "27/27 T5 35/35",
        "southend: left",
    ):
        assert said in " ".join(shown.stdout.split()), said
