"""Commands of the champion flow, and the register that a Board keeps."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click

from lrs_bridge.cli.plumbing import (
    Refusing,
    example,
    mappings_in_use,
    open_database,
    print_json,
    read_settings,
    who,
)
from lrs_bridge.connectors.tables import harmless
from lrs_bridge.flows import by_hand
from lrs_bridge.flows import champion as flow
from lrs_bridge.flows.days import moment_of
from lrs_bridge.learning.champions import Act
from lrs_bridge.learning.mappings import Mappings
from lrs_bridge.moments import system_clock
from lrs_bridge.report.people import gaps_report, register_report


@click.group("champion", cls=Refusing, epilog=example("lrs-bridge champion list --area essex"))
def champion() -> None:
    """The champion flow: the person asks, the Board registers or returns; and the register."""


def _act(name: Act, said: str, words: str, sample: str, *, decides: bool = False) -> None:
    """Adds the subcommand that keeps this act."""

    def run(identifier: str, areas: tuple[str, ...], **given: Any) -> None:
        _keep(name, said, identifier, areas, **given)

    options = [
        click.argument("identifier"),
        click.option(
            "--area", "areas", multiple=True, required=True, help="In which area. Several times for several."
        ),
        click.option(
            "--organisation", default="", help="For which post, where there are several in the area."
        ),
        click.option("--service-area", default="", help="And in which service area of it."),
        click.option(
            "--by",
            default="",
            help="Who decided at the Board, by e-mail." if decides else "Who said so, by e-mail.",
        ),
        click.option("--by-name", default="", help="Their name."),
        click.option("--date", "day", default="", help="When it happened, if not now: 01/03/2026."),
        click.option("--note", default="", help="Such as “signed form”."),
    ]
    for option in reversed(options):
        run = option(run)
    champion.command(name, help=words, epilog=example(sample))(run)


_act(
    "request",
    "has asked to be registered",
    "Record that a person asks the Board to be registered as champion. An alert never stands in for it.",
    "lrs-bridge champion request asha.rao@example.org --area essex --note 'signed form'",
)
_act(
    "withdraw",
    "no longer asks to be registered",
    "Record that a person takes the request back.",
    "lrs-bridge champion withdraw asha.rao@example.org --area essex",
)
_act(
    "register",
    "is registered as champion",
    "Record that the Board registers a person who asked, and who meets every standard.",
    "lrs-bridge champion register asha.rao@example.org --area essex --by ann.lowe@board.example",
    decides=True,
)
_act(
    "return",
    "has the request back",
    "Record that the Board returns a request; the standards that are missing are kept with it.",
    "lrs-bridge champion return asha.rao@example.org --area essex --by ann.lowe@board.example",
    decides=True,
)
_act(
    "leave",
    "is champion no longer",
    "Record that a champion leaves the role.",
    "lrs-bridge champion leave asha.rao@example.org --area essex",
)
_act(
    "update",
    "has attended the annual update",
    "Record that a champion attended the annual update. It revokes nothing.",
    "lrs-bridge champion update asha.rao@example.org --area essex --date 01/03/2026",
)


def _keep(
    name: Act,
    said: str,
    identifier: str,
    areas: tuple[str, ...],
    organisation: str,
    service_area: str,
    by: str,
    by_name: str,
    day: str,
    note: str,
) -> None:
    settings = read_settings()
    database, now = open_database(settings), system_clock()
    mappings = mappings_in_use(database, settings)
    happened = moment_of(day, "--date", mappings.calendar, now) if day else now
    keeping = by_hand.Keeping(settings.public_url, who(), now, clock=system_clock)
    asked = [
        flow.Asked(name, identifier, area, happened, organisation, service_area, by, by_name, note)
        for area in dict.fromkeys(areas)
    ]
    done = database.write(lambda session: [flow.act(session, one, mappings, keeping) for one in asked])
    for kept in done:
        place = ", ".join(part for part in (kept.organisation, kept.service_area) if part)
        click.echo(f"{kept.name} {said} in {kept.area} ({place}).")
        champions = mappings.champions_of(kept.area)
        names = {key: standard.name for key, standard in champions.standards.items()} if champions else {}
        click.echo(f"  met       {'; '.join(names.get(key, key) for key in kept.met) or 'nothing yet'}")
        if kept.missing:
            click.echo(f"  missing   {'; '.join(names.get(key, key) for key in kept.missing)}")
    click.echo("Standings follow within seconds.")


@champion.command("list", epilog=example("lrs-bridge champion list --area essex --csv > register.csv"))
@click.option("--area", required=True, help="Of which area.")
@click.option("--requests", is_flag=True, help="Those who have asked, or whose request was returned.")
@click.option("--eligible", is_flag=True, help="Those who meet every standard and have not asked.")
@click.option("--left", is_flag=True, help="Those who have left.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for a spreadsheet.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(area: str, *, requests: bool, eligible: bool, left: bool, as_csv: bool, as_json: bool) -> None:
    """The register of an area: name, organisation, service area, sector, contact, since, last annual update."""
    settings = read_settings()
    database = open_database(settings)
    mappings = mappings_in_use(database, settings)
    which: flow.Which = (
        "requests" if requests else "eligible" if eligible else "left" if left else "champions"
    )
    found = database.read(lambda session: flow.register(session, area, which, mappings))
    if as_json:
        print_json([one.as_json() for one in found])
    elif as_csv:
        _csv(flow.REGISTER_COLUMNS, [one.as_json() for one in found])
    else:
        click.echo(register_report(found, area, which, mappings.calendar.day_of(system_clock())))


@champion.command("gaps", epilog=example("lrs-bridge champion gaps --area essex"))
@click.option("--area", required=True, help="Of which area.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for a spreadsheet.")
def gaps(area: str, *, as_csv: bool) -> None:
    """Organisations and service areas without a champion; those of the named sectors first."""
    settings = read_settings()
    database = open_database(settings)
    mappings = mappings_in_use(database, settings)
    now = system_clock()
    found = database.read(lambda session: flow.gaps(session, area, mappings, now))
    if as_csv:
        columns = ("organisation", "service_area", "sector")
        _csv(columns, [{name: getattr(one, name) for name in columns} for one in found])
    else:
        click.echo(gaps_report(found, area, _sectors(mappings)))


def _sectors(mappings: Mappings) -> dict[str, str]:
    return {key: name for one in mappings.champions.values() for key, name in one.sectors.items()}


def _csv(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """With what a spreadsheet would take for a formula made text, so that a name can't run anything."""
    table = csv.writer(sys.stdout, lineterminator="\r\n")
    table.writerow(columns)
    for row in rows:
        table.writerow(harmless("" if row[name] is None else str(row[name])) for name in columns)
