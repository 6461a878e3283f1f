"""The pages of whoever runs the service. Each module puts its routes on the blueprint."""

from lrs_bridge.web.operator import home  # noqa: F401  # puts its routes on the blueprint
from lrs_bridge.web.operator.blueprint import blueprint

__all__ = ["blueprint"]
