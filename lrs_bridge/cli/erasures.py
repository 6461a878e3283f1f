"""Commands about requests for erasure."""

from __future__ import annotations

from typing import Literal

import click

from lrs_bridge.cli.plumbing import Refusing, example, open_database, print_json, read_settings, who
from lrs_bridge.flows import erasure as flow
from lrs_bridge.moments import format_instant, in_words, system_clock
from lrs_bridge.store import erasures as store

_REASON = click.option("--reason", required=True, help="What the learner is told, by e-mail.")


@click.group("erasures", cls=Refusing, epilog=example("lrs-bridge erasures list"))
def erasures() -> None:
    """Learners who ask that what is held about them be erased; each is to be answered within a month."""


@erasures.command("list", epilog=example("lrs-bridge erasures list"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(*, as_json: bool) -> None:
    """List the requests that are to be answered, the oldest first."""
    settings = read_settings()
    found = open_database(settings).read(store.open_ones)
    if as_json:
        print_json(
            [
                {
                    "number": one.number,
                    "address": one.address,
                    "learner": one.learner,
                    "what": one.what,
                    "at": format_instant(one.at),
                    "due": format_instant(one.due_at),
                }
                for one in found
            ]
        )
        return
    now = system_clock()
    for one in found:
        due = in_words(settings.calendar.day_of(one.due_at))
        late = ", OVERDUE" if one.due_at <= now else ""
        click.echo(f"{one.number}  {one.address}, learner {one.learner}, by {due}{late}")
        if one.what:
            click.echo("   " + "\n   ".join(one.what.splitlines()))
    if not found:
        click.echo("Nobody waits for an answer.")


@erasures.command(
    "done", epilog=example("lrs-bridge erasures done 3 --reason 'the records of 2019 were erased'")
)
@click.argument("number", type=int)
@_REASON
def done(number: int, reason: str) -> None:
    """Answer request NUMBER once it was carried out."""
    _close(number, "done", reason)


@erasures.command(
    "refuse", epilog=example("lrs-bridge erasures refuse 3 --reason 'kept while you work with children'")
)
@click.argument("number", type=int)
@_REASON
def refuse(number: int, reason: str) -> None:
    """Answer request NUMBER with why everything is kept."""
    _close(number, "refused", reason)


def _close(number: int, state: Literal["done", "refused"], reason: str) -> None:
    database, now = open_database(read_settings()), system_clock()
    one = database.write(
        lambda session: flow.close(session, number, state, reason=reason, who=who(), now=now)
    )
    click.echo(f"Request {number} is {state}; {one.address} is told by e-mail.")
