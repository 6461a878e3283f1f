"""The ZIP that Moodle's installer takes."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import lrs_bridge

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "plugins/moodle/build_zip.py"


@pytest.fixture(scope="module")
def builder():
    spec = importlib.util.spec_from_file_location("build_zip", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plugin(builder, tmp_path):
    """A copy of the plugin, to change."""
    return Path(shutil.copytree(builder.PLUGIN, tmp_path / "local_lrsbridge"))


@pytest.fixture
def archive(builder, tmp_path):
    with zipfile.ZipFile(builder.build(tmp_path)) as opened:
        yield opened


def test_is_named_for_the_projects_version(builder, tmp_path):
    assert builder.build(tmp_path / "dist").name == f"local_lrsbridge-{lrs_bridge.__version__}.zip"
    assert builder.told()["release"] == lrs_bridge.__version__


def test_holds_one_folder_named_as_moodle_wants_it(archive):
    assert {name.split("/")[0] for name in archive.namelist()} == {"lrsbridge"}


def test_holds_what_moodle_needs(archive):
    needed = ["version.php", "db/install.xml", "db/events.php", "db/tasks.php", "lang/en/local_lrsbridge.php"]
    assert {f"lrsbridge/{name}" for name in needed} <= set(archive.namelist())


def test_holds_every_file_of_the_plugin_but_its_developers(builder, archive):
    everything = {path.relative_to(builder.PLUGIN) for path in builder.PLUGIN.rglob("*") if path.is_file()}
    held = {Path(name).relative_to("lrsbridge") for name in archive.namelist()}
    left = {path.parts[0] for path in everything - held}
    assert left <= builder.NOT_FOR_SITES | {name for name in left if name.startswith(".")}
    assert not any(name.endswith((".json", ".zip", ".xml.dist")) for name in archive.namelist())


def test_its_files_are_whole_and_readable(builder, archive):
    assert archive.testzip() is None
    for entry in archive.infolist():
        inside = Path(entry.filename).relative_to("lrsbridge")
        assert archive.read(entry) == (builder.PLUGIN / inside).read_bytes()
        assert stat.S_IMODE(entry.external_attr >> 16) == 0o644


def test_is_the_same_whenever_it_is_built(builder, plugin, tmp_path):
    def digest(made):
        return hashlib.sha256(made.read_bytes()).hexdigest()

    one = digest(builder.build(tmp_path / "one"))
    for path in plugin.rglob("*"):
        path.touch()
    assert digest(builder.build(tmp_path / "two", plugin)) == one


def test_leaves_out_what_lies_about(builder, plugin, tmp_path):
    for name in (".git/config", ".DS_Store", "classes/.swp", "node_modules/x/y.js", "tests/pure/x_test.php"):
        (plugin / name).parent.mkdir(parents=True, exist_ok=True)
        (plugin / name).write_text("x")
    with zipfile.ZipFile(builder.build(tmp_path / "out", plugin)) as made:
        inside = {name.removeprefix("lrsbridge/") for name in made.namelist()}
    assert inside == {path.as_posix() for path in builder.files()}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("$plugin->release = '", "$plugin->release = '9", "$plugin->release is '9"),
        (
            "$plugin->component = 'local_lrsbridge'",
            "$plugin->component = 'local_bridge'",
            "must be 'local_lrsbridge'",
        ),
        ("$plugin->component = 'local_lrsbridge';", "", "$plugin->component is 'missing'"),
    ],
)
def test_is_not_built_of_another_version_or_name(builder, plugin, tmp_path, old, new, said):
    text = (plugin / "version.php").read_text()
    assert old in text
    (plugin / "version.php").write_text(text.replace(old, new))
    with pytest.raises(builder.CantBuildError) as refused:
        builder.build(tmp_path / "out", plugin)
    assert said in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_the_command_says_where_it_is(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert zipfile.is_zipfile(done.stdout.strip())


def test_other_programs_unpack_it(builder, program, tmp_path):
    """`zip` reads it too; Moodle itself does in `make moodle-test`."""
    zip_ = program("THE PLUGIN'S ZIP", "zip", "zip")
    done = subprocess.run(
        [zip_, "-T", str(builder.build(tmp_path))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
