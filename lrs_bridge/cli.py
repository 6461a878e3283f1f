"""The lrs-bridge command. Each subcommand parses, calls one flow and prints; refusals go to standard error with an exit
code: 0 done, 1 found wanting, 2 wrong input, 75 out of reach, 77 not allowed, 78 wrong settings."""

from __future__ import annotations

import getpass
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

from lrs_bridge import __version__, demo, serving
from lrs_bridge import settings as setting_table
from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.errors import BadInput, BadSettings, BridgeError, Problem
from lrs_bridge.flows import credentials, imports, verify
from lrs_bridge.flows import explain as explaining
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import recompute as recomputing
from lrs_bridge.flows import status as reporting
from lrs_bridge.flows import unmapped as missing
from lrs_bridge.jobs import Timetable
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import system_clock
from lrs_bridge.report import explanation, import_report, status_report, unmapped_report
from lrs_bridge.settings import TABLE, Settings
from lrs_bridge.store import timetable
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.migrations import current, migrate, newest


class Refusing(click.Group):
    """Turns refusals into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BridgeError as refused:
            click.echo(str(refused), err=True)
            ctx.exit(refused.exit_code)


def example(text: str) -> str:
    return f"\b\nExample:\n  {text}"


@click.group(
    cls=Refusing,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("lrs-bridge demo --once"),
)
@click.version_option(__version__, prog_name="lrs-bridge")
def main() -> None:
    """xAPI statements in; knowledge tiers, champion eligibility and alerts out.

    Settings come from the folder LRS_BRIDGE_CONFIG and the environment: see `lrs-bridge settings`.
    """


def _settings() -> Settings:
    return setting_table.load(os.environ)


def _database(settings: Settings, *, migrated: bool = True) -> Database:
    database = Database(settings.database_url)
    click.get_current_context().call_on_close(database.close)
    if migrated:
        at = database.read(current)
        if at != newest():
            said = (
                "has no schema yet" if at is None else f"has schema {at}, and this version needs {newest()}"
            )
            raise BadSettings(f"The database {said}. Run `lrs-bridge migrate` first.")
    return database


def _who() -> str:
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):
        return "the command line"


def _take_up_mappings(database: Database, settings: Settings) -> None:
    """Puts the files in force if they changed, as the timetable would."""
    files, checked = mapping_flow.read(settings.mappings, settings.calendar)
    now = system_clock()
    database.write(
        lambda session: mapping_flow.put_in_force(
            session, files, checked.mappings.digest, now=now, who=_who()
        )
    )


def _mappings_in_use(database: Database, settings: Settings) -> Mappings:
    """Those in force; before the first are, the files. Putting them in force is the timetable's, and a dry run changes
    nothing."""
    if database.read(timetable.in_force) is None:
        return mapping_flow.read(settings.mappings, settings.calendar)[1].mappings
    return database.read(lambda session: mapping_flow.in_force(session, settings.calendar))


def _print_json(body: Any) -> None:
    click.echo(json.dumps(body, ensure_ascii=False, indent=2))


@main.command(epilog=example("lrs-bridge init /etc/lrs_bridge"))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def init(directory: Path) -> None:
    """Copy the shipped mappings and config into DIRECTORY, to edit. Files that are there stay as they are."""
    try:
        copied, kept = setting_table.copy_shipped(directory)
    except OSError as wrong:
        problem = Problem(str(wrong.filename or directory), f"can't be written: {wrong.strerror}")
        raise BadInput("Not everything could be copied.", [problem]) from wrong
    click.echo(f"{copied} files copied to {directory}.")
    for path in kept:
        click.echo(f"left as it is: {path}")
    click.echo(
        f"Next: edit {directory / 'mappings'}, then\n"
        f"  export LRS_BRIDGE_MAPPINGS={directory / 'mappings'} LRS_BRIDGE_CONFIG={directory / 'config'}\n"
        f"  lrs-bridge check-mappings"
    )


@main.command("migrate", epilog=example("lrs-bridge migrate"))
def migrate_command() -> None:
    """Bring the database to this version's schema. Safe to run again, and when several start at once."""
    before, after = migrate(_database(_settings(), migrated=False))
    click.echo(
        f"The database is at {after} already."
        if before == after
        else f"The database went from {before or 'empty'} to {after}."
    )


