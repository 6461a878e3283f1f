"""Commands about training: what no rule takes, imports, and where people stand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lrs_bridge.cli.plumbing import (
    example,
    mappings_in_use,
    on_terminal,
    open_database,
    print_json,
    read_settings,
    take_up_mappings,
    who,
)
from lrs_bridge.connectors.tables import Table, open_table
from lrs_bridge.errors import BadInput, BadMappings, Problem
from lrs_bridge.flows import explain as explaining
from lrs_bridge.flows import imports, verify
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import recompute as recomputing
from lrs_bridge.flows import unmapped as missing
from lrs_bridge.jobs import LEASE_SECONDS
from lrs_bridge.moments import system_clock
from lrs_bridge.report.operating import import_report, unmapped_report
from lrs_bridge.report.people import explanation
from lrs_bridge.settings import SHIPPED_MAPPINGS, Settings
from lrs_bridge.store import timetable
from lrs_bridge.store.database import Database, Session


@click.command(epilog=example("lrs-bridge unmapped --source nwg"))
@click.option("--source", help="Only this source.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def unmapped(source: str | None, *, as_json: bool) -> None:
    """List activities with completion-like statements that no rule takes, each with a rule to paste."""
    settings = read_settings()
    database = open_database(settings)
    mappings = mappings_in_use(database, settings)
    if source is not None and source not in mappings.sources:
        problem = Problem(
            "--source", f"no mapping file describes “{source}”", mend=f"one of {', '.join(mappings.sources)}"
        )
        raise BadInput("Nothing can be listed.", [problem])
    found = database.read(lambda session: missing.unmapped(session, mappings, source))
    if as_json:
        print_json([one.as_json() for one in found])
        return
    click.echo(unmapped_report(found))


@click.command("import", epilog=example("lrs-bridge import people staff.xlsx --apply"))
@click.argument("kind", metavar="KIND")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--apply", "apply_", is_flag=True, help="Do it. Without this, only show what would change.")
@click.option("--template", is_flag=True, help="Print the columns of KIND, and an example row.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="HEADING=COLUMN",
    help="What a heading of the file means; --apply remembers it. “course:KEY”: days of that course. Nothing after “=”: pass it over.",
)
@click.option(
    "--set",
    "constants",
    multiple=True,
    metavar="COLUMN=TEXT",
    help="The same text for every row of the file.",
)
@click.option("--sheet", help="Which sheet of a workbook.")
@click.option("--again", is_flag=True, help="Record also what somebody took back with `lrs-bridge void`.")
@click.option("--all", "all_", is_flag=True, help="Show every change, not only the first 200.")
def import_command(
    kind: str,
    file: Path | None,
    *,
    apply_: bool,
    template: bool,
    columns: tuple[str, ...],
    constants: tuple[str, ...],
    sheet: str | None,
    again: bool,
    all_: bool,
) -> None:
    """Take in a CSV or XLSX table. KIND is organisations, people, champions, completions, sessions, memberships,
    attestations or equivalences. Shows what would change; --apply does it.

    Every row is checked before the first is kept: a file with a mistake changes nothing, and the same file again neither.
    """
    wanted = imports.kind_named(kind)
    if template:
        click.echo(wanted.template(), nl=False)
        for column in wanted.columns:
            click.echo(f"{column.name}{' (required)' if column.required else ''}: {column.help}", err=True)
        return
    if file is None:
        raise BadInput(
            "Nothing was taken in.",
            [Problem("FILE", "is missing", mend=f"lrs-bridge import {kind} FILE.csv")],
        )
    told, same = _pairs("--column", columns), _pairs("--set", constants)
    table = open_table(file, sheet=sheet)
    report = _import(wanted, table, file.name, told, same, apply_=apply_, again=again, all_=all_)
    click.echo(import_report(report, applied=apply_))


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, mark, value = text.rpartition("=") if option == "--column" else text.partition("=")
        if not mark or not name.strip():
            problem = Problem(
                option, f"“{text}” has no “=” between two names", mend=f"{option} 'E-mail=identifiers'"
            )
            raise BadInput("Nothing was taken in.", [problem])
        found[name.strip()] = value.strip()
    return found


def _import(
    kind: imports.Kind,
    table: Table,
    file: str,
    told: dict[str, str],
    constants: dict[str, str],
    *,
    apply_: bool,
    again: bool,
    all_: bool,
) -> imports.Report:
    settings = read_settings()
    database = open_database(settings)
    mappings = mappings_in_use(database, settings)
    taking = imports.Taking(
        mappings, settings.public_url, who(), system_clock(), again=again, clock=system_clock
    )
    with on_terminal(SpinnerColumn(), *Progress.get_default_columns()[:-1], TimeElapsedColumn()) as progress:
        bar = progress.add_task(f"checking {kind.name}", total=table.total)

        def advance(done: int) -> None:
            progress.update(bar, completed=done)

        prepared = database.read(
            lambda session: imports.prepare(
                session, kind, table, mappings, taking.now, told=told, constants=constants, progress=advance
            )
        )
        progress.update(bar, description=kind.name, completed=0, total=prepared.rows)

        def journey(session: Session) -> imports.Report:
            shown = prepared.rows * 50 if all_ else 200
            return imports.take_in(session, prepared, taking, file=file, shown=shown, progress=advance)

        return database.write(journey) if apply_ else database.rehearse(journey)


def _take_up_own_mappings(database: Database, settings: Settings) -> None:
    """Without a service to do it, changed files are taken up here; but only files that were set for this command, never
    the shipped examples in the place of the operator's own, and never bad ones."""
    in_force = database.read(timetable.in_force)
    if in_force is None:
        take_up_mappings(database, settings)
        return
    holder = who()
    if settings.mappings == str(SHIPPED_MAPPINGS) or not database.write(
        lambda session: timetable.hold_lease(session, "timetable", holder, LEASE_SECONDS)
    ):
        return
    try:
        files, checked = mapping_flow.read(settings.mappings, settings.calendar)
        now = system_clock()
        database.write(
            lambda session: mapping_flow.put_in_force(
                session, files, checked.mappings.digest, now=now, who=holder
            )
        )
    except BadMappings as wrong:
        click.echo(f"{wrong}\nThe mappings in force stay in force.", err=True)
    finally:
        database.write(lambda session: timetable.drop_lease(session, "timetable", holder))


