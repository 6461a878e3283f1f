"""lrs_bridge: xAPI statements in; knowledge tiers, champion eligibility and alerts out."""

from importlib.metadata import version

__version__ = version("lrs_bridge")