@main.command("settings", epilog=example("lrs-bridge settings"))
def settings_command() -> None:
    """List every setting with its value, default and meaning. Secrets are not shown."""
    used = _settings()
    for setting in TABLE:
        value = getattr(used, setting.name)
        shown = "(set)" if setting.name == "smtp_password" and value else f"{value!r}"
        changed = "" if value == setting.convert(setting.default) else f"   default {setting.default!r}"
        click.echo(f"{setting.name} = {shown}{changed}\n    {setting.help}")


@main.command(
    "add-client",
    epilog=example(
        "lrs-bridge add-client 'Council Moodle' --source moodle --home-page https://moodle.council.gov.uk"
    ),
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help=f"One of {', '.join(credentials.SCOPES)}. Several times; default {' and '.join(credentials.DEFAULT_SCOPES)}.",
)
@click.option("--source", help="The mapping file's source that this credential speaks for.")
@click.option("--test", is_flag=True, help="Validate and show its statements, never credit them.")
@click.option(
    "--home-page", "home_pages", multiple=True, help="Credit accounts of this home page only. Several times."
)
@click.option(
    "--mail-domain",
    "mail_domains",
    multiple=True,
    help="Credit e-mail addresses of this domain only. Several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add_client(
    name: str,
    scopes: tuple[str, ...],
    source: str | None,
    *,
    test: bool,
    home_pages: tuple[str, ...],
    mail_domains: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a credential for one source. The secret is shown this once."""
    settings = _settings()
    _, checked = mapping_flow.read(settings.mappings, settings.calendar)
    database = _database(settings)
    made = database.write(
        lambda session: credentials.add_client(
            session,
            name=name,
            source=source,
            scopes=scopes,
            test=test,
            home_pages=home_pages,
            mail_domains=mail_domains,
            known_sources=tuple(checked.mappings.sources),
            public_url=settings.public_url,
            now=system_clock(),
            who=_who(),
        )
    )
    body = {
        "name": name,
        "key": made.key,
        "secret": made.secret,
        "endpoint": f"{settings.public_url}/xapi",
        "source": source,
        "scopes": list(scopes or credentials.DEFAULT_SCOPES),
        "test": test,
    }
    if as_json:
        _print_json(body)
        return
    click.echo(f"endpoint  {body['endpoint']}\nkey       {made.key}\nsecret    {made.secret}")
    click.echo("The secret is not kept and can't be shown again.")
    if source is None:
        click.echo("No --source was given: what it sends is stored, and no rule will match it.", err=True)


@main.command(epilog=example("lrs-bridge serve --host 127.0.0.1 --port 8040"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8040, show_default=True, help="Port to listen on.")
@click.option("--demonstration", is_flag=True, hidden=True)
def serve(host: str, port: int, *, demonstration: bool) -> None:
    """Run the service: the web processes and, in a process of its own, the timetable."""
    settings = _settings()
    database = _database(settings)
    _, checked = mapping_flow.read(settings.mappings, settings.calendar)
    for warning in checked.warnings:
        click.echo(f"note: {warning}", err=True)
    _take_up_mappings(database, settings)
    database.close()
    serving.serve(host, port, settings.web_processes, demonstration=demonstration)


@main.command(epilog=example("lrs-bridge worker"))
@click.option(
    "--attached", is_flag=True, hidden=True, help="End when the process that started this one is gone."
)
def worker(*, attached: bool) -> None:
    """Run the timetable alone: matching, standings, alerts. Several may run; one leads."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = _settings()
    table = Timetable(_database(settings), settings, system_clock)
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    parent = os.getppid()
    scheduler = table.start()
    click.echo("The timetable runs.", err=True)
    while not told_to_stop.wait(1):
        if attached and os.getppid() != parent:
            break
        table.keep_time(scheduler)
    table.stop(scheduler)


@main.command("check-mappings", epilog=example("lrs-bridge check-mappings ./mappings"))
@click.argument("directory", required=False)
def check_mappings(directory: str | None) -> None:
    """Check the mapping files and list every mistake with file, line, key and what would be right."""
    settings = _settings()
    folder = directory or settings.mappings
    _, checked = mapping_flow.read(folder, settings.calendar)
    for warning in checked.warnings:
        click.echo(f"note: {warning}")
    found = checked.mappings
    click.echo(
        f"{folder}: {len(found.sources)} sources, {len(found.frameworks)} frameworks, {len(found.champions)} champions files, "
        f"no mistakes. Digest {found.digest}."
    )


@main.command(epilog=example("lrs-bridge unmapped --source nwg"))
@click.option("--source", help="Only this source.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def unmapped(source: str | None, *, as_json: bool) -> None:
    """List activities with completion-like statements that no rule takes, each with a rule to paste."""
    settings = _settings()
    database = _database(settings)
    mappings = _mappings_in_use(database, settings)

    found = database.read(lambda session: missing.unmapped(session, mappings, source))
    if as_json:
        _print_json([one.as_json() for one in found])
        return
    click.echo(unmapped_report(found))


@main.command("import", epilog=example("lrs-bridge import people staff.csv --apply"))
@click.argument("kind", metavar="KIND")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--apply", "apply_", is_flag=True, help="Do it. Without this, only show what would change.")
@click.option("--template", is_flag=True, help="Print the columns of KIND, and an example row.")
def import_command(kind: str, file: Path | None, *, apply_: bool, template: bool) -> None:
    """Take in a CSV: KIND is people, attestations or memberships. Shows what would change; --apply does it.

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
    try:
        content = file.read_bytes()
    except OSError as wrong:
        raise BadInput(
            "Nothing was taken in.", [Problem(str(file), f"can't be read: {wrong.strerror}")]
        ) from wrong
    report = _import(wanted, content, apply_=apply_)
    click.echo(import_report(report, applied=apply_))


def _import(kind: imports.Kind, content: bytes, *, apply_: bool) -> imports.Report:
    settings = _settings()
    database = _database(settings)
    mappings = _mappings_in_use(database, settings)
    table = read_csv(content)
    entries = imports.read(kind, table, mappings)
    taking = imports.Taking(mappings, settings.public_url, _who(), system_clock())
    report = imports.Report(kind.name, table.encoding)
    with _on_terminal(SpinnerColumn(), *Progress.get_default_columns()[:-1], TimeElapsedColumn()) as progress:
        bar = progress.add_task(kind.name, total=len(entries))

        def journey(session: Session) -> imports.Report:
            return imports.take_in(
                session, kind, entries, report, taking, lambda done: progress.update(bar, completed=done)
            )

        return database.write(journey) if apply_ else database.rehearse(journey)


def _on_terminal(*columns: str | ProgressColumn) -> Progress:
    """Progress for whoever watches; nothing where standard error is a file or a pipe."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@main.command(epilog=example("lrs-bridge recompute --all --verify"))
@click.option("--all", "all_", is_flag=True, help="Match every statement and compute every learner anew.")
@click.option(
    "--verify",
    "verify_",
    is_flag=True,
    help="Compare what is kept with a rebuild; with --all, before rebuilding.",
)
def recompute(*, all_: bool, verify_: bool) -> None:
    """Compute what is pending now, without waiting for the timetable. Exit 1 if --verify finds a difference."""
    settings = _settings()
    database = _database(settings)
    _take_up_mappings(database, settings)
    with _on_terminal(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as progress:
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


@main.command(epilog=example("lrs-bridge explain asha.rao@example.org"))
@click.argument("identifier")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(identifier: str, *, as_json: bool) -> None:
    """Show where a learner stands and why. IDENTIFIER: e-mail, mailto: IRI, or homePage|name."""
    settings = _settings()
    database = _database(settings)

    def journey(session: Session) -> tuple[explaining.Explained, Any]:
        found = explaining.explain(session, identifier, settings.calendar)
        return found, mapping_flow.in_force(session, settings.calendar) if timetable.in_force(
            session
        ) else None

    found, mappings = database.read(journey)
    if as_json:
        _print_json(found.body)
        return
    click.echo(explanation(found, mappings))


@main.command(epilog=example("lrs-bridge status --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """Say what ran, what waits and what failed. For monitoring there is GET /health: 200 or 503."""
    settings = _settings()
    body = _database(settings).read(lambda session: reporting.status(session, settings, system_clock()))
    if as_json:
        _print_json(body)
    else:
        click.echo(status_report(body))


@main.command("demo", epilog=example("lrs-bridge demo --once"))
@click.option("--once", is_flag=True, help="Show everything, then end.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep it; default: a temporary folder.",
)
def demo_command(folder: Path | None, *, once: bool) -> None:
    """Start a bridge with invented people on this machine, send it statements, and show what becomes of them."""
    demo.run(folder, once=once, say=click.echo)
