"""The fixtures these tests ask for."""

from fixtures import bridge, make_bridge, migrated_file, migrated_server, migrated_url, serve

__all__ = ["bridge", "make_bridge", "migrated_file", "migrated_server", "migrated_url", "serve"]
