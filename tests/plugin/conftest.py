"""The bridges that the plugin's golden statements are sent through."""

from fixtures import bridge, make_bridge, migrated_file, migrated_server, migrated_url

__all__ = ["bridge", "make_bridge", "migrated_file", "migrated_server", "migrated_url"]
