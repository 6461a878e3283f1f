"""Commands about alerts to the Boards: what waits or is held, to let it go out or not, to send again."""

from __future__ import annotations

import uuid

import click

from lrs_bridge.cli.plumbing import Refusing, example, open_database, print_json, read_settings, who
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import alerts as flow
from lrs_bridge.moments import system_clock
from lrs_bridge.report.operating import alerts_report

_REASON = click.option("--reason", required=True, help="Why; kept with the decision.")


@click.group("alerts", cls=Refusing, epilog=example("lrs-bridge alerts list"))
def alerts() -> None:
    """What waits to be told to the Boards; and what is held because one cause would send too many."""


@alerts.command("list", epilog=example("lrs-bridge alerts list"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(*, as_json: bool) -> None:
    """List what is held or waits, by area and cause: how many, an example of what would be said, and what caused it."""
    settings = read_settings()
    found = open_database(settings).read(lambda session: flow.waiting(session, settings, system_clock()))
    if as_json:
        print_json(found)
    else:
        click.echo(alerts_report(found))


@alerts.command(
    "release", epilog=example("lrs-bridge alerts release essex import-7 --reason 'checked, all are right'")
)
@click.argument("area")
@click.argument("cause")
@_REASON
def release(area: str, cause: str, reason: str) -> None:
    """Send what waits for AREA by CAUSE, as `alerts list` shows them: each person's alert, if it is still so."""
    number = _decide(area.casefold(), cause, "release", reason)
    click.echo(f"{number} released; what is still so goes out within seconds.")


@alerts.command(
    "drop", epilog=example("lrs-bridge alerts drop essex mappings-4 --reason 'the Board knows these people'")
)
@click.argument("area")
@click.argument("cause")
@_REASON
def drop(area: str, cause: str, reason: str) -> None:
    """Put away what waits for AREA by CAUSE: the Board is not told, and hears of these people when they change again."""
    number = _decide(area.casefold(), cause, "drop", reason)
    click.echo(
        f"{number} dropped; the Board of {area} is not told of them. Kept: who decided, when, and why."
    )


def _decide(area: str, cause: str, verdict: flow.Verdict, reason: str) -> int:
    database, now = open_database(read_settings()), system_clock()
    return database.write(
        lambda session: flow.decide(session, area, cause, verdict, reason=reason, who=who(), now=now)
    )


@alerts.command(
    "resend", epilog=example("lrs-bridge alerts resend --failed --reason 'the mail server was away'")
)
@click.argument("alert", required=False, metavar="[ALERT-ID]")
@click.option("--failed", is_flag=True, help="All messages that failed for good.")
@click.option("--reason", default="", help="Why; kept with the decision.")
def resend(alert: str | None, reason: str, *, failed: bool) -> None:
    """Send a message again that failed or was lost, under its old id: by the id of an alert or of a message, or all failed."""
    which = _which(alert, failed=failed)
    database, now = open_database(read_settings()), system_clock()
    sent = database.write(lambda session: flow.resend(session, which, reason=reason, who=who(), now=now))
    for one in sent:
        click.echo(f"message {one.id} to {one.address} ({one.area}) goes out again")
    click.echo(f"{len(sent)} to be sent within seconds." if sent else "No message has failed for good.")


def _which(alert: str | None, *, failed: bool) -> uuid.UUID | None:
    if failed == bool(alert):
        said = "both are given" if failed else "is missing"
        problem = Problem(
            "ALERT-ID", said, mend="the id of an alert or message, or --failed for all that failed"
        )
        raise BadInput("Nothing was sent.", [problem])
    try:
        return uuid.UUID(alert) if alert else None
    except ValueError as wrong:
        problem = Problem(
            "ALERT-ID", f"“{alert}” is no id", mend="as it stands in the message, or in `status --json`"
        )
        raise BadInput("Nothing was sent.", [problem]) from wrong
