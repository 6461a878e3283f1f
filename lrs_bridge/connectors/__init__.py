"""Outside systems, one file each. Nothing here knows the database; instants and settings are passed in."""

from lrs_bridge.connectors.failures import DeliveryFailed

__all__ = ["DeliveryFailed"]
