"""Commands about who is who, and about records kept by hand."""

from __future__ import annotations

import sys
import uuid

import click

from lrs_bridge.cli.plumbing import Refusing, example, open_database, print_json, read_settings, who
from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows import by_hand
from lrs_bridge.flows import people as flow
from lrs_bridge.moments import format_instant, system_clock
from lrs_bridge.report.people import person_report, unknown_report

_REASON = click.option("--reason", required=True, help="How you know; kept with the decision.")


@click.group("people", cls=Refusing, epilog=example("lrs-bridge people show asha.rao@example.org"))
def people() -> None:
    """Who is who: which identifiers are one person, and why."""


@people.command("show", epilog=example("lrs-bridge people show asha.rao@example.org"))
@click.argument("identifier")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(identifier: str, *, as_json: bool) -> None:
    """Show what leads to this person: identifiers, and who or what says that they belong together."""
    settings = read_settings()
    body = open_database(settings).read(lambda session: flow.show(session, identifier))
    if as_json:
        print_json(body)
    else:
        click.echo(person_report(body, settings.calendar))


@people.command(
    "join",
    epilog=example(
        "lrs-bridge people join asha.rao@example.org 'https://moodle.example.org|4711' --reason 'asked her'"
    ),
)
@click.argument("one")
@click.argument("other")
@_REASON
def join(one: str, other: str, reason: str) -> None:
    """Say that two identifiers are the same person. Undone by `people part` on the same two."""
    decided = _decide(one, other, reason, same=True)
    if not decided.are_one:
        click.echo(
            "Recorded, but they stay apart: somebody else decided that they, or identifiers of theirs, are not the same"
            f" person. `lrs-bridge people show '{one}'` tells which; join those two to lift it.",
            err=True,
        )
        sys.exit(1)
    click.echo(f"One person: {', '.join(decided.identifiers)}. Standings follow within seconds.")
    _tell_torn_off(decided)


@people.command(
    "part",
    epilog=example(
        "lrs-bridge people part asha.rao@example.org 'https://moodle.example.org|4711' --reason 'her sister'"
    ),
)
@click.argument("one")
@click.argument("other")
@_REASON
def part(one: str, other: str, reason: str) -> None:
    """Say that two identifiers are not the same person, whatever proofs there are. Undone by `people join` on the same two."""
    decided = _decide(one, other, reason, same=False)
    words = "Parted" if decided.was_so else "They were not one person, and never will be by themselves"
    click.echo(f"{words}. With {one}: {', '.join(decided.identifiers)}. Standings follow within seconds.")
    _tell_torn_off(decided)


def _tell_torn_off(decided: flow.Decided) -> None:
    if decided.torn_off:
        click.echo(
            f"No longer with either: {', '.join(decided.torn_off)}, because of an earlier “not the same person”."
            f" `lrs-bridge people show '{decided.torn_off[0]}'` tells which; join those two to lift it.",
            err=True,
        )


def _decide(one: str, other: str, reason: str, *, same: bool) -> flow.Decided:
    database, now = open_database(read_settings()), system_clock()
    return database.write(
        lambda session: flow.decide(session, one, other, same=same, reason=reason, who=who(), now=now)
    )


@people.command(
    "shared",
    epilog=example("lrs-bridge people shared reception@example.org --reason 'the front desk reads it'"),
)
@click.argument("address")
@_REASON
@click.option("--no-longer", is_flag=True, help="The mailbox is one person's after all.")
def shared(address: str, reason: str, *, no_longer: bool) -> None:
    """Say that several people read a mailbox, so that it never makes two records one person's."""
    database, now = open_database(read_settings()), system_clock()
    changed = database.write(
        lambda session: flow.share(session, address, shared=not no_longer, reason=reason, who=who(), now=now)
    )
    state = "one person's" if no_longer else "read by several people"
    click.echo(f"{address} is {state}{'.' if changed else ', as recorded before.'}")


@people.command("unknown", epilog=example("lrs-bridge people unknown"))
@click.option("--after", default=0, help="Go on after this learner number, the last one shown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def unknown(after: int, *, as_json: bool) -> None:
    """List learners whom no import has named, with what they completed: a hundred at a time, the latest met first."""
    settings = read_settings()
    found = open_database(settings).read(lambda session: flow.unknown(session, after=after))
    if as_json:
        print_json(
            [
                {
                    "learner": one.learner,
                    "name": one.name,
                    "identifiers": list(one.identifiers),
                    "completed": {course: format_instant(when) for course, when in one.completed.items()},
                }
                for one in found
            ]
        )
        return
    click.echo(unknown_report(found, settings.calendar))


@click.command(epilog=example("lrs-bridge void 0b6d6bfa-5d0e-5f0c-9b57-2f3b5a0f2d11 --reason 'wrong person'"))
@click.argument("statement")
@_REASON
def void(statement: str, reason: str) -> None:
    """Take back a record that was kept by hand. It stays on file as voided; what it gave is gone."""
    try:
        target = uuid.UUID(statement)
    except ValueError as wrong:
        problem = Problem(
            "STATEMENT", f"“{statement}” is no statement id", mend="`lrs-bridge explain` shows the ids"
        )
        raise BadInput("Nothing was voided.", [problem]) from wrong
    settings = read_settings()
    keeping = by_hand.Keeping(settings.public_url, who(), system_clock(), clock=system_clock)
    open_database(settings).write(lambda session: by_hand.take_back(session, target, reason, keeping))
    click.echo(f"Statement {target} is voided. Standings follow within seconds.")
