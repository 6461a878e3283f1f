"""Commands about those who send: their credentials, links that launch content, and what was refused."""

from __future__ import annotations

from datetime import timedelta

import click

from lrs_bridge.cli.plumbing import example, open_database, print_json, read_settings, who
from lrs_bridge.flows import credentials, launch, refused
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.moments import format_instant, system_clock
from lrs_bridge.report.sending import clients_report, refused_report


@click.command("clients", epilog=example("lrs-bridge clients --launches"))
@click.option("--launches", is_flag=True, help="Those of launch links in place of all others.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def clients_command(*, launches: bool, as_json: bool) -> None:
    """List the credentials: whose they are, what they may do, and whether they still do."""
    now = system_clock()
    found = open_database(read_settings()).read(
        lambda session: credentials.listing(session, now, launches=launches)
    )
    if as_json:
        print_json(found)
    else:
        click.echo(clients_report(found))


@click.command("rotate-client", epilog=example("lrs-bridge rotate-client 3f0c9a… --overlap-days 7"))
@click.argument("key")
@click.option(
    "--overlap-days",
    type=click.IntRange(0, credentials.LONGEST_OVERLAP.days),
    default=7,
    show_default=True,
    help="How long the old secret works yet; 0 ends it at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rotate_client(key: str, overlap_days: int, *, as_json: bool) -> None:
    """Give a credential a new secret, which is shown this once. Everything else about it stays."""
    database = open_database(read_settings())
    now, overlap = system_clock(), timedelta(days=overlap_days)
    made = database.write(lambda session: credentials.rotate(session, key, overlap, who=who(), now=now))
    until = now + overlap
    if as_json:
        print_json({"key": made.key, "secret": made.secret, "old_secret_until": format_instant(until)})
        return
    click.echo(f"key       {made.key}\nsecret    {made.secret}")
    click.echo("The secret is not kept and can't be shown again.")
    click.echo(
        f"The old secret works until {format_instant(until)[:19]}Z."
        if overlap
        else "The old secret works no longer."
    )


@click.command(
    "launch-link",
    epilog=example(
        "lrs-bridge launch-link https://content.example.org/cse/story.html \\\n"
        "      --learner 'https://moodle.council.gov.uk|4711' --activity https://content.example.org/cse --source nwg"
    ),
)
@click.argument("content_url")
@click.option("--learner", required=True, help="Who will do it: an e-mail address, or homePage|name.")
@click.option("--activity", required=True, help="The id that the content gives its activity, an IRI.")
@click.option(
    "--registration", default="", help="A UUID, to go on with an earlier launch; a new one if left out."
)
@click.option("--source", help="The mapping file's source that the content is of.")
@click.option(
    "--hours",
    type=click.IntRange(1, 168),
    default=8,
    show_default=True,
    help="How long the link works.",
)
@click.option("--name", default="", help="The learner's name, for the content to show.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def launch_link(
    content_url: str,
    learner: str,
    activity: str,
    registration: str,
    source: str | None,
    hours: int,
    name: str,
    *,
    as_json: bool,
) -> None:
    """Print a link to CONTENT_URL by which one learner does one activity. Whoever has the link is that learner."""
    settings = read_settings()
    _, checked = mapping_flow.read(settings.mappings, settings.calendar)
    database = open_database(settings)
    wanted = launch.Wanted(content_url, learner, activity, registration, source, hours, name)
    now = system_clock()
    made = database.write(
        lambda session: launch.make_link(
            session,
            wanted,
            known_sources=tuple(checked.mappings.sources),
            public_url=settings.public_url,
            now=now,
            who=who(),
        )
    )
    if as_json:
        print_json(
            {
                "url": made.url,
                "key": made.key,
                "learner": made.learner,
                "activity": made.activity,
                "registration": made.registration,
                "origin": made.origin,
                "expires_at": format_instant(made.expires_at),
            }
        )
    else:
        click.echo(made.url)
    if source is None:
        click.echo("No --source was given: what it sends is stored, and no rule will match it.", err=True)


@click.command("refused", epilog=example("lrs-bridge refused --since 1 --source nwg"))
@click.option(
    "--since",
    type=click.IntRange(1, refused.KEPT_DAYS),
    default=refused.KEPT_DAYS,
    show_default=True,
    help="So many days back.",
)
@click.option("--source", help="Of this source's credentials alone.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Show at most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def refused_command(since: int, source: str | None, limit: int, *, as_json: bool) -> None:
    """Show what was refused: when, whose, why, and how the body began. The newest first."""
    now = system_clock()
    found = open_database(read_settings()).read(
        lambda session: refused.listing(session, now, days=since, source=source, limit=limit)
    )
    if as_json:
        print_json(found)
    else:
        click.echo(refused_report(found))
