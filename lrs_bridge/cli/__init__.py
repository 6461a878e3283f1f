"""The lrs-bridge command. Each subcommand parses, calls one flow and prints; refusals go to standard error with an exit
code: 0 done, 1 found wanting, 2 wrong input, 75 out of reach, 77 not allowed, 78 wrong settings."""

from __future__ import annotations

import click

from lrs_bridge import __version__
from lrs_bridge.cli import alerts, champion, erasures, mappings, operating, people, sending, training, users
from lrs_bridge.cli.plumbing import Refusing, example


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


for command in (
    operating.init,
    operating.migrate_command,
    operating.settings_command,
    operating.add_client,
    operating.revoke_client,
    sending.rotate_client,
    sending.clients_command,
    sending.launch_link,
    sending.refused_command,
    operating.serve,
    operating.worker,
    operating.status,
    operating.demo_command,
    mappings.check_mappings,
    mappings.schema,
    mappings.mappings_command,
    mappings.what_if,
    training.unmapped,
    training.import_command,
    training.recompute,
    training.explain,
    people.people,
    people.void,
    champion.champion,
    users.add_user,
    users.remove_user,
    users.users,
    alerts.alerts,
    erasures.erasures,
):
    main.add_command(command)
