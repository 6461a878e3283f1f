"""A service to be reached through the faulty proxy."""

from fixtures import serve

__all__ = ["serve"]
