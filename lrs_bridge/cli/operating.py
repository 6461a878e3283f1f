"""Commands for whoever runs the service."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path

import click

from lrs_bridge import demo, serving
from lrs_bridge import settings as setting_table
from lrs_bridge.cli.plumbing import example, open_database, print_json, read_settings, take_up_mappings, who
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import credentials
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import status as reporting
from lrs_bridge.jobs import Timetable
from lrs_bridge.moments import system_clock
from lrs_bridge.report.operating import status_report
from lrs_bridge.settings import SHIPPED_MAPPINGS, TABLE
from lrs_bridge.store.migrations import migrate


@click.command(epilog=example("lrs-bridge init /etc/lrs_bridge"))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def init(directory: Path) -> None:
    """Copy the shipped mappings and config into DIRECTORY, to edit. Files that are there stay as they are."""
    try:
        copied, kept = setting_table.copy_shipped(directory)
    except OSError as wrong:
        problem = Problem(str(wrong.filename or directory), f"can't be written: {wrong.strerror}")
        raise BadInput("Not everything could be copied.", [problem]) from wrong
    directory = directory.absolute()
    click.echo(f"{copied} files copied to {directory}.")
    for path in kept:
        click.echo(f"left as it is: {path}")
    click.echo(
        f"Next: edit {directory / 'mappings'}, then, in every shell and for the service,\n"
        f"  export LRS_BRIDGE_MAPPINGS={directory / 'mappings'} LRS_BRIDGE_CONFIG={directory / 'config'}\n"
        f"  lrs-bridge check-mappings"
    )


@click.command("migrate", epilog=example("lrs-bridge migrate"))
def migrate_command() -> None:
    """Bring the database to this version's schema. Safe to run again, and when several start at once."""
    before, after = migrate(open_database(read_settings(), migrated=False))
    click.echo(
        f"The database is at {after} already."
        if before == after
        else f"The database went from {before or 'empty'} to {after}."
    )


@click.command("settings", epilog=example("lrs-bridge settings"))
def settings_command() -> None:
    """List every setting with its value, default and meaning. Secrets are not shown."""
    used = read_settings()
    for setting in TABLE:
        value = getattr(used, setting.name)
        shown = "(set)" if setting.name == "smtp_password" and value else f"{value!r}"
        changed = "" if value == setting.convert(setting.default) else f"   default {setting.default!r}"
        click.echo(f"{setting.name} = {shown}{changed}\n    {setting.help}")


