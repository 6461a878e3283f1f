"""Builds the ZIP that Moodle's installer takes: `make plugin`, or python plugins/moodle/build_zip.py [FOLDER].

It holds the folder `lrsbridge` with what a site needs and nothing of what developers do. The same files give the same ZIP, to
the byte, whenever and by whomever it is built.
"""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = Path(__file__).resolve().parent / "local_lrsbridge"
COMPONENT, FOLDER = "local_lrsbridge", "lrsbridge"
NOT_FOR_SITES = {"tests", "node_modules"}
"""Folders, of the plugin's own, that only its developers need."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)


class CantBuildError(Exception):
    """What would come of it, Moodle or an admin could not use."""


def project_version() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


def told(plugin: Path = PLUGIN) -> dict[str, str]:
    """What version.php says: component, release, version and so on."""
    text = (plugin / "version.php").read_text(encoding="utf-8")
    found = re.findall(r"^\$plugin->(\w+)\s*=\s*'?([^';]+?)'?;", text, re.MULTILINE)
    return dict(found)


def files(plugin: Path = PLUGIN) -> Iterator[Path]:
    """What a site needs, in order; relative to the plugin."""
    for path in sorted(plugin.rglob("*"), key=lambda one: one.relative_to(plugin).parts):
        inside = path.relative_to(plugin)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.parts[0] not in NOT_FOR_SITES:
            yield inside


def build(folder: Path, plugin: Path = PLUGIN) -> Path:
    """The ZIP, written into this folder. Raises CantBuildError where version.php isn't of this project's version."""
    said, version = told(plugin), project_version()
    for key, wanted in (("component", COMPONENT), ("release", version)):
        if said.get(key) != wanted:
            raise CantBuildError(
                f"{plugin.name}/version.php: $plugin->{key} is {said.get(key, 'missing')!r}, and must be {wanted!r}"
            )
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{COMPONENT}-{version}.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for inside in files(plugin):
            entry = zipfile.ZipInfo(f"{FOLDER}/{inside.as_posix()}", _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = (
                3,
                0o100644 << 16,
            )  # as on Unix: a file anybody may read
            archive.writestr(entry, (plugin / inside).read_bytes())
    return made


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    try:
        print(build(folder))
    except (CantBuildError, OSError) as wrong:
        print(f"The plugin was not built. {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
