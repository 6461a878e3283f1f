"""The pages of the Boards. `app` lets in officers of the area that the address names (`area`); whom a page shows is narrowed by
`g.viewer`. Each module puts its routes on the blueprint."""

from lrs_bridge.web.board import (  # noqa: F401  # put their routes on the blueprint
    alerts,
    exports,
    gaps,
    home,
    memberships,
    people,
    records,
    register,
    report,
    reports,
    requests,
)
from lrs_bridge.web.board.blueprint import blueprint

__all__ = ["blueprint"]
