"""Commands about who may do what on the pages."""

from __future__ import annotations

from collections.abc import Callable

import click

from lrs_bridge.cli.plumbing import example, mappings_in_use, open_database, print_json, read_settings, who
from lrs_bridge.flows import roles as flow
from lrs_bridge.moments import format_instant, system_clock
from lrs_bridge.store import roles as store


def _with_roles(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that name roles."""
    for option in (
        click.option(
            "--operator", is_flag=True, help="Whoever runs the service: sees statements and settings."
        ),
        click.option(
            "--board", "officer_of", multiple=True, metavar="AREA", help="By name or key. Several times."
        ),
        click.option(
            "--coordinator",
            "coordinates",
            multiple=True,
            metavar="ORGANISATION",
            help="By name. Several times.",
        ),
    ):
        command = option(command)
    return command


def _wanted(
    coordinates: tuple[str, ...], officer_of: tuple[str, ...], *, operator: bool
) -> list[flow.Wanted]:
    return [
        *(flow.Wanted("coordinator", name) for name in coordinates),
        *(flow.Wanted("board", area) for area in officer_of),
        *([flow.Wanted("operator")] if operator else []),
    ]


@click.command(
    "add-user",
    epilog=example("lrs-bridge add-user ann.lowe@board.example --board essex"),
)
@click.argument("address")
@_with_roles
def add_user(
    address: str, coordinates: tuple[str, ...], officer_of: tuple[str, ...], *, operator: bool
) -> None:
    """Give roles to whoever reads the mailbox ADDRESS: they sign in by e-mail, as learners do, who need no role."""
    settings = read_settings()
    database, now = open_database(settings), system_clock()
    mappings = mappings_in_use(database, settings)
    wanted = _wanted(coordinates, officer_of, operator=operator)
    given = database.write(lambda session: flow.give(session, address, wanted, mappings, who=who(), now=now))
    if given:
        click.echo(f"{address} is {' and '.join(given)} now. They sign in at {settings.public_url}/sign-in.")
    else:
        click.echo(f"{address} has that role already.")


@click.command("remove-user", epilog=example("lrs-bridge remove-user ann.lowe@board.example"))
@click.argument("address")
@_with_roles
def remove_user(
    address: str, coordinates: tuple[str, ...], officer_of: tuple[str, ...], *, operator: bool
) -> None:
    """Take roles from ADDRESS at once: those that are named, or all."""
    settings = read_settings()
    database, now = open_database(settings), system_clock()
    mappings = mappings_in_use(database, settings)
    wanted = _wanted(coordinates, officer_of, operator=operator)
    taken = database.write(lambda session: flow.take(session, address, wanted, mappings, who=who(), now=now))
    click.echo(f"{address} is {' and '.join(taken)} no longer.")


@click.command("users", epilog=example("lrs-bridge users"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def users(*, as_json: bool) -> None:
    """List who has which role."""
    settings = read_settings()
    database = open_database(settings)
    mappings = mappings_in_use(database, settings)
    found = database.read(store.grants)
    if as_json:
        print_json(
            [
                {
                    "address": one.mbox.removeprefix("mailto:"),
                    "role": one.role,
                    "organisation": one.organisation[1] if one.organisation else None,
                    "area": one.area or None,
                    "since": format_instant(one.at),
                    "by": one.by,
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(f"{one.mbox.removeprefix('mailto:')}  {flow.in_words(one, mappings)}, by {one.by}")
    if not found:
        click.echo("Nobody has a role. `lrs-bridge add-user ADDRESS --operator` gives the first.")
