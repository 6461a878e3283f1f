"""Tables that people bring: what each kind's columns are, and taking the rows in. A dry run does all but keep it.

Nothing is half done: every row is checked before the first is kept, and all are kept in one transaction.
"""

from __future__ import annotations

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.flows.imports.attestations import ATTESTATIONS
from lrs_bridge.flows.imports.kinds import Kind, Report, Taking, read, take_in
from lrs_bridge.flows.imports.memberships import MEMBERSHIPS
from lrs_bridge.flows.imports.people import PEOPLE

KINDS: dict[str, Kind] = {kind.name: kind for kind in (PEOPLE, ATTESTATIONS, MEMBERSHIPS)}


def kind_named(name: str) -> Kind:
    """Raises BadInput, naming the kinds there are."""
    if name not in KINDS:
        raise BadInput(
            "Nothing was taken in.",
            [Problem("KIND", f"there is no import “{name}”", mend=f"one of {', '.join(KINDS)}")],
        )
    return KINDS[name]


__all__ = ["KINDS", "Kind", "Report", "Taking", "kind_named", "read", "take_in"]