@click.command(epilog=example("lrs-bridge recompute --all --verify"))
@click.option("--all", "all_", is_flag=True, help="Match every statement and compute every learner anew.")
@click.option(
    "--verify",
    "verify_",
    is_flag=True,
    help="Compare what is kept with a rebuild; with --all, before rebuilding.",
)
def recompute(*, all_: bool, verify_: bool) -> None:
    """Compute what is pending now, without waiting for the timetable. Exit 1 if --verify finds a difference."""
    settings = read_settings()
    database = open_database(settings)
    _take_up_own_mappings(database, settings)
    with on_terminal(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as progress:
        task = progress.add_task("computing")

        def run() -> recomputing.Done:
            return recomputing.recompute(
                database,
                settings,
                system_clock,
                progress=lambda done: progress.update(task, description=str(done)),
            )

        done = run()
        seen = None
        if verify_:
            seen = database.read(
                lambda session: verify.verify(
                    session,
                    settings.calendar,
                    system_clock(),
                    progress=lambda compared: progress.update(task, description=str(compared)),
                )
            )
        if all_:
            verify.rebuild(database)
            done = run()
    click.echo(f"{done}.")
    if seen is not None:
        click.echo(f"{seen}.")
        for difference in seen.differences[:50]:
            click.echo(f"  {difference}")
        if seen.differences:
            sys.exit(1)


@click.command(epilog=example("lrs-bridge explain asha.rao@example.org"))
@click.argument("identifier")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(identifier: str, *, as_json: bool) -> None:
    """Show where a learner stands and why. IDENTIFIER: e-mail, mailto: IRI, or homePage|name."""
    settings = read_settings()
    database = open_database(settings)

    def journey(session: Session) -> tuple[explaining.Explained, Any]:
        found = explaining.explain(session, identifier, settings.calendar)
        return found, mapping_flow.in_force(session, settings.calendar) if timetable.in_force(
            session
        ) else None

    found, mappings = database.read(journey)
    if as_json:
        print_json(found.body)
        return
    click.echo(explanation(found, mappings, settings.calendar))
