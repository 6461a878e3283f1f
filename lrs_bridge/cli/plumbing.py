"""What the commands share: settings, the database, refusals, progress."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, ProgressColumn

from lrs_bridge import settings as setting_table
from lrs_bridge.errors import BadSettings, BridgeError
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import system_clock
from lrs_bridge.settings import Settings
from lrs_bridge.store import timetable
from lrs_bridge.store.database import Database, Session
from lrs_bridge.store.migrations import current, newest


class Refusing(click.Group):
    """Turns refusals into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BridgeError as refused:
            click.echo(str(refused), err=True)
            ctx.exit(refused.exit_code)


class InSections(Refusing):
    """Lists its commands by what they are for. `sections`: title → names."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.sections: dict[str, list[str]] = {}

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        longest = max(map(len, self.commands))
        for title, names in self.sections.items():
            rows = [
                (name.ljust(longest), self.commands[name].get_short_help_str(formatter.width - 6 - longest))
                for name in names
            ]
            with formatter.section(title):
                formatter.write_dl(rows)


def example(text: str) -> str:
    return f"\b\nExample:\n  {text}"


def read_settings() -> Settings:
    return setting_table.load(os.environ)


def open_database(settings: Settings, *, migrated: bool = True) -> Database:
    database = Database(settings.database_url)
    click.get_current_context().call_on_close(database.close)
    if migrated:
        _refuse_missing_file(database)
        at = database.read(current)
        if at != newest():
            said = (
                "has no schema yet" if at is None else f"has schema {at}, and this version needs {newest()}"
            )
            raise BadSettings(f"The database {said}. Run `lrs-bridge migrate` first.")
    return database


def _refuse_missing_file(database: Database) -> None:
    """Asking an SQLite file that isn't there would make an empty one, in whatever folder this is."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise BadSettings(
            f"There is no database {Path(url.database).absolute()}. Set LRS_BRIDGE_DATABASE_URL, or run `lrs-bridge migrate`."
        )


def who() -> str:
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):
        return "the command line"


def take_up_mappings(database: Database, settings: Settings) -> None:
    """Puts the files in force where none are. Later changes are the timetable's to take up: a command run in a shell
    without the service's settings must not put other files in the place of the service's."""
    files, checked = mapping_flow.read(settings.mappings, settings.calendar)
    now = system_clock()

    def journey(session: Session) -> None:
        if timetable.in_force(session) is None:
            mapping_flow.put_in_force(session, files, checked.mappings.digest, now=now, who=who())

    database.write(journey)


def mappings_in_use(database: Database, settings: Settings) -> Mappings:
    """Those in force; before the first are, the files. Putting them in force is the timetable's, and a dry run changes
    nothing."""
    if database.read(timetable.in_force) is None:
        return mapping_flow.read(settings.mappings, settings.calendar)[1].mappings
    return database.read(lambda session: mapping_flow.in_force(session, settings.calendar))


def print_json(body: Any) -> None:
    click.echo(json.dumps(body, ensure_ascii=False, indent=2))


def on_terminal(*columns: str | ProgressColumn) -> Progress:
    """Progress for whoever watches; nothing where standard error is a file or a pipe."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
