"""Reads mappings/*.yaml into `learning`'s types, and says everything that is wrong with them at once.

Three folders: sources/ (which statements are evidence of which course), frameworks/ (tiers, items, routes), champions/
(standards, areas, whom to alert). marshmallow checks the shape of each file; the cross-checks below compare files with
each other. Every Problem names file, line and key path.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrs_bridge.errors import BadMappings, Problem
from lrs_bridge.learning import mappings as types
from lrs_bridge.mapping_files import build
from lrs_bridge.mapping_files.checks import CrossChecks, examples, unmeetable
from lrs_bridge.mapping_files.documents import Document, load
from lrs_bridge.mapping_files.schemas import SCHEMAS
from lrs_bridge.moments import Calendar

FOLDERS = tuple(SCHEMAS)


@dataclass(frozen=True)
class Checked:
    """`warnings` don't hinder: values that are still the shipped examples."""

    mappings: types.Mappings
    warnings: tuple[Problem, ...]


def read_folder(folder: Path) -> dict[str, str]:
    """Relative path → text of every mapping file. Raises BadMappings where there are none."""
    files, problems = {}, []
    for name in FOLDERS:
        for path in sorted((folder / name).glob("*.y*ml")):
            try:
                files[f"{name}/{path.name}"] = path.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as wrong:
                problems.append(Problem(f"{name}/{path.name}", f"can't be read as UTF-8: {wrong}"))
    if not files and not problems:
        problems.append(
            Problem(
                str(folder),
                "holds no mapping files",
                mend=f"expected {', '.join(f'{name}/*.yaml' for name in FOLDERS)}; `lrs-bridge init DIR` copies the shipped ones",
            )
        )
    if problems:
        raise BadMappings("The mapping files can't be read.", problems)
    return files


def parse(files: Mapping[str, str], calendar: Calendar) -> Checked:
    """The mappings that these files make. Raises BadMappings with every problem of every file."""
    documents = {path: Document(path, text) for path, text in sorted(files.items())}
    problems = [problem for document in documents.values() for problem in document.problems]
    loaded: dict[str, dict[str, dict[str, Any]]] = {folder: {} for folder in FOLDERS}
    for path, document in documents.items():
        if not document.problems:
            folder = path.split("/")[0]
            try:
                loaded[folder][path] = load(SCHEMAS[folder], document)
            except BadMappings as wrong:
                problems += wrong.problems
    problems += CrossChecks(documents, loaded).problems()
    _refuse(problems)
    mappings = types.Mappings(
        digest=digest_of(files, calendar),
        calendar=calendar,
        sources=_keyed(build.source(data, calendar) for data in loaded["sources"].values()),
        frameworks=_keyed(build.framework(data, calendar) for data in loaded["frameworks"].values()),
        champions=_keyed(build.champions(data, calendar) for data in loaded["champions"].values()),
    )
    _refuse(list(unmeetable(mappings, documents, loaded)))
    return Checked(mappings, tuple(examples(documents.values())))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise BadMappings("The mapping files have mistakes; nothing was put in force.", _by_line(problems))


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
