"""Commands about mapping files: are they right, what may stand in them, and which are in force."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

from lrs_bridge.cli.plumbing import example, on_terminal, open_database, print_json, read_settings
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import what_if as trying
from lrs_bridge.learning.differences import WhatIf
from lrs_bridge.mapping_files.json_schema import ABOUT, json_schema
from lrs_bridge.moments import system_clock
from lrs_bridge.report.operating import mappings_report, what_if_report

_SHOWN = 20


@click.command("check-mappings", epilog=example("lrs-bridge check-mappings ./mappings"))
@click.argument("directory", required=False)
def check_mappings(directory: str | None) -> None:
    """Check the mapping files and list every mistake with file, line, key and what would be right."""
    settings = read_settings()
    folder = directory or settings.mappings
    _, checked = mapping_flow.read(folder, settings.calendar)
    for warning in checked.warnings:
        click.echo(f"note: {warning}")
    found = checked.mappings
    click.echo(
        f"{folder}: {len(found.sources)} sources, {len(found.frameworks)} frameworks, {len(found.champions)} champions files, "
        f"no mistakes. Digest {found.digest}."
    )


@click.command(epilog=example("lrs-bridge schema --write /etc/lrs_bridge"))
@click.argument("kind", metavar="[KIND]", required=False)
@click.option(
    "--write",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the schemas (with KIND, this one) into this folder, in the place of earlier ones.",
)
def schema(kind: str | None, folder: Path | None) -> None:
    """Print what may stand in the mapping files, as JSON Schema for editors. KIND: sources, frameworks or champions.

    Without KIND it says how an editor can use the schemas.
    """
    if folder is not None:
        for path in _write(folder.absolute(), [kind] if kind else list(ABOUT)):
            click.echo(f"written: {path}")
        click.echo(f"\n{_how_to_use(folder.absolute())}")
    elif kind is not None:
        print_json(json_schema(kind))
    else:
        for name, about in ABOUT.items():
            click.echo(f"{name:<10}  {about}")
        click.echo(
            f"\n`lrs-bridge schema --write DIR` writes them into a folder.\n{_how_to_use(Path('DIR'))}"
        )


def _write(folder: Path, kinds: list[str]) -> Iterator[Path]:
    schemas = {kind: json_schema(kind) for kind in kinds}
    for kind, found in schemas.items():
        path = folder / _file_of(kind)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as wrong:
            problem = Problem(str(wrong.filename or path), f"can't be written: {wrong.strerror}")
            raise BadInput("Not every schema could be written.", [problem]) from wrong
        yield path


def _file_of(kind: str) -> str:
    return f"{kind}.schema.json"


def _how_to_use(folder: Path) -> str:
    lines = [f"  # yaml-language-server: $schema={folder / _file_of(kind)}" for kind in ABOUT]
    globs = {str(folder / _file_of(kind)): f"**/mappings/{kind}/*.yaml" for kind in ABOUT}
    setting = json.dumps({"yaml.schemas": globs}, ensure_ascii=False, indent=2)[2:-2]
    return "\n".join(
        [
            "An editor with the YAML language server then checks and completes mapping files that begin with such a line:",
            *lines,
            "VS Code, with the YAML extension, also without that line, by its settings:",
            setting,
        ]
    )


@click.command("mappings", epilog=example("lrs-bridge mappings --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mappings_command(*, as_json: bool) -> None:
    """List which mappings are and were in force, since when and by whom; the newest first, at most 20."""
    history = open_database(read_settings()).read(lambda session: mapping_flow.history(session, _SHOWN))
    if as_json:
        print_json(history)
        return
    click.echo(mappings_report(history))


@click.command("what-if", epilog=example("lrs-bridge what-if ./mappings"))
@click.argument("directory")
@click.option(
    "--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Name at most so many people."
)
def what_if(directory: str, limit: int) -> None:
    """Show whose tier or eligibility would change if the mapping files of DIRECTORY were in force. Changes nothing.

    The files are checked as check-mappings does. The service may run on meanwhile.
    """
    settings = read_settings()
    _, checked = mapping_flow.read(directory, settings.calendar)
    database = open_database(settings)
    now = system_clock()
    with on_terminal(SpinnerColumn(), *Progress.get_default_columns()[:-1], TimeElapsedColumn()) as progress:
        bar = progress.add_task("trying", total=None)

        def advance(seen: WhatIf) -> None:
            progress.update(bar, completed=seen.done, total=seen.total)

        seen = database.read(
            lambda session: trying.what_if(
                session, checked.mappings, settings, now, limit=limit, progress=advance
            )
        )
    click.echo(what_if_report(seen, directory))
