"""Reads mappings/*.yaml into `learning`'s types, and says everything that is wrong with them at once.

Three folders: sources/ (which statements are evidence of which course), frameworks/ (tiers, items, routes), champions/
(standards, areas, whom to alert). marshmallow checks the shape of each file; the cross-checks below compare files with
each other. Every Problem names file, line and key path.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrs_bridge.errors import BadMappings, Problem
from lrs_bridge.learning import mappings as types
from lrs_bridge.mapping_files import build
from lrs_bridge.mapping_files.checks import CrossChecks, examples
from lrs_bridge.mapping_files.documents import Document
from lrs_bridge.mapping_files.schemas import SCHEMAS
from lrs_bridge.moments import Calendar

FOLDERS = tuple(SCHEMAS)
_EXPECTED = ", ".join(f"{name}/*.yaml" for name in FOLDERS)


@dataclass(frozen=True)
class Checked:
    """`warnings` don't hinder: values that are still the shipped examples, and what can only be recorded by hand."""

    mappings: types.Mappings
    warnings: tuple[Problem, ...]


def read_folder(folder: Path) -> dict[str, str]:
    """Relative path → text of every mapping file. Raises BadMappings where there are none, or one can't be read."""
    files, problems = {}, []
    for path in sorted(_yaml_files(folder)):
        name = path.relative_to(folder).as_posix()
        if path.parent.name not in FOLDERS or path.parent.parent != folder:
            problems.append(Problem(name, "lies in no folder that is read", mend=_EXPECTED))
            continue
        try:
            files[name] = path.read_text(encoding="utf-8-sig")
        except OSError as wrong:
            problems.append(Problem(name, f"can't be read: {wrong.strerror or wrong}"))
        except UnicodeDecodeError as wrong:
            line = wrong.object.count(b"\n", 0, wrong.start) + 1
            problems.append(Problem(f"{name}:{line}", "is not UTF-8", mend="save the file as UTF-8"))
    if not files and not problems:
        mend = f"expected {_EXPECTED}; `lrs-bridge init DIR` copies the shipped ones"
        what = "holds no mapping files" if folder.is_dir() else "is no folder"
        problems.append(Problem(str(folder), what, mend=mend))
    if problems:
        raise BadMappings("The mapping files can't be read.", problems)
    return files


def _yaml_files(folder: Path) -> Iterator[Path]:
    """Here and one folder down; hidden files and folders are an editor's, or the operating system's."""
    for pattern in ("*", "*/*"):
        for path in folder.glob(pattern):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.suffix.lower() in (".yaml", ".yml") and not hidden:
                yield path


def parse(files: Mapping[str, str], calendar: Calendar) -> Checked:
    """The mappings that these files make. Raises BadMappings with every problem of every file."""
    documents = {path: Document(path, text) for path, text in sorted(files.items())}
    loaded: dict[str, dict[str, dict[str, Any]]] = {folder: {} for folder in FOLDERS}
    problems: list[Problem] = []
    for path, document in documents.items():
        if document.value is None and document.problems:
            problems += document.problems
            continue
        folder = path.split("/")[0]
        data, wrong = document.load(SCHEMAS[folder])
        problems += wrong
        if data is not None:
            loaded[folder][path] = data
    checks = CrossChecks(documents, loaded)
    problems += checks.problems()
    if problems:
        problems = _by_line(problems)
        count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        raise BadMappings(f"The mapping files have {count}; nothing was put in force.", problems)
    mappings = types.Mappings(
        digest=digest_of(files, calendar),
        calendar=calendar,
        sources=_keyed(build.source(data, calendar) for data in loaded["sources"].values()),
        frameworks=_keyed(build.framework(data, calendar) for data in loaded["frameworks"].values()),
        champions=_keyed(build.champions(data, calendar) for data in loaded["champions"].values()),
    )
    return Checked(mappings, (*checks.notes, *examples(documents.values())))


def digest_of(files: Mapping[str, str], calendar: Calendar) -> str:
    """Names a set of files as read in one time zone: equal content, equal digest."""
    content = json.dumps([str(calendar.zone), sorted(files.items())], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _by_line(problems: Iterable[Problem]) -> list[Problem]:
    def place(problem: Problem) -> tuple[str, int]:
        path, _, rest = problem.where.partition(":")
        number = re.match(r"\d+", rest)
        return path, int(number.group()) if number else 0

    return sorted(dict.fromkeys(problems), key=place)


def _keyed(built: Iterable[Any]) -> dict[str, Any]:
    return {one.key: one for one in built}