@click.command(
    "add-client",
    epilog=example(
        "lrs-bridge add-client 'Council Moodle' --source moodle --home-page https://moodle.council.gov.uk"
    ),
)
@click.argument("name", required=False)
@click.option(
    "--for-moodle",
    "moodle",
    metavar="URL",
    help="For the plugin local_lrsbridge on the Moodle site at URL, its $CFG->wwwroot: what it needs, "
    "and no more. NAME and --source may be left out.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help=f"One of {', '.join(credentials.SCOPES)}. Several times; default {' and '.join(credentials.DEFAULT_SCOPES)}.",
)
@click.option("--source", help="The mapping file's source that this credential speaks for.")
@click.option("--test", is_flag=True, help="Validate and show its statements, never credit them.")
@click.option(
    "--home-page",
    "home_pages",
    multiple=True,
    help=f"Credit, and with {credentials.STANDINGS} show, accounts of this home page only. Several times.",
)
@click.option(
    "--mail-domain",
    "mail_domains",
    multiple=True,
    help="Credit e-mail addresses of this domain only. Several times.",
)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    help="Let web pages of this origin use it, such as https://content.example.org. Several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add_client(
    name: str | None,
    moodle: str | None,
    scopes: tuple[str, ...],
    source: str | None,
    *,
    test: bool,
    home_pages: tuple[str, ...],
    mail_domains: tuple[str, ...],
    origins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a credential for one source. The secret is shown this once."""
    if moodle is not None:
        _refuse_beside_moodle({"--scope": scopes, "--home-page": home_pages})
        site = credentials.moodle_site(moodle)
        name, source = name or site.partition("://")[2], source or "moodle"
        scopes, home_pages = credentials.MOODLE_SCOPES, (site,)
    if name is None:
        raise click.UsageError("Missing argument 'NAME'.")
    settings = read_settings()
    _, checked = mapping_flow.read(settings.mappings, settings.calendar)
    database = open_database(settings)
    made = database.write(
        lambda session: credentials.add_client(
            session,
            name=name,
            source=source,
            scopes=scopes,
            test=test,
            home_pages=home_pages,
            mail_domains=mail_domains,
            origins=origins,
            known_sources=tuple(checked.mappings.sources),
            public_url=settings.public_url,
            now=system_clock(),
            who=who(),
        )
    )
    body = {
        "name": name,
        "key": made.key,
        "secret": made.secret,
        "endpoint": f"{settings.public_url}/xapi",
        "read_api": f"{settings.public_url}/api/v1",
        "source": source,
        "scopes": list(scopes or credentials.DEFAULT_SCOPES),
        "home_pages": list(home_pages),
        "test": test,
    }
    if as_json:
        print_json(body)
        return
    click.echo(f"endpoint  {body['endpoint']}\nkey       {made.key}\nsecret    {made.secret}")
    if moodle is None and not credentials.READ_API_SCOPES.keys().isdisjoint(scopes):
        click.echo(f"read API  {body['read_api']}")
    click.echo("The secret is not kept and can't be shown again.")
    if source is None:
        click.echo("No --source was given: what it sends is stored, and no rule will match it.", err=True)
    if moodle is not None and not settings.public_url.startswith("https://"):
        click.echo(
            "note: the endpoint is no https address, so key, secret and whatever is sent can be read on the way; "
            "it comes from the setting public_url",
            err=True,
        )


def _refuse_beside_moodle(given: Mapping[str, tuple[str, ...]]) -> None:
    problems = [
        Problem(option, "says what --for-moodle says already", "", "leave one of them out")
        for option, values in given.items()
        if values
    ]
    if problems:
        raise BadInput("The credential was not made.", problems)


@click.command("revoke-client", epilog=example("lrs-bridge revoke-client 3f0c9a…"))
@click.argument("key")
def revoke_client(key: str) -> None:
    """End a credential. What it sent stays stored and counts on."""
    database = open_database(read_settings())
    now = system_clock()
    database.write(lambda session: credentials.revoke(session, key, who=who(), now=now))
    click.echo(f"{key} is revoked.")


@click.command(epilog=example("lrs-bridge serve --host 127.0.0.1 --port 8040"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8040, show_default=True, help="Port to listen on."
)
@click.option(
    "--insecure",
    is_flag=True,
    help="Listen to other machines though public_url is no https address: for trying out.",
)
@click.option("--demonstration", is_flag=True, hidden=True)
def serve(host: str, port: int, *, insecure: bool, demonstration: bool) -> None:
    """Run the service: the web processes and, in a process of its own, the timetable."""
    settings = read_settings()
    serving.refuse_in_the_clear(host, settings.public_url, insecure=insecure)
    database = open_database(settings)
    _, checked = mapping_flow.read(settings.mappings, settings.calendar)
    for warning in checked.warnings:
        click.echo(f"note: {warning}", err=True)
    if settings.mappings == str(SHIPPED_MAPPINGS) and not demonstration:
        click.echo(
            "note: these are the shipped example mappings; `lrs-bridge init DIR` copies them to edit",
            err=True,
        )
    take_up_mappings(database, settings)
    database.close()
    click.echo(f"lrs_bridge listens on http://{host}:{port}", err=True)
    serving.serve(host, port, settings.web_processes, demonstration=demonstration)


@click.command(epilog=example("lrs-bridge worker"))
@click.option(
    "--attached-to", type=int, hidden=True, help="End when this process, which started it, is gone."
)
def worker(attached_to: int | None) -> None:
    """Run the timetable alone: matching, standings, alerts. Several may run; one leads."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(
        logging.ERROR
    )  # a job still at work at its next tick is nothing to tell
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = read_settings()
    table = Timetable(open_database(settings), settings, system_clock)
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    scheduler = table.start()
    click.echo("The timetable runs.", err=True)
    while not told_to_stop.wait(1):
        if attached_to is not None and os.getppid() != attached_to:
            break
        table.keep_time(scheduler)
    table.stop(scheduler)


@click.command(epilog=example("lrs-bridge status --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """Say what ran, what waits and what failed. For monitoring there is GET /health: 200 or 503."""
    settings = read_settings()
    body = open_database(settings).read(lambda session: reporting.status(session, settings, system_clock()))
    if as_json:
        print_json(body)
    else:
        click.echo(status_report(body))


@click.command("demo", epilog=example("lrs-bridge demo --once"))
@click.option("--once", is_flag=True, help="Show everything, then end.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep it; default: a temporary folder.",
)
def demo_command(folder: Path | None, *, once: bool) -> None:
    """Start a bridge with invented people on this machine, send it statements, and show what becomes of them."""
    demo.run(folder, once=once, say=click.echo)
