"""The tables of the Boards' report and of their bulletin."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata

# How many people of an area, by sector of their organisation ("" where none is recorded, "*" all together), had a post on a day; of
# these at the tier that their posts require; and champions. Counts alone: whose they were is not kept.
area_counts = sa.Table(
    "area_counts",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("area", sa.Text, primary_key=True),
    sa.Column("sector", sa.Text, primary_key=True),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("at_required", sa.Integer, nullable=False),
    sa.Column("champions", sa.Integer, nullable=False),
    sa.Index(None, "area", "day"),
)

# Whoever wants no bulletin of the Boards: it hangs on an identifier, and holds for its person.
bulletin_optouts = sa.Table(
    "bulletin_optouts",
    metadata,
    sa.Column("identifier_id", sa.ForeignKey("identifiers.id"), primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)
