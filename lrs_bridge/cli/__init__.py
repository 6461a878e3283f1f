"""The lrs-bridge command. Each subcommand parses, calls one flow and prints; refusals go to standard error with an exit
code: 0 done, 1 found wanting, 2 wrong input, 75 out of reach, 77 not allowed, 78 wrong settings."""

from __future__ import annotations

import click

from lrs_bridge import __version__
from lrs_bridge.cli import alerts, champion, erasures, mappings, operating, people, sending, training, users
from lrs_bridge.cli.plumbing import InSections, example


@click.group(
    cls=InSections,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("lrs-bridge demo --once"),
)
@click.version_option(__version__, prog_name="lrs-bridge")
def main() -> None:
    """xAPI statements in; knowledge tiers, champion eligibility and alerts out.

    Settings come from the folder LRS_BRIDGE_CONFIG and the environment: see `lrs-bridge settings`.
    """


for title, commands in {
    "To begin": (
        operating.init,
        operating.settings_command,
        operating.migrate_command,
        operating.demo_command,
    ),
    "Running it": (operating.serve, operating.worker, operating.status, training.recompute),
    "Who sends statements": (
        operating.add_client,
        sending.clients_command,
        sending.rotate_client,
        operating.revoke_client,
        sending.launch_link,
        sending.refused_command,
        training.unmapped,
    ),
    "Mapping files": (mappings.check_mappings, mappings.what_if, mappings.mappings_command, mappings.schema),
    "Learners and their records": (
        training.explain,
        training.import_command,
        people.people,
        people.void,
        erasures.erasures,
    ),
    "Boards": (champion.champion, alerts.alerts),
    "Who may sign in to what": (users.add_user, users.users, users.remove_user),
}.items():
    for command in commands:
        main.add_command(command)
    main.sections[title] = [str(command.name) for command in commands]
