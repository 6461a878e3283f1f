"""The pages of training coordinators: the people of their organisations. `app` lets in whoever coordinates the organisation that
the address names (`organisation`); whom a page shows is narrowed by `g.viewer`. Each module puts its routes on the blueprint."""

from lrs_bridge.web.coordinator import (  # noqa: F401  # put their routes on the blueprint
    check_ins,
    home,
    match,
    people,
    progress,
    records,
    reminders,
    reports,
    sessions,
    uploads,
)
from lrs_bridge.web.coordinator.blueprint import blueprint

__all__ = ["blueprint"]
