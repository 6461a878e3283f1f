"""Tables that people bring: what each kind's columns are, and taking the rows in. A dry run does all but keep it.

Nothing is half done: every row is checked before the first is kept, and all are kept in one transaction.
"""

from __future__ import annotations

from lrs_bridge.errors import NotFound
from lrs_bridge.flows.imports.attestations import ATTESTATIONS
from lrs_bridge.flows.imports.kinds import Kind, Report, Taking, read, take_in
from lrs_bridge.flows.imports.memberships import MEMBERSHIPS
from lrs_bridge.flows.imports.people import PEOPLE

KINDS: dict[str, Kind] = {kind.name: kind for kind in (PEOPLE, ATTESTATIONS, MEMBERSHIPS)}


def kind_named(name: str) -> Kind:
    """Raises NotFound, naming the kinds there are."""
    if name not in KINDS:
        raise NotFound(f"There is no import “{name}”; there are {', '.join(KINDS)}.")
    return KINDS[name]


__all__ = ["KINDS", "Kind", "Report", "Taking", "kind_named", "read", "take_in"]
