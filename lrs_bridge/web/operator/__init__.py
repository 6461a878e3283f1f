"""The pages of whoever runs the service. Each module puts its routes on the blueprint."""

from lrs_bridge.web.operator import (  # noqa: F401  # they put their routes on the blueprint
    audit_log,
    credentials,
    erasures,
    home,
    mappings,
    messages,
    refused,
    reports,
    roles,
    statements,
    unmapped,
)
from lrs_bridge.web.operator.blueprint import blueprint

__all__ = ["blueprint"]
