"""The tables of signing in by e-mail, and of who is signed in. Of links, codes and cookies nothing is kept but digests."""

from __future__ import annotations

import sqlalchemy as sa

from lrs_bridge.store.database import Instant
from lrs_bridge.store.metadata import metadata, numbered

# A letter that was asked for: its link works in any browser, its code in the one that asked.
sign_ins = sa.Table(
    "sign_ins",
    metadata,
    numbered(),
    sa.Column("mbox", sa.Text, nullable=False, index=True),
    sa.Column("link", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("browser", sa.LargeBinary(32), nullable=False, index=True),
    sa.Column("salt", sa.LargeBinary(16), nullable=False),
    sa.Column("code", sa.LargeBinary(32), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("known", sa.Boolean, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("used", sa.Boolean, nullable=False),
)

# Who reads `mbox` is signed in by the cookie with this digest.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("cookie", sa.LargeBinary(32), primary_key=True),
    sa.Column("mbox", sa.Text, nullable=False, index=True),
    sa.Column("began_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False, index=True),
)

# A link by which a site, by one of its credentials, opens a page for one of its accounts.
site_links = sa.Table(
    "site_links",
    metadata,
    sa.Column("link", sa.LargeBinary(32), primary_key=True),
    sa.Column("client_id", sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

# Who came by such a link, with the cookie of this digest. Apart from those who have signed in, so that none is taken for another.
site_visits = sa.Table(
    "site_visits",
    metadata,
    sa.Column("cookie", sa.LargeBinary(32), primary_key=True),
    sa.Column("client_id", sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("began_at", Instant, nullable=False, index=True),
)
